//! JSON, written straight to the output.

use std::io::{self, Write};

use serde::Serialize;

use super::digits::{perms, put_i64, put_key, put_percent, put_u64};
use super::formatter::{TextFormatter, reason_text};
use super::time::{UtcTimes, seconds_since};
use super::{Cells, Format, Section};
use crate::columns::{Details, Shape as DetailsShape, Value};
use crate::escape::valid_utf8;
use crate::names::Names;

/// How much output is buffered before it is written.
const FLUSH_AT: usize = 64 * 1024;

/// The two shapes of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One document on one line: an array for each kind.
    Document,
    /// The same, indented for people.
    Indented,
    /// One object a line.
    Lines,
}

/// Writes any value on one line, or indented for people.
///
/// # Errors
/// Those of `out`.
pub fn write(mut out: &mut dyn Write, value: &impl Serialize, indented: bool) -> io::Result<()> {
    if indented {
        serde_json::to_writer_pretty(&mut out, value)?;
    } else {
        serde_json::to_writer(&mut out, value)?;
    }
    out.write_all(b"\n")
}

/// Writes a document that is JSON already on one line, or indented for people.
///
/// # Errors
/// Those of `out`.
pub fn write_document(out: &mut dyn Write, document: &[u8], indented: bool) -> io::Result<()> {
    if indented {
        return out.write_all(&indent(document)?);
    }
    out.write_all(document)?;
    out.write_all(b"\n")
}

/// The same document, indented.
fn indent(document: &[u8]) -> io::Result<Vec<u8>> {
    let mut indented = Vec::with_capacity(document.len().saturating_mul(2));
    let mut reader = serde_json::Deserializer::from_slice(document);
    let mut writer = serde_json::Serializer::pretty(&mut indented);
    serde_transcode::transcode(&mut reader, &mut writer)?;
    indented.push(b'\n');
    Ok(indented)
}

/// The names of columns as the keys of an object: `{"kind":`, `,"key":`.
fn keys<'a>(names: impl Iterator<Item = &'a str>) -> io::Result<Vec<Vec<u8>>> {
    let key = |(at, name): (usize, &str)| {
        let mut key = vec![if at == 0 { b'{' } else { b',' }];
        serde_json::to_writer(&mut key, name)?;
        key.push(b':');
        Ok(key)
    };
    names.enumerate().map(key).collect()
}

/// Writes lists row by row, in large pieces. Numbers, keys and times are nearly all of a list. They
/// need no escaping and are appended directly; everything else is left to serde.
pub struct Json<'a> {
    out: &'a mut dyn Write,
    shape: Shape,
    text: Vec<u8>,
    keys: Vec<Vec<u8>>,
    names: Names,
    times: UtcTimes,
    /// In seconds since the epoch.
    now: i64,
    sections: usize,
    rows: usize,
}

impl<'a> Json<'a> {
    /// Writes to `out`; `now` is in seconds since the epoch.
    pub fn new(out: &'a mut dyn Write, shape: Shape, names: Names, now: i64) -> Json<'a> {
        Json {
            out,
            shape,
            text: Vec::with_capacity(FLUSH_AT + 4096),
            keys: Vec::new(),
            names,
            times: UtcTimes::default(),
            now,
            sections: 0,
            rows: 0,
        }
    }
}

impl Format for Json<'_> {
    fn begin(&mut self, section: &Section) -> io::Result<()> {
        self.keys = keys(section.headings.iter().map(|heading| heading.name))?;
        self.rows = 0;
        if self.shape != Shape::Lines {
            self.text.push(if self.sections == 0 { b'{' } else { b',' });
            serde_json::to_writer(&mut self.text, &section.kind)?;
            self.text.extend_from_slice(b":[");
        }
        self.sections += 1;
        Ok(())
    }

    fn row(&mut self, cells: &dyn Cells) -> io::Result<()> {
        if self.shape != Shape::Lines && self.rows > 0 {
            self.text.push(b',');
        }
        self.rows += 1;
        if self.keys.is_empty() {
            self.text.push(b'{');
        }
        for column in 0..self.keys.len() {
            self.text.extend_from_slice(&self.keys[column]);
            self.value(cells.value(column))?;
        }
        self.text.push(b'}');
        if self.shape == Shape::Lines {
            self.text.push(b'\n');
        }
        if self.text.len() >= FLUSH_AT && self.shape != Shape::Indented {
            self.flush()?;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        if self.shape != Shape::Lines {
            self.text.push(b']');
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        if self.shape != Shape::Lines {
            self.text.extend_from_slice(if self.sections == 0 { b"{}\n" } else { b"}\n" });
        }
        if self.shape == Shape::Indented {
            self.text = indent(&self.text)?;
        }
        self.flush()
    }
}

impl Json<'_> {
    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }

    /// A value as JSON has it: numbers are numbers, unknown is null.
    #[expect(clippy::inline_always, reason = "a tenth of the instructions of a whole list")]
    #[inline(always)]
    fn value(&mut self, value: Value<'_>) -> io::Result<()> {
        match value {
            Value::Null => self.text.extend_from_slice(b"null"),
            Value::Int(number) => put_i64(&mut self.text, number),
            Value::Uint(number) | Value::Bytes(number) => put_u64(&mut self.text, number),
            Value::Key(key) => self.quoted(|text| put_key(text, key)),
            Value::Perms(mode) => self.quoted(|text| text.extend_from_slice(&perms(mode))),
            Value::Symbolic(mode) => self.quoted(|text| text.extend_from_slice(&mode.symbolic())),
            Value::Kind(kind) => self.quoted(|text| text.extend_from_slice(kind.word().as_bytes())),
            Value::Time(seconds) => match self.times.of(seconds) {
                Some(time) => self.quoted(|text| text.extend_from_slice(time.as_bytes())),
                None => self.text.extend_from_slice(b"null"),
            },
            Value::Bool(yes) => put(&mut self.text, &yes)?,
            Value::Verdict(answer) => put(&mut self.text, &answer)?,
            Value::User(uid) => put_text(&mut self.text, self.names.user(uid))?,
            Value::Group(gid) => put_text(&mut self.text, self.names.group(gid))?,
            Value::Words(words) => put(&mut self.text, &words)?,
            Value::Text(bytes) | Value::Command(bytes) => put_text(&mut self.text, Some(bytes))?,
            Value::Percent(share) | Value::Bar(share) => put_percent(&mut self.text, share),
            Value::Since(then) => put_u64(&mut self.text, seconds_since(then, self.now)),
            Value::NoPid => self.text.push(b'0'),
            Value::Reason(reason) => {
                let text = reason_text(reason, &mut self.names);
                put(&mut self.text, &text)?;
            }
            Value::Word(word) => self.quoted(|text| text.extend_from_slice(word.as_bytes())),
            Value::Address(address) => put(&mut self.text, &format!("{address:#x}"))?,
            Value::Alive(alive) => put(&mut self.text, &alive.of_json())?,
            Value::Details(details) => self.details(details)?,
        }
        Ok(())
    }

    /// Rows within a cell.
    fn details(&mut self, details: &dyn Details) -> io::Result<()> {
        match details.shape() {
            DetailsShape::Objects => self.array(details, |json, row| json.object(details, row)),
            DetailsShape::Scalars => {
                self.array(details, |json, row| json.value(details.value(row, 0)))
            }
            DetailsShape::Map { key, value, within: None } => self.map(details, key, value),
            DetailsShape::Map { key, value, within: Some(name) } => {
                self.member(b'{', name)?;
                self.map(details, key, value)?;
                self.text.push(b'}');
                Ok(())
            }
            DetailsShape::Unknown { within } => {
                self.member(b'{', within)?;
                self.text.extend_from_slice(b"null}");
                Ok(())
            }
        }
    }

    fn array(
        &mut self,
        details: &dyn Details,
        mut write: impl FnMut(&mut Self, usize) -> io::Result<()>,
    ) -> io::Result<()> {
        self.text.push(b'[');
        for row in 0..details.len() {
            if row > 0 {
                self.text.push(b',');
            }
            write(self, row)?;
        }
        self.text.push(b']');
        Ok(())
    }

    fn object(&mut self, details: &dyn Details, row: usize) -> io::Result<()> {
        let mut before = b'{';
        for (at, field) in details.fields().iter().enumerate() {
            let value = details.value(row, at);
            if field.optional && matches!(value, Value::Null) {
                continue;
            }
            self.member(before, field.name)?;
            self.value(value)?;
            before = b',';
        }
        if before == b'{' {
            self.text.push(b'{');
        }
        self.text.push(b'}');
        Ok(())
    }

    fn map(&mut self, details: &dyn Details, key: usize, value: usize) -> io::Result<()> {
        let mut before = b'{';
        let mut formatter = TextFormatter::plain();
        let mut name = Vec::new();
        for row in 0..details.len() {
            let of_row = details.value(row, key);
            if of_row.is_empty() {
                continue;
            }
            name.clear();
            formatter.put(of_row, &mut name);
            self.member(before, &valid_utf8(&name))?;
            self.value(details.value(row, value))?;
            before = b',';
        }
        if before == b'{' {
            self.text.push(b'{');
        }
        self.text.push(b'}');
        Ok(())
    }

    /// The name of a member, after `{` or `,`.
    fn member(&mut self, before: u8, name: &str) -> io::Result<()> {
        self.text.push(before);
        put(&mut self.text, &name)?;
        self.text.push(b':');
        Ok(())
    }

    /// A text that needs no escaping.
    fn quoted(&mut self, put: impl FnOnce(&mut Vec<u8>)) {
        self.text.push(b'"');
        put(&mut self.text);
        self.text.push(b'"');
    }
}

/// Any value, by serde. Not inlined, so that the function for the common case, numbers, stays
/// small.
#[inline(never)]
fn put(out: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    Ok(serde_json::to_writer(out, value)?)
}

/// A text, or null. Few texts need escaping, and serde checks each byte twice.
#[inline(never)]
fn put_text(out: &mut Vec<u8>, text: Option<&[u8]>) -> io::Result<()> {
    let plain = |byte: u8| byte.is_ascii() && byte >= b' ' && byte != b'"' && byte != b'\\';
    match text {
        Some(text) if text.iter().copied().all(plain) => {
            out.push(b'"');
            out.extend_from_slice(text);
            out.push(b'"');
            Ok(())
        }
        text => put(out, &text.map(valid_utf8)),
    }
}
