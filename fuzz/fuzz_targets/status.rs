//! /proc/PID/status: a file written as the kernel does is parsed to the same ids.
#![no_main]

use ipcs::proc::status::Status;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| match Status::parse(data) {
    Ok(status) => {
        let [real, effective, saved, fs] = status.uids.all();
        let gids: Vec<String> = status.gids.iter().map(u32::to_string).collect();
        let text = format!(
            "Name:\tx\nTgid:\t{}\nUid:\t{real}\t{effective}\t{saved}\t{fs}\nGroups:\t{} \n\
             CapEff:\t{:016x}\n",
            status.tgid,
            gids.join(" "),
            status.cap_eff
        );
        assert_eq!(Status::parse(text.as_bytes()), Ok(status), "{text}");
    }
    Err(error) => assert!(!error.to_string().contains(char::is_control)),
});
