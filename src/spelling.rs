//! The known word that a mistyped one is nearest to.

/// Longer words are not compared: the work grows with the square of the length.
const LONGEST: usize = 64;

/// The nearest known word, if it differs in at most half of its letters; of several, the first.
/// Upper and lower case are the same.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if typed.len() > LONGEST {
        return None;
    }
    let typed = typed.to_ascii_lowercase();
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&typed, &word.to_ascii_lowercase()), word))
        .filter(|(distance, word)| *distance <= word.len().max(2) / 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = ["json", "table", "dry-run", "id"];

    #[test]
    fn finds_the_nearest_word() {
        for (typed, expected) in [
            ("jsn", Some("json")),
            ("JSON", Some("json")),
            ("tabel", Some("table")),
            ("dryrun", Some("dry-run")),
            ("ids", Some("id")),
            ("i", Some("id")),
            ("xyzzy", None),
            ("", None),
            ("tab", Some("table")),
            ("ta", None),
        ] {
            assert_eq!(nearest(typed, KNOWN), expected, "{typed}");
        }
        assert_eq!(nearest(&"json".repeat(1000), KNOWN), None);
    }
}
