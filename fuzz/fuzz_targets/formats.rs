//! Objects in every format: what a reader of the format gets back is what was written.
//!
//! The first line of the input is the command line of an object's creator, which is untrusted. Each
//! other line is a row of /proc/sysvipc after a digit that chooses the kind.
#![no_main]

use std::fmt::Write as _;

use ipcs::columns::{self, Adaption, Facts, Row, View};
use ipcs::escape::valid_utf8;
use ipcs::model::{Kind, Object};
use ipcs::names::Names;
use ipcs::proc::sysvipc;
use ipcs::query::RowSink;
use ipcs::render::classic::{self, Unit};
use ipcs::render::csv::Csv;
use ipcs::render::export::Export;
use ipcs::render::formatter::TextFormatter;
use ipcs::render::json::{Json, Shape};
use ipcs::render::raw::Raw;
use ipcs::render::table::{Table, TableStyle};
use ipcs::render::time::{LocalTime, TimeFormat};
use ipcs::render::{Format, KindColumns, ObjectWriter};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn object(line: &[u8]) -> Option<Object> {
    let (kind, row) = line.split_first()?;
    let kind = *Kind::SYSTEM_V.get(usize::from(kind.wrapping_sub(b'0')))?;
    sysvipc::parse(kind, row).ok()
}

fn formatter() -> TextFormatter {
    TextFormatter::new(Names::numeric(), TimeFormat::Utc, false, 0)
        .with_clock(LocalTime::fixed(3600))
}

/// The objects of one kind, and the columns that need no look at their processes.
struct List<'a> {
    kind: Kind,
    command: &'a [u8],
    rows: Vec<Row<'a>>,
    columns: [KindColumns; 1],
}

impl<'a> List<'a> {
    fn new(kind: Kind, command: &'a [u8], objects: &'a [Object], facts: &'a Facts) -> List<'a> {
        let is_plain = |column: &&columns::Column| {
            !column.needs.has(columns::Needs::PROCESSES)
                // A reader of JSON rounds the huge percentages of random numbers.
                && column.json != columns::Json::Percent
        };
        let columns = columns::of_kind(kind).filter(is_plain).collect();
        let columns = [KindColumns { kind, columns, adaption: Adaption::NONE }];
        let rows = objects.iter().map(|object| Row { object, facts }).collect();
        List { kind, command, rows, columns }
    }

    fn shown(&self) -> &[&'static columns::Column] {
        &self.columns[0].columns
    }
}

/// Writes the objects of one kind.
fn write<'a>(
    rows: &[Row<'_>],
    columns: &'a [KindColumns],
    format: impl FnOnce(&'a mut Vec<u8>) -> Box<dyn Format + 'a>,
    out: &'a mut Vec<u8>,
) {
    let mut writer = ObjectWriter::new(format(out), columns);
    writer.begin(columns[0].kind).expect("memory");
    for row in rows {
        writer.row(*row).expect("memory");
    }
    writer.end().expect("memory");
    writer.finish().expect("memory");
}

fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = field;
    while let [first, tail @ ..] = rest {
        if *first == b'\\' {
            let digits = std::str::from_utf8(&rest[2..4]).expect("hexadecimal digits");
            bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal digits"));
            rest = &rest[4..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    bytes
}

/// What a text format writes for a value, from its JSON.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(words) => {
            let words: Vec<String> = words.iter().map(text).collect();
            words.join(",")
        }
        other => other.to_string(),
    }
}

/// The objects as JSON, which has every field.
fn check_json(list: &List<'_>) -> Vec<Value> {
    let mut json = Vec::new();
    write(
        &list.rows,
        &list.columns,
        |out| Box::new(Json::new(out, Shape::Document, Names::numeric(), 0)),
        &mut json,
    );
    let mut document: Value = serde_json::from_slice(&json).expect("JSON");
    let listed = document[list.kind.word()].take();
    let listed = listed.as_array().expect("an array");
    assert_eq!(listed.len(), list.rows.len());
    for (listed, row) in listed.iter().zip(&list.rows) {
        assert_eq!(listed["id"].as_i64(), row.object.id().map(|id| id.0.into()));
        assert_eq!(listed["uid"], row.object.owner.uid);
        let key = row.object.key.map(|key| key.to_string());
        assert_eq!(listed["key"].as_str(), key.as_deref());
        if list.kind == Kind::Shm {
            assert_eq!(listed["command"].as_str(), Some(&*valid_utf8(list.command)));
        }
    }
    listed.clone()
}

/// csv has the same as text. A user without a name is shown by number.
fn check_csv(list: &List<'_>, listed: &[Value]) {
    let mut csv = Vec::new();
    write(&list.rows, &list.columns, |out| Box::new(Csv::new(out, formatter(), true)), &mut csv);
    let mut reader = csv::Reader::from_reader(&csv[..]);
    let headings = reader.headers().expect("headings").clone();
    let records: Vec<csv::StringRecord> = reader.records().map(|r| r.expect("a record")).collect();
    assert_eq!(records.len(), listed.len());
    for (record, listed) in records.iter().zip(listed) {
        for ((heading, field), column) in headings.iter().zip(record).zip(list.shown()) {
            assert_eq!(heading, column.name);
            if column.json != columns::Json::Name {
                assert_eq!(field, text(&listed[heading]), "{heading}");
            }
        }
    }
}

/// Every field of raw is one word, and the command line can be read back exactly.
fn check_raw(list: &List<'_>) {
    let mut raw = Vec::new();
    write(&list.rows, &list.columns, |out| Box::new(Raw::new(out, formatter(), false)), &mut raw);
    let lines: Vec<&[u8]> = raw.split_inclusive(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len(), list.rows.len());
    let command = list.shown().iter().position(|column| column.name == "command");
    for line in lines {
        let fields: Vec<&[u8]> = line.trim_ascii_end().split(|byte| *byte == b' ').collect();
        assert_eq!(fields.len(), list.shown().len());
        if let Some(at) = command {
            let found = if fields[at] == b"-" { Vec::new() } else { unescaped(fields[at]) };
            assert_eq!(found, list.command);
        }
    }
}

/// Export has one line for each object; a table has no text that moves the cursor.
fn check_lines(list: &List<'_>) {
    let mut export = Vec::new();
    write(&list.rows, &list.columns, |out| Box::new(Export::new(out, formatter())), &mut export);
    assert_eq!(export.iter().filter(|byte| **byte == b'\n').count(), list.rows.len());
    for width in [None, Some(80)] {
        let style = TableStyle { width, ..TableStyle::default() };
        let mut table = Vec::new();
        write(
            &list.rows,
            &list.columns,
            |out| Box::new(Table::new(out, formatter(), style, false)),
            &mut table,
        );
        let table = std::str::from_utf8(&table).expect("UTF-8");
        assert!(!table.replace('\n', "").contains(ipcs::escape::is_unsafe));
    }
}

/// The ids in the classic list are those of the objects.
fn check_classic(kind: Kind, objects: &[Object]) {
    for (view, unit) in
        [(View::Default, Unit::Default), (View::Time, Unit::Bytes), (View::Creator, Unit::Human)]
    {
        let columns = classic::columns(kind, view);
        let columns = [KindColumns { kind, columns, adaption: Adaption::NONE }];
        let mut out = Vec::new();

        let rows: Vec<Row<'_>> = objects.iter().map(Row::of).collect();
        write(
            &rows,
            &columns,
            |out| {
                let list = classic::List::new(out, view, unit, Names::numeric());
                Box::new(list.with_clock(LocalTime::fixed(0)).without_headings(true))
            },
            &mut out,
        );
        let text = String::from_utf8(out).expect("UTF-8");
        let mut expected = String::new();
        for object in objects {
            let id = object.id().expect("an id");
            if view == View::Default {
                let _ = writeln!(expected, "{} {id}", object.key.expect("a key"));
            } else {
                let _ = writeln!(expected, "{id}");
            }
        }
        let words = if view == View::Default { 2 } else { 1 };
        let found: String = text
            .lines()
            .filter(|line| !line.is_empty())
            .map(|line| {
                let words: Vec<&str> = line.split_whitespace().take(words).collect();
                words.join(" ") + "\n"
            })
            .collect();
        assert_eq!(found, expected);
    }
}

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|byte| *byte == b'\n');
    let command = lines.next().unwrap_or_default();
    let objects: Vec<Object> = lines.filter_map(object).collect();
    let facts = Facts { command: Some(command.to_vec()), ..Facts::default() };
    for kind in Kind::SYSTEM_V {
        let of_kind: Vec<Object> =
            objects.iter().filter(|object| object.kind() == *kind).cloned().collect();
        let list = List::new(*kind, command, &of_kind, &facts);
        let listed = check_json(&list);
        check_csv(&list, &listed);
        check_raw(&list);
        check_lines(&list);
        check_classic(*kind, &of_kind);
    }
});
