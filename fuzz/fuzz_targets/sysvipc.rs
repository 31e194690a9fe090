//! The files of /proc/sysvipc: a row is parsed or refused, parsed values are in range, and a row
//! written as the kernel does is parsed to the same object.
#![no_main]

use std::io::{self, Read};

use ipcs::model::{Body, Kind, Object};
use ipcs::proc::{Lines, sysvipc};
use libfuzzer_sys::fuzz_target;

/// A file that returns a few bytes at a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buf.len());
        buf[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

/// A row as the kernel writes it.
fn written(object: &Object) -> String {
    let key = object.key.expect("a key").raw();
    let (id, mode) = (object.id().expect("an id"), object.mode.0);
    let creator = object.creator.expect("a creator");
    let owners =
        [object.owner.uid, object.owner.gid, creator.uid, creator.gid].map(|id| id.to_string());
    let (owners, ctime) = (owners.join(" "), object.ctime);
    match object.body {
        Body::Shm(shm) => {
            let ipcs::model::Shm { size, cpid, lpid, nattch, atime, dtime, .. } = shm;
            let memory = match (shm.rss, shm.swap) {
                (Some(rss), Some(swap)) => format!(" {rss} {swap}"),
                (Some(rss), None) => format!(" {rss}"),
                _ => String::new(),
            };
            format!(
                "{key} {id} {mode:o} {size} {cpid} {lpid} {nattch} {owners} {atime} {dtime} \
                 {ctime}{memory}"
            )
        }
        Body::Msg(msg) => {
            let ipcs::model::Msg { cbytes, qnum, lspid, lrpid, stime, rtime, .. } = msg;
            format!(
                "{key} {id} {mode:o} {cbytes} {qnum} {lspid} {lrpid} {owners} {stime} {rtime} \
                 {ctime}"
            )
        }
        Body::Sem(sem) => {
            format!("{key} {id} {mode:o} {} {owners} {} {ctime}", sem.nsems, sem.otime)
        }
        other => panic!("/proc/sysvipc has no {other:?}"),
    }
}

fn row(kind: Kind, line: &[u8]) {
    match sysvipc::parse(kind, line) {
        Ok(object) => {
            assert!(object.id().is_some_and(|id| id.0 >= 0));
            assert!(object.mode.perms() <= 0o777);
            assert_eq!(object.kind(), kind);
            let row = written(&object);
            assert_eq!(sysvipc::parse(kind, row.as_bytes()), Ok(object), "{row}");
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control)),
    }
}

fuzz_target!(|data: &[u8]| {
    // Wherever the file is cut into pieces, its lines are the same.
    let mut expected = data.split(|byte| *byte == b'\n').collect::<Vec<_>>();
    if expected.last().is_some_and(|line| line.is_empty()) {
        expected.pop();
    }
    let piece = data.first().map_or(1, |first| usize::from(*first) + 1);
    let mut lines = Lines::new(Pieces(data, piece));
    let mut count = 0;
    while let Some(line) = lines.next_line().expect("memory can be read") {
        assert_eq!(Some(&line), expected.get(count));
        count += 1;
        for kind in Kind::SYSTEM_V {
            row(*kind, line);
        }
    }
    assert_eq!(count, expected.len());
});
