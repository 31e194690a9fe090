//! The commands of an actor: the child's side of [`super::Actor`].
#![allow(unsafe_code, clippy::exit)] // An actor replaces the test harness.

use std::fmt::{Debug, Write as _};
use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use ipcs::model::Kinds;
use ipcs::proc::ProcRoot;
use ipcs::processes::{ScanRequest, Verdicts, rules};
use ipcs::sys::StatBy;
use nix::libc;

use super::calls;
use crate::support::inspection::{inspector, reason};
use crate::support::namespace::{cover_by, cover_directory, private_mounts};
use crate::support::objects::{Queue, Sems, Shm, two_of_each};
use crate::support::programs::run_program_if_marked;
use crate::support::sys;
use crate::support::user_namespace::enter_if_marked;

/// Runs before the test harness, whose tests never run in a process' first thread.
#[used]
// SAFETY: the section holds pointers to functions like this one, called once before `main`.
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = run_something_else_if_marked;

extern "C" fn run_something_else_if_marked() {
    run_program_if_marked();
    enter_if_marked();
    if std::env::var_os(super::MARKER).is_some() {
        reply("ready");
        execute_commands();
        std::process::exit(0);
    }
}

fn execute_commands() {
    let mut line = String::new();
    while io::stdin().read_line(&mut line).expect("reading a command") > 0 {
        let words: Vec<&str> = line.trim_end().split(' ').collect();
        if words == ["first-thread-exits"] {
            std::thread::spawn(|| {
                reply("");
                execute_commands();
            });
            calls::exit_first_thread();
        }
        let answer = execute(&words);
        reply(&answer);
        line.clear();
    }
}

fn reply(text: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").expect("answering");
    out.flush().expect("answering");
}

fn number<T: FromStr<Err: Debug>>(word: &str) -> T {
    word.parse().unwrap_or_else(|error| panic!("{word:?}: {error:?}"))
}

fn execute(words: &[&str]) -> String {
    match words {
        ["attach", id, access] => {
            let flags = if *access == "ro" { libc::SHM_RDONLY } else { 0 };
            return sys::shmat(number(id), flags).expect("shmat").to_string();
        }
        ["detach", address] => sys::shmdt(number(address)).expect("shmdt"),
        ["protect", address] => calls::protect(number(address)),
        ["segment", size] => return Shm::private(number(size), 0o600).to_string(),
        ["keyed-segment", key, size] => {
            return Shm::keyed(number(key), number(size), 0o600).to_string();
        }
        ["two-of-each"] => two_of_each(),
        ["set", nsems] => return Sems::private(number(nsems), 0o600).to_string(),
        ["queue"] => return Queue::private(0o600).to_string(),
        ["fork"] => return calls::fork_sleeper().to_string(),
        ["share"] => return calls::share_memory_with_sleeper().to_string(),
        ["crowd", count, mappings] => {
            calls::fork_crowd(number(count), number(mappings));
            return (*count).to_owned();
        }
        ["hop", uid] => calls::start_hopper(number(uid)),
        ["leave"] => calls::leave_namespace(),
        ["enter", path] => calls::enter_namespace(path),
        ["own-namespaces", uid] => calls::make_own_namespaces(number(uid)),
        ["inner-namespaces"] => calls::make_inner_namespaces(),
        ["give", kind, id, uid] => give(kind, number(id), number(uid)),
        ["visit", path, times] => return super::visits::visit(path, number(times)),
        ["visit-forever", path] => return super::visits::visit_forever(path),
        ["map", path] => calls::map_file(path),
        ["proc", target, options] => {
            private_mounts().expect("private mounts");
            sys::mount("proc", target, Some("proc"), 0, Some(options)).expect("mounting proc");
        }
        // In mounts of its own, another directory or an empty one.
        ["cover-by", source, target] => {
            private_mounts().expect("private mounts");
            cover_by(target, Path::new(source));
        }
        ["cover", target] => {
            private_mounts().expect("private mounts");
            cover_directory(target);
        }
        ["user", uid] => calls::become_user(number(uid)),
        ["uids", real, effective, saved] => {
            calls::set_uids(number(real), number(effective), number(saved));
        }
        ["sleep-as", uid] => calls::sleep_as(number(uid)),
        ["thread", rest @ ..] => {
            let rest: Vec<String> = rest.iter().map(|word| (*word).to_owned()).collect();
            std::thread::spawn(move || {
                let words: Vec<&str> = rest.iter().map(String::as_str).collect();
                execute(&words)
            });
        }
        // Adds to the semaphore of each of `count` sets with consecutive ids.
        ["operate", first, count] => {
            let first: i32 = number(first);
            (first..first + number::<i32>(count)).for_each(|id| Sems { id }.operate(0, 1));
        }
        ["semop", id, operations @ ..] => {
            let operations: Vec<(u16, i16)> = operations
                .iter()
                .map(|operation| operation.split_once(':').expect("NUM:DELTA"))
                .map(|(num, delta)| (number(num), number(delta)))
                .collect();
            return format!("{:?}", sys::semop(number(id), &operations, 0));
        }
        ["semtimedop", id, num, delta, seconds] => {
            let operation = (number(num), number(delta));
            return format!("{:?}", sys::semtimedop(number(id), operation, number(seconds)));
        }
        ["enter-and-wait", path, id] => {
            calls::enter_namespace(path);
            return format!("{:?}", sys::semop(number(id), &[(0, -1)], 0));
        }
        ["msgsnd", id, length] => {
            return format!("{:?}", sys::msgsnd(number(id), 1, number(length), 0));
        }
        ["msgrcv", id, kind] => return receive(id, kind, 0),
        ["msgrcv-except", id, kind] => return receive(id, kind, libc::MSG_EXCEPT),
        ["receivers", first, count, milliseconds] => {
            return come_and_go(number(first), number(count), number(milliseconds));
        }
        ["churn", milliseconds, uid] => return churn(number(milliseconds), number(uid)),
        ["inspect", root, kind, id] => return inspect(root, kind, number(id)),
        ["posix", rest @ ..] => return super::posix::act(rest),
        ["scene", rest @ ..] => return crate::scenes::acts::act(rest, execute),
        other => panic!("unknown command: {other:?}"),
    }
    String::new()
}

/// Makes a user and the group of the same number the owners of an object.
fn give(kind: &str, id: i32, uid: u32) {
    match kind {
        "shm" => Shm { id }.set(uid, uid, 0o600),
        "sem" => Sems { id }.set(uid, uid, 0o600),
        _ => Queue { id }.set(uid, uid, 0o600),
    }
}

fn receive(id: &str, kind: &str, flags: i32) -> String {
    format!("{:?}", sys::msgrcv(number(id), number(kind), 8184, flags).map(drop))
}

/// Creates sets, gives them to a user and removes them. Answers `LOST of MADE`: how many had been
/// removed by another process.
fn churn(milliseconds: u64, uid: u32) -> String {
    let start = Instant::now();
    let (mut lost, mut made) = (0u64, 0u64);
    while start.elapsed() < Duration::from_millis(milliseconds) {
        let sets = [(); 20].map(|()| Sems::private(1, 0o600));
        for set in sets {
            set.set(uid, uid, 0o600);
        }
        made += sets.len() as u64;
        for set in sets {
            let found = ipcs::sys::sem::stat(set.id, StatBy::Any);
            let there = found.is_ok_and(|found| found.id().is_some_and(|id| id.0 == set.id));
            lost += u64::from(!there || set.try_remove().is_err());
        }
    }
    format!("{lost} of {made}")
}

/// Receivers that wait on queues with consecutive ids and give up after a while: the first one soon,
/// each of the others after twice the time. Answers `LOST MILLISECONDS`: how many lost the queue that
/// they waited on, and how long one of these had waited at most.
fn come_and_go(first: i32, count: i32, milliseconds: u64) -> String {
    calls::accept_interrupts();
    let end = Instant::now() + Duration::from_millis(milliseconds);
    let receivers: Vec<_> = (0..8)
        .map(|number| {
            let (sender, thread) = std::sync::mpsc::channel();
            let waits = std::thread::spawn(move || {
                sender.send(calls::this_thread()).expect("the thread that interrupts");
                let (mut lost, mut longest, mut at) = (0, Duration::ZERO, number);
                while Instant::now() < end {
                    // A step that has no factor in common with the number of queues.
                    at = (at + 997) % count;
                    let start = Instant::now();
                    if sys::msgrcv(first + at, 1, 8, 0) == Err(nix::errno::Errno::EIDRM) {
                        lost += 1;
                        longest = longest.max(start.elapsed());
                    }
                }
                (lost, longest)
            });
            (thread.recv().expect("the thread"), Duration::from_millis(20 << number), waits)
        })
        .collect();
    let mut next: Vec<Instant> =
        receivers.iter().map(|(_, stay, _)| Instant::now() + *stay).collect();
    while receivers.iter().any(|(.., waits)| !waits.is_finished()) {
        let now = Instant::now();
        for ((thread, stay, _), next) in receivers.iter().zip(&mut next) {
            if now >= *next || now >= end {
                calls::interrupt(*thread);
                *next = now + *stay;
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let ends = receivers.into_iter().map(|(.., waits)| waits.join().expect("a receiver"));
    let (lost, longest) = ends.fold((0, Duration::ZERO), |(lost, longest), (more, time)| {
        (lost + more, longest.max(time))
    });
    format!("{lost} {}", longest.as_millis())
}

/// What the library reports about an object when this process, which counts like others, asks.
fn inspect(root: &str, kind: &str, id: i32) -> String {
    let mut inspector = inspector(ProcRoot::at(root));
    inspector.scan(ScanRequest::processes(Kinds::SYSTEM_V));
    let object = match kind {
        "shm" => Shm { id }.stat(),
        "sem" => Sems { id }.stat(),
        _ => Queue { id }.stat(),
    };
    let report = rules::report(&object, &mut inspector);
    let Verdicts { in_use, unused, orphaned, .. } = &report.verdicts;
    let mut text = String::new();
    let pids: Vec<i32> = report.users.list.iter().map(|user| user.process.pid).collect();
    let gap = report.gap.map_or("complete".to_owned(), |gap| gap.to_string());
    let line = inspector.out_of_sight().unwrap_or_default();
    let _ = write!(
        text,
        "users {pids:?}|gap {gap}|used {:?} {}|unused {:?}|orphaned {:?} {}|line {line}",
        in_use.answer,
        reason(in_use),
        unused.answer,
        orphaned.answer,
        reason(orphaned),
    );
    text
}
