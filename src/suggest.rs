//! Near misses: the word that somebody probably meant, and user text made short enough to show.

/// Words longer than this are not compared: nobody mistypes them, and comparing takes time.
const LONGEST_WORD: usize = 64;

/// More characters of user text than this are not shown in a message.
const LONGEST_QUOTE: usize = 60;

/// The candidate that `word` is probably meant to be: the nearest one that at most a third of the
/// characters tell apart, whatever their case. The first of several that are equally near.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST_WORD {
        return None;
    }
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST_WORD)
        .map(|candidate| {
            let distance = strsim::osa_distance(&word, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, candidate)| {
            let shorter = word.chars().count().min(candidate.chars().count());
            *distance <= shorter.div_ceil(3)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `text` between backticks, cut off where it would drown the message.
pub fn quoted(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_word_that_was_meant_and_nothing_far_away() {
        let keys = ["version", "default", "hide", "all_tools", "tools"];
        assert_eq!(nearest("verison", keys), Some("version"));
        assert_eq!(nearest("Default", keys), Some("default"));
        assert_eq!(nearest("tool", keys), Some("tools"));
        assert_eq!(nearest("alltools", keys), Some("all_tools"));
        assert_eq!(nearest("banana", keys), None);
        assert_eq!(nearest("x", ["lt"]), None);
        assert_eq!(nearest(&"version".repeat(20), keys), None);
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(quoted("naïve"), "`naïve`");
        let shown = quoted(&"é".repeat(100));
        assert_eq!(shown.chars().count(), LONGEST_QUOTE + 3);
    }
}
