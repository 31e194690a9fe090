//! The files of /proc/sysvipc: a row is parsed or refused, and parsed values are in range.
#![no_main]

use ipcs::model::Kind;
use ipcs::proc::{Lines, sysvipc};
use libfuzzer_sys::fuzz_target;

fn row(kind: Kind, line: &[u8]) {
    match sysvipc::parse(kind, line) {
        Ok(object) => {
            assert!(object.id().is_some_and(|id| id.0 >= 0));
            assert!(object.mode.perms() <= 0o777);
            assert_eq!(object.kind(), kind);
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control)),
    }
}

fuzz_target!(|data: &[u8]| {
    let mut lines = Lines::new(data);
    while let Some(line) = lines.next_line().expect("memory can be read") {
        for kind in Kind::ORDER {
            row(*kind, line);
        }
    }
});
