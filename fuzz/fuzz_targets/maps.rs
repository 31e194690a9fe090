//! The lines of /proc/PID/maps, and the key in the name of a segment's mapping.
#![no_main]

use ipcs::proc::maps::{MapsLine, sysv_key};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = sysv_key(data);
    for line in data.split(|byte| *byte == b'\n') {
        match MapsLine::parse(line) {
            Ok(mapping) => assert!(line.ends_with(mapping.name)),
            Err(error) => assert!(!error.to_string().contains(char::is_control)),
        }
    }
});
