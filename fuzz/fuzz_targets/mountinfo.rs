//! /proc/self/mountinfo. The first line of the input is the mount point to find. A line of it that
//! is written as the kernel does is found.
#![no_main]

use ipcs::proc::mountinfo::{ProcMount, proc_mount_at};
use libfuzzer_sys::fuzz_target;

/// A path as the kernel escapes it (mangle of fs/proc_namespace.c).
fn escaped(path: &[u8]) -> Vec<u8> {
    let octal = |byte: &u8| match byte {
        b' ' | b'\t' | b'\n' | b'\\' | b'#' => format!("\\{byte:03o}").into_bytes(),
        byte => vec![*byte],
    };
    path.iter().flat_map(octal).collect()
}

fuzz_target!(|data: &[u8]| {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (mount_point, text) = data.split_at(at);
    let _ = proc_mount_at(text, mount_point);
    let _ = proc_mount_at(text, b"/proc");
    if mount_point.is_empty() {
        return;
    }
    let line = [
        text,
        b"\n25 30 0:23 / ",
        &escaped(mount_point),
        b" rw,nosuid shared:13 master:2 - proc proc rw,hidepid=invisible,subset=pid\n",
    ];
    let found = proc_mount_at(&line.concat(), mount_point);
    assert_eq!(found, Some(ProcMount { hides_processes: true, subset_pid: true }));
});
