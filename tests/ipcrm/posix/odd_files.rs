//! Files in /dev/shm that are not objects, or not what their names say.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::posix::{files, musl_semaphore, semaphore, shm};
use crate::support::programs::{Outcome, ours};

fn run(args: &[&str]) -> Outcome {
    ours("ipcrm", args).run()
}

/// A file of each other type, with this prefix. The link leads to `target`.
fn make_others(prefix: &str, target: &str) {
    let path = |name: &str| format!("/dev/shm/{prefix}{name}");
    fs::create_dir(path("dir")).expect("a directory");
    fs::write(path("dir/inner"), "").expect("a file");
    symlink(target, path("link")).expect("a link");
    mkfifo(path("fifo").as_str(), Mode::S_IRWXU).expect("a pipe");
    drop(UnixListener::bind(path("socket")).expect("a socket"));
}

const OTHERS: &str = "dir fifo link socket";

#[test]
fn other_files_are_not_shared_memory() {
    isolated(|| {
        drop(shm("/target", 10, 0o600));
        make_others("", "target");
        let run_named = run(&["pshm", "dir", "fifo", "link", "socket"]);
        assert_eq!((run_named.status, run_named.out()), (Some(1), ""));
        assert_eq!(
            run_named.err(),
            "ipcrm: name failed: Is a directory\n\
             ipcrm: name `fifo' is a named pipe\n\
             ipcrm: name `link' is a symbolic link\n\
             ipcrm: name `socket' is a socket\n"
        );
        assert_eq!(files(), format!("{OTHERS} target"));
        // A semaphore is named otherwise.
        let semaphores = run(&["psem", "dir", "fifo", "link", "socket", "target"]);
        assert_eq!(semaphores.err().matches("' not found\n").count(), 5, "{semaphores:?}");
        for args in [&["-apshm"][..], &["pshm", "--min-size", "0", "--force"]] {
            let run = run(args);
            assert_eq!(run.status, Some(0), "{run:?}");
            for kept in ["directory dir", "named pipe fifo", "symbolic link link", "socket socket"]
            {
                let line = format!("ipcrm: kept {kept} (owner ");
                assert_eq!(run.err().matches(&line).count(), 1, "{line} in {run:?}");
            }
            assert_eq!(run.err().lines().count(), 4, "{run:?}");
            assert_eq!(files(), OTHERS);
            assert!(fs::exists("/dev/shm/dir/inner").expect("a look"));
        }
    });
}

#[test]
fn other_files_are_not_semaphores() {
    isolated(|| {
        make_others("sem.", "sem.x");
        semaphore("/x", 1);
        let kept = "sem.dir sem.fifo sem.link sem.socket";
        let named = run(&["psem", "dir", "fifo", "link", "socket"]);
        assert_eq!((named.status, named.err().lines().count()), (Some(1), 4), "{named:?}");
        assert_eq!(files(), format!("{kept} sem.x"));
        let all = run(&["--all=psem"]);
        assert_eq!((all.status, all.err().lines().count()), (Some(0), 4), "{all:?}");
        assert_eq!(files(), kept);
    });
}

#[test]
fn a_foreign_file_goes_only_by_its_name() {
    isolated(|| {
        for (name, content) in [("empty", &b""[..]), ("text", b"something"), ("zero", &[0xff; 32])]
        {
            fs::write(format!("/dev/shm/sem.{name}"), content).expect("a file");
        }
        semaphore("/true", 3);
        let kept = "sem.empty sem.text sem.zero";
        let dry = run(&["-n", "-apsem"]);
        assert!(dry.out().ends_with("would remove 1 POSIX semaphore; would keep 3 other files\n"));
        assert_eq!(dry.out().matches("): not a semaphore\n").count(), 3, "{dry:?}");
        for args in [&["-apsem"][..], &["psem", "--max-size", "1G", "--force"]] {
            let run = run(args);
            assert_eq!((run.status, run.err().matches("not a semaphore").count()), (Some(0), 3));
            assert_eq!(files(), kept);
        }
        // It is not shared memory either.
        let wrong = run(&["pshm", "sem.empty"]);
        assert_eq!(
            (wrong.status, wrong.err()),
            (
                Some(1),
                "ipcrm: name `sem.empty' is a POSIX semaphore (ipcrm --posix-semaphore removes it)\n"
            )
        );
        assert_eq!(run(&["-apshm"]).err(), "");
        assert_eq!(files(), kept);
        assert_eq!(run(&["psem", "empty", "/text", "zero"]).out(), "resource(s) deleted\n");
        assert_eq!(files(), "");
    });
}

#[test]
fn semaphores_of_musl_are_semaphores() {
    isolated(|| {
        musl_semaphore("old", 1);
        musl_semaphore("other", 1);
        drop(shm("/memory", 32, 0o600));
        semaphore("/old", 1);
        let wrong = run(&["pshm", "old"]);
        assert_eq!(wrong.status, Some(1));
        assert!(wrong.err().contains("is a POSIX semaphore"), "{wrong:?}");
        assert_eq!(run(&["-apshm"]).err(), "");
        assert_eq!(files(), "old other sem.old");
        // With the name of both, that of the GNU C library is meant first.
        assert_eq!(run(&["psem", "old"]).status, Some(0));
        assert_eq!(files(), "old other");
        assert_eq!(run(&["psem", "old"]).status, Some(0));
        assert_eq!(run(&["-apsem"]).status, Some(0));
        assert_eq!(files(), "");
    });
}

#[test]
fn a_sparse_file_of_a_tebibyte_and_an_empty_one_are_shared_memory() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        drop(shm("/sparse", 1 << 40, 0o600));
        drop(shm("/empty", 0, 0o600));
        let dry = run(&["-n", "-apshm"]);
        assert!(dry.out().contains("object sparse (owner "), "{dry:?}");
        assert!(dry.out().contains(", 1T)\n"), "{dry:?}");
        assert_eq!(run(&["pshm", "empty", "sparse"]).status, Some(0));
        assert_eq!(files(), "");
    });
}

#[test]
fn many_other_files_are_counted() {
    isolated(|| {
        for number in 0..25 {
            fs::create_dir(format!("/dev/shm/{number}")).expect("a directory");
        }
        let all = run(&["-apshm"]);
        assert_eq!((all.status, all.err().lines().count()), (Some(0), 21), "{all:?}");
        assert!(all.err().ends_with("ipcrm: and 5 more; --verbose lists them\n"), "{all:?}");
        assert_eq!(run(&["-v", "-apshm"]).err().lines().count(), 25);
    });
}

#[test]
fn other_files_that_a_process_does_not_use_are_not_mentioned() {
    isolated(|| {
        let _mine = shm("/mine", 10, 0o600);
        make_others("", "mine");
        fs::write("/dev/shm/sem.foreign", "x").expect("a file");
        let me = std::process::id().to_string();
        for force in [&[][..], &["--force"]] {
            let run = run(&[&["-n", "pshm", "psem", "--used-by", &me], force].concat());
            assert_eq!((run.status, run.err()), (Some(0), ""));
            assert_eq!(run.out().lines().count(), 2, "{run:?}");
            assert!(run.out().contains("shared memory object mine (owner "), "{run:?}");
        }
    });
}
