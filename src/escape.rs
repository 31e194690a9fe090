//! Escaping of untrusted bytes: names, command lines, file names and arguments must
//! neither control the terminal nor pretend to be other text.

/// Appends `text` with everything that is not plain text as `\xHH`: control characters,
/// characters that change the direction of writing or are invisible, and invalid UTF-8.
pub fn escape_into(out: &mut Vec<u8>, text: &[u8]) {
    escape_where(out, text, is_unsafe);
}

/// `text` as [`escape_into`] writes it.
#[must_use]
pub fn escaped(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    escape_into(&mut out, text);
    String::from_utf8(out).unwrap_or_default()
}

/// Appends `text` as one field without blanks: as [`escape_into`], and blanks and backslashes
/// too. An empty text is `-`, and a text that is `-` is escaped.
pub fn escape_field_into(out: &mut Vec<u8>, text: &[u8]) {
    match text {
        b"" => out.push(b'-'),
        b"-" => push_hex(out, b"-"),
        text => escape_where(out, text, |c| c == '\\' || c.is_whitespace() || is_unsafe(c)),
    }
}

/// Appends `text` with invalid UTF-8 as `\xHH` and everything else as it is.
pub fn valid_utf8_into(out: &mut Vec<u8>, text: &[u8]) {
    escape_where(out, text, |_| false);
}

/// `text` as valid UTF-8, invalid bytes as `\xHH`.
#[must_use]
pub fn valid_utf8(text: &[u8]) -> std::borrow::Cow<'_, str> {
    match std::str::from_utf8(text) {
        Ok(text) => text.into(),
        Err(_) => {
            let mut out = Vec::new();
            valid_utf8_into(&mut out, text);
            String::from_utf8(out).unwrap_or_default().into()
        }
    }
}

/// Whether a character is more than a glyph.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Direction of writing (Unicode Standard Annex 9), also the marks.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Line and paragraph separators, invisible characters and deprecated format characters.
            | '\u{2028}' | '\u{2029}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{ad}'
            | '\u{180e}' | '\u{e0000}'..='\u{e007f}')
}

fn escape_where(out: &mut Vec<u8>, text: &[u8], escaped: impl Fn(char) -> bool) {
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut buf = [0; 4];
            let bytes = c.encode_utf8(&mut buf).as_bytes();
            if escaped(c) { push_hex(out, bytes) } else { out.extend_from_slice(bytes) }
        }
        push_hex(out, chunk.invalid());
    }
}

fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field(text: &[u8]) -> String {
        let mut out = Vec::new();
        escape_field_into(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_moves_the_cursor_or_hides() {
        assert_eq!(escaped(b"a\x1b[31mb\nc\x7f"), "a\\x1b[31mb\\x0ac\\x7f");
        assert_eq!(escaped("a\u{202e}b\u{9b}c".as_bytes()), "a\\xe2\\x80\\xaeb\\xc2\\x9bc");
        assert_eq!(escaped(b"caf\xc3\xa9 \xff\\"), "caf\u{e9} \\xff\\");
    }

    /// Lists each character, so that the ranges of `is_unsafe` are not compared with themselves.
    #[test]
    fn no_control_and_no_invisible_character_is_left() {
        let direction = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\
            \u{2066}\u{2067}\u{2068}\u{2069}";
        let separators = "\u{2028}\u{2029}";
        let invisible = "\u{ad}\u{180e}\u{200b}\u{200c}\u{200d}\u{2060}\u{2061}\u{2062}\
            \u{2063}\u{2064}\u{2065}\u{feff}";
        let deprecated = "\u{206a}\u{206b}\u{206c}\u{206d}\u{206e}\u{206f}";
        let annotations = "\u{fff9}\u{fffa}\u{fffb}";
        let named = [direction, separators, invisible, deprecated, annotations].concat();
        let controls = ('\0'..'\u{20}').chain('\u{7f}'..'\u{a0}');
        let tags = '\u{e0000}'..='\u{e007f}';
        let all: Vec<char> = named.chars().chain(controls).chain(tags).collect();
        assert_eq!(all.len(), 35 + 65 + 128);
        for c in &all {
            let text = escaped(c.to_string().as_bytes());
            assert!(text.starts_with("\\x") && text.is_ascii(), "{}", c.escape_unicode());
        }
        // And nothing else is touched: what is no letter may still be a glyph.
        let rest = ('\0'..=char::MAX).filter(|c| is_unsafe(*c) && !all.contains(c));
        assert_eq!(rest.collect::<Vec<_>>(), []);
    }

    #[test]
    fn a_field_has_no_blank_and_is_never_empty() {
        assert_eq!(field(b""), "-");
        assert_eq!(field(b"-"), "\\x2d");
        assert_eq!(field(b"rw-r-----"), "rw-r-----");
        assert_eq!(field("a b\\c\u{a0}d".as_bytes()), "a\\x20b\\x5cc\\xc2\\xa0d");
    }

    proptest! {
        #[test]
        fn fields_can_be_read_back(text in proptest::collection::vec(any::<u8>(), 1..60)) {
            let field = field(&text);
            prop_assert!(!field.contains(char::is_whitespace) && !field.contains(is_unsafe));
            let mut back = Vec::new();
            let mut rest = field.as_bytes();
            while let [first, tail @ ..] = rest {
                if *first == b'\\' {
                    let digits = std::str::from_utf8(&rest[2..4]).unwrap();
                    back.push(u8::from_str_radix(digits, 16).unwrap());
                    rest = &rest[4..];
                } else {
                    back.push(*first);
                    rest = tail;
                }
            }
            prop_assert_eq!(back, text);
        }
    }
}
