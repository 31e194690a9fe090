//! JSON, written straight to the output.

use std::cell::RefCell;
use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::Section;
use super::json_users::{JsonAlive, JsonUser};
use super::sanitize::valid_utf8;
use super::time::rfc3339_utc;
use crate::columns::{Column, Row, Value};
use crate::names::Names;

/// Writes one document: an array for each kind.
///
/// # Errors
/// Those of `out`.
pub fn document(out: &mut dyn Write, sections: &[Section<'_>], names: Names) -> io::Result<()> {
    write(out, &Document { sections, names: &RefCell::new(names) })
}

/// Writes any value as one line.
///
/// # Errors
/// Those of `out`.
pub fn write(mut out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")
}

/// Writes one object a line.
///
/// # Errors
/// Those of `out`.
pub fn lines(out: &mut dyn Write, sections: &[Section<'_>], names: Names) -> io::Result<()> {
    let names = RefCell::new(names);
    for section in sections {
        for row in &section.rows {
            write(out, &JsonRow { columns: &section.columns, row: *row, names: &names })?;
        }
    }
    Ok(())
}

struct Document<'a> {
    sections: &'a [Section<'a>],
    names: &'a RefCell<Names>,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.sections.len()))?;
        for section in self.sections {
            map.serialize_entry(section.kind.word(), &Rows { section, names: self.names })?;
        }
        map.end()
    }
}

struct Rows<'a> {
    section: &'a Section<'a>,
    names: &'a RefCell<Names>,
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.section.rows.len()))?;
        for row in &self.section.rows {
            seq.serialize_element(&JsonRow {
                columns: &self.section.columns,
                row: *row,
                names: self.names,
            })?;
        }
        seq.end()
    }
}

/// A row as an object whose keys are the names of the columns.
pub struct JsonRow<'a> {
    /// The columns.
    pub columns: &'a [&'static Column],
    /// The row.
    pub row: Row<'a>,
    /// Names of users and groups.
    pub names: &'a RefCell<Names>,
}

impl Serialize for JsonRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        for column in self.columns {
            map.serialize_entry(
                column.name,
                &JsonValue { value: (column.get)(&self.row), names: self.names },
            )?;
        }
        map.end()
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
            Value::User(uid) => self.names.borrow_mut().user(uid).serialize(serializer),
            Value::Group(gid) => self.names.borrow_mut().group(gid).serialize(serializer),
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
