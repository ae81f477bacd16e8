//! What a text looks like, by the table of confusable characters of UTS 39.
//!
//! The table is that of `unicode-security`, laid flat when mcplint is built: there it is made of 6,700
//! pointers, and each of them would have to be put right whenever the program starts.

use unicode_normalization::UnicodeNormalization;

include!(concat!(env!("OUT_DIR"), "/look_alikes.rs"));

/// The skeleton of `text`: texts that have the same one look alike. It is for comparing, not for reading:
/// it has `rn` for every `m`, and `l` for every `I`. Source: UTS 39, section 4.
pub fn skeleton(text: &str) -> String {
    let mut alike = String::with_capacity(text.len());
    for c in text.nfd() {
        match LOOK_ALIKES.binary_search_by_key(&c, |&(c, ..)| c) {
            Ok(row) => {
                let (_, at, len) = LOOK_ALIKES[row];
                alike.push_str(&TEXTS[usize::from(at)..][..usize::from(len)]);
            }
            Err(_) => alike.push(c),
        }
    }
    alike.nfd().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_security::confusable_detection;

    use super::*;

    fn expected(text: &str) -> String {
        confusable_detection::skeleton(text).collect()
    }

    #[test]
    fn each_character_has_the_skeleton_of_the_table_it_was_made_of() {
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            assert_eq!(skeleton(&text), expected(&text), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn texts_have_the_skeleton_of_the_table_it_was_made_of(text in ".{0,20}") {
            prop_assert_eq!(skeleton(&text), expected(&text));
        }
    }
}
