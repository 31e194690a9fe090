//! /proc/self/mountinfo. The first line of the input is the mount point to find.
#![no_main]

use ipcs::proc::mountinfo::proc_mount_at;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (mount_point, text) = data.split_at(at);
    let _ = proc_mount_at(text, mount_point);
    let _ = proc_mount_at(text, b"/proc");
});
