//! /proc/PID/uid_map: a file written as the kernel does is parsed to the same ranges.
#![no_main]

use ipcs::model::IdRange;
use ipcs::proc::id_map::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| match parse(data) {
    Ok(map) => {
        let line = |IdRange { inside, outside, count }: &IdRange| {
            format!("{inside:10} {outside:10} {count:10}\n")
        };
        let text: String = map.0.iter().map(line).collect();
        assert_eq!(parse(text.as_bytes()), Ok(map), "{text}");
    }
    Err(error) => assert!(!error.to_string().contains(char::is_control)),
});
