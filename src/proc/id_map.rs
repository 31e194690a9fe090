//! /proc/PID/uid_map and gid_map (user_namespaces(7)): the ids of a user namespace, and how whoever
//! opened the file sees them.

use super::ParseError;
use super::text::{Words, lines};
use crate::model::{IdMap, IdRange};

/// Reads the file.
///
/// # Errors
/// A field that is missing or malformed.
pub fn parse(text: &[u8]) -> Result<IdMap, ParseError> {
    let range = |line| {
        let mut words = Words::new(line);
        Ok(IdRange {
            inside: words.decimal("inside")?,
            outside: words.decimal("outside")?,
            count: words.decimal("count")?,
        })
    };
    let lines = lines(text).filter(|line| !line.is_empty());
    lines.map(range).collect::<Result<_, _>>().map(IdMap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_are_read() {
        let text = b"         0       1000          1\n         1     100000      65536\n";
        let range = |inside, outside, count| IdRange { inside, outside, count };
        assert_eq!(parse(text), Ok(IdMap(vec![range(0, 1000, 1), range(1, 100_000, 65_536)])));
        // A namespace without a map, and one whose range is not seen from here.
        assert_eq!(parse(b""), Ok(IdMap::default()));
        assert_eq!(parse(b"0 4294967295 1\n"), Ok(IdMap(vec![range(0, u32::MAX, 1)])));
    }

    #[test]
    fn an_invalid_field_is_reported() {
        assert_eq!(parse(b"0 1000\n").unwrap_err().to_string(), "field count is missing");
        let error = parse(b"0 -1 1\n").unwrap_err().to_string();
        assert_eq!(error, "field outside has the invalid value '-1'");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(text in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = parse(&text);
        }

        #[test]
        fn what_the_kernel_writes_is_read_back(ranges in any::<Vec<[u32; 3]>>()) {
            let line = |[inside, outside, count]: &[u32; 3]| {
                format!("{inside:10} {outside:10} {count:10}\n")
            };
            let text: String = ranges.iter().map(line).collect();
            let read = parse(text.as_bytes()).unwrap().0;
            let read: Vec<_> = read.iter().map(|one| [one.inside, one.outside, one.count]).collect();
            prop_assert_eq!(read, ranges);
        }
    }
}
