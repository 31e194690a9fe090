//! /proc/PID/cmdline: the command line has no NUL byte, and no byte is lost.
#![no_main]

use ipcs::proc::cmdline::command_line;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let line = command_line(data, b"name");
    assert!(!line.contains(&0));
    let end = data.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    assert_eq!(line.len(), if end == 0 { "[name]".len() } else { end });
});
