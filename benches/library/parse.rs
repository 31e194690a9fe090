//! Parsing /proc/sysvipc: one row, and a whole file line by line.

use std::fs;
use std::hint::black_box;

use crate::support::{Objects, ROWS, msg_text, sem_text, shm_text};
use criterion::{Criterion, Throughput};
use ipcs::model::Kind;
use ipcs::proc::ProcRoot;
use ipcs::proc::sysvipc;

pub fn rows(c: &mut Criterion) {
    let objects = Objects::new(ROWS);
    let mut group = c.benchmark_group("row");
    let last = |text: String| text.lines().last().unwrap_or_default().to_owned();
    let (shm, msg, sem) =
        (last(shm_text(&objects)), last(msg_text(&objects)), last(sem_text(&objects)));
    group
        .bench_function("shm", |b| b.iter(|| sysvipc::parse(Kind::Shm, black_box(shm.as_bytes()))));
    group
        .bench_function("msg", |b| b.iter(|| sysvipc::parse(Kind::Msg, black_box(msg.as_bytes()))));
    group
        .bench_function("sem", |b| b.iter(|| sysvipc::parse(Kind::Sem, black_box(sem.as_bytes()))));
    group.finish();
}

/// Reads regular files from the page cache, so that the kernel's formatting is not measured.
pub fn files(c: &mut Criterion) {
    let objects = Objects::new(ROWS);
    let Ok(root) = tempfile::tempdir() else { return };
    let dir = root.path().join("sysvipc");
    let written = fs::create_dir(&dir)
        .and_then(|()| fs::write(dir.join("shm"), shm_text(&objects)))
        .and_then(|()| fs::write(dir.join("msg"), msg_text(&objects)))
        .and_then(|()| fs::write(dir.join("sem"), sem_text(&objects)));
    assert!(written.is_ok(), "writing below {}: {written:?}", dir.display());
    let proc = ProcRoot::at(root.path());
    let mut group = c.benchmark_group("file of 10,000 rows");
    group.throughput(Throughput::Elements(u64::from(ROWS.unsigned_abs())));
    group.bench_function("shm", |b| b.iter(|| parsed(Kind::Shm, &proc)));
    group.bench_function("msg", |b| b.iter(|| parsed(Kind::Msg, &proc)));
    group.bench_function("sem", |b| b.iter(|| parsed(Kind::Sem, &proc)));
    group.finish();
}

fn parsed(kind: Kind, proc: &ProcRoot) -> usize {
    let Ok(mut lines) = proc.lines(sysvipc::file(kind)) else { return 0 };
    let mut count = 0;
    while let Ok(Some(line)) = lines.next_line() {
        count += usize::from(black_box(sysvipc::parse(kind, line)).is_ok());
    }
    assert_eq!(count, ROWS.unsigned_abs() as usize, "a row was not parsed");
    count
}
