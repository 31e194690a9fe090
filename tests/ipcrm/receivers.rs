//! Queues are not taken from those who wait on them.

use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use nix::libc;

use crate::support::actor::{Actor, in_call, until};
use crate::support::leftovers::as_absent_user;
use crate::support::namespace::{isolated, require_root, set_sysctl};
use crate::support::objects::Queue;
use crate::support::programs::path_of_ours;
use crate::support::table;

/// Enough queues for several batches, and lines of output for many pipes.
const QUEUES: i32 = 6000;
/// How long after its look at the processes the program may remove a queue, on a busy machine.
const LATE: Duration = Duration::from_millis(2000);

/// With `-v`, the program waits for its reader before the next queues are removed. By then others
/// wait on these than when it started.
#[test]
fn a_slow_reader_costs_no_receiver_its_queue() {
    require_root("it acts as other users");
    isolated(|| {
        set_sysctl("msgmni", "8000");
        let (owner, queues) =
            as_absent_user(|| (0..QUEUES).map(|_| Queue::private(0o600)).collect::<Vec<Queue>>());
        // Root may receive from them, and a receiver leaves no trace in a queue.
        let mut restless = Actor::start();
        restless.say(&format!("receivers {} {QUEUES} 6000", queues[0]));
        let mut program = Command::new(path_of_ours("ipcrm"))
            .args(["-v", "msg", "--owner", &owner.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("ipcrm");
        let pid = program.id().cast_signed();
        let mut seen = 0;
        until("the output is full", || {
            seen = if in_call(pid, libc::SYS_write, 1) { seen + 1 } else { 0 };
            thread::sleep(Duration::from_millis(5));
            seen == 20
        });
        let left = table::ids("msg");
        assert!(left.len() < QUEUES as usize, "nothing has been removed yet");
        let waited_on: Vec<i32> = left.iter().copied().step_by(100).collect();
        assert!(waited_on.len() > 20, "only {} queues are left", left.len());
        let mut patient = Actor::start();
        for id in &waited_on {
            patient.tell(&format!("thread msgrcv {id} 1"));
        }
        for id in &waited_on {
            until("a receiver waits", || in_call(patient.pid(), libc::SYS_msgrcv, *id));
        }
        let text = read_slowly(&mut program.stdout.take().expect("a pipe"));
        assert!(program.wait().expect("its end").success());
        let left = table::ids("msg");
        let lost: Vec<_> = waited_on.iter().filter(|id| !left.contains(id)).collect();
        assert!(lost.is_empty(), "queues with a receiver were removed: {lost:?}");
        let summary = text.lines().last().expect("a summary");
        assert!(summary.starts_with("removed "), "{summary}");
        assert!(left.len() < QUEUES as usize / 4, "{summary}");
        let answer = restless.reply();
        let (lost, longest) = answer.split_once(' ').expect("two numbers");
        let longest = Duration::from_millis(longest.parse().expect("a number"));
        assert!(longest < LATE, "{lost} receivers lost their queues, one after {longest:?}");
    });
}

fn read_slowly(pipe: &mut impl Read) -> String {
    let mut text = Vec::new();
    let mut buffer = vec![0; 65_536];
    loop {
        thread::sleep(Duration::from_millis(150));
        match pipe.read(&mut buffer).expect("reading the output") {
            0 => return String::from_utf8(text).expect("UTF-8"),
            count => text.extend_from_slice(&buffer[..count]),
        }
    }
}
