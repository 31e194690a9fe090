//! From the kernel to objects: the text of /proc/sysvipc, the calls, and what chooses between them.
//! Real objects in a private IPC namespace: it needs root.

use std::hint::black_box;
use std::ops::ControlFlow;

use crate::support::ROWS;
use criterion::{Criterion, Throughput};
use ipcs::columns::Needs;
use ipcs::model::{Identity, Kind};
use ipcs::proc::{ProcRoot, sysvipc};
use ipcs::sources::{NamespaceHandle, Source, SystemV};
use ipcs::sys::{StatBy, ipc};

fn kind(c: &mut Criterion, kind: Kind) {
    let proc = ProcRoot::default();
    let source = SystemV::new(proc.clone(), NamespaceHandle::current());
    let mut group = c.benchmark_group(format!("{}, 10,000 objects", kind.word()));
    group.throughput(Throughput::Elements(u64::from(ROWS.unsigned_abs())));
    group.bench_function("text", |b| b.iter(|| text(kind, &proc)));
    group.bench_function("calls", |b| b.iter(|| calls(kind)));
    group.bench_function("chosen", |b| b.iter(|| chosen(kind, &source, Needs::NOTHING)));
    group.bench_function("chosen for every column", |b| {
        b.iter(|| chosen(kind, &source, Needs::FIELDS));
    });
    group.finish();
    let Some(last) = (0..ROWS).rev().find_map(|index| ipc::stat(kind, index, StatBy::Any).ok())
    else {
        return;
    };
    let identity: Identity = last.identity;
    c.bench_function(&format!("{}, the one with an id", kind.word()), |b| {
        b.iter(|| source.find(black_box(&identity), Needs::NOTHING));
    });
}

fn text(kind: Kind, proc: &ProcRoot) -> usize {
    let Ok(mut lines) = proc.lines(sysvipc::file(kind)) else { return 0 };
    let mut count = 0;
    while let Ok(Some(line)) = lines.next_line() {
        count += usize::from(black_box(sysvipc::parse(kind, line)).is_ok());
    }
    checked(count)
}

fn calls(kind: Kind) -> usize {
    let is_there = |index: &i32| black_box(ipc::stat(kind, *index, StatBy::Any)).is_ok();
    checked((0..ROWS).filter(is_there).count())
}

fn chosen(kind: Kind, source: &SystemV, needs: Needs) -> usize {
    let mut count = 0;
    let read = source.read(kind, needs, &mut |batch| {
        count += black_box(batch).objects.len();
        Ok(ControlFlow::Continue(()))
    });
    assert!(read.is_ok(), "counting does not fail");
    checked(count)
}

fn checked(count: usize) -> usize {
    assert_eq!(count, ROWS.unsigned_abs() as usize, "objects are missing");
    count
}

pub fn kinds(c: &mut Criterion) {
    crate::support::enter_namespace();
    crate::support::make(ROWS);
    for one in Kind::SYSTEM_V {
        kind(c, *one);
    }
}
