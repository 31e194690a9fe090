//! Untrusted text: the escaped text is valid UTF-8 without control or bidi characters.
#![no_main]

use ipcs::escape::{escape_field_into, escape_into, is_unsafe, valid_utf8};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut escaped = Vec::new();
    escape_into(&mut escaped, data);
    let text = String::from_utf8(escaped).expect("UTF-8");
    assert!(!text.contains(char::is_control) && !text.contains(is_unsafe), "{text:?}");
    let mut field = Vec::new();
    escape_field_into(&mut field, data);
    let field = String::from_utf8(field).expect("UTF-8");
    assert!(!field.is_empty() && !field.contains(|c: char| c.is_whitespace() || is_unsafe(c)));
    if let Ok(text) = std::str::from_utf8(data) {
        assert_eq!(valid_utf8(data), text);
    }
});
