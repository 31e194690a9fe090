//! Rendering 10,000 rows to memory in each format.

use std::hint::black_box;

use crate::support::{NOW, Objects, ROWS};
use criterion::{BatchSize, Bencher, Criterion, Throughput};
use ipcs::columns::{self, View};
use ipcs::model::Kind;
use ipcs::render::classic::{Sheet, Unit, layout};
use ipcs::render::table::{self, TableStyle};
use ipcs::render::text::Texts;
use ipcs::render::time::{LocalTime, TimeFormat};
use ipcs::render::{Grid, Section, csv, export, json, raw};

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
    for kind in Kind::ALL {
        let section = objects.section(kind, Vec::new());
        for (name, view) in views {
            // Semaphore sets have no pid view.
            let Some(layout) = layout(kind, view) else { continue };
            group.bench_function(format!("{} {name}", kind.word()), |b| {
                written(b, |out| {
                    let mut sheet = Sheet::new(Unit::Default);
                    sheet.clock = Some(LocalTime::fixed(3600));
                    for row in &section.rows {
                        sheet.row(layout, row, out);
                    }
                });
            });
        }
    }
    group.finish();
}

pub fn formats(c: &mut Criterion) {
    let objects = Objects::new(ROWS);
    for kind in Kind::ALL {
        let plain = columns::of_kind(kind).filter(|column| column.is_plain()).collect();
        let every = objects.section(kind, plain);
        let shown = objects.section(kind, columns::of_view(kind, View::Default).to_vec());
        let mut group = c.benchmark_group(kind.word());
        group.throughput(Throughput::Elements(u64::from(ROWS.unsigned_abs())));
        group.bench_function("json", |b| {
            written(b, |out| {
                done(json::list(out, json::Shape::Document, one(&every), crate::support::names()))
            });
        });
        group.bench_function("jsonl", |b| {
            written(b, |out| {
                done(json::list(out, json::Shape::Lines, one(&every), crate::support::names()))
            });
        });
        group.bench_function("table", |b| {
            let style = TableStyle::default();
            let mut texts = texts(TimeFormat::Short, true);
            written(b, |out| done(table::write(out, &[&shown], &mut texts, style)));
        });
        let grids: &[&dyn Grid] = &[&every];
        group.bench_function("csv", |b| {
            let mut texts = texts(TimeFormat::Utc, false);
            written(b, |out| done(csv::write(out, grids, &mut texts, true)));
        });
        group.bench_function("raw", |b| {
            let mut texts = texts(TimeFormat::Utc, false);
            written(b, |out| done(raw::write(out, grids, &mut texts, true)));
        });
        group.bench_function("export", |b| {
            let mut texts = texts(TimeFormat::Utc, false);
            written(b, |out| done(export::write(out, grids, &mut texts)));
        });
        group.finish();
    }
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

fn texts(times: TimeFormat, human: bool) -> Texts {
    Texts::new(crate::support::names(), times, human, NOW).with_clock(LocalTime::fixed(3600))
}

fn one<'a>(section: &'a Section<'a>) -> &'a [Section<'a>] {
    std::slice::from_ref(section)
}

fn done(result: std::io::Result<()>) {
    assert!(result.is_ok(), "writing to memory failed: {result:?}");
}
