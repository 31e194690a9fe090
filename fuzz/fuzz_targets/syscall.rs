//! /proc/PID/task/TID/syscall.
#![no_main]

use ipcs::proc::syscall::SyscallState;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Err(error) = SyscallState::parse(data) {
        assert!(!error.to_string().contains(char::is_control));
    }
});
