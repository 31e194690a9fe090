//! /proc/PID/mountinfo. The first line of the input is the mount point to find. Lines with it that
//! are written as the kernel does are found.
#![no_main]

use ipcs::proc::mountinfo::{ProcMount, ipc_namespaces, proc_mount_at};
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
    let line = [
        text,
        b"\n26 30 0:4 ipc:[4026532240] ",
        &escaped(mount_point),
        b" rw shared:13 - nsfs nsfs rw\n",
    ];
    let found = ipc_namespaces(&line.concat());
    let last = found.last().expect("the last line");
    assert_eq!((last.id.inode, &last.mount_point[..]), (4_026_532_240, mount_point));
});
