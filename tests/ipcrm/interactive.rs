//! `ipcrm --interactive`, on a real terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Output, Stdio};

use nix::pty::{OpenptyResult, openpty};

use crate::support::leftovers::two_left_of_each;
use crate::support::namespace::{EVERY_PROCESS, isolated, require_root};
use crate::support::objects::{Sems, Shm, two_of_each};
use crate::support::programs::{ours, path_of_ours};
use crate::support::table::remaining;

/// The result of a run on a new terminal.
pub struct Session {
    pub status: Option<i32>,
    pub stdout: String,
    /// The output on the terminal, which includes the echo of the input.
    pub screen: String,
}

/// Runs ipcrm on a new terminal with `typed` as its input. `stderr` says whether standard error is
/// the terminal too.
pub fn on_terminal(args: &[&str], typed: &str, stderr: bool) -> Session {
    through(&[], args, typed, (false, stderr))
}

/// The same with a program that starts ipcrm. The pair says whether standard output and standard
/// error are the terminal.
pub fn through(starter: &[&str], args: &[&str], typed: &str, streams: (bool, bool)) -> Session {
    let pty = openpty(None, None).expect("a terminal");
    let mut master = File::from(pty.master.try_clone().expect("another descriptor"));
    master.write_all(typed.as_bytes()).expect("writing the input");
    let child = start(pty, starter, args, streams);
    let output = child.wait_with_output().expect("the end of ipcrm");
    let mut screen = Vec::new();
    // After the last byte a read fails, because the other end is closed.
    let _ = master.read_to_end(&mut screen);
    Session::of(&output, screen)
}

const PROMPT: &str = "[y/N/a/q] ";

/// Runs ipcrm on a new terminal, which standard error is too. Every question is answered by "y"
/// after `act` was called with its number.
pub fn answering(starter: &[&str], args: &[&str], mut act: impl FnMut(usize)) -> Session {
    let pty = openpty(None, None).expect("a terminal");
    let mut master = File::from(pty.master.try_clone().expect("another descriptor"));
    let child = start(pty, starter, args, (false, true));
    let (mut screen, mut answered) = (Vec::new(), 0);
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = master.read(&mut buffer) {
        screen.extend_from_slice(&buffer[..count]);
        let asked = String::from_utf8_lossy(&screen).matches(PROMPT).count();
        if asked > answered {
            act(answered);
            answered = asked;
            master.write_all(b"y\n").expect("writing the answer");
        }
    }
    let output = child.wait_with_output().expect("the end of ipcrm");
    Session::of(&output, screen)
}

fn start(
    pty: OpenptyResult,
    starter: &[&str],
    args: &[&str],
    (stdout, stderr): (bool, bool),
) -> Child {
    let stream = |terminal| match terminal {
        true => Stdio::from(pty.slave.try_clone().expect("another descriptor")),
        false => Stdio::piped(),
    };
    let (stdout, stderr) = (stream(stdout), stream(stderr));
    // setsid makes its standard input the controlling terminal of the program that it starts.
    Command::new("/usr/bin/setsid")
        .args(["--ctty", "--wait"])
        .args(starter)
        .arg(path_of_ours("ipcrm"))
        .args(args)
        .stdin(Stdio::from(pty.slave))
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .expect("util-linux' setsid")
}

impl Session {
    fn of(output: &Output, screen: Vec<u8>) -> Session {
        Session {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout.clone()).expect("UTF-8"),
            screen: String::from_utf8(screen).expect("UTF-8"),
        }
    }
}

#[test]
fn asks_about_each_object() {
    isolated(|| {
        two_of_each();
        let run = on_terminal(&["-i", "-m0", "-q", "0", "-s0", "-m1"], "y\nn\n\nYES\n", false);
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), ""));
        assert_eq!(run.screen.matches("[y/N/a/q]").count(), 4, "{}", run.screen);
        assert!(run.screen.contains("remove segment 0 (key 0x00000012, owner "), "{}", run.screen);
        assert_eq!(remaining(), "msg0 msg1 sem0 sem1");
    });
}

#[test]
fn a_answers_all_questions_and_q_ends_the_run() {
    isolated(|| {
        two_of_each();
        let run = on_terminal(&["-i", "-ashm"], "a\n", false);
        assert_eq!(run.status, Some(0));
        assert_eq!(run.screen.matches("[y/N/a/q]").count(), 1, "{}", run.screen);
        assert_eq!(remaining(), "msg0 msg1 sem0 sem1");
        let run = on_terminal(&["-i", "-v", "-a"], "y\nq\n", false);
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), "removing semaphore id `0'\n"));
        assert_eq!(remaining(), "msg0 msg1 sem1");
    });
}

/// Standard output and standard error appear on one terminal in the order of events.
#[test]
fn prints_errors_after_earlier_removals() {
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
fn reports_a_removal_before_the_next_question() {
    isolated(|| {
        two_left_of_each();
        for (args, line) in [
            (&["-i", "-v", "-s0", "-s1"][..], "removing semaphore id `0'"),
            (&["-i", "-v", "shm", "--older", "0s"], "removed segment 0 (key "),
        ] {
            let screen = through(&[], args, "y\nn\n", (true, true)).screen;
            let place =
                |text: &str| screen.find(text).unwrap_or_else(|| panic!("{text}: {screen}"));
            let questions: Vec<_> =
                screen.match_indices("[y/N/a/q]").map(|found| found.0).collect();
            let [first, second] = questions[..] else { panic!("{screen}") };
            assert!(first < place(line) && place(line) < second, "{screen}");
        }
        assert_eq!(remaining(), "shm1 msg0 msg1 sem1");
    });
}

/// The next opened file, here the terminal, would get the number of a closed descriptor.
#[test]
fn does_not_write_output_of_closed_descriptors_to_the_terminal() {
    isolated(|| {
        two_of_each();
        for (closed, id) in [(">&-", 0), ("2>&-", 1), ("<&- >&- 2>&-", 2)] {
            assert_eq!(Shm::private(1, 0o600).id, id + 2);
            let shell = format!("exec \"$0\" \"$@\" {closed}");
            let named = format!("-m{id}");
            let args = ["-i", "-v", &named, "-m77"];
            let run = through(&["/bin/sh", "-c", &shell], &args, "y\n", (false, false));
            assert_eq!(run.status, Some(1), "{closed}");
            // The terminal echoes the answer.
            let shown = run.screen.replacen("y\r\n", "", 1);
            assert!(shown.starts_with("remove segment "), "{closed}: {shown:?}");
            assert!(shown.ends_with("? [y/N/a/q] "), "{closed}: {shown:?}");
        }
        assert_eq!(remaining(), "shm3 shm4 msg0 msg1 sem0 sem1");
    });
}

#[test]
fn end_of_input_means_no() {
    isolated(|| {
        two_of_each();
        // Ctrl-D at the beginning of a line is the end of input.
        let run = on_terminal(&["-i", "-a"], "\u{4}", false);
        assert_eq!(run.status, Some(0));
        assert_eq!(remaining(), "shm0 shm1 msg0 msg1 sem0 sem1");
    });
}

#[test]
fn does_not_ask_about_missing_objects() {
    isolated(|| {
        two_of_each();
        let run = on_terminal(&["-i", "-m77", "-m0"], "y\n", false);
        assert_eq!(run.status, Some(1));
        assert_eq!(run.screen.matches("[y/N/a/q]").count(), 1, "{}", run.screen);
        assert_eq!(remaining(), "shm1 msg0 msg1 sem0 sem1");
    });
}

#[test]
fn a_kind_word_reports_deletion_only_after_a_removal() {
    isolated(|| {
        two_of_each();
        let run = on_terminal(&["-i", "shm", "0", "1"], "y\nn\n", false);
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), "resource(s) deleted\n"));
        let run = on_terminal(&["-i", "shm", "1"], "n\n", false);
        assert_eq!((run.status, run.stdout.as_str()), (Some(0), ""));
    });
}

#[test]
fn removes_nothing_without_a_terminal() {
    isolated(|| {
        two_of_each();
        let run = ours("ipcrm", ["-i", "-m0"]).through(&["/usr/bin/setsid", "--wait"]).run();
        assert_eq!(
            (run.status, run.err()),
            (
                Some(1),
                "ipcrm: cannot open the terminal for --interactive: No such device or address\n"
            )
        );
        for option in ["-n", "--json"] {
            let run = on_terminal(&["-i", option, "-m0"], "y\n", false);
            assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""), "{option}");
        }
        assert_eq!(remaining(), "shm0 shm1 msg0 msg1 sem0 sem1");
    });
}

#[test]
fn asks_about_filtered_objects_that_are_not_in_use() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        two_left_of_each();
        // Declined objects are counted but not listed.
        let run = on_terminal(&["-i", "shm", "--older", "0s"], "n\nn\n", true);
        assert_eq!(run.stdout, "nothing removed; kept 2 declined\n");
        assert!(!run.screen.contains("kept"), "{}", run.screen);
        Sems { id: 1 }.operate(0, 1);
        let run = on_terminal(&["-i", "shm", "sem", "--older", "0s"], "n\ny\na\n", true);
        assert_eq!(run.status, Some(0), "{}", run.screen);
        assert_eq!(
            run.stdout,
            "removed 1 segment (4K) and 1 semaphore set; kept 1 in use, 1 declined\n"
        );
        let screen = &run.screen;
        assert_eq!(screen.matches("[y/N/a/q]").count(), 3, "{screen}");
        assert!(screen.contains("remove segment 0 (key 0x00000012, owner "), "{screen}");
        assert!(screen.contains("): changed "), "{screen}");
        // An object that stays because it is in use is named, and nothing is asked about it.
        let (_, kept) = screen.split_once("ipcrm: kept ").expect("a line");
        assert!(kept.starts_with("semaphore set 1 ("), "{kept}");
        assert!(kept.contains("): in use: last user alive: pid "), "{kept}");
        assert!(!kept.contains("ipcrm: "), "{kept}");
        assert_eq!(remaining(), "shm0 msg0 msg1 sem1");
        let run = on_terminal(&["-i", "shm", "--older", "0s"], "q\n", false);
        assert_eq!(run.stdout, "nothing removed; 1 not processed\n");
        for option in ["-n", "--json"] {
            let run = on_terminal(&["-i", option, "shm", "--older", "0s"], "y\n", false);
            assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""), "{option}");
        }
        let run = ours("ipcrm", ["-i", "-a", "--older", "0s"])
            .through(&["/usr/bin/setsid", "--wait"])
            .run();
        assert_eq!(
            (run.status, run.err()),
            (
                Some(1),
                "ipcrm: cannot open the terminal for --interactive: No such device or address\n"
            )
        );
        assert_eq!(remaining(), "shm0 msg0 msg1 sem1");
    });
}
