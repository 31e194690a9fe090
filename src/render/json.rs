//! JSON, written straight to the output.

use std::cell::RefCell;
use std::io::{self, Write};

use serde::Serialize;

use super::Section;
use super::digits::{perms, put_i64, put_key, put_u64};
use super::json_users::{JsonAlive, JsonUser};
use super::sanitize::valid_utf8;
use super::time::UtcTimes;
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

    /// A value as JSON has it: numbers are numbers, unknown is null.
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
            Value::User(uid) => put_text(&mut self.text, self.names.borrow_mut().user(uid))?,
            Value::Group(gid) => put_text(&mut self.text, self.names.borrow_mut().group(gid))?,
            Value::Words(words) => put(&mut self.text, &words)?,
            Value::Text(bytes) => put_text(&mut self.text, Some(bytes))?,
            Value::Permille(share) | Value::Bar(share) => put_u64(&mut self.text, share),
            Value::Reason(reason) => put(&mut self.text, &reason.to_string())?,
            Value::Users(kind, users) => {
                let names = &self.names;
                let users: Vec<_> =
                    users.iter().map(|user| JsonUser { kind, user, names }).collect();
                put(&mut self.text, &users)?;
            }
            Value::Recorded(kind, recorded) => put(&mut self.text, &JsonAlive { kind, recorded })?,
            Value::Semaphores(semaphores) => put(&mut self.text, &semaphores)?,
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

/// Anything by serde. Not inlined, so that the function of the many numbers stays small.
#[inline(never)]
fn put(out: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    Ok(serde_json::to_writer(out, value)?)
}

/// A text, or null. Hardly one holds anything to be escaped, and serde looks at each byte twice.
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
