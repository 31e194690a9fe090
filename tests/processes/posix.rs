//! Who has a POSIX object open or mapped, and who is blocked on a queue.

use std::fs;
use std::os::unix::fs::chown;

use ipcs::columns::Needs;
use ipcs::model::{Identity, Kind, Kinds, Object, PosixName};
use ipcs::proc::ProcRoot;
use ipcs::processes::{
    Access, Gap, MapsSource, Report, Role, ScanRequest, Verdict, Wait, Waiter, rules,
};
use ipcs::sources::Source;
use ipcs::sources::posix::{Posix, ShmFiles};
use nix::libc;
use serde_json::json;

use super::{report, scanned, user, verdicts};
use crate::support::actor::{Actor, in_call, stop, until};
use crate::support::inspection::reason;
use crate::support::json::objects;
use crate::support::leftovers::absent_user;
use crate::support::namespace::{EVERY_PROCESS, another, isolated, require_root};
use crate::support::programs::{Invocation, ours};

fn object(kind: Kind, name: &str) -> Object {
    let source = Posix::new(ProcRoot::default(), ShmFiles::Own);
    let name = PosixName::parse(kind, name.as_bytes()).unwrap();
    source.find(&Identity::posix(kind, name), Needs::NOTHING).object.expect("the object")
}

fn actor(commands: &[&str]) -> Actor {
    let mut actor = Actor::start();
    commands.iter().for_each(|command| drop(actor.tell(&format!("posix {command}"))));
    actor
}

fn roles(report: &Report, actor: &Actor) -> Vec<Role> {
    user(report, actor.pid()).roles.clone()
}

fn answers(verdicts: [&Verdict; 3]) -> [Option<bool>; 3] {
    verdicts.map(|verdict| verdict.answer)
}

/// In use, unused, orphaned.
fn judged(object: &Object) -> [Option<bool>; 3] {
    let verdicts = verdicts(object);
    answers([&verdicts.in_use, &verdicts.unused, &verdicts.orphaned])
}

#[test]
fn shared_memory_is_mapped_or_open() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let open = actor(&["open x"]);
        let read_only = actor(&["map x ro"]);
        let private = actor(&["map x private"]);
        let both = actor(&["map x rw", "map x ro", "open x"]);
        let _other = actor(&["map y rw", "open y"]);
        let x = object(Kind::Pshm, "x");
        for maps in [MapsSource::Auto, MapsSource::Text] {
            let request = ScanRequest { maps, ..ScanRequest::processes(Kinds::PSHM) };
            let report = rules::report(&x, &mut scanned(request));
            assert_eq!((report.attached, report.gap, report.users.list.len()), (Some(4), None, 4));
            assert_eq!(roles(&report, &open), [Role::Open]);
            assert_eq!(roles(&report, &read_only), [Role::Mapped]);
            assert_eq!(roles(&report, &private), [Role::Mapped]);
            assert_eq!(roles(&report, &both), [Role::Mapped, Role::Open]);
            let of = |actor: &Actor| user(&report, actor.pid());
            let access = [&open, &read_only, &private, &both].map(|actor| of(actor).access);
            let (ro, rw) = (Some(Access::ReadOnly), Some(Access::ReadWrite));
            assert_eq!(access, [None, ro, ro, rw]);
            let mappings = &of(&both).mappings;
            assert_eq!(mappings.len(), 2);
            assert!(mappings.iter().all(|map| (map.size, map.offset) == (4096, 4096)));
            assert_eq!(reason(&report.verdicts.in_use), "4 processes use it");
        }
        assert_eq!(judged(&x), [Some(true), Some(false), Some(false)]);
    });
}

#[test]
fn what_nobody_uses_is_unused() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        actor(&["open x", "semaphore s", "queue /q"]).end();
        let _other = actor(&["open y", "semaphore t", "queue /r"]);
        for (kind, name) in [(Kind::Pshm, "x"), (Kind::Psem, "s"), (Kind::Pmsg, "/q")] {
            let object = object(kind, name);
            let report = report(&object);
            assert_eq!((report.attached, report.gap), (Some(0), None), "{kind:?}");
            assert_eq!(report.users.list, []);
            // Root may come back to it.
            assert_eq!(judged(&object), [Some(false), Some(true), None], "{kind:?}");
            assert_eq!(reason(&report.verdicts.in_use), "no process has it open or mapped");
        }
    });
}

#[test]
fn a_semaphore_is_mapped() {
    isolated(|| {
        let actor = actor(&["semaphore s"]);
        let report = report(&object(Kind::Psem, "s"));
        assert_eq!((report.attached, report.waiting), (Some(1), None));
        assert_eq!(roles(&report, &actor), [Role::Mapped]);
        assert_eq!(user(&report, actor.pid()).access, Some(Access::ReadWrite));
    });
}

#[test]
fn a_file_that_replaced_another_is_not_used_by_its_processes() {
    isolated(|| {
        let _old = actor(&["open x", "map x rw"]);
        fs::remove_file("/dev/shm/x").unwrap();
        fs::write("/dev/shm/x", "").unwrap();
        assert_eq!(report(&object(Kind::Pshm, "x")).users.list, []);
    });
}

#[test]
fn other_namespaces_with_the_same_names_and_numbers_do_not_matter() {
    isolated(|| {
        let _other = another(|| actor(&["open x", "map x rw", "semaphore s", "queue /q"]));
        actor(&["open x", "semaphore s", "queue /q"]).end();
        for (kind, name) in [(Kind::Pshm, "x"), (Kind::Psem, "s"), (Kind::Pmsg, "/q")] {
            assert_eq!(report(&object(kind, name)).users.list, [], "{kind:?}");
        }
    });
}

#[test]
fn a_process_that_left_the_namespaces_still_uses_what_it_has_open() {
    isolated(|| {
        let mut actor = actor(&["open x", "semaphore s", "queue /q"]);
        actor.tell("leave");
        for (kind, name, role) in [
            (Kind::Pshm, "x", Role::Open),
            (Kind::Psem, "s", Role::Mapped),
            (Kind::Pmsg, "/q", Role::Open),
        ] {
            let object = object(kind, name);
            assert_eq!(roles(&report(&object), &actor), [role]);
            assert_eq!(judged(&object), [Some(true), Some(false), Some(false)]);
        }
    });
}

#[test]
fn threads_may_have_descriptors_of_their_own() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let mut alone = actor(&["open y"]);
        alone.tell("thread posix open-alone x");
        let mut rest = actor(&["open x", "map x ro"]);
        rest.tell("first-thread-exits");
        until("both are found", || report(&object(Kind::Pshm, "x")).attached == Some(2));
        let report = report(&object(Kind::Pshm, "x"));
        assert_eq!(roles(&report, &alone), [Role::Open]);
        assert_eq!(roles(&report, &rest), [Role::Mapped, Role::Open]);
    });
}

fn waiter(actor: &Actor, wait: Wait, stopped: bool) -> Waiter {
    Waiter { pid: actor.pid(), tid: actor.pid(), wait, stopped }
}

#[test]
fn senders_and_receivers_wait_with_and_without_a_timeout() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let receivers = [actor(&[]), actor(&[])];
        let senders = [actor(&["send /full 0"]), actor(&[])];
        let mut blocked = receivers.into_iter().chain(senders).collect::<Vec<_>>();
        let commands = ["receive /q 0", "receive /q 1000", "send /full 0", "send /full 1000"];
        for (actor, command) in blocked.iter_mut().zip(commands) {
            actor.say(&format!("posix {command}"));
        }
        let is_in = |actor: &Actor, number| (3..9).any(|fd| in_call(actor.pid(), number, fd));
        until("all are blocked", || {
            let [a, b, c, d] = &blocked[..] else { unreachable!() };
            [a, b].iter().all(|one| is_in(one, libc::SYS_mq_timedreceive))
                && [c, d].iter().all(|one| is_in(one, libc::SYS_mq_timedsend))
        });
        stop(blocked[1].pid());
        for (name, first, wait) in [
            ("/q", 0, [Wait::MqReceive { timed: false }, Wait::MqReceive { timed: true }]),
            ("/full", 2, [Wait::MqSend { timed: false }, Wait::MqSend { timed: true }]),
        ] {
            let report = report(&object(Kind::Pmsg, name));
            assert_eq!((report.waiting, report.attached, report.gap), (Some(2), Some(2), None));
            for (at, wait) in (first..).zip(wait) {
                let found = user(&report, blocked[at].pid());
                assert_eq!(found.roles, [Role::Waiting, Role::Open]);
                assert_eq!(found.waits, [waiter(&blocked[at], wait, at == 1)]);
            }
            assert_eq!(reason(&report.verdicts.in_use), "2 threads are blocked on it");
        }
        let run = ours("ipcs", ["--posix", "-q", "-P", "--json"]).run();
        let queues = objects("pmsg", &run);
        let mut waits: Vec<String> = queues
            .iter()
            .flat_map(|queue| queue["processes"].as_array().unwrap())
            .map(|process| {
                let mut wait = process["waits"][0].clone();
                wait.as_object_mut().unwrap().remove("tid");
                wait.to_string()
            })
            .collect();
        waits.sort_unstable();
        let expected = [
            json!({"op": "mq_receive"}),
            json!({"op": "mq_receive", "timed": true, "stopped": true}),
            json!({"op": "mq_send"}),
            json!({"op": "mq_send", "timed": true}),
        ];
        let mut expected = expected.map(|wait| wait.to_string());
        expected.sort_unstable();
        assert_eq!(waits, expected);
    });
}

#[test]
fn messages_leave_it_open_whether_a_queue_is_used() {
    isolated(|| {
        actor(&["send /q 0"]).end();
        assert_eq!(judged(&object(Kind::Pmsg, "/q")), [None; 3]);
        let verdicts = verdicts(&object(Kind::Pmsg, "/q"));
        assert_eq!(reason(&verdicts.in_use), "holds 1 message");
    });
}

#[test]
fn an_object_is_orphaned_when_its_user_has_no_process() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let uid = absent_user();
        let mut maker = Actor::of(uid);
        ["open x", "semaphore s", "queue /q"]
            .iter()
            .for_each(|command| drop(maker.tell(&format!("posix {command}"))));
        maker.end();
        let all = [(Kind::Pshm, "x"), (Kind::Psem, "s"), (Kind::Pmsg, "/q")];
        let judged_all = || all.map(|(kind, name)| judged(&object(kind, name)));
        assert_eq!(judged_all(), [[Some(false), Some(true), Some(true)]; 3]);
        // Any process of the user may open the files again, but the queue only in its namespace.
        let mut other = Actor::of(uid);
        assert_eq!(judged_all(), [[Some(false), Some(true), None]; 3]);
        other.end();
        other = another(|| Actor::of(uid));
        let unsure = [Some(false), Some(true), None];
        let orphaned = [Some(false), Some(true), Some(true)];
        assert_eq!(judged_all(), [unsure, unsure, orphaned]);
        other.end();
    });
}

#[test]
fn an_ordinary_user_cannot_say_that_nobody_uses_an_object() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        fs::write("/dev/shm/x", "").unwrap();
        chown("/dev/shm/x", Some(4_000_001), None).unwrap();
        let _holder = actor(&["open y"]);
        let unused = |run: Invocation| objects("pshm", &run.run()).len();
        let list = || ours("ipcs", ["--posix", "-m", "--unused", "--json"]);
        assert_eq!([unused(list()), unused(list().nobody())], [1, 0]);
        let run = ours("ipcs", ["--posix", "-m", "-P", "--json"]).nobody().run();
        for object in objects("pshm", &run) {
            assert_eq!(object["in_use"], json!(null), "{object}");
            assert_eq!(object["processes_complete"], json!(false));
            assert_eq!(object["attached"], json!(null));
        }
    });
}

#[test]
fn files_outside_of_memory_may_be_mapped_by_anybody() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let directory = tempfile::tempdir_in("/var/tmp").unwrap();
        crate::support::namespace::cover_by("/dev/shm", directory.path());
        let is_tmpfs = nix::sys::statfs::statfs("/dev/shm").unwrap().filesystem_type()
            == nix::sys::statfs::TMPFS_MAGIC;
        assert!(!is_tmpfs, "/var/tmp is a tmpfs here");
        fs::write("/dev/shm/x", "").unwrap();
        let report = report(&object(Kind::Pshm, "x"));
        assert_eq!(report.gap, Some(Gap::FileSystem));
        assert_eq!(report.verdicts.in_use.answer, None);
    });
}

#[test]
fn objects_are_found_by_the_processes_that_use_them() {
    isolated(|| {
        let mapped = actor(&["map x ro", "open z"]);
        let mut blocked = actor(&["semaphore s"]);
        blocked.say("posix receive /q 0");
        until("it is blocked", || report_of_queue_has_waiter("/q"));
        let names = |pid: i32| {
            let run = ours("ipcs", ["--posix", "--json", "--used-by", &pid.to_string()]).run();
            let names = ["pshm", "pmsg", "psem"].map(|kind| {
                let list = objects(kind, &run);
                list.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            });
            names.concat().join(" ")
        };
        assert_eq!(names(mapped.pid()), "x z");
        assert_eq!(names(blocked.pid()), "/q s");
    });
}

fn report_of_queue_has_waiter(name: &str) -> bool {
    let source = Posix::new(ProcRoot::default(), ShmFiles::Own);
    let identity =
        Identity::posix(Kind::Pmsg, PosixName::parse(Kind::Pmsg, name.as_bytes()).unwrap());
    let found = source.find(&identity, Needs::NOTHING).object;
    found.is_some_and(|queue| report(&queue).waiting == Some(1))
}

/// One walk serves all namespaces.
#[test]
fn users_in_every_namespace_are_listed() {
    isolated(|| {
        let other = another(|| actor(&["queue /there"]));
        let here = actor(&["queue /here"]);
        let run = ours("ipcs", ["--namespace", "all", "--posix", "-q", "-P", "--json"]).run();
        let document = crate::support::json::document(&run);
        let user_of = |name: &str| {
            let namespaces = document["namespaces"].as_array().unwrap().iter();
            let mut queues = namespaces.flat_map(|one| one["pmsg"].as_array().unwrap());
            let queue =
                queues.find(|queue| queue["name"] == name).unwrap_or_else(|| panic!("{name}"));
            queue["processes"][0]["pid"].as_i64().unwrap()
        };
        assert_eq!(user_of("/there"), i64::from(other.pid()));
        assert_eq!(user_of("/here"), i64::from(here.pid()));
    });
}

/// A process that was inspected before may have made the object.
#[test]
fn an_object_that_is_newer_than_the_walk_may_be_in_use() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let mut inspector = scanned(ScanRequest::in_use(Kinds::POSIX));
        let _maker = actor(&["open x", "semaphore s"]);
        for (kind, name) in [(Kind::Pshm, "x"), (Kind::Psem, "s")] {
            let verdicts = rules::verdicts(&object(kind, name), &mut inspector);
            assert_eq!(verdicts.in_use.answer, None);
            let expected = "it was changed while the processes were inspected";
            assert_eq!(reason(&verdicts.in_use), expected);
        }
    });
}
