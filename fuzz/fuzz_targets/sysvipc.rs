//! The files of /proc/sysvipc: a row is parsed or refused, and parsed values are in range.
#![no_main]

use ipcs::model::{MsgQueue, SemSet, Shm};
use ipcs::proc::Lines;
use ipcs::proc::sysvipc::SysvipcRow;
use libfuzzer_sys::fuzz_target;

fn row<T: SysvipcRow>(line: &[u8]) {
    match T::parse(line) {
        Ok(object) => {
            assert!(object.perm().id.0 >= 0);
            assert!(object.perm().mode.perms() <= 0o777);
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control)),
    }
}

fuzz_target!(|data: &[u8]| {
    let mut lines = Lines::new(data);
    while let Some(line) = lines.next_line().expect("memory can be read") {
        row::<Shm>(line);
        row::<MsgQueue>(line);
        row::<SemSet>(line);
    }
});
