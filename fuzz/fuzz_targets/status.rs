//! /proc/PID/status, and the capabilities in it.
#![no_main]

use ipcs::proc::capabilities::parse_effective;
use ipcs::proc::status::Status;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = parse_effective(data);
    if let Err(error) = Status::parse(data) {
        assert!(!error.to_string().contains(char::is_control));
    }
});
