//! Bytes in JSON, from one process of a program to another: text as a string, which is short, and
//! other bytes as numbers.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Bytes<'a> {
    Text(std::borrow::Cow<'a, str>),
    Numbers(Vec<u8>),
}

/// Writes bytes.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let text = std::str::from_utf8(bytes).map(|text| Bytes::Text(text.into()));
    text.unwrap_or_else(|_| Bytes::Numbers(bytes.to_owned())).serialize(serializer)
}

/// Reads bytes.
///
/// # Errors
/// It is neither a string nor numbers.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    Ok(match Bytes::deserialize(deserializer)? {
        Bytes::Text(text) => text.into_owned().into_bytes(),
        Bytes::Numbers(bytes) => bytes,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn any_bytes_arrive_unchanged() {
        for bytes in [&b""[..], b"0x00 \"x\"\n", "\u{e9}\u{1b}".as_bytes(), b"\xff\0", b"1"] {
            let mut json = Vec::new();
            super::serialize(bytes, &mut serde_json::Serializer::new(&mut json)).unwrap();
            let read = super::deserialize(&mut serde_json::Deserializer::from_slice(&json));
            assert_eq!(read.unwrap(), bytes);
        }
    }
}
