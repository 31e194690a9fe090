//! Semaphores of musl, which differ from those of the GNU C library.

use serde_json::{Value, json};

use super::{Maker, by_name};
use crate::support::actor::until;
use crate::support::namespace::isolated;

/// Semaphores made by a program of this C library: one that three threads wait for, and one with the
/// value 5.
fn assert_shown(compiler: &str, status: &Value) {
    let maker = Maker::compiled_by(compiler);
    let _waited = maker.start(&["wait", "/waited", "0", "3"]);
    let _free = maker.start(&["wait", "/free", "5", "0"]);
    until("three threads wait", || by_name("psem")["waited"]["waiting"] == 3);
    let found = by_name("psem");
    assert_eq!(found.len(), 2, "{found:?}");
    for (name, value, waiting) in [("waited", 0, 3), ("free", 5, 0)] {
        let found = &found[name];
        assert_eq!((&found["value"], &found["waiting"]), (&json!(value), &json!(waiting)));
        assert_eq!((&found["status"], &found["perms"]), (status, &json!("0600")));
    }
    assert!(by_name("pshm").is_empty());
    // They can be named as the program names them.
    for name in ["free", "/free"] {
        let run = super::ipcs(&["--name", name, "--json"]);
        assert_eq!(crate::support::json::objects("psem", &run), [found["free"].clone()]);
    }
}

#[test]
fn semaphores_of_the_gnu_c_library() {
    isolated(|| assert_shown("/usr/bin/cc", &json!([])));
}

#[test]
fn semaphores_of_musl() {
    isolated(|| assert_shown("/usr/bin/musl-gcc", &json!(["musl"])));
}
