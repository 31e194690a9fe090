//! /proc/PID/status.
#![no_main]

use ipcs::proc::status::Status;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Err(error) = Status::parse(data) {
        assert!(!error.to_string().contains(char::is_control));
    }
});
