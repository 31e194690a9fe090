//! JSON, written straight to the output.

use std::cell::RefCell;
use std::io::{self, Write};

use serde::ser::{Serialize, Serializer};

use super::Section;
use super::digits::{perms, put_i64, put_key, put_u64};
use super::json_users::{JsonAlive, JsonUser};
use super::sanitize::valid_utf8;
use super::time::{UtcTimes, rfc3339_utc};
use crate::columns::{Column, Row, Value};
use crate::model::Kind;
use crate::names::Names;

/// What is gathered before it is written.
const FLUSH_AT: usize = 64 * 1024;

/// The two shapes of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One document: an array for each kind.
    Document,
    /// One object a line.
    Lines,
}

/// Writes the sections of a list.
///
/// # Errors
/// Those of `out`.
pub fn list(
    out: &mut dyn Write,
    shape: Shape,
    sections: &[Section<'_>],
    names: Names,
) -> io::Result<()> {
    let mut json = ListWriter::new(out, shape, names);
    for section in sections {
        json.begin(section.kind, &section.columns)?;
        section.rows.iter().try_for_each(|row| json.row(row, &section.columns))?;
        json.end();
    }
    json.finish()
}

/// Writes any value as one line.
///
/// # Errors
/// Those of `out`.
pub fn write(mut out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")
}

/// The names of columns as the keys of an object: `{"kind":`, `,"key":`.
fn keys(columns: &[&'static Column]) -> io::Result<Vec<Vec<u8>>> {
    let key = |(at, column): (usize, &&'static Column)| {
        let mut key = vec![if at == 0 { b'{' } else { b',' }];
        serde_json::to_writer(&mut key, column.name)?;
        key.push(b':');
        Ok(key)
    };
    columns.iter().enumerate().map(key).collect()
}

/// Writes a list row by row, in large pieces. Numbers, keys and times, nearly all that a list
/// holds, need no escaping and go straight into the text; everything else is serde's.
pub struct ListWriter<'a> {
    out: &'a mut dyn Write,
    shape: Shape,
    text: Vec<u8>,
    keys: Vec<Vec<u8>>,
    names: RefCell<Names>,
    times: UtcTimes,
    sections: usize,
    rows: usize,
}

impl<'a> ListWriter<'a> {
    /// Begins a list.
    pub fn new(out: &'a mut dyn Write, shape: Shape, names: Names) -> ListWriter<'a> {
        ListWriter {
            out,
            shape,
            text: Vec::with_capacity(FLUSH_AT + 4096),
            keys: Vec::new(),
            names: RefCell::new(names),
            times: UtcTimes::default(),
            sections: 0,
            rows: 0,
        }
    }

    /// Begins the rows of a kind.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn begin(&mut self, kind: Kind, columns: &[&'static Column]) -> io::Result<()> {
        self.keys = keys(columns)?;
        self.rows = 0;
        if self.shape == Shape::Document {
            self.text.push(if self.sections == 0 { b'{' } else { b',' });
            serde_json::to_writer(&mut self.text, kind.word())?;
            self.text.extend_from_slice(b":[");
        }
        self.sections += 1;
        Ok(())
    }

    /// Writes a row of the columns that `begin` was told.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn row(&mut self, row: &Row<'_>, columns: &[&'static Column]) -> io::Result<()> {
        if self.shape == Shape::Document && self.rows > 0 {
            self.text.push(b',');
        }
        self.rows += 1;
        if columns.is_empty() {
            self.text.push(b'{');
        }
        for (at, column) in columns.iter().enumerate() {
            self.text.extend_from_slice(&self.keys[at]);
            self.value((column.get)(row))?;
        }
        self.text.push(b'}');
        if self.shape == Shape::Lines {
            self.text.push(b'\n');
        }
        if self.text.len() >= FLUSH_AT { self.flush() } else { Ok(()) }
    }

    /// Ends the rows of a kind.
    pub fn end(&mut self) {
        if self.shape == Shape::Document {
            self.text.push(b']');
        }
    }

    /// Ends the list.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(mut self) -> io::Result<()> {
        if self.shape == Shape::Document {
            self.text.extend_from_slice(if self.sections == 0 { b"{}\n" } else { b"}\n" });
        }
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }

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
            value => {
                serde_json::to_writer(&mut self.text, &JsonValue { value, names: &self.names })?
            }
        }
        Ok(())
    }

    /// A text that holds nothing to be escaped.
    fn quoted(&mut self, put: impl FnOnce(&mut Vec<u8>)) {
        self.text.push(b'"');
        put(&mut self.text);
        self.text.push(b'"');
    }
}

/// A value as JSON has it: numbers are numbers, unknown is null.
pub struct JsonValue<'a> {
    /// The value.
    pub value: Value<'a>,
    /// Names of users and groups.
    pub names: &'a RefCell<Names>,
}

impl Serialize for JsonValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Null => serializer.serialize_none(),
            Value::Int(number) => serializer.serialize_i64(number),
            Value::Uint(number) | Value::Bytes(number) => serializer.serialize_u64(number),
            Value::Bool(yes) => serializer.serialize_bool(yes),
            Value::Verdict(answer) => answer.serialize(serializer),
            Value::Kind(kind) => serializer.serialize_str(kind.word()),
            Value::Key(key) => serializer.collect_str(&key),
            Value::Perms(mode) => serializer.collect_str(&format_args!("{:04o}", mode.perms())),
            Value::Symbolic(mode) => {
                serializer.serialize_str(std::str::from_utf8(&mode.symbolic()).unwrap_or_default())
            }
            Value::Time(seconds) => match rfc3339_utc(seconds) {
                Some(text) => serializer.serialize_str(text.as_str()),
                None => serializer.serialize_none(),
            },
            Value::User(uid) => {
                self.names.borrow_mut().user(uid).map(valid_utf8).serialize(serializer)
            }
            Value::Group(gid) => {
                self.names.borrow_mut().group(gid).map(valid_utf8).serialize(serializer)
            }
            Value::Words(words) => words.serialize(serializer),
            Value::Text(bytes) => serializer.serialize_str(&valid_utf8(bytes)),
            Value::Permille(share) | Value::Bar(share) => serializer.serialize_u64(share),
            Value::Reason(reason) => serializer.collect_str(&reason),
            Value::Users(kind, users) => serializer
                .collect_seq(users.iter().map(|user| JsonUser { kind, user, names: self.names })),
            Value::Recorded(kind, recorded) => JsonAlive { kind, recorded }.serialize(serializer),
            Value::Semaphores(semaphores) => semaphores.serialize(serializer),
        }
    }
}
