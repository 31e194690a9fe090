//! Reading rows from the kernel: from /proc/sysvipc, by system calls, and with the source that the
//! library chooses.
//!
//! Uses real objects in a private IPC namespace, which needs root.

use std::hint::black_box;

use crate::support::ROWS;
use criterion::{Criterion, Throughput};
use ipcs::collect::{Listed, Want, find, read_all};
use ipcs::model::{MsgQueue, SemSet, Shm};
use ipcs::proc::ProcRoot;
use ipcs::sys::StatBy;

fn kind<T: Listed>(c: &mut Criterion, name: &str) {
    let proc = ProcRoot::default();
    let mut group = c.benchmark_group(format!("{name}, 10,000 objects"));
    group.throughput(Throughput::Elements(u64::from(ROWS.unsigned_abs())));
    group.bench_function("text", |b| b.iter(|| text::<T>(&proc)));
    group.bench_function("calls", |b| b.iter(calls::<T>));
    group.bench_function("chosen", |b| b.iter(|| chosen::<T>(&proc, Want::default())));
    group.bench_function("chosen for every column", |b| b.iter(|| chosen::<T>(&proc, Want::ALL)));
    group.finish();
    let Some(last) = read_all::<T>(&proc, Want::default(), &mut Vec::new()).pop() else { return };
    let id = last.perm().id;
    c.bench_function(&format!("{name}, the one with an id"), |b| {
        b.iter(|| find::<T>(&proc, black_box(id), Want::default(), &mut Vec::new()));
    });
}

fn text<T: Listed>(proc: &ProcRoot) -> usize {
    let Ok(mut lines) = proc.lines(T::file()) else { return 0 };
    let mut count = 0;
    while let Ok(Some(line)) = lines.next_line() {
        count += usize::from(black_box(T::parse(line)).is_ok());
    }
    checked(count)
}

fn calls<T: Listed>() -> usize {
    checked((0..ROWS).filter(|index| black_box(T::stat(*index, StatBy::Any)).is_ok()).count())
}

fn chosen<T: Listed>(proc: &ProcRoot, want: Want) -> usize {
    checked(black_box(read_all::<T>(proc, want, &mut Vec::new())).len())
}

fn checked(count: usize) -> usize {
    assert_eq!(count, ROWS.unsigned_abs() as usize, "objects are missing");
    count
}

pub fn kinds(c: &mut Criterion) {
    crate::support::enter_namespace();
    crate::support::make(ROWS);
    kind::<Shm>(c, "shm");
    kind::<MsgQueue>(c, "msg");
    kind::<SemSet>(c, "sem");
}
