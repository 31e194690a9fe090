//! The picture in README.md: what commands print on a terminal, in light and dark colours.
//!
//! `UPDATE_DOCS=1` draws it anew if the output differs, apart from process ids, times and random
//! keys.

use std::any::Any;
use std::process::Command;

use super::mask::mask;
use super::scene::{own_users, search_path, uid};
use super::svg::{DARK, LIGHT, Theme, draw};
use super::{UPDATE, file, read, updating};
use crate::support::actor::Actor;
use crate::support::namespace::{isolated, require_root, set_sysctl};
use crate::support::objects::{Sems, as_user};
use crate::support::programs::ours;
use crate::support::terminal::lines_on;

const PICTURES: [(&str, Theme); 2] =
    [("docs/picture-light.svg", LIGHT), ("docs/picture-dark.svg", DARK)];
const TITLE: &str =
    "ipcs shows who uses which segment and why semget fails, and ipcrm what it would remove";
const COLUMNS: u16 = 80;

const COMMANDS: [&str; 3] = [
    "ipcs -m -P -o id,owner,size,nattch,orphaned",
    "ipcs --explain \"semget: No space left on device\"",
    "ipcrm -n sem --owner www-data --orphaned | tail -n 1",
];

/// A database that runs, a batch job that has exited, and a web server that was killed.
fn crashed_server() -> Vec<Box<dyn Any>> {
    own_users();
    set_sysctl("sem", "250 32000 100 128");
    let postgres = uid("postgres");
    let mut database = Actor::named(&[b"postgres", b"-D", b"/var/lib/postgresql/17/main"]);
    let mut writer = Actor::named(&[b"postgres: walwriter"]);
    for process in [&mut database, &mut writer] {
        process.tell(&format!("user {postgres}"));
    }
    let segment = database.tell(&format!("keyed-segment {} 148897792", 0x0052_e2c1));
    for process in [&mut database, &mut writer] {
        process.attach(&segment, "rw");
    }
    as_user(postgres, postgres, || [(); 8].map(|()| Sems::private(17, 0o600)));
    let alice = uid("alice");
    let made = ours("ipcmk", ["-M", "2GiB", "-p", "600"]).user(alice, alice).run();
    assert_eq!(made.status, Some(0), "{made:?}");
    let server = uid("www-data");
    as_user(server, server, || [(); 120].map(|()| Sems::private(1, 0o600)));
    vec![Box::new(database), Box::new(writer)]
}

/// The commands and what they print on a terminal, an empty line after each.
fn session() -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for command in COMMANDS {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(format!("$ {command}"));
        let mut bash = Command::new("/bin/bash");
        bash.args(["-c", command])
            .env_clear()
            .envs([("PATH", search_path().as_str()), ("TZ", "UTC"), ("LANG", "C.UTF-8")])
            .env("TERM", "xterm-256color");
        lines.extend(lines_on(COLUMNS, &mut bash));
    }
    lines
}

#[test]
fn picture_shows_the_real_output() {
    require_root("its objects belong to several users");
    isolated(|| {
        let _held = crashed_server();
        let lines = session();
        for (path, theme) in PICTURES {
            let drawn = draw(&lines, COLUMNS.into(), &theme, TITLE);
            let shown = std::fs::read_to_string(file(path)).unwrap_or_default();
            let same = mask(&shown) == mask(&drawn);
            assert!(same || updating(), "{path} is out of date ({UPDATE}); now:\n{drawn}");
            if !same {
                std::fs::write(file(path), drawn).expect("writing the picture");
            }
        }
    });
}

#[test]
fn readme_has_the_picture_for_both_colour_schemes() {
    let readme = read("README.md");
    for (path, _) in PICTURES {
        assert_eq!(readme.matches(&format!("\"{path}\"")).count(), 1, "{path}");
    }
    assert!(readme.contains("(prefers-color-scheme: dark)\" srcset=\"docs/picture-dark.svg\""));
}
