//! An ordinary user with user namespaces of its own.

use std::fs;

use serde_json::{Value, json};

use super::element;
use crate::support::actor::{Actor, until};
use crate::support::json::document;
use crate::support::leftovers::absent_user;
use crate::support::namespace::{add_users, another, isolated, require_root, require_users};
use crate::support::objects::Shm;
use crate::support::programs::{Killed, Outcome, ours};
use crate::support::strace::traced_through;

/// A user with a user namespace and an IPC namespace that belongs to it.
struct Own {
    uid: u32,
    /// A process inside.
    actor: Actor,
    /// The number of the IPC namespace.
    inode: u64,
}

impl Own {
    /// The user is 0 inside. More ids are mapped, as newuidmap(1) does.
    fn with(more: &str) -> Own {
        let uid = absent_user();
        let actor = inside_of(uid, &format!("0 {uid} 1\n{more}"));
        let inode = inode_of(&actor);
        Own { uid, actor, inode }
    }

    fn pid(&self) -> String {
        self.actor.pid().to_string()
    }

    fn path(&self) -> String {
        format!("/proc/{}/ns/ipc", self.actor.pid())
    }

    /// Runs a program as the user.
    fn run(&self, program: &str, args: &[&str]) -> Outcome {
        ours(program, args).user(self.uid, self.uid).run()
    }

    /// Runs ipcs as the user, which succeeds without a message.
    fn ipcs(&self, args: &[&str]) -> Outcome {
        let run = self.run("ipcs", args);
        assert_eq!((run.status, run.err()), (Some(0), ""), "{args:?}: {run:?}");
        run
    }

    /// What is inside, according to ipcs.
    fn element(&self, args: &[&str]) -> Value {
        let pid = self.pid();
        element(
            &document(&self.ipcs(&[args, &["--json", "--namespace", &pid]].concat())),
            self.inode,
        )
    }
}

fn ids(element: &Value, kind: &str) -> Vec<i32> {
    let ids = super::ids(element, kind).into_iter();
    ids.map(|id| id.try_into().unwrap()).collect()
}

fn inode_of(actor: &Actor) -> u64 {
    let path = format!("/proc/{}/ns/ipc", actor.pid());
    std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).unwrap())
}

/// A process in namespaces of a user, with this map of users and of groups.
pub(super) fn inside_of(uid: u32, map: &str) -> Actor {
    require_users("another user has a user namespace");
    let mut actor = Actor::start();
    actor.tell(&format!("own-namespaces {uid}"));
    for file in ["uid_map", "gid_map"] {
        fs::write(format!("/proc/{}/{file}", actor.pid()), map).unwrap();
    }
    actor
}

/// Messages about other namespaces, which depend on other tests.
fn without_others(run: &Outcome, inode: u64) -> Vec<&str> {
    let own = format!("namespace {inode}");
    run.err().lines().filter(|line| line.contains(&own)).collect()
}

#[test]
fn ids_inside_are_shown_as_the_ids_of_the_caller() {
    require_root("it maps other users into a user namespace");
    isolated(|| {
        let mut own = Own::with("1 300000 1000\n");
        add_users(&[("ordinary", own.uid), ("mapped", 300_032)]);
        let made = own.actor.make_segment(4096);
        let set = own.actor.make_set(2);
        let queue = own.actor.make_queue();
        own.actor.tell(&format!("give sem {} 33", set.id));
        // Through the calls, and from the text, which alone has rss.
        for columns in [&[][..], &["-o", "+seq"], &["-o", "uid,gid,cuid,cgid,owner,creator"]] {
            let one = own.element(&[&["-a"], columns].concat());
            let shm = &one["shm"][0];
            assert_eq!([&shm["uid"], &shm["gid"]], [own.uid; 2].map(Value::from).each_ref());
            assert_eq!([&shm["owner"], &shm["creator"]], [&json!("ordinary"); 2]);
            let sem = &one["sem"][0];
            assert_eq!([&sem["uid"], &sem["gid"], &sem["cuid"]], [300_032, 300_032, own.uid]);
            assert_eq!([&sem["owner"], &sem["creator"]], ["mapped", "ordinary"]);
            assert_eq!(one["msg"][0]["uid"], own.uid);
        }
        let one = own.element(&["-m"]);
        assert_eq!((&one["owner_uid"], &one["current"]), (&json!(own.uid), &json!(false)));
        assert_eq!(ids(&own.element(&["-s", "--owner", "mapped"]), "sem"), [set.id]);
        assert_eq!(ids(&own.element(&["-s", "--owner", "33"]), "sem"), [0; 0]);
        assert_eq!(ids(&own.element(&["-q", "--created-by", "ordinary"]), "msg"), [queue.id]);
        let pid = own.pid();
        let classic = own.ipcs(&["-s", "-c", "--namespace", &pid]);
        assert!(classic.out().contains(" mapped     mapped"), "{classic:?}");
        let detail = own.ipcs(&["-m", "-i", &made.id.to_string(), "--namespace", &pid]);
        assert!(detail.out().contains(&format!("\nuid={}\tgid={}", own.uid, own.uid)));
    });
}

#[test]
fn an_id_without_a_counterpart_is_the_overflow_id_and_never_sure() {
    require_root("it maps other users into a user namespace");
    isolated(|| {
        let mut own = Own::with("65530 300000 10\n");
        // Root has no number inside, and nobody inside has the number that stands for none.
        let path = own.path();
        let made = ours("ipcmk", ["-M", "100", "--namespace", &path]).run();
        assert_eq!(made.out(), "Shared memory id: 0\n");
        let other = own.actor.make_segment(100);
        own.actor.tell(&format!("give shm {} 65534", other.id));
        let one = own.element(&["-m", "-P"]);
        for shm in [&one["shm"][0], &one["shm"][1]] {
            assert_eq!([&shm["uid"], &shm["gid"]], [&json!(65_534); 2], "{shm}");
            assert_eq!(shm["in_use"], Value::Null, "{shm}");
        }
        // Its creator is gone, but it may be root's.
        let shm = &one["shm"][0];
        assert_eq!((&shm["alive"]["cpid"], &shm["orphaned"]), (&json!(false), &Value::Null));
        assert_eq!(shm["orphan_reason"], "its owner is root, whose processes may come back");
        assert_eq!(ids(&own.element(&["-m", "--orphaned"]), "shm"), [0; 0]);
    });
}

#[test]
fn processes_are_those_of_the_caller() {
    isolated(|| {
        let mut own = Own::with("");
        let made = own.actor.make_segment(4096);
        own.actor.attach(made, "rw");
        let set = own.actor.make_set(1);
        own.actor.say(&format!("thread semop {} 0:-1", set.id));
        own.actor.reply();
        until("it waits", || own.element(&["-s", "-P"])["sem"][0]["waiting"] == 1);
        let one = own.element(&["-P"]);
        let user = &one["shm"][0]["processes"][0];
        assert_eq!((&user["pid"], &user["uid"]), (&json!(own.actor.pid()), &json!(own.uid)));
        assert_eq!(user["roles"], json!(["attached", "creator", "last"]));
        assert_eq!(
            (&one["shm"][0]["in_use"], &one["shm"][0]["attached"]),
            (&json!(true), &json!(1))
        );
        let waiter = &one["sem"][0]["processes"][0];
        assert_eq!((&waiter["pid"], &waiter["uid"]), (&json!(own.actor.pid()), &json!(own.uid)));
        let pid = own.pid();
        // Processes of others cannot be inspected, which is a message.
        let used = own.run("ipcs", &["-m", "--used-by", &pid, "--json", "--namespace", &pid]);
        assert_eq!(ids(&element(&document(&used), own.inode), "shm"), [made.id]);
        // This process is an ancestor that may be in the namespace. Its user has no number inside.
        let unused = own.actor.make_segment(4096);
        let keepers = own.element(&["-m", "-P"])["shm"][1]["keepers"].clone();
        let parent =
            keepers.as_array().unwrap().iter().find(|one| one["pid"] == std::process::id());
        assert_eq!(parent.expect("a keeper")["uid"], 0, "{unused}: {keepers}");
        let text = own.ipcs(&["-m", "-P", "--table", "--namespace", &pid]);
        assert!(text.out().contains(&pid), "{text:?}");
    });
}

#[test]
fn limits_and_sums_are_those_inside() {
    isolated(|| {
        let mut own = Own::with("");
        own.actor.make_segment(4096);
        assert_eq!(own.element(&["-u"])["usage"]["shm"]["used_ids"], 1);
        assert!(own.element(&["-l"])["limits"]["sem"]["semmni"].is_u64());
        let listed = own.run("ipcs", &["--list-namespaces", "--json"]);
        let one = element(&document(&listed), own.inode);
        assert_eq!(one["shm"], json!({ "objects": 1, "bytes": 4096 }));
        assert_eq!((&one["owner_uid"], &one["error"]), (&json!(own.uid), &Value::Null));
        let missing = own.run("ipcs", &["-m", "-i", "7", "--namespace", &own.pid()]);
        assert_eq!((missing.status, missing.err()), (Some(1), "ipcs: id 7 not found\n"));
    });
}

#[test]
fn all_lists_what_can_be_entered_and_names_the_rest() {
    isolated(|| {
        Shm::private(100, 0o600);
        let mut own = Own::with("");
        own.actor.make_segment(4096);
        let mut nested = Own::with("");
        nested.actor.make_segment(4096);
        // A process of the user in a namespace of root's.
        let (_process, refused) = another(|| {
            let process = Killed::start_as(own.uid, &["sleep", "infinity"]);
            (process, super::own())
        });
        let all = own.run("ipcs", &["-m", "--namespace", "all", "--json"]);
        assert_eq!(all.status, Some(1), "{all:?}");
        let document = document(&all);
        // The namespace that it runs in belongs to root too, but need not be entered.
        let here = element(&document, super::own());
        assert_eq!((&here["current"], &here["error"]), (&json!(true), &Value::Null));
        assert_eq!(ids(&here, "shm").len(), 1);
        let closed = element(&document, refused);
        assert_eq!(closed["error"], "Operation not permitted");
        assert_eq!(closed["shm"], json!([]));
        assert_eq!(ids(&element(&document, own.inode), "shm").len(), 1);
        assert_eq!(without_others(&all, own.inode), [""; 0]);
        let line = format!("ipcs: cannot enter namespace {refused}: Operation not permitted");
        assert_eq!(without_others(&all, refused), [&*line]);
        // That of another user is not visible at all, and cannot be opened.
        let others = nested.path();
        let run = own.run("ipcs", &["--namespace", &others]);
        let expected = format!("ipcs: cannot open '{others}': Permission denied\n");
        assert_eq!((run.status, run.err()), (Some(1), &*expected));
    });
}

/// A user namespace within another one: the kernel shows the map of the inner one in the ids of the
/// reader.
#[test]
fn a_user_namespace_may_be_within_another() {
    isolated(|| {
        let mut own = Own::with("");
        // In the inner one it is 5, which is 0 in the outer one.
        own.actor.tell("inner-namespaces");
        own.inode = inode_of(&own.actor);
        own.actor.make_segment(4096);
        let one = own.element(&["-m"]);
        let shm = &one["shm"][0];
        let ids = ["uid", "gid", "cuid", "cgid"].map(|name| &shm[name]);
        assert_eq!(ids, [&json!(own.uid); 4]);
        // The outer one belongs to the user who made it, the inner one too.
        assert_eq!(one["owner_uid"], own.uid);
    });
}

#[test]
fn ipcmk_creates_objects_inside() {
    isolated(|| {
        let own = Own::with("");
        let pid = own.pid();
        let text = own.run("ipcmk", &["-S", "3", "--namespace", &pid]);
        assert_eq!((text.status, text.out()), (Some(0), "Semaphore id: 0\n"), "{text:?}");
        let json = own.run("ipcmk", &["-M", "100", "-p", "600", "--json", "--namespace", &pid]);
        let made = &document(&json)["created"][0];
        assert_eq!(
            (&made["kind"], &made["size"], &made["perms"]),
            (&json!("shm"), &json!(100), &json!("0600"))
        );
        let one = own.element(&["-a"]);
        assert_eq!((&one["sem"][0]["nsems"], &one["sem"][0]["uid"]), (&json!(3), &json!(own.uid)));
        // What was created before a failure is reported.
        let both = own.run("ipcmk", &["-M", "10", "-S", "99999999", "--namespace", &pid]);
        assert_eq!((both.status, both.out()), (Some(1), "Shared memory id: 1\n"));
        let expected = "ipcmk: create semaphore failed: Invalid argument\n\
                        ipcmk: semmsl (in kernel.sem) allows 32000 semaphores in a set, not 99999999\n";
        assert_eq!(both.err(), expected);
    });
}

#[test]
fn a_visit_leaves_nothing_behind() {
    isolated(|| {
        let own = Own::with("");
        let mut visitor = Actor::of(own.uid);
        assert_eq!(visitor.tell(&format!("visit {} 20", own.path())), "true");
        // Another user, and a process with another thread, whose locks a child could wait for.
        let mut other = Actor::of(absent_user());
        assert_eq!(other.tell("visit /proc/self/ns/ipc 1"), "false", "it need not enter its own");
        let set = visitor.make_set(1);
        visitor.tell(&format!("thread semop {} 0:-1", set.id));
        let threaded = visitor.tell(&format!("visit {} 1", own.path()));
        assert_eq!(threaded, "Operation not permitted");
    });
}

#[test]
fn a_child_ends_with_its_parent() {
    isolated(|| {
        let own = Own::with("");
        let mut visitor = Actor::of(own.uid);
        let child: i32 = visitor.tell(&format!("visit-forever {}", own.path())).parse().unwrap();
        let exists = || ipcs::sys::process::exists(child).unwrap();
        assert!(exists());
        visitor.end();
        until("the child has ended", || !exists());
    });
}

/// strace starts the program as a user.
fn with_fault(own: &Own, inject: &str, args: &[&str]) -> Outcome {
    let become_user = format!(
        "/usr/bin/setpriv --reuid={uid} --regid={uid} --clear-groups --inh-caps=+dac_read_search \
         --ambient-caps=+dac_read_search --",
        uid = own.uid
    );
    let words: Vec<_> = become_user.split_whitespace().collect();
    let (call, _) = inject.split_once(':').unwrap();
    let (trace, inject) = (format!("trace={call}"), format!("inject={inject}"));
    traced_through(ours("ipcs", args), &["-e", &trace, "-e", &inject], &words).0
}

#[test]
fn a_child_that_is_killed_is_one_line() {
    isolated(|| {
        let mut own = Own::with("");
        own.actor.make_segment(4096);
        let pid = own.pid();
        let line = format!(
            "ipcs: namespace {}: the process that entered it was killed by signal 9\n",
            own.inode
        );
        // Before it has entered, and in the middle of its work.
        for inject in ["setns:signal=KILL:when=2", "shmctl:signal=KILL:when=1"] {
            let run = with_fault(&own, inject, &["-m", "--namespace", &pid]);
            assert_eq!(
                (run.status, run.out(), run.err()),
                (Some(1), "", &*line),
                "{inject}: {run:?}"
            );
            let run = with_fault(&own, inject, &["-m", "--json", "--namespace", &pid]);
            let one = element(&document(&run), own.inode);
            let error = "the process that entered it was killed by signal 9";
            assert_eq!((&one["error"], &one["shm"]), (&json!(error), &json!([])), "{inject}");
        }
        let refused = format!("ipcs: cannot enter namespace {}: ", own.inode);
        for (inject, reason) in [
            ("setns:error=EPERM", "Operation not permitted"),
            ("clone:error=EAGAIN", "Resource temporarily unavailable"),
            ("ioctl:error=EPERM", "Operation not permitted"),
        ] {
            let run = with_fault(&own, inject, &["-m", "--namespace", &pid]);
            let expected = format!("{refused}{reason}\n");
            assert_eq!((run.status, run.err()), (Some(1), &*expected), "{inject}");
        }
    });
}

#[test]
fn removes_inside_a_user_namespace_of_its_own() {
    require_root("it maps other users into a user namespace");
    isolated(|| {
        let mut own = Own::with("1 300000 1000\n");
        let segments = [(); 3].map(|()| own.actor.make_segment(4096));
        let queues = [(); 2].map(|()| own.actor.make_queue());
        let (pid, user) = (own.pid(), own.uid.to_string());
        let ipcrm = |args: &[&str]| own.run("ipcrm", &[&["--namespace", &pid], args].concat());
        let left = || {
            let one = own.element(&["-a"]);
            [ids(&one, "shm").len(), ids(&one, "msg").len()]
        };
        let run = ipcrm(&["-v", "shm", "0"]);
        let lines = "removing shared memory segment id `0'\nresource(s) deleted\n";
        assert_eq!((run.status, run.out(), run.err()), (Some(0), lines, ""));
        assert_eq!(left(), [2, 2]);
        let run = ipcrm(&["-m", &segments[1].id.to_string(), "-m", "77"]);
        assert_eq!((run.status, run.out(), run.err()), (Some(1), "", "ipcrm: invalid id (77)\n"));
        // The user is named as outside.
        let args = ["msg", "--owner", &user, "--include-unsure", "--idle", "0s"];
        let run = ipcrm(&[&["-J"], &args[..]].concat());
        let removed = document(&run)["removed"].clone();
        assert_eq!(removed.as_array().map(Vec::len), Some(queues.len()), "{run:?}");
        let first = &removed[0];
        assert_eq!([&first["namespace"], &first["uid"]], [own.inode, u64::from(own.uid)]);
        assert_eq!(left(), [1, 0]);
        let run = own.run("ipcrm", &["shm", "--unused", "--owner", &user, "--namespace", "all"]);
        let inode = own.inode;
        let line = format!("namespace {inode} (process {pid}): removed 1 segment (4K) of {user}\n");
        let last = format!("all namespaces: removed 1 segment (4K) of {user}\n");
        assert_eq!(run.out(), line + &last, "{run:?}");
        assert_eq!(left(), [0, 0]);
    });
}

#[test]
fn the_program_outside_is_not_a_process_that_may_come_back() {
    require_root("it maps other users into a user namespace");
    isolated(|| {
        let mut own = Own::with("1 300000 1000\n");
        let pid = own.pid();
        let made = own.run("ipcmk", &["-M", "100", "--namespace", &pid]);
        assert_eq!(made.out(), "Shared memory id: 0\n", "{made:?}");
        // The only process left of the user is the program itself.
        own.actor.tell("user 1");
        let run = own.run("ipcrm", &["shm", "--orphaned", "--namespace", &pid]);
        assert_eq!(run.out(), "removed 1 segment (100B)\n", "{run:?}");
    });
}
