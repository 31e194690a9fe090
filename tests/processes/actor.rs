//! What an actor does: the other side of `scene::Actor`.
#![allow(unsafe_code, clippy::exit)] // An actor starts and ends on its own.

use std::fmt::Write as _;
use std::io::{self, Write};

use ipcs::model::{Id, Kinds};
use ipcs::proc::ProcRoot;
use ipcs::processes::{Inspector, Request};

use super::scene;

/// Runs before the test harness, whose tests never are a process' first thread.
#[used]
// SAFETY: the section holds pointers to functions like this one, called once before `main`.
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = act_if_marked;

extern "C" fn act_if_marked() {
    if std::env::var_os(scene::MARKER).is_some() {
        reply("ready");
        obey();
        std::process::exit(0);
    }
}

fn obey() {
    let mut line = String::new();
    while io::stdin().read_line(&mut line).unwrap() > 0 {
        let words: Vec<&str> = line.trim_end().split(' ').collect();
        if words == ["first-thread-exits"] {
            std::thread::spawn(|| {
                reply("");
                obey();
            });
            scene::exit_first_thread();
        }
        let answer = act(&words);
        reply(&answer);
        line.clear();
    }
}

fn reply(text: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").unwrap();
    out.flush().unwrap();
}

fn id(word: &str) -> Id {
    Id(word.parse().unwrap())
}

fn act(words: &[&str]) -> String {
    match words {
        ["attach", what, access] => {
            let flags = if *access == "ro" { nix::libc::SHM_RDONLY } else { 0 };
            scene::shmat(id(what), flags).to_string()
        }
        ["detach", address] => {
            scene::shmdt(address.parse().unwrap());
            String::new()
        }
        ["protect", address] => {
            scene::protect(address.parse().unwrap());
            String::new()
        }
        ["fork"] => scene::fork_sleeper().to_string(),
        ["hop", uid] => {
            scene::start_hopper(uid.parse().unwrap());
            String::new()
        }
        ["share"] => scene::share_memory_with_sleeper().to_string(),
        // Every thread: namespaces are each thread's own.
        ["leave"] => {
            scene::leave_namespace();
            String::new()
        }
        ["enter", path] => {
            scene::enter_namespace(path);
            String::new()
        }
        ["map", path] => {
            scene::map_file(path);
            String::new()
        }
        ["crowd", count, mappings] => {
            scene::fork_crowd(count.parse().unwrap(), mappings.parse().unwrap());
            (*count).to_owned()
        }
        // As many sets as are there, from one on.
        ["operate", first, count] => {
            let (first, count): (i32, i32) = (first.parse().unwrap(), count.parse().unwrap());
            for index in 0..count {
                scene::semop(Id(first + index), &[(0, 1)], 0).unwrap();
            }
            String::new()
        }
        ["churn", milliseconds, uid] => {
            crate::ipcrm::many::churn(milliseconds.parse().unwrap(), uid.parse().unwrap())
        }
        ["segment", size] => scene::segment(0, size.parse().unwrap()).to_string(),
        ["set", nsems] => scene::set(nsems.parse().unwrap()).to_string(),
        ["queue"] => scene::queue().to_string(),
        ["uids", real, effective, saved] => {
            let [r, e, s] = [real, effective, saved].map(|uid| uid.parse().unwrap());
            scene::set_uids(r, e, s);
            String::new()
        }
        ["enter-and-wait", path, what] => {
            scene::enter_namespace(path);
            format!("{:?}", scene::semop(id(what), &[(0, -1)], 0))
        }
        ["user", uid] => {
            scene::become_user(uid.parse().unwrap());
            String::new()
        }
        ["sleep-as", uid] => scene::sleep_as(uid.parse().unwrap()),
        ["thread", rest @ ..] => {
            let rest: Vec<String> = rest.iter().map(|word| (*word).to_owned()).collect();
            std::thread::spawn(move || {
                let words: Vec<&str> = rest.iter().map(String::as_str).collect();
                act(&words)
            });
            String::new()
        }
        ["semop", what, ops @ ..] => {
            let ops: Vec<(u16, i16)> = ops
                .iter()
                .map(|op| op.split_once(':').unwrap())
                .map(|(num, op)| (num.parse().unwrap(), op.parse().unwrap()))
                .collect();
            format!("{:?}", scene::semop(id(what), &ops, 0))
        }
        ["semtimedop", what, num, op, seconds] => {
            let (num, op) = (num.parse().unwrap(), op.parse().unwrap());
            format!("{:?}", scene::semtimedop(id(what), num, op, seconds.parse().unwrap()))
        }
        ["msgrcv-except", what, kind] => {
            let flags = nix::libc::MSG_EXCEPT;
            format!("{:?}", scene::msgrcv(id(what), kind.parse().unwrap(), flags))
        }
        ["msgsnd", what, length] => {
            format!("{:?}", scene::msgsnd(id(what), 1, length.parse().unwrap(), 0))
        }
        ["msgrcv", what, kind] => {
            format!("{:?}", scene::msgrcv(id(what), kind.parse().unwrap(), 0))
        }
        ["proc", target, options] => {
            scene::mount_proc(target, options);
            String::new()
        }
        ["inspect", root, kind, what] => inspect(root, kind, id(what)),
        other => panic!("no such act: {other:?}"),
    }
}

/// What the library says when asked from here.
fn inspect(root: &str, kind: &str, id: Id) -> String {
    let mut inspector = Inspector::new(ProcRoot::at(root));
    inspector.scan(Request::processes(Kinds::ALL));
    let (report, used, unused) = match kind {
        "shm" => {
            let object = scene::shm_of(id);
            (inspector.report(&object), inspector.in_use(&object), inspector.unused(&object))
        }
        "sem" => {
            let object = scene::sem_of(id);
            (inspector.report(&object), inspector.in_use(&object), inspector.unused(&object))
        }
        _ => {
            let object = scene::msg_of(id);
            (inspector.report(&object), inspector.in_use(&object), inspector.unused(&object))
        }
    };
    let mut text = String::new();
    let pids: Vec<i32> = report.users.iter().map(|user| user.process.pid).collect();
    let gap = report.gap.map_or("complete".to_owned(), |gap| gap.to_string());
    let line = inspector.out_of_sight().unwrap_or_default();
    write!(
        text,
        "users {pids:?}|gap {gap}|used {:?} {}|unused {:?}|orphaned {:?} {}|line {line}",
        used.answer, used.reason, unused.answer, report.orphaned.answer, report.orphaned.reason
    )
    .unwrap();
    text
}
