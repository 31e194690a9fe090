//! The known word that a mistyped one is nearest to.

/// Longer words are not compared: the work grows with the square of the length.
const LONGEST: usize = 64;

/// At least this number of letters make the beginning of a word.
const BEGINNING: usize = 3;

/// The nearest known word, if it differs in at most a third of its letters, or if one of the two
/// words begins with the other; of several, the first. Upper and lower case are the same.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if typed.is_empty() || typed.len() > LONGEST {
        return None;
    }
    let typed = typed.to_ascii_lowercase();
    let distance = |word: &str| {
        let word = word.to_ascii_lowercase();
        let distance = strsim::damerau_levenshtein(&typed, &word);
        let (longest, shortest) = (typed.len().max(word.len()), typed.len().min(word.len()));
        let is_beginning = word.starts_with(&typed) || typed.starts_with(&word);
        let is_near = distance <= (longest / 3).max(1) || is_beginning && shortest >= BEGINNING;
        is_near.then_some(distance)
    };
    let near = known.into_iter().filter_map(|word| Some((distance(word)?, word)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
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
            ("table-format", Some("table")),
            ("kill", None),
        ] {
            assert_eq!(nearest(typed, KNOWN), expected, "{typed}");
        }
        assert_eq!(nearest(&"json".repeat(1000), KNOWN), None);
    }
}
