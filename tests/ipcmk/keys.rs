//! The keys that are drawn. What chance does not give is made by strace, which changes what the
//! kernel answers.

use std::fs;

use crate::support::namespace::isolated;
use crate::support::programs::{Outcome, ours};

/// What ipcmk did, and the keys that it tried, in their order.
struct Drawn {
    run: Outcome,
    keys: Vec<u32>,
}

/// Runs ipcmk while strace meddles with its calls, as its `-e inject=` says.
fn with_calls_changed(inject: &str, args: &[&str]) -> Drawn {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let path = file.path().to_str().expect("a temporary path in UTF-8");
    let inject = format!("inject={inject}");
    let trace = "trace=shmget,msgget,semget,getrandom";
    let strace = [
        "/usr/bin/strace",
        "-f",
        "-qq",
        "-e",
        "signal=none",
        "-e",
        trace,
        "-e",
        &inject,
        "-o",
        path,
        "--",
    ];
    let run = ours("ipcmk", args).through(&strace).run();
    let text = fs::read_to_string(path).expect("what strace wrote");
    assert!(text.contains("(INJECTED"), "strace changed nothing; is it there? {run:?}");
    let keys = text.lines().filter_map(|line| {
        let (_, arguments) = line.split_once("get(")?;
        let key = arguments.split_once(',')?.0;
        Some(match key.strip_prefix("0x") {
            Some(hex) => u32::from_str_radix(hex, 16).expect("a key"),
            None => 0,
        })
    });
    Drawn { run, keys: keys.collect() }
}

#[test]
fn where_a_key_is_taken_another_one_is_drawn() {
    isolated(|| {
        for (option, call, made) in [
            (&["-M", "1"][..], "shmget", "Shared memory id: 0\n"),
            (&["-Q"], "msgget", "Message queue id: 0\n"),
            (&["-S", "1"], "semget", "Semaphore id: 0\n"),
        ] {
            let Drawn { run, keys } =
                with_calls_changed(&format!("{call}:error=EEXIST:when=1..2"), option);
            assert_eq!((run.status, run.out(), run.err()), (Some(0), made, ""));
            let [first, second, third] = keys[..] else { panic!("{keys:x?}") };
            assert!(first != second && second != third && first != third, "{keys:x?}");
            // The one that it has in the end.
            let table = fs::read_to_string(format!("/proc/sysvipc/{}", &call[..3])).expect("it");
            let row = table.lines().nth(1).expect("an object");
            let key = row.split_whitespace().next().expect("a key");
            assert_eq!(key, third.cast_signed().to_string());
        }
    });
}

#[test]
fn it_gives_up_where_every_key_is_taken() {
    isolated(|| {
        let Drawn { run, keys } = with_calls_changed("msgget:error=EEXIST", &["-Q"]);
        let message = "ipcmk: create message queue failed: File exists\n";
        assert_eq!((run.status, run.out(), run.err()), (Some(1), "", message));
        assert_eq!(keys.len(), 1000);
    });
}

#[test]
fn any_other_error_is_final() {
    isolated(|| {
        let Drawn { run, keys } = with_calls_changed("msgget:error=ENOSPC:when=1", &["-Q"]);
        let message = "ipcmk: create message queue failed: No space left on device\n";
        assert_eq!((run.status, run.out(), run.err()), (Some(1), "", message));
        assert_eq!(keys.len(), 1);
    });
}

/// That would be an object without a key, of which there may be any number.
#[test]
fn a_drawn_zero_is_not_tried() {
    isolated(|| {
        let zeros = "getrandom:retval=4:poke_exit=@arg1=00000000";
        let Drawn { run, keys } = with_calls_changed(zeros, &["-Q"]);
        assert_eq!((run.status, run.out()), (Some(1), ""));
        assert_eq!(keys.len(), 0, "{keys:x?}");
    });
}
