//! /proc/PID/cgroup. The name of a machine that is written with systemd's escapes is read back.
#![no_main]

use ipcs::model::Container;
use ipcs::proc::cgroup::{container, unit};
use libfuzzer_sys::fuzz_target;

/// A name as systemd escapes it in a unit: everything but letters and digits.
fn escaped(name: &str) -> String {
    let escape = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("\\x{byte:02x}"),
    };
    name.bytes().map(escape).collect()
}

fuzz_target!(|data: &[u8]| {
    if let Some(found) = container(data) {
        assert!(found.id.is_some() != found.name.is_some());
    }
    if let Some(unit) = unit(data) {
        assert!(!unit.is_empty());
    }
    // A line feed cannot be part of the name of a control group, and `..` cannot be one.
    let Ok(name) = str::from_utf8(data) else { return };
    if name.is_empty() {
        return;
    }
    let text = format!("0::/machine.slice/systemd-nspawn@{}.service/payload\n", escaped(name));
    let expected = Container { engine: "nspawn", id: None, name: Some(name.to_owned()), pod: None };
    assert_eq!(container(text.as_bytes()), Some(expected));
    assert_eq!(unit(text.as_bytes()), Some(format!("systemd-nspawn@{name}.service")));
});
