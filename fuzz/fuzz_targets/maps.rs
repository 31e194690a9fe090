//! The lines of /proc/PID/maps, and the key in the name of a segment's mapping. A line written as
//! the kernel does is parsed to the same mapping.
#![no_main]

use ipcs::proc::maps::{MapsLine, sysv_key};
use libfuzzer_sys::fuzz_target;

fn written(mapping: &MapsLine<'_>) -> Vec<u8> {
    let flag = |set, yes| if set { yes } else { '-' };
    let text = format!(
        "{:08x}-{:08x} {}{}-{} {:08x} {:02x}:{:02x} {} ",
        mapping.start,
        mapping.end,
        flag(mapping.read, 'r'),
        flag(mapping.write, 'w'),
        if mapping.shared { 's' } else { 'p' },
        mapping.offset,
        mapping.device.major,
        mapping.device.minor,
        mapping.inode,
    );
    [text.as_bytes(), mapping.name].concat()
}

fuzz_target!(|data: &[u8]| {
    if let Some(key) = sysv_key(data) {
        let name = format!("/SYSV{:08x} (deleted)", key.0);
        assert_eq!(sysv_key(name.as_bytes()), Some(key));
    }
    for line in data.split(|byte| *byte == b'\n') {
        match MapsLine::parse(line) {
            Ok(mapping) => {
                assert!(line.ends_with(mapping.name));
                assert_eq!(MapsLine::parse(&written(&mapping)), Ok(mapping));
            }
            Err(error) => assert!(!error.to_string().contains(char::is_control)),
        }
    }
});
