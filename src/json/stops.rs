//! Where plain text ends in a string: sixty-four bytes at a look, because most of a recording is
//! inside of quotes.

use wide::u8x16;

/// The bytes of a text that a look takes in.
const WINDOW: usize = 64;

/// Finds the bytes that end plain text: quotes, backslashes and control characters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stops {
    /// Where the bytes begin that were looked at last.
    start: usize,
    /// Which of them end plain text, the first in the lowest bit.
    marks: u64,
}

impl Default for Stops {
    /// Nothing looked at yet.
    fn default() -> Self {
        Self {
            // So far behind every place that no place is among the bytes after it.
            start: usize::MAX - WINDOW,
            marks: 0,
        }
    }
}

impl Stops {
    /// The first stop in `bytes` from `at` on, or their end. Ask in the order of the text.
    #[inline(always)]
    pub(super) fn next(&mut self, bytes: &[u8], mut at: usize) -> usize {
        loop {
            let seen = at.wrapping_sub(self.start);
            if seen < WINDOW {
                let marks = self.marks >> seen;
                if marks != 0 {
                    return at + marks.trailing_zeros() as usize;
                }
                at = self.start + WINDOW;
            }
            self.look(bytes, at);
        }
    }

    #[inline(always)]
    fn look(&mut self, bytes: &[u8], at: usize) {
        self.start = at;
        self.marks = match bytes.get(at..).and_then(<[u8]>::first_chunk) {
            Some(window) => marks(window),
            None => last_marks(bytes.get(at..).unwrap_or(&[])),
        };
    }
}

/// The marks of the last bytes of a text. What follows them is a stop.
#[cold]
fn last_marks(rest: &[u8]) -> u64 {
    let mut window = [b'"'; WINDOW];
    window[..rest.len()].copy_from_slice(rest);
    marks(&window)
}

#[inline(always)]
fn marks(window: &[u8; WINDOW]) -> u64 {
    let (parts, _) = window.as_chunks();
    let mut marks = 0;
    for (part, place) in parts.iter().zip([0, 16, 32, 48]) {
        marks |= u64::from(stops(u8x16::new(*part))) << place;
    }
    marks
}

#[inline(always)]
fn stops(bytes: u8x16) -> u32 {
    let backslashes = bytes.simd_eq(u8x16::splat(b'\\'));
    // With this bit turned, a quote stands where the space was, right behind the control characters.
    let turned = bytes ^ u8x16::splat(b'"' ^ b' ');
    let quotes_and_controls = turned.min(u8x16::splat(b' ')).simd_eq(turned);
    (backslashes | quotes_and_controls).to_bitmask()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_stop_is_that_of_a_look_at_each_byte() {
        let mut bytes: Vec<u8> = (0..=255)
            .filter(|b| !is_stop(*b))
            .cycle()
            .take(400)
            .collect();
        for at in [3, 63, 64, 65, 130, 131, 260, 399] {
            bytes[at] = [b'"', b'\\', 0, 0x1f][at % 4];
        }
        for length in [0, 1, 15, 63, 64, 65, 128, 200, 399, 400] {
            let bytes = &bytes[..length];
            for step in [1, 2, 7, 16, 70] {
                let mut stops = Stops::default();
                let mut found = 0;
                for from in (0..=length).step_by(step) {
                    let from = from.max(found);
                    let expected = bytes[from..].iter().position(|b| is_stop(*b));
                    let expected = expected.map_or(length, |offset| from + offset);
                    found = stops.next(bytes, from);
                    assert_eq!(found, expected, "from {from} of {length}");
                }
            }
        }
    }

    fn is_stop(byte: u8) -> bool {
        byte == b'"' || byte == b'\\' || byte < b' '
    }
}
