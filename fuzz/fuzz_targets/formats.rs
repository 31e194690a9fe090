//! Objects in every format: what a reader of the format gets back is what was written.
//!
//! The first line of the input is the command line of an object's creator, which is untrusted. Each
//! other line is a row of /proc/sysvipc after a digit that chooses the kind.
#![no_main]

use std::fmt::Write as _;

use ipcs::columns::{self, Facts, Row, View};
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
    let kind = *Kind::ORDER.get(usize::from(kind.wrapping_sub(b'0')))?;
    sysvipc::parse(kind, row).ok()
}

fn formatter() -> TextFormatter {
    TextFormatter::new(Names::numeric(), TimeFormat::Utc, false, 0)
        .with_clock(LocalTime::fixed(3600))
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

fn check(kind: Kind, command: &[u8], objects: &[Object]) {
    let facts = Facts { command: Some(command.to_vec()), ..Facts::default() };
    let rows: Vec<Row<'_>> = objects.iter().map(|object| Row { object, facts: &facts }).collect();
    let is_plain = |column: &&columns::Column| !column.needs.has(columns::Needs::PROCESSES);
    let shown: Vec<_> = columns::of_kind(kind).filter(is_plain).collect();
    let columns =
        [KindColumns { kind, columns: shown.clone(), dropped_first: &[], dropped_last: &[] }];

    let mut json = Vec::new();
    let names = Names::numeric;
    write(&rows, &columns, |out| Box::new(Json::new(out, Shape::Document, names())), &mut json);
    let document: Value = serde_json::from_slice(&json).expect("JSON");
    let listed = document[kind.word()].as_array().expect("an array");
    assert_eq!(listed.len(), objects.len());
    for (listed, object) in listed.iter().zip(objects) {
        assert_eq!(listed["id"].as_i64(), object.id().map(|id| id.0.into()));
        assert_eq!(listed["uid"], object.owner.uid);
        let key = object.key.map(|key| key.to_string());
        assert_eq!(listed["key"].as_str(), key.as_deref());
        if kind == Kind::Shm {
            assert_eq!(listed["command"].as_str(), Some(&*valid_utf8(command)));
        }
    }

    // csv has the same, as text. A user without a name is shown by number.
    let mut csv = Vec::new();
    write(&rows, &columns, |out| Box::new(Csv::new(out, formatter(), true)), &mut csv);
    let mut reader = csv::Reader::from_reader(&csv[..]);
    let headings = reader.headers().expect("headings").clone();
    let records: Vec<csv::StringRecord> = reader.records().map(|r| r.expect("a record")).collect();
    assert_eq!(records.len(), objects.len());
    for (record, listed) in records.iter().zip(listed) {
        for ((heading, field), column) in headings.iter().zip(record).zip(&shown) {
            assert_eq!(heading, column.name);
            if column.json != columns::Json::Name {
                assert_eq!(field, text(&listed[heading]), "{heading}");
            }
        }
    }

    let mut raw = Vec::new();
    write(&rows, &columns, |out| Box::new(Raw::new(out, formatter(), false)), &mut raw);
    let lines: Vec<&[u8]> = raw.split_inclusive(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len(), objects.len());
    for line in lines {
        let fields: Vec<&[u8]> = line.trim_ascii_end().split(|byte| *byte == b' ').collect();
        assert_eq!(fields.len(), shown.len());
        if let Some(at) = shown.iter().position(|column| column.name == "command") {
            let expected = if fields[at] == b"-" { Vec::new() } else { unescaped(fields[at]) };
            assert_eq!(expected, command);
        }
    }

    let mut export = Vec::new();
    write(&rows, &columns, |out| Box::new(Export::new(out, formatter())), &mut export);
    assert_eq!(export.iter().filter(|byte| **byte == b'\n').count(), objects.len());

    for width in [None, Some(80)] {
        let style = TableStyle { width, ..TableStyle::default() };
        let mut table = Vec::new();
        write(
            &rows,
            &columns,
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
        let columns = [KindColumns {
            kind,
            columns: classic::columns(kind, view),
            dropped_first: &[],
            dropped_last: &[],
        }];
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
    for kind in Kind::ORDER {
        let of_kind: Vec<Object> =
            objects.iter().filter(|object| object.kind() == *kind).cloned().collect();
        check(*kind, command, &of_kind);
        check_classic(*kind, &of_kind);
    }
});
