//! Environments with other mounts: /proc, /dev and /etc that are masked, hidden or garbled.

use std::fs;

use nix::libc;

use super::environments::{ALL, Environment, May, OF_LIMITS, OF_PROCESSES, try_all};
use crate::support::namespace::{EVERY_PROCESS, cover_directory, cover_with, require_root};
use crate::support::sys;

/// Files of /proc/sysvipc.
const TABLES: [&str; 3] = ["shm", "msg", "sem"];
/// Files of /proc/sys/kernel.
const LIMITS: [&str; 7] = ["shmmni", "shmmax", "shmall", "msgmni", "msgmax", "msgmnb", "sem"];

const HTML: &[u8] = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>\n";

/// Texts that are neither a table nor a number.
const GARBLED: [(&str, &[u8]); 4] =
    [("empty", b""), ("HTML", HTML), ("NULs", &[0; 4096]), ("one word", b"nonsense\n")];

/// A change of a table.
type Change = fn(&str) -> String;

/// Mounts something else over a file or a directory.
fn bind(source: &str, target: &str) {
    sys::mount(source, target, None, libc::MS_BIND, None)
        .unwrap_or_else(|error| panic!("covering {target} with {source}: {error}"));
}

fn proc_with(options: &'static str) -> Environment {
    Environment::new(format!("/proc with {options}")).mounts(move |_| {
        sys::mount("proc", "/proc", Some("proc"), 0, Some(options)).expect("mounting /proc");
    })
}

/// All files of a directory covered in the same way.
fn covered(
    directory: &'static str,
    files: &'static [&'static str],
    what: &str,
    cover: impl Fn(&str) + Sync + 'static,
) -> Environment {
    Environment::new(format!("{directory}: {what}"))
        .mounts(move |_| files.iter().for_each(|file| cover(&format!("{directory}/{file}"))))
}

#[test]
fn without_proc_or_with_a_part_of_it() {
    require_root(EVERY_PROCESS);
    let no_tables = May { lack_resident: true, ..May::default() };
    let no_processes = May { lack_rights: true, ..no_tables };
    try_all(
        ALL,
        &[
            Environment::new("/proc is empty")
                .mounts(|_| cover_directory("/proc"))
                .may(no_processes),
            proc_with("hidepid=2"),
            proc_with("subset=pid").may(no_processes),
            Environment::new("no /proc/sysvipc")
                .mounts(|_| cover_directory("/proc/sysvipc"))
                .may(no_tables),
            Environment::new("no /proc/sys").mounts(|_| cover_directory("/proc/sys")),
            Environment::new("no /proc/sysvipc and no limits")
                .mounts(|_| {
                    cover_directory("/proc/sysvipc");
                    cover_directory("/proc/sys");
                })
                .may(no_tables),
        ],
    );
}

#[test]
fn with_tables_that_are_masked() {
    require_root(EVERY_PROCESS);
    let mut environments: Vec<Environment> = GARBLED
        .map(|(what, text)| {
            covered("/proc/sysvipc", &TABLES, what, move |file| cover_with(file, text))
        })
        .into();
    for device in ["/dev/null", "/dev/zero"] {
        environments
            .push(covered("/proc/sysvipc", &TABLES, device, move |file| bind(device, file)));
    }
    // A row is missing: the header alone, a row that ends early, numbers that are too large.
    let rows: [(&str, Change); 3] = [
        ("header only", |text| text.lines().take(1).map(|line| format!("{line}\n")).collect()),
        ("truncated row", |text| text[..text.len() - text.len() / 7].to_owned()),
        ("huge numbers", |text| format!("{text}{}\n", " 99999999999999999999999".repeat(16))),
    ];
    for (what, change) in rows {
        environments.push(covered("/proc/sysvipc", &TABLES, what, move |file| {
            let text = fs::read_to_string(file).expect("a table");
            cover_with(file, change(&text).as_bytes());
        }));
    }
    let no_tables = May { lack_resident: true, ..May::default() };
    let environments: Vec<_> = environments.into_iter().map(|one| one.may(no_tables)).collect();
    try_all(ALL, &environments);
}

#[test]
fn with_limits_that_are_masked() {
    let mut environments: Vec<Environment> = GARBLED
        .map(|(what, text)| {
            covered("/proc/sys/kernel", &LIMITS, what, move |file| cover_with(file, text))
        })
        .into();
    for device in ["/dev/null", "/dev/zero"] {
        environments
            .push(covered("/proc/sys/kernel", &LIMITS, device, move |file| bind(device, file)));
    }
    environments.push(covered("/proc/sys/kernel", &LIMITS, "huge numbers", |file| {
        cover_with(file, b"99999999999999999999999 1 -1 x\n");
    }));
    try_all(OF_LIMITS, &environments);
}

#[test]
fn with_files_of_a_process_that_are_masked() {
    require_root(EVERY_PROCESS);
    let files = ["maps", "status", "stat"];
    let texts = GARBLED.into_iter().flat_map(|text| files.map(|file| (file, text)));
    let environments: Vec<Environment> = texts
        .map(|(file, (what, text))| {
            Environment::new(format!("/proc/PID/{file}: {what}")).mounts(move |scene| {
                cover_with(&format!("/proc/{}/{file}", scene.live_pid()), text);
            })
        })
        .collect();
    try_all(OF_PROCESSES, &environments);
}

#[test]
fn without_devices_and_with_broken_names() {
    require_root(EVERY_PROCESS);
    let no_names = May { lack_names: true, ..May::default() };
    let with = |file: &'static str, what: &str, text: &'static [u8]| {
        Environment::new(format!("{file}: {what}"))
            .mounts(move |_| cover_with(file, text))
            .may(no_names)
    };
    let mut environments = vec![
        // The test needs /dev/null to start a program.
        Environment::new("no /dev").through(&[
            "/usr/bin/unshare",
            "--mount",
            "--propagation",
            "private",
            "/bin/sh",
            "-c",
            "mount -t tmpfs none /dev && exec \"$0\" \"$@\"",
        ]),
        Environment::new("no /etc").mounts(|_| cover_directory("/etc")).may(no_names),
        Environment::new("/etc/passwd and /etc/group are directories")
            .mounts(|_| {
                cover_directory("/etc");
                for path in ["/etc/passwd", "/etc/group"] {
                    fs::create_dir(path).expect("a directory");
                }
            })
            .may(no_names),
        with("/etc/nsswitch.conf", "unknown module", b"passwd: nonesuch\ngroup: nonesuch\n"),
        with("/etc/nsswitch.conf", "garbled", b"\0\0passwd\xff:::[[=]\n"),
    ];
    for (what, text) in GARBLED {
        environments.push(with("/etc/passwd", what, text));
        environments.push(with("/etc/group", what, text));
    }
    try_all(ALL, &environments);
}
