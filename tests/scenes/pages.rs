//! Waiters whose operations, and programs whose arguments, are in a page that does not come.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::daemon::{Daemon, exists, stat};
use super::judge::{Expected, View, judge, remove_what_is_sure};
use super::{counted, scene};
use crate::support::actor::until;
use crate::support::programs::ours;

/// How long a run may take that waits for no page: none that is given up may take it all.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Does it within the time; else ends the daemons, without which a run that waits for their page
/// cannot even be killed, and fails.
fn in_time<T: Send>(daemon: Daemon, what: &str, body: impl FnOnce() -> T + Send) -> (Daemon, T) {
    let mut daemon = Some(daemon);
    // The thread is in this one's namespace.
    let result = thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let work = scope.spawn(move || {
            let result = body();
            let _ = sender.send(());
            result
        });
        if receiver.recv_timeout(TIMEOUT) == Err(mpsc::RecvTimeoutError::Timeout) {
            daemon = None;
        }
        work.join()
    });
    let daemon = daemon.unwrap_or_else(|| panic!("{what} waits for a page that does not come"));
    (daemon, result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
}

/// Every form that has to end, and that has to leave the set.
fn ends_and_keeps(mut daemon: Daemon, set: i32, owner: u32) -> Daemon {
    let owner = owner.to_string();
    let forms: [(&str, &[&str]); 10] = [
        ("ipcs", &["-s", "--unused"]),
        ("ipcs", &["-s", "--orphaned"]),
        ("ipcrm", &["-n", "sem", "--owner", &owner]),
        ("ipcrm", &["sem", "--owner", &owner]),
        ("ipcrm", &["sem", "--owner", &owner, "--orphaned"]),
        ("ipcs", &["-s", "-P"]),
        ("ipcs", &["-s", "-P", "--json"]),
        ("ipcs", &["-s", "-P", "--table"]),
        ("ipcs", &["-s", "-i", &set.to_string(), "-P"]),
        ("ipcs", &["-a", "-P"]),
    ];
    for (name, args) in forms {
        let run;
        (daemon, run) = in_time(daemon, &format!("{name} {args:?}"), || ours(name, args).run());
        // What did not come is reported, and the exit status says so.
        let both = [run.out(), run.err()].concat();
        let is_reported = both.contains("from the memory of processes failed");
        assert_eq!(run.status, Some(i32::from(is_reported)), "{args:?}: {run:?}");
        assert!(exists("sem", set), "{name} {args:?}");
    }
    daemon
}

/// A process that reads from an address of another one and was killed, if that has not ended it.
fn stuck_reader(pid: &str, address: &str) -> Option<Child> {
    let mut reader = Command::new("/bin/dd")
        .args([&format!("if=/proc/{pid}/mem"), "bs=4096", "count=1", "iflag=skip_bytes"])
        .arg(format!("skip={address}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pid = reader.id().cast_signed();
    let state = || stat(pid).unwrap()[0].clone();
    until("it reads", || {
        let call = std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
        call.starts_with("0 0x0 ") && state() != "R" || state() == "Z"
    });
    reader.kill().unwrap();
    until("it ends or cannot be killed", || ["D", "Z"].contains(&state().as_str()));
    if state() == "D" {
        return Some(reader);
    }
    reader.wait().unwrap();
    None
}

#[test]
fn a_sembuf_in_a_page_of_a_stopped_file_server_hangs_nobody() {
    const UID: u32 = 3_100_081;
    scene(|| {
        let mut daemon = Daemon::start();
        let (set, _) = daemon.child_makes(UID, "sem", 0x5ce_0800);
        let answer = daemon.tell(&format!("lost-sembuf {set} {UID}"));
        let [_, waiter, address] = answer.split(' ').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(counted(set, 0), 1);
        // A plain read of that page does not come back, and cannot be killed. One that is killed
        // before the server has taken its request ends, so several try.
        let mut stuck = (0..20).find_map(|_| stuck_reader(waiter, address));
        let daemon = ends_and_keeps(daemon, set, UID);
        // Somebody is blocked on it: GETNCNT says so.
        let (daemon, seen) = in_time(daemon, "the matrix", || {
            judge(&View::root(), "sem", set, UID, &Expected::used());
            View::root().look("sem", set)
        });
        assert_eq!(seen["waiting"], 1, "{seen}");
        // Its operations are missing, and a message says so.
        let missing = "1 read from the memory of processes failed: it did not respond in time";
        let (daemon, run) = in_time(daemon, "-P", || ours("ipcs", ["-s", "-P"]).run());
        assert_eq!(run.err(), format!("ipcs: {missing}\n"), "{run:?}");
        let (daemon, run) = in_time(daemon, "--json", || ours("ipcs", ["-sP", "--json"]).run());
        assert_eq!(run.err(), format!("ipcs: {missing}\n"));
        let reader = stuck.as_mut().expect("the page came: this kernel has no such scene");
        let state = stat(reader.id().cast_signed()).unwrap()[0].clone();
        daemon.kill();
        reader.wait().unwrap();
        assert_eq!(state, "D", "it has ended");
    });
}

#[test]
fn a_sembuf_in_a_page_without_fault_handler_hangs_nobody() {
    const UID: u32 = 3_100_082;
    scene(|| {
        let mut daemon = Daemon::start();
        let (set, _) = daemon.child_makes(UID, "sem", 0x5ce_0810);
        let answer = daemon.tell(&format!("unanswered-sembuf {set} {UID}"));
        let (waiter, address) = answer.split_once(' ').unwrap();
        let memory = std::fs::File::open(format!("/proc/{waiter}/mem")).unwrap();
        let address: u64 = address.parse().unwrap();
        let read = std::os::unix::fs::FileExt::read_at(&memory, &mut [0; 6], address);
        assert_eq!(read.unwrap_err().raw_os_error(), Some(nix::libc::EIO));
        let daemon = ends_and_keeps(daemon, set, UID);
        judge(&View::root(), "sem", set, UID, &Expected::used());
        let seen = View::root().look("sem", set);
        let all = seen["processes"].as_array().unwrap();
        assert_eq!((&seen["waiting"], all.len()), (&1.into(), 1), "{seen}");
        assert_eq!(all[0]["pid"].to_string(), waiter);
        remove_what_is_sure(&View::root(), UID);
        assert!(exists("sem", set));
        daemon.kill();
    });
}

#[test]
fn arguments_in_a_page_that_does_not_come_hang_nobody() {
    const UID: u32 = 3_100_083;
    scene(|| {
        let mut daemon = Daemon::start_with(&["an actor", &"x".repeat(12_288)]);
        let (set, _) = daemon.child_makes(UID, "sem", 0x5ce_0820);
        daemon.tell(&format!("give sem {set} {UID} 666"));
        let end: usize = daemon.tell("lost-arguments").parse().unwrap();
        let line = std::fs::read(format!("/proc/{}/cmdline", daemon.pid)).unwrap();
        assert_eq!(line.len(), end, "it ends before the page");
        assert_eq!(daemon.tell(&format!("semop {set} 1:1")), "Ok(())");
        let daemon = ends_and_keeps(daemon, set, UID);
        // A user on record is alive.
        judge(&View::root(), "sem", set, UID, &Expected::used());
        let seen = View::root().look("sem", set);
        assert_eq!(seen["processes"][0]["pid"], daemon.pid, "{seen}");
        let document = View::root().dry_run(&["sem", "--owner", &UID.to_string()]);
        assert_eq!(document["kept"][0]["id"], set, "{document}");
    });
}
