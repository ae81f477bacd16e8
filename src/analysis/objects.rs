//! Objects by their printed form: `map[a:1 b:2]` may be read in several ways.

use super::answer::Answer;
use super::budget::Budget;

/// The longest way of reading a printed object that is tried, in fields.
const MAX_FIELDS: usize = 64;
/// How many objects a text that is read may hold; they may lie in one another.
const MAX_OBJECTS: usize = 16;

/// A way of reading a printed object: its keys, ascending, with what their values print.
pub(super) type Reading<'t> = Vec<(&'t str, &'t str)>;

/// Asks `fits` about every way of reading `text` as a printed object, until one fits.
pub(super) fn readings<'t, T>(
    text: &'t str,
    budget: &Budget<'_>,
    mut fits: impl FnMut(&[(&'t str, &'t str)]) -> Answer<T>,
) -> Answer<T> {
    if text.matches("map[").count() > MAX_OBJECTS {
        return Answer::Unknown;
    }
    match text
        .strip_prefix("map[")
        .and_then(|rest| rest.strip_suffix(']'))
    {
        None => Answer::No,
        Some("") => fits(&[]),
        Some(inner) => read(inner, &mut Vec::new(), budget, &mut fits),
    }
}

/// Reads `rest` as fields with a space between them. Recursion is bounded by [`MAX_FIELDS`].
fn read<'t, T>(
    rest: &'t str,
    fields: &mut Reading<'t>,
    budget: &Budget<'_>,
    fits: &mut impl FnMut(&[(&'t str, &'t str)]) -> Answer<T>,
) -> Answer<T> {
    if fields.len() == MAX_FIELDS {
        return Answer::Unknown;
    }
    let mut answer = Answer::No;
    for (colon, _) in rest.match_indices(':') {
        let (key, value) = (&rest[..colon], &rest[colon + 1..]);
        if fields.last().is_some_and(|(last, _)| *last >= key) {
            continue;
        }
        let ends = value.match_indices(' ').map(|(at, _)| at);
        for end in ends.chain([value.len()]) {
            if !budget.spend(1) {
                return Answer::Unknown;
            }
            fields.push((key, &value[..end]));
            answer = answer.or_else(|| match value.get(end + 1..) {
                Some(rest) => read(rest, fields, budget, fits),
                None => fits(fields),
            });
            fields.pop();
            if matches!(answer, Answer::Yes(_)) {
                return answer;
            }
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_objects_are_read_in_every_way() {
        let mut seen = Vec::new();
        let answer: Answer<()> = readings("map[a:1 b:2]", &Budget::new(100), |reading| {
            seen.push(format!("{reading:?}"));
            Answer::No
        });
        assert_eq!(answer, Answer::No);
        let ways = [
            r#"[("a", "1"), ("b", "2")]"#,
            r#"[("a", "1 b:2")]"#,
            r#"[("a:1 b", "2")]"#,
        ];
        assert_eq!(seen, ways);
    }
}
