//! Objects written in a format and read back from it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::process::Command;

use ipcs::columns::{self, Adaption, Column, Facts, Needs, Row, View};
use ipcs::escape::valid_utf8;
use ipcs::model::{Body, Content, FileType, Kind, Layout, Msg, Object, PosixFile, Shm, software};
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
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::arbitrary::{any_object, any_posix_object, object};
use super::text::seconds;

/// An object of System V or POSIX.
fn object_of_any_kind() -> impl Strategy<Value = Object> {
    prop_oneof![any_object(), any_posix_object()]
}

/// A row of /proc/sysvipc, with the kernel's widths.
fn kernel_row(object: &Object) -> String {
    let key = object.key.expect("a key").raw();
    let (id, mode, ctime) = (object.id().expect("an id").0, object.mode.0, object.ctime);
    let (owner, creator) = (object.owner, object.creator.expect("a creator"));
    let owners = format!("{:5} {:5} {:5} {:5}", owner.uid, owner.gid, creator.uid, creator.gid);
    match object.body {
        Body::Shm(Shm { size, nattch, cpid, lpid, atime, dtime, rss, swap }) => {
            let memory = rss.zip(swap).map(|(rss, swap)| format!(" {rss:21} {swap:21}"));
            format!(
                "{key:10} {id:10}  {mode:4o} {size:21} {cpid:5} {lpid:5}  {nattch:5} {owners} \
                 {atime:10} {dtime:10} {ctime:10}{}",
                memory.unwrap_or_default()
            )
        }
        Body::Msg(Msg { cbytes, qnum, lspid, lrpid, stime, rtime, .. }) => format!(
            "{key:10} {id:10}  {mode:4o}  {cbytes:10} {qnum:10} {lspid:5} {lrpid:5} {owners} \
             {stime:10} {rtime:10} {ctime:10}"
        ),
        Body::Sem(sem) => format!(
            "{key:10} {id:10}  {mode:4o} {:10} {owners} {:10} {ctime:10}",
            sem.nsems, sem.otime
        ),
        Body::Pshm(_) | Body::Pmsg(_) | Body::Psem(_) => panic!("/proc/sysvipc has no {object:?}"),
    }
}

/// The columns that need only the object, and are exact.
fn plain_columns(kind: Kind) -> Vec<&'static Column> {
    let is_plain = |column: &&Column| {
        !column.needs.has(Needs::PROCESSES)
            && !column.needs.has(Needs::SEMAPHORES)
            && !column.needs.has(Needs::CLOCK)
            && !column.needs.has(Needs::PLACE)
            // A reader of JSON rounds the huge percentages of random numbers.
            && column.json != columns::Json::Percent
    };
    columns::of_kind(kind).filter(is_plain).collect()
}

fn formatter() -> TextFormatter {
    TextFormatter::new(Names::numeric(), TimeFormat::Utc, false, 0).with_clock(LocalTime::fixed(0))
}

/// The formats that are read back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    Json,
    Jsonl,
    Csv,
    Raw,
    Export,
    Table,
    Classic,
}

fn format(name: As, out: &mut Vec<u8>) -> Box<dyn Format + '_> {
    let names = Names::numeric();
    match name {
        As::Json => Box::new(Json::new(out, Shape::Document, names, 0)),
        As::Jsonl => Box::new(Json::new(out, Shape::Lines, names, 0)),
        As::Csv => Box::new(Csv::new(out, formatter(), true)),
        As::Raw => Box::new(Raw::new(out, formatter(), true)),
        As::Export => Box::new(Export::new(out, formatter())),
        As::Table => Box::new(Table::new(out, formatter(), TableStyle::default(), false)),
        As::Classic => {
            let list = classic::List::new(out, View::Default, Unit::Bytes, names);
            Box::new(list.without_headings(true))
        }
    }
}

/// What a format writes of one object. A segment's creator has this command line.
fn written(object: &Object, command: &[u8], columns: Vec<&'static Column>, name: As) -> Vec<u8> {
    let kind = object.kind();
    let columns = [KindColumns { kind, columns, adaption: Adaption::NONE }];
    let facts = Facts { command: Some(command.to_vec()), ..Facts::default() };
    let mut out = Vec::new();
    let mut writer = ObjectWriter::new(format(name, &mut out), &columns);
    writer.begin(kind).expect("memory");
    writer.row(Row { object, facts: &facts }).expect("memory");
    writer.end().expect("memory");
    writer.finish().expect("memory");
    drop(writer);
    out
}

fn written_text(
    object: &Object,
    command: &[u8],
    columns: Vec<&'static Column>,
    name: As,
) -> String {
    String::from_utf8(written(object, command, columns, name)).expect("UTF-8")
}

/// The JSON of a column, from the fields of the object.
fn expected(column: &Column, object: &Object, command: &[u8]) -> Value {
    let creator = || object.creator.expect("a creator");
    match column.name {
        "kind" => json!(object.kind().word()),
        "key" => json!(format!("0x{:08x}", object.key.expect("a key").0)),
        "id" => json!(object.id().expect("an id").0),
        // None of the numbers has a name, and the source has no sequence numbers.
        "owner" | "group" | "creator" | "creator_group" | "seq" => Value::Null,
        "uid" => json!(object.owner.uid),
        "gid" => json!(object.owner.gid),
        "cuid" => json!(creator().uid),
        "cgid" => json!(creator().gid),
        "perms" => json!(format!("{:04o}", object.mode.0 & 0o777)),
        "mode" => json!(symbolic(object.mode.0)),
        "ctime" => time(object.ctime),
        "status" if object.kind().is_posix() => json!(file_status(object)),
        "name" => json!(valid_utf8(object.name().expect("a name").shown())),
        "software" => json!(software(object.name().expect("a name").file())),
        "status" => {
            let words = [(0o1000, "dest"), (0o2000, "locked")].into_iter();
            let is_set = |(bit, _): &(u16, &str)| object.mode.0 & bit != 0;
            words.filter(is_set).map(|(_, word)| word).collect()
        }
        "command" => json!(valid_utf8(command)),
        name => figure(name, object.body),
    }
}

/// The JSON of a column that only one kind has.
fn figure(name: &str, body: Body) -> Value {
    match (name, body) {
        ("size", Body::Shm(shm)) => json!(shm.size),
        ("nattch", Body::Shm(shm)) => json!(shm.nattch),
        ("cpid", Body::Shm(shm)) => json!(shm.cpid),
        ("lpid", Body::Shm(shm)) => json!(shm.lpid),
        ("atime", Body::Shm(shm)) => time(shm.atime),
        ("dtime", Body::Shm(shm)) => time(shm.dtime),
        ("rss", Body::Shm(shm)) => json!(shm.credible_rss()),
        ("swap", Body::Shm(shm)) => json!(shm.swap),
        ("cbytes", Body::Msg(msg)) => json!(msg.cbytes),
        ("qbytes", Body::Msg(msg)) => json!(msg.qbytes),
        ("qnum", Body::Msg(msg)) => json!(msg.qnum),
        ("lspid", Body::Msg(msg)) => json!(msg.lspid),
        ("lrpid", Body::Msg(msg)) => json!(msg.lrpid),
        ("stime", Body::Msg(msg)) => time(msg.stime),
        ("rtime", Body::Msg(msg)) => time(msg.rtime),
        ("nsems", Body::Sem(sem)) => json!(sem.nsems),
        ("otime", Body::Sem(sem)) => time(sem.otime),
        (_, Body::Pshm(file)) => file_figure(name, file),
        ("cbytes", Body::Pmsg(queue)) => json!(queue.cbytes),
        ("qnum", Body::Pmsg(queue)) => json!(queue.qnum),
        ("maxmsg", Body::Pmsg(queue)) => json!(queue.maxmsg),
        ("msgsize", Body::Pmsg(queue)) => json!(queue.msgsize),
        ("notify_pid", Body::Pmsg(queue)) => json!(queue.notify_pid),
        ("notify_signal", Body::Pmsg(queue)) => json!(queue.notify_signal),
        ("used", Body::Pmsg(queue)) => time(queue.file.mtime),
        ("value", Body::Psem(sem)) => json!(sem.value()),
        ("waiting", Body::Psem(sem)) => json!(sem.waiting()),
        (_, Body::Psem(sem)) => file_figure(name, sem.file),
        _ => panic!("column {name} is new: say here what it is"),
    }
}

fn file_figure(name: &str, file: PosixFile) -> Value {
    match name {
        "size" => json!(file.size),
        "allocated" => json!(file.allocated),
        "links" => json!(file.links),
        "atime" => time(file.atime),
        "mtime" => time(file.mtime),
        _ => panic!("column {name} is new: say here what it is"),
    }
}

/// What is unusual about the file of an object.
fn file_status(object: &Object) -> Vec<&'static str> {
    let word = match object.body {
        Body::Psem(sem) => match sem.content {
            Content::Foreign => "foreign",
            Content::Semaphore { layout: Layout::Musl, .. } => "musl",
            _ => return Vec::new(),
        },
        Body::Pshm(file) => match file.file_type {
            FileType::Regular => return Vec::new(),
            FileType::Directory => "directory",
            FileType::Link => "link",
            FileType::Fifo => "fifo",
            FileType::Socket => "socket",
            FileType::Device => "device",
        },
        _ => return Vec::new(),
    };
    vec![word]
}

/// Seconds, or null for never.
fn time(seconds: i64) -> Value {
    if seconds == 0 { Value::Null } else { json!(seconds) }
}

fn symbolic(mode: u16) -> String {
    let bit =
        |at: u16| if mode & (0o400 >> at) == 0 { '-' } else { ['r', 'w', 'x'][at as usize % 3] };
    (0..9).map(bit).collect()
}

/// A value of a document, with times as seconds.
fn comparable(column: &Column, value: &Value) -> Value {
    match (column.json, value) {
        (columns::Json::Time, Value::String(text)) => json!(seconds(text)),
        _ => value.clone(),
    }
}

/// The text of a value in csv, raw and export.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(words) => words.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// The bytes of a field in which `\xHH` stands for others.
fn unescaped(field: &str) -> Vec<u8> {
    let mut parts = field.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two hexadecimal digits"));
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    bytes
}

/// Bytes of a command line, often with those that a format treats in a special way.
fn command() -> impl Strategy<Value = Vec<u8>> {
    let special = proptest::sample::select(&b" ,\"'\\\n\r\t-.%$`x0\x1b\xff\xc3\xa9"[..]);
    // Short ones may have nothing but bytes that need no quotes, or only seem to need none.
    let short = vec(proptest::sample::select(&b"$x0~*;'"[..]), 1..4);
    prop_oneof![short, vec(prop_oneof![special, 1..=u8::MAX], 1..30)]
}

/// Each column's text in csv and raw, from the object as JSON.
fn texts(columns: &[&'static Column], row: &Value) -> Vec<String> {
    let value = |column: &&Column| match column.name {
        // Text shows the number of a user without a name.
        "owner" => &row["uid"],
        "group" => &row["gid"],
        "creator" => &row["cuid"],
        "creator_group" => &row["cgid"],
        name => &row[name],
    };
    columns.iter().map(|column| text(value(column))).collect()
}

proptest! {
    #[test]
    fn a_row_of_the_kernel_is_parsed_to_its_object(object in any_object()) {
        let row = kernel_row(&object);
        // The text has no capacity.
        let mut object = object;
        if let Body::Msg(queue) = &mut object.body {
            queue.qbytes = None;
        }
        prop_assert_eq!(sysvipc::parse(object.kind(), row.as_bytes()), Ok(object));
    }

    #[test]
    fn json_has_every_field_of_an_object(object in object_of_any_kind(), command in command()) {
        let columns = plain_columns(object.kind());
        for name in [As::Json, As::Jsonl] {
            let out = written(&object, &command, columns.clone(), name);
            let document: Value = serde_json::from_slice(&out).expect("a JSON document");
            let row = match name {
                As::Json => &document[object.kind().word()][0],
                _ => &document,
            };
            prop_assert_eq!(row.as_object().map(serde_json::Map::len), Some(columns.len()));
            for column in &columns {
                let found = comparable(column, &row[column.name]);
                prop_assert_eq!(&found, &expected(column, &object, &command), "{}", column.name);
            }
        }
    }

    #[test]
    fn csv_has_the_values_of_json(object in object_of_any_kind(), command in command()) {
        let columns = plain_columns(object.kind());
        let row = written(&object, &command, columns.clone(), As::Jsonl);
        let row: Value = serde_json::from_slice(&row).expect("a JSON object");
        let csv = written(&object, &command, columns.clone(), As::Csv);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&csv[..]);
        let records: Vec<_> = reader.records().map(|record| record.expect("a record")).collect();
        prop_assert_eq!(records.len(), 2);
        let names: Vec<_> = columns.iter().map(|column| column.name).collect();
        prop_assert_eq!(&records[0], &csv::StringRecord::from(names));
        prop_assert_eq!(&records[1], &csv::StringRecord::from(texts(&columns, &row)));
    }

    #[test]
    fn raw_has_the_values_of_json(object in object_of_any_kind(), command in command()) {
        let columns = plain_columns(object.kind());
        let row = written(&object, &command, columns.clone(), As::Jsonl);
        let row: Value = serde_json::from_slice(&row).expect("a JSON object");
        let raw = written_text(&object, &command, columns.clone(), As::Raw);
        let (headings, line) = raw.split_once('\n').expect("two lines");
        let names: Vec<_> = columns.iter().map(|column| column.name.to_uppercase()).collect();
        prop_assert_eq!(headings.split(' ').collect::<Vec<_>>(), names);
        let field = |field| if field == "-" { Vec::new() } else { unescaped(field) };
        let fields: Vec<Vec<u8>> = line.trim_end().split(' ').map(field).collect();
        // Here command lines and names are exact.
        let exact = |(column, text): (&&Column, String)| match column.name {
            "command" => command.clone(),
            "name" => object.name().expect("a name").shown().to_vec(),
            _ => text.into_bytes(),
        };
        let expected: Vec<_> = columns.iter().zip(texts(&columns, &row)).map(exact).collect();
        prop_assert_eq!(fields, expected, "{}", line);
    }

    #[test]
    fn a_table_in_a_pipe_has_the_numbers_of_the_object(object in object(Kind::Shm)) {
        let names = ["key", "id", "uid", "gid", "cuid", "cgid", "perms", "size", "nattch", "cpid"];
        let named = |name: &&str| plain_columns(Kind::Shm).into_iter().find(|c| c.name == *name);
        let columns: Vec<_> = names.iter().map(|name| named(name).expect("a column")).collect();
        let out = written_text(&object, b"x", columns.clone(), As::Table);
        let lines: Vec<Vec<&str>> =
            out.lines().map(|line| line.split_whitespace().collect()).collect();
        prop_assert_eq!(lines.len(), 2, "{}", out);
        prop_assert_eq!(lines[0].join(" "), names.join(" ").to_uppercase());
        let expected: Vec<String> =
            columns.iter().map(|column| text(&expected(column, &object, b""))).collect();
        prop_assert_eq!(&lines[1], &expected, "{}", out);
    }

    #[test]
    fn the_classic_list_has_the_numbers_of_the_object(object in any_object()) {
        let columns = classic::columns(object.kind(), View::Default);
        let out = written_text(&object, b"", columns, As::Classic);
        let mut expected = vec![
            format!("0x{:08x}", object.key.expect("a key").0),
            object.id().expect("an id").to_string(),
            object.owner.uid.to_string(),
            format!("{:o}", object.mode.0 & 0o777),
        ];
        let figures = match object.body {
            Body::Shm(shm) => vec![shm.size, shm.nattch],
            Body::Msg(msg) => vec![msg.cbytes, msg.qnum],
            Body::Sem(sem) => vec![sem.nsems],
            Body::Pshm(_) | Body::Pmsg(_) | Body::Psem(_) => panic!("{object:?}"),
        };
        expected.extend(figures.iter().map(u64::to_string));
        if object.kind() == Kind::Shm {
            expected.extend(object.mode.status().iter().map(|word| (*word).to_owned()));
        }
        prop_assert_eq!(out.split_whitespace().collect::<Vec<_>>(), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_shell_reads_the_exact_bytes_of_export(object in object(Kind::Shm), command in command()) {
        let line = written(&object, &command, plain_columns(Kind::Shm), As::Export);
        let print = b"printf '%s\\0' \"$COMMAND\" \"$ID\" \"$SIZE\" \"$KEY\"";
        let script = OsString::from_vec([&line[..], print].concat());
        let run = Command::new("/bin/sh").arg("-c").arg(script).output().expect("a shell");
        let (id, key) = (object.id().expect("an id"), object.key.expect("a key"));
        let size = object.size();
        let numbers = format!("\0{id}\0{size}\0{key}\0");
        let expected = [&command, numbers.as_bytes()].concat();
        prop_assert_eq!(run.stdout, expected, "{}", line.escape_ascii());
    }
}
