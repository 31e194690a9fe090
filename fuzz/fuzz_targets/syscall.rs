//! /proc/PID/task/TID/syscall: a line written as the kernel does is parsed to the same call.
#![no_main]

use ipcs::proc::syscall::SyscallState;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| match SyscallState::parse(data) {
    Ok(SyscallState::Elsewhere) => {}
    Ok(SyscallState::In { number, args }) => {
        let args_text: Vec<String> = args.iter().map(|arg| format!("{arg:#x}")).collect();
        let text = format!("{number} {} 0x7ffc0000 0x7f000000\n", args_text.join(" "));
        let again = SyscallState::parse(text.as_bytes());
        assert_eq!(again, Ok(SyscallState::In { number, args }), "{text}");
    }
    Err(error) => assert!(!error.to_string().contains(char::is_control)),
});
