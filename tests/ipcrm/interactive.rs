//! `ipcrm --interactive`, on a real terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use nix::pty::openpty;

use super::{left, two_of_each};
use crate::support::namespace::isolated;
use crate::support::objects::{Sems, Shm};
use crate::support::programs::ours;

/// What came of a run on a terminal of its own.
pub struct Session {
    pub status: Option<i32>,
    pub stdout: String,
    /// What a person saw, the echo of the typing included.
    pub screen: String,
}

/// Runs ipcrm on a new terminal where `typed` has been typed ahead; `stderr`: its standard error is
/// the terminal too.
pub fn on_terminal(args: &[&str], typed: &str, stderr: bool) -> Session {
    through(&[], args, typed, (false, stderr))
}

/// The same where a program starts ipcrm; of standard output and standard error, which are the
/// terminal.
fn through(
    starter: &[&str],
    args: &[&str],
    typed: &str,
    (stdout, stderr): (bool, bool),
) -> Session {
    let pty = openpty(None, None).expect("a terminal");
    let mut master = File::from(pty.master);
    master.write_all(typed.as_bytes()).expect("typing");
    let stream = |terminal| match terminal {
        true => Stdio::from(pty.slave.try_clone().expect("another descriptor")),
        false => Stdio::piped(),
    };
    let (stdout, stderr) = (stream(stdout), stream(stderr));
    // setsid makes its standard input the controlling terminal of what it starts.
    let child = Command::new("/usr/bin/setsid")
        .args(["--ctty", "--wait"])
        .args(starter)
        .arg(env!("CARGO_BIN_EXE_ipcrm"))
        .args(args)
        .stdin(Stdio::from(pty.slave))
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .expect("util-linux' setsid");
    let output = child.wait_with_output().expect("the end of ipcrm");
    let mut screen = Vec::new();
    // With nobody at the other end a read fails once all has been read.
    let _ = master.read_to_end(&mut screen);
    Session {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        screen: String::from_utf8(screen).expect("UTF-8"),
    }
}

#[test]
fn each_object_is_asked_for() {
    isolated(|| {
        two_of_each();
        let run = on_terminal(&["-i", "-m0", "-q", "0", "-s0", "-m1"], "y\nn\n\nYES\n", false);
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), ""));
        assert_eq!(run.screen.matches("[y/N/a/q]").count(), 4, "{}", run.screen);
        assert!(
            run.screen.contains("remove shared memory segment 0 (key 0x00000012, owner "),
            "{}",
            run.screen
        );
        assert_eq!(left(), "msg0 msg1 sem0 sem1");
    });
}

#[test]
fn all_stops_the_questions_and_quit_the_run() {
    isolated(|| {
        two_of_each();
        let run = on_terminal(&["-i", "-ashm"], "a\n", false);
        assert_eq!(run.status, Some(0));
        assert_eq!(run.screen.matches("[y/N/a/q]").count(), 1, "{}", run.screen);
        assert_eq!(left(), "msg0 msg1 sem0 sem1");
        let run = on_terminal(&["-i", "-v", "-a"], "y\nq\n", false);
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), "removing semaphore id `0'\n"));
        assert_eq!(left(), "msg0 msg1 sem1");
    });
}

/// On a terminal each line stands before what happens after it.
/// Both streams on one terminal stand there in the order of events.
#[test]
fn what_failed_stands_behind_what_was_done_before() {
    isolated(|| {
        two_of_each();
        let screen = through(&[], &["-v", "-m0", "-m77", "-m1"], "", (true, true)).screen;
        assert_eq!(
            screen,
            "removing shared memory segment id `0'\r\n\
             removing shared memory segment id `77'\r\n\
             ipcrm: invalid id (77)\r\n\
             removing shared memory segment id `1'\r\n"
        );
    });
}

#[test]
fn what_was_done_is_told_before_the_next_question() {
    isolated(|| {
        two_of_each();
        for (args, told) in [
            (&["-i", "-v", "-s0", "-s1"][..], "removing semaphore id `0'"),
            (&["-i", "-v", "shm", "--older", "0s"], "removed shared memory segment 0 (key "),
        ] {
            let screen = through(&[], args, "y\nn\n", (true, true)).screen;
            let place =
                |text: &str| screen.find(text).unwrap_or_else(|| panic!("{text}: {screen}"));
            let questions: Vec<_> =
                screen.match_indices("[y/N/a/q]").map(|found| found.0).collect();
            let [first, second] = questions[..] else { panic!("{screen}") };
            assert!(first < place(told) && place(told) < second, "{screen}");
        }
        assert_eq!(left(), "shm1 msg0 msg1 sem1");
    });
}

/// The next file that is opened gets the number of a closed descriptor, and this one is the
/// terminal.
#[test]
fn what_goes_to_closed_descriptors_is_not_on_the_terminal() {
    isolated(|| {
        two_of_each();
        for (closed, id) in [(">&-", 0), ("2>&-", 1), ("<&- >&- 2>&-", 2)] {
            assert_eq!(Shm::private(1, 0o600).id, id + 2);
            let shell = format!("exec \"$0\" \"$@\" {closed}");
            let named = format!("-m{id}");
            let args = ["-i", "-v", &named, "-m77"];
            let run = through(&["/bin/sh", "-c", &shell], &args, "y\n", (false, false));
            assert_eq!(run.status, Some(1), "{closed}");
            // The terminal echoes the answer when it comes to it.
            let shown = run.screen.replacen("y\r\n", "", 1);
            assert!(shown.starts_with("remove shared memory segment "), "{closed}: {shown:?}");
            assert!(shown.ends_with("? [y/N/a/q] "), "{closed}: {shown:?}");
        }
        assert_eq!(left(), "shm3 shm4 msg0 msg1 sem0 sem1");
    });
}

#[test]
fn the_end_of_input_is_no_yes() {
    isolated(|| {
        two_of_each();
        // Ctrl-D at the beginning of a line.
        let run = on_terminal(&["-i", "-a"], "\u{4}", false);
        assert_eq!(run.status, Some(0));
        assert_eq!(left(), "shm0 shm1 msg0 msg1 sem0 sem1");
    });
}

#[test]
fn what_is_not_there_is_not_asked_for() {
    isolated(|| {
        two_of_each();
        let run = on_terminal(&["-i", "-m77", "-m0"], "y\n", false);
        assert_eq!(run.status, Some(1));
        assert_eq!(run.screen.matches("[y/N/a/q]").count(), 1, "{}", run.screen);
        assert_eq!(left(), "shm1 msg0 msg1 sem0 sem1");
    });
}

#[test]
fn a_kind_word_ends_as_ever_when_something_was_removed() {
    isolated(|| {
        two_of_each();
        let run = on_terminal(&["-i", "shm", "0", "1"], "y\nn\n", false);
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), "resource(s) deleted\n"));
        let run = on_terminal(&["-i", "shm", "1"], "n\n", false);
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), ""));
    });
}

#[test]
fn without_a_terminal_nothing_is_removed() {
    isolated(|| {
        two_of_each();
        let run = ours("ipcrm", ["-i", "-m0"]).through(&["/usr/bin/setsid", "--wait"]).run();
        assert_eq!(
            (run.status, run.err()),
            (Some(1), "ipcrm: no terminal to ask on: No such device or address\n")
        );
        for option in ["-n", "--json"] {
            let run = on_terminal(&["-i", option, "-m0"], "y\n", false);
            assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""), "{option}");
        }
        assert_eq!(left(), "shm0 shm1 msg0 msg1 sem0 sem1");
    });
}

#[test]
fn what_a_filter_chose_is_asked_for_unless_it_stays_anyway() {
    isolated(|| {
        two_of_each();
        // Who said no need not be told of it.
        let run = on_terminal(&["-i", "shm", "--older", "0s"], "n\nn\n", true);
        assert_eq!(run.stdout, "removed nothing; kept 2 not wanted\n");
        assert!(!run.screen.contains("kept"), "{}", run.screen);
        Sems { id: 1 }.operate(0, 1);
        let run = on_terminal(&["-i", "shm", "sem", "--older", "0s"], "n\ny\na\n", false);
        assert_eq!(run.status, Some(0), "{}", run.screen);
        assert_eq!(
            run.stdout,
            "removed 1 shared memory segment and 1 semaphore set; kept 1 in use, 1 not wanted\n"
        );
        let screen = &run.screen;
        assert_eq!(screen.matches("[y/N/a/q]").count(), 3, "{screen}");
        assert!(
            screen.contains("remove shared memory segment 0 (key 0x00000012, owner "),
            "{screen}"
        );
        assert!(screen.contains("): changed "), "{screen}");
        assert_eq!(left(), "shm0 msg0 msg1 sem1");
        let run = on_terminal(&["-i", "shm", "--older", "0s"], "q\n", false);
        assert_eq!(run.stdout, "removed nothing; 1 not come to\n");
        for option in ["-n", "--json"] {
            let run = on_terminal(&["-i", option, "shm", "--older", "0s"], "y\n", false);
            assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""), "{option}");
        }
        let run = ours("ipcrm", ["-i", "-a", "--older", "0s"])
            .through(&["/usr/bin/setsid", "--wait"])
            .run();
        assert_eq!(
            (run.status, run.err()),
            (Some(1), "ipcrm: no terminal to ask on: No such device or address\n")
        );
        assert_eq!(left(), "shm0 msg0 msg1 sem1");
    });
}
