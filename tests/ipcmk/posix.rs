//! POSIX objects.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use serde_json::{Value, json};

use crate::support::actor::Actor;
use crate::support::json::{document, objects};
use crate::support::namespace::{another, other_mounts, require_users, set_sysctl};
use crate::support::posix;
use crate::support::programs::{Outcome, ours};

fn ipcmk(args: &[&str]) -> Outcome {
    ours("ipcmk", args).run()
}

fn made(args: &[&str]) -> Outcome {
    let run = ipcmk(args);
    assert_eq!((run.status, run.err()), (Some(0), ""), "{args:?}");
    run
}

/// Runs a test in namespaces of its own, where queues are small: those of all tests count against
/// one limit of the user.
fn isolated(body: impl FnOnce() + Send) {
    crate::support::namespace::isolated(|| {
        set_sysctl("../fs/mqueue/msgsize_default", "128");
        body();
    });
}

/// The reasons of a failure. Standard output must be empty.
fn refused(args: &[&str]) -> String {
    let run = ipcmk(args);
    assert_eq!((run.status, run.out()), (Some(1), ""), "{args:?}: {run:?}");
    run.err().replace("ipcmk: ", "")
}

/// The POSIX objects of a kind that ipcs lists.
fn listed(kind: &str) -> Vec<Value> {
    objects(kind, &ours("ipcs", ["--posix", "--json"]).run())
}

/// The files of /dev/shm, in the order of their names.
fn files() -> Vec<String> {
    let entries = fs::read_dir("/dev/shm").expect("/dev/shm");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}

#[test]
fn all_six_kinds_are_made_in_one_call() {
    isolated(|| {
        let args = ["-s", "-S", "2", "-q", "-Q", "-m", "1MiB", "-M", "5", "-n", "/foo"];
        assert_eq!(
            made(&args).out(),
            "Shared memory id: 0\n\
             POSIX shared memory name: /foo\n\
             Message queue id: 0\n\
             POSIX message queue name: /foo\n\
             Semaphore id: 0\n\
             POSIX semaphore name: /foo\n"
        );
        assert_eq!(files(), ["foo", "sem.foo"]);
        let shm = fs::metadata("/dev/shm/foo").expect("its file");
        assert_eq!((shm.size(), shm.blocks(), shm.mode()), (1 << 20, 0, 0o100_644));
        assert_eq!(posix::semaphore_value(b"/foo"), 0);
        assert_eq!(listed("pmsg")[0]["name"], "/foo");
    });
}

#[test]
fn long_options_and_abbreviations() {
    isolated(|| {
        let args = ["--posix-sh", "1K", "--posix-se", "--posix-mq", "--na", "bar", "--mo=640"];
        assert_eq!(
            made(&args).out(),
            "POSIX shared memory name: bar\n\
             POSIX message queue name: /bar\n\
             POSIX semaphore name: bar\n"
        );
        for kind in ["pshm", "pmsg", "psem"] {
            assert_eq!(listed(kind)[0]["perms"], "0640", "{kind}");
        }
    });
}

/// What the C library makes, so that its sem_open(3) accepts it.
#[test]
fn a_semaphore_is_to_the_byte_that_of_the_c_library() {
    isolated(|| {
        for (value, text) in [(0, "0"), (7, "7"), (0x7fff_ffff, "2147483647")] {
            posix::semaphore(format!("/theirs{text}").as_bytes(), value);
            made(&["-s", "-n", &format!("ours{text}"), "--value", text, "-p", "600"]);
            let read = |name: &str| fs::read(format!("/dev/shm/sem.{name}{text}")).expect(name);
            assert_eq!(read("ours"), read("theirs"));
            let value = i32::try_from(value).expect("SEM_VALUE_MAX");
            assert_eq!(posix::semaphore_value(format!("/ours{text}").as_bytes()), value);
        }
    });
}

#[test]
fn permissions_are_exact_in_spite_of_the_umask() {
    isolated(|| {
        for (at, mode) in ["666", "777", "0", "7000", "7640"].into_iter().enumerate() {
            let name = format!("x{at}");
            let args = ["-m", "1", "-q", "-s", "-n", &name, "-p", mode];
            let umask = ["/bin/sh", "-c", "umask 077; exec \"$@\"", "sh"];
            let run = ours("ipcmk", args).through(&umask).run();
            assert_eq!((run.status, run.err()), (Some(0), ""));
            let perms = format!("{:0>4}", if mode.len() == 4 { &mode[1..] } else { mode });
            for kind in ["pshm", "pmsg", "psem"] {
                assert_eq!(listed(kind)[at]["perms"], perms, "{kind} {mode}");
            }
            let mode = fs::metadata(format!("/dev/shm/{name}")).expect("its file").permissions();
            assert_eq!(format!("{:04o}", mode.mode() & 0o7777), perms);
        }
    });
}

#[test]
fn an_existing_name_is_refused_and_nothing_is_changed() {
    isolated(|| {
        let _queue = posix::queue(b"/x", 0o622);
        posix::semaphore(b"/x", 3);
        fs::write("/dev/shm/x", "data of another program").expect("a file");
        std::os::unix::fs::symlink("/dev/shm/target", "/dev/shm/link").expect("a link");
        let before = ["pshm", "pmsg", "psem"].map(listed);
        for (args, what) in [
            (&["-m", "5", "-n", "x"][..], "shared memory"),
            (&["-m", "5", "-n", "/link"], "shared memory"),
            (&["-q", "-n", "x"], "message queue"),
            (&["-s", "-n", "/x", "--value", "9"], "semaphore"),
        ] {
            assert_eq!(refused(args), format!("create POSIX {what} failed: File exists\n"));
        }
        assert_eq!(["pshm", "pmsg", "psem"].map(listed), before);
        assert_eq!(fs::read("/dev/shm/x").expect("the file"), b"data of another program");
        assert_eq!(files(), ["link", "sem.x", "x"]);
    });
}

#[test]
fn objects_made_before_a_failure_stay_and_are_reported() {
    isolated(|| {
        let _queue = posix::queue(b"/x", 0o600);
        let run = ipcmk(&["-m", "5", "-q", "-s", "-n", "x", "-Q"]);
        let made = "POSIX shared memory name: x\nMessage queue id: 0\n";
        assert_eq!((run.status, run.out()), (Some(1), made));
        assert_eq!(run.err(), "ipcmk: create POSIX message queue failed: File exists\n");
        assert_eq!(files(), ["x"], "no semaphore");
        let run = ipcmk(&["-m", "5", "-q", "-n", "x", "--json"]);
        assert_eq!((run.status, run.out()), (Some(1), "{\"created\":[]}\n"));
    });
}

#[test]
fn names_that_no_object_can_have_are_refused() {
    isolated(|| {
        let long = "x".repeat(256);
        for (name, reason) in [
            ("", "the name is empty"),
            ("/", "the name is empty"),
            (".", "the name is a directory"),
            ("..", "the name is a directory"),
            ("/..", "the name is a directory"),
            ("a/b", "only the first character may be a slash"),
            ("//a", "only the first character may be a slash"),
            (&long, "the name is too long"),
        ] {
            for args in [&["-m", "1"][..], &["-q"], &["-s"], &["-Q", "-m", "1", "-q", "-s"]] {
                let lines = refused(&[args, &["-n", name]].concat());
                assert_eq!(lines, format!("invalid name '{name}': {reason}\n"));
            }
        }
        // Four bytes of a semaphore's file are `sem.`: nothing is made if one name is too long.
        let lines = refused(&["-m", "1", "-s", "-n", &long[..252]]);
        assert!(lines.ends_with("': the name is too long\n"), "{lines}");
        assert_eq!((files(), listed("pmsg")), (vec![], vec![]));
        made(&["-m", "1", "-q", "-n", &long[..255]]);
        made(&["-s", "-n", &long[..251]]);
    });
}

#[test]
fn hostile_names_are_escaped_in_text_and_valid_in_json() {
    isolated(|| {
        let name = OsStr::from_bytes(b"a\x1b[2J\n\xff");
        let args = ["-m", "1", "-q", "-s", "-n"].map(OsStr::new);
        let run = ours("ipcmk", [&args[..], &[name]].concat()).run();
        assert_eq!(
            run.out(),
            "POSIX shared memory name: a\\x1b[2J\\x0a\\xff\n\
             POSIX message queue name: /a\\x1b[2J\\x0a\\xff\n\
             POSIX semaphore name: a\\x1b[2J\\x0a\\xff\n"
        );
        let run = ours(
            "ipcmk",
            [&["-J", "-m", "1", "-n"].map(OsStr::new)[..], &[OsStr::from_bytes(b"b\n\xff")]]
                .concat(),
        )
        .run();
        assert_eq!(document(&run)["created"][0]["name"], "b\n\\xff");
    });
}

#[test]
fn json_has_the_names_and_properties() {
    isolated(|| {
        let args = ["--json", "-m", "1K", "-q", "-s", "-n", "x", "-p", "640"];
        let properties = ["--value", "7", "--maxmsg", "3", "--msgsize", "2K"];
        let run = made(&[&args[..], &properties].concat());
        assert_eq!(
            document(&run),
            json!({"created": [
                {"kind": "pshm", "name": "x", "size": 1024, "perms": "0640"},
                {"kind": "pmsg", "name": "/x", "maxmsg": 3, "msgsize": 2048, "perms": "0640"},
                {"kind": "psem", "name": "x", "value": 7, "perms": "0640"},
            ]})
        );
        let queue = &listed("pmsg")[0];
        assert_eq!((&queue["maxmsg"], &queue["msgsize"]), (&json!(3), &json!(2048)));
    });
}

/// A limit that is not given is that of the namespace.
#[test]
fn queues_have_the_limits_of_the_namespace() {
    isolated(|| {
        set_sysctl("../fs/mqueue/msg_default", "5");
        set_sysctl("../fs/mqueue/msgsize_default", "500");
        for (args, maxmsg, msgsize) in [
            (&["-n", "a"][..], 5, 500),
            (&["-n", "b", "--maxmsg", "2"], 2, 500),
            (&["-n", "c", "--msgsize", "2"], 5, 2),
        ] {
            let run = made(&[&["-J", "-q"], args].concat());
            let created = &document(&run)["created"][0];
            assert_eq!(
                (&created["maxmsg"], &created["msgsize"]),
                (&json!(maxmsg), &json!(msgsize))
            );
        }
    });
}

#[test]
fn the_limit_that_refused_is_named() {
    require_users("it makes objects as another user");
    isolated(|| {
        let refused = |args: &[&str]| {
            let run = ours("ipcmk", args).nobody().run();
            assert_eq!((run.status, run.out()), (Some(1), ""), "{args:?}");
            run.err().replace("ipcmk: ", "")
        };
        set_sysctl("../fs/mqueue/queues_max", "1");
        let failed = "create POSIX message queue failed: ";
        assert_eq!(
            refused(&["-q", "-n", "x", "--maxmsg", "11"]),
            format!(
                "{failed}Invalid argument\nfs.mqueue.msg_max allows 10 messages in a queue, not 11\n"
            )
        );
        assert_eq!(
            refused(&["-q", "-n", "x", "--msgsize", "8193"]),
            format!(
                "{failed}Invalid argument\n\
                 fs.mqueue.msgsize_max allows 8192 bytes in a message, not 8193\n"
            )
        );
        let _queue = posix::queue(b"/one", 0o600);
        let line = refused(&["-q", "-n", "x"]);
        let start =
            format!("{failed}No space left on device\nfs.mqueue.queues_max allows 1 queues");
        assert!(line.starts_with(&start), "{line}");
        let mount =
            |data| crate::support::sys::mount("x", "/dev/shm", Some("tmpfs"), 0, Some(data));
        mount("mode=1777,nr_inodes=2").expect("a mount");
        assert_eq!(ours("ipcmk", ["-m", "1", "-n", "a"]).nobody().run().status, Some(0));
        assert_eq!(
            refused(&["-m", "1", "-n", "b"]),
            "create POSIX shared memory failed: No space left on device\n\
             /dev/shm allows 2 files, and has no more left\n"
        );
    });
}

#[test]
fn the_memory_of_a_users_queues_is_named() {
    isolated(|| {
        let limit = ["/usr/bin/prlimit", "--msgqueue=1000", "--"];
        let run = ours("ipcmk", ["-q", "-n", "x"]).through(&limit).run();
        assert_eq!(
            run.err(),
            "ipcmk: create POSIX message queue failed: Too many open files\n\
             ipcmk: RLIMIT_MSGQUEUE (ulimit -q) allows 1000 bytes for all queues of a user; this \
             one needs 2240\n"
        );
    });
}

#[test]
fn combinations_that_mean_nothing_are_refused() {
    isolated(|| {
        let hint = "Try 'ipcmk --help' for more information.\n";
        for (args, reason) in [
            (&["-m", "1"][..], "name is required for POSIX IPC"),
            (&["-q", "-Q"], "name is required for POSIX IPC"),
            (&["-n", "x"], "bad usage"),
            (&["-M", "1", "--value", "1"], "--value needs -s"),
            (&["-M", "1", "--maxmsg", "1"], "--maxmsg and --msgsize need -q"),
            (&["-s", "-n", "x", "--msgsize", "1"], "--maxmsg and --msgsize need -q"),
            (
                &["-s", "-n", "x", "--key", "1"],
                "--key needs -M, -Q or -S: POSIX objects have no key",
            ),
            (
                &["-s", "-n", "x", "--value=-1"],
                "failed to parse value: '-1': Numerical result out of range",
            ),
            (&["-s", "-n", "x", "--value", "a"], "failed to parse value: 'a'"),
            (&["-m", "1x", "-n", "x"], "failed to parse size: '1x': Invalid argument"),
            (&["-q", "-n", "x", "--maxmsg", "1K"], "failed to parse maxmsg: '1K'"),
            (
                &["-q", "-n", "x", "--msgsize", "z"],
                "failed to parse msgsize: 'z': Invalid argument",
            ),
            (
                &["-s", "-n", "x", "--namespace", "/proc/self/ns/ipc"],
                "-m and -s need a process ID with --namespace: no path shows whose /dev/shm to use",
            ),
        ] {
            assert_eq!(refused(args), format!("{reason}\n{hint}"), "{args:?}");
        }
        assert_eq!((files(), listed("pmsg")), (vec![], vec![]));
        // util-linux ignores a name without a POSIX object.
        made(&["-Q", "-n", "a/b"]);
    });
}

/// Sizes beyond the memory of the machine are allowed, because memory is taken when it is used.
#[test]
fn shared_memory_may_be_larger_than_the_file_system() {
    isolated(|| {
        made(&["-m", "1T", "-n", "x"]);
        made(&["-m", "0", "-n", "empty"]);
        let size = |name: &str| fs::metadata(format!("/dev/shm/{name}")).expect(name).size();
        assert_eq!((size("x"), size("empty")), (1 << 40, 0));
        let lines = refused(&["-m", "9E", "-n", "y"]);
        assert_eq!(lines, "create POSIX shared memory failed: File too large\n");
        assert_eq!(files(), ["empty", "x"]);
    });
}

#[test]
fn objects_are_made_in_the_namespaces_of_a_process() {
    isolated(|| {
        let (actor, inner) = other_mounts(|| {
            crate::support::namespace::cover_directory("/dev/shm");
            another(|| {
                let actor = Actor::start();
                let inner = format!("/proc/{}/root/dev/shm", actor.pid());
                (actor, inner)
            })
        });
        let pid = actor.pid().to_string();
        let run = made(&["-m", "5", "-q", "-s", "-Q", "-n", "x", "--namespace", &pid]);
        assert!(run.out().contains("POSIX message queue name: /x\n"), "{run:?}");
        assert_eq!((files(), listed("pmsg")), (vec![], vec![]), "nothing here");
        let mut names: Vec<_> = fs::read_dir(&inner)
            .expect("its /dev/shm")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["sem.x", "x"]);
        let file = format!("/proc/{pid}/ns/ipc");
        let run = ipcmk(&["-q", "-n", "x", "--namespace", &file]);
        assert_eq!(run.err(), "ipcmk: create POSIX message queue failed: File exists\n");
    });
}
