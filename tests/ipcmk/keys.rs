//! Random keys. strace injects results that are too rare to wait for.

use crate::support::namespace::isolated;
use crate::support::programs::{Outcome, ours};
use crate::support::strace::injected;
use crate::support::table;

/// The outcome of ipcmk, and the keys that it tried, in their order.
struct Tried {
    run: Outcome,
    keys: Vec<u32>,
}

/// Runs ipcmk while strace changes its calls; `inject` is the value of its `-e inject=`.
fn with_calls_changed(inject: &str, args: &[&str]) -> Tried {
    let inject = format!("inject={inject}");
    let options = ["-e", "trace=shmget,msgget,semget,getrandom", "-e", &inject];
    let (run, text) = injected(ours("ipcmk", args), &options);
    let keys = text.lines().filter_map(|line| {
        let (_, arguments) = line.split_once("get(")?;
        let key = arguments.split_once(',')?.0;
        Some(match key.strip_prefix("0x") {
            Some(hex) => u32::from_str_radix(hex, 16).expect("a key"),
            None => 0,
        })
    });
    Tried { run, keys: keys.collect() }
}

#[test]
fn tries_another_key_when_one_exists() {
    isolated(|| {
        for (option, call, made) in [
            (&["-M", "1"][..], "shmget", "Shared memory id: 0\n"),
            (&["-Q"], "msgget", "Message queue id: 0\n"),
            (&["-S", "1"], "semget", "Semaphore id: 0\n"),
        ] {
            let Tried { run, keys } =
                with_calls_changed(&format!("{call}:error=EEXIST:when=1..2"), option);
            assert_eq!((run.status, run.out(), run.err()), (Some(0), made, ""));
            let [first, second, third] = keys[..] else { panic!("{keys:x?}") };
            assert!(first != second && second != third && first != third, "{keys:x?}");
            // The object has the last key.
            let rows = table::rows(&call[..3]);
            assert_eq!(rows[0][0], third.cast_signed().to_string());
        }
    });
}

#[test]
fn gives_up_when_every_key_exists() {
    isolated(|| {
        let Tried { run, keys } = with_calls_changed("msgget:error=EEXIST", &["-Q"]);
        let message = "ipcmk: create message queue failed: File exists\n";
        assert_eq!((run.status, run.out(), run.err()), (Some(1), "", message));
        assert_eq!(keys.len(), 1000);
    });
}

#[test]
fn stops_after_any_other_error() {
    isolated(|| {
        let Tried { run, keys } = with_calls_changed("msgget:error=ENOSPC:when=1", &["-Q"]);
        let message = "ipcmk: create message queue failed: No space left on device\n";
        assert_eq!((run.status, run.out(), run.err()), (Some(1), "", message));
        assert_eq!(keys.len(), 1);
    });
}

/// Key 0 would make an object without a key.
#[test]
fn never_tries_key_zero() {
    isolated(|| {
        let zeros = "getrandom:retval=4:poke_exit=@arg1=00000000";
        let Tried { run, keys } = with_calls_changed(zeros, &["-Q"]);
        assert_eq!((run.status, run.out()), (Some(1), ""));
        assert_eq!(keys.len(), 0, "{keys:x?}");
    });
}
