//! Rendering 10,000 rows to memory in each format.

use std::hint::black_box;

use crate::support::{NOW, Objects, ROWS, kind_columns, names};
use criterion::{BatchSize, Bencher, Criterion, Throughput};
use ipcs::columns::{self, View};
use ipcs::model::Kind;
use ipcs::render::classic::{self, Unit};
use ipcs::render::csv::Csv;
use ipcs::render::export::Export;
use ipcs::render::formatter::TextFormatter;
use ipcs::render::json::{Json, Shape};
use ipcs::render::raw::Raw;
use ipcs::render::table::{Table, TableStyle};
use ipcs::render::time::{LocalTime, TimeFormat};
use ipcs::render::{Format, KindColumns, ObjectWriter};

pub fn classic(c: &mut Criterion) {
    let objects = Objects::new(ROWS);
    let mut group = c.benchmark_group("classic");
    group.throughput(Throughput::Elements(u64::from(ROWS.unsigned_abs())));
    let views = [
        ("default", View::Default),
        ("times", View::Time),
        ("pids", View::Pid),
        ("creators", View::Creator),
    ];
    for kind in Kind::SYSTEM_V {
        for (name, view) in views {
            let columns = classic::columns(*kind, view);
            // Semaphore sets have no pid view.
            if columns.is_empty() {
                continue;
            }
            let columns = [kind_columns(*kind, columns)];
            group.bench_function(format!("{} {name}", kind.word()), |b| {
                written(b, |out| {
                    let list = classic::List::new(out, view, Unit::Default, names());
                    let list = list.with_clock(LocalTime::fixed(3600));
                    give(&objects, &columns, Box::new(list));
                });
            });
        }
    }
    group.finish();
}

pub fn formats(c: &mut Criterion) {
    let objects = Objects::new(ROWS);
    for kind in Kind::SYSTEM_V {
        let plain = columns::of_kind(*kind).filter(|column| !column.needs.has_facts()).collect();
        let every = [kind_columns(*kind, plain)];
        let shown = [kind_columns(*kind, columns::of_view(*kind, View::Default).to_vec())];
        let mut group = c.benchmark_group(kind.word());
        group.throughput(Throughput::Elements(u64::from(ROWS.unsigned_abs())));
        for (name, shape) in [("json", Shape::Document), ("jsonl", Shape::Lines)] {
            group.bench_function(name, |b| {
                written(b, |out| {
                    give(&objects, &every, Box::new(Json::new(out, shape, names(), 0)))
                });
            });
        }
        group.bench_function("table", |b| {
            written(b, |out| {
                let style = TableStyle::default();
                let formatter = formatter(TimeFormat::Short, true);
                give(&objects, &shown, Box::new(Table::new(out, formatter, style, false)));
            });
        });
        let utc = || formatter(TimeFormat::Utc, false);
        group.bench_function("csv", |b| {
            written(b, |out| give(&objects, &every, Box::new(Csv::new(out, utc(), true))));
        });
        group.bench_function("raw", |b| {
            written(b, |out| give(&objects, &every, Box::new(Raw::new(out, utc(), true))));
        });
        group.bench_function("export", |b| {
            written(b, |out| give(&objects, &every, Box::new(Export::new(out, utc()))));
        });
        group.finish();
    }
}

/// Writes the objects of the first kind of `columns`.
fn give(objects: &Objects, columns: &[KindColumns], format: Box<dyn Format + '_>) {
    let result = objects.give(columns[0].kind, &mut ObjectWriter::new(format, columns));
    assert!(result.is_ok(), "writing to memory failed: {result:?}");
}

/// Writes into memory that is already allocated.
fn written(b: &mut Bencher<'_>, mut write: impl FnMut(&mut Vec<u8>)) {
    let mut out = Vec::new();
    write(&mut out);
    assert!(out.len() > ROWS.unsigned_abs() as usize, "too little was written");
    let size = out.len() + 4096;
    b.iter_batched_ref(
        || Vec::with_capacity(size),
        |out| {
            write(out);
            black_box(out.len())
        },
        BatchSize::LargeInput,
    );
}

fn formatter(times: TimeFormat, human: bool) -> TextFormatter {
    TextFormatter::new(names(), times, human, NOW).with_clock(LocalTime::fixed(3600))
}
