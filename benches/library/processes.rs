//! Users of objects: the mappings of a process from both sources, a scan of all processes, and the
//! check whether sets are in use, which reads every semaphore.
//!
//! Uses real objects in a private IPC namespace, which needs root.

use std::fs::File;
use std::hint::black_box;

use criterion::{Criterion, Throughput};
use ipcs::model::{Kind, Kinds, Object};
use ipcs::proc::ProcRoot;
use ipcs::proc::maps::MapsLine;
use ipcs::processes::{Inspector, ScanRequest, rules};
use ipcs::sys::procmap::{self, Which};
use ipcs::sys::{Errno, StatBy, ipc};

pub fn maps(c: &mut Criterion) {
    let proc = ProcRoot::default();
    let Ok(file) = proc.open("self/maps") else { return };
    let mut group = c.benchmark_group("mappings of this process");
    group.bench_function("text", |b| {
        b.iter(|| {
            let text = proc.read("self/maps").unwrap_or_default();
            text.split(|byte| *byte == b'\n')
                .filter(|line| MapsLine::parse(line).is_ok_and(|map| map.shared))
                .count()
        });
    });
    // PROCMAP_QUERY exists since Linux 6.11.
    if procmap::next_mapping(&file, Which::Shared, 0) != Err(Errno::ENOTTY) {
        group.bench_function("PROCMAP_QUERY", |b| b.iter(|| shared_mappings(&file)));
    }
    let line = b"7f53c2a41000-7f53c2a43000 rw-s 00000000 00:01 32769                      /SYSV0000abcd (deleted)";
    group.bench_function("one line", |b| b.iter(|| MapsLine::parse(black_box(line)).is_ok()));
    group.finish();
}

fn shared_mappings(maps: &File) -> usize {
    let (mut address, mut count) = (0, 0);
    while let Ok(map) = procmap::next_mapping(maps, Which::Shared, address) {
        address = map.end;
        count += 1;
    }
    count
}

pub fn scan(c: &mut Criterion) {
    let mut group = c.benchmark_group("every process of this machine");
    for (name, request) in [
        ("attachers", ScanRequest { attachers: true, ..ScanRequest::default() }),
        ("waiters", ScanRequest::waiters(Kinds::SYSTEM_V)),
        ("all of -P", ScanRequest::processes(Kinds::SYSTEM_V)),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut inspector = Inspector::new(ProcRoot::default());
                black_box(inspector.scan(request));
            });
        });
    }
    group.finish();
}

pub fn sets(c: &mut Criterion) {
    const SETS: i32 = 1000;
    crate::support::enter_namespace();
    crate::support::make(SETS);
    let sets: Vec<Object> =
        (0..SETS).filter_map(|index| ipc::stat(Kind::Sem, index, StatBy::Any).ok()).collect();
    assert_eq!(sets.len(), SETS.unsigned_abs() as usize, "objects are missing");
    let mut group = c.benchmark_group("1,000 sets of two semaphores");
    group.throughput(Throughput::Elements(u64::from(SETS.unsigned_abs())));
    group.bench_function("in use", |b| {
        let mut inspector = Inspector::new(ProcRoot::default());
        inspector.scan(ScanRequest::in_use(Kinds::SEM));
        let mut is_kept = |set: &&Object| !rules::verdicts(set, &mut inspector).in_use.is_no();
        b.iter(|| sets.iter().filter(&mut is_kept).count());
    });
    group.finish();
}
