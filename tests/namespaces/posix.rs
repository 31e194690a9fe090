//! POSIX objects of other namespaces: queues belong to the IPC namespace, files to the /dev/shm of a
//! mount namespace.

use std::fs::{self, File};
use std::os::fd::AsRawFd;

use ipcs::model::FileId;
use ipcs::proc::{ProcRoot, file_id};
use ipcs::sources::ShmFiles;
use serde_json::{Value, json};

use super::own_user::inside_of;
use super::{isolated_alone, own};
use crate::support::actor::Actor;
use crate::support::json::document;
use crate::support::leftovers::absent_user;
use crate::support::namespace::{EVERY_PROCESS, another, require_root, require_users};
use crate::support::posix::{files, queue, queues, semaphore, send, shm};
use crate::support::programs::ours;
use crate::support::sys;

/// Another namespace with a /dev/shm of its own, a queue and an actor.
fn elsewhere() -> (Actor, u64) {
    another(|| {
        send(&queue("/jobs", 0o600), "there");
        shm("memory", 222, 0o600);
        semaphore("lock", 2);
        (Actor::start(), own())
    })
}

fn here() {
    queue("/jobs", 0o600);
    shm("memory", 111, 0o600);
    semaphore("lock", 1);
}

/// The figures of the objects: size, messages and value.
fn figures(element: &Value) -> Value {
    json!([element["pshm"][0]["size"], element["pmsg"][0]["qnum"], element["psem"][0]["value"]])
}

fn elements(args: &[&str]) -> Vec<Value> {
    let document = document(&ours("ipcs", [&["--json", "--namespace"], args].concat()).run());
    document["namespaces"].as_array().expect("namespaces").clone()
}

#[test]
fn queues_and_files_are_those_of_each_namespace() {
    isolated_alone(|| {
        here();
        let (actor, inode) = elsewhere();
        let pid = actor.pid().to_string();
        for scope in [pid.clone(), format!("/proc/{pid}/ns/ipc")] {
            let found = elements(&[&scope, "--posix"]);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0]["namespace"], inode);
            assert_eq!(figures(&found[0]), json!([222, 1, 2]), "{scope}");
        }
        let all = elements(&["all", "--posix"]);
        let of = |inode: u64| all.iter().find(|one| one["namespace"] == inode).expect("it");
        assert_eq!(figures(of(inode)), json!([222, 1, 2]));
        assert_eq!(figures(of(own())), json!([111, 0, 1]));
        let totals = elements(&[&pid, "--posix", "-u", "-q"]);
        assert_eq!(totals[0]["usage"]["pmsg"]["messages"], 1);
        let named = elements(&["all", "--name", "lock"]);
        let values = named.iter().filter_map(|one| one["psem"][0]["value"].as_u64());
        assert_eq!(values.collect::<Vec<_>>(), [1, 2]);
    });
}

#[test]
fn one_dev_shm_of_several_namespaces_is_shown_once() {
    isolated_alone(|| {
        here();
        // Only the IPC namespace is another one.
        let _actors = [(); 3].map(|()| {
            let mut actor = Actor::start();
            actor.tell("leave");
            actor
        });
        let all = elements(&["all", "--posix", "-m", "-s"]);
        let with_files = all.iter().filter(|one| one["pshm"][0]["size"] == 111);
        let numbers: Vec<u64> = with_files.filter_map(|one| one["namespace"].as_u64()).collect();
        assert_eq!(numbers, [own()]);
    });
}

#[test]
fn links_of_another_root_do_not_lead_out_of_it() {
    isolated_alone(|| {
        here();
        let (actor, _) = elsewhere();
        let shm = format!("/proc/{}/root/dev/shm", actor.pid());
        std::os::unix::fs::symlink("/dev/shm/memory", format!("{shm}/link")).expect("a link");
        fs::write("/dev/shm/only-here", "").expect("a file");
        let found = elements(&[&actor.pid().to_string(), "--posix", "-m"]);
        let names: Vec<&str> = found[0]["pshm"]
            .as_array()
            .expect("files")
            .iter()
            .filter_map(|file| file["name"].as_str())
            .collect();
        assert_eq!(names, ["link", "memory"]);
        assert_eq!(found[0]["pshm"][0]["status"], json!(["link"]));
    });
}

/// What is here and in the other namespace: files, then queues.
fn left(actor: &Actor) -> [String; 2] {
    let there = elements(&[&actor.pid().to_string(), "--posix"]);
    let names = |kind: &str| -> Vec<String> {
        let list = there[0][kind].as_array().expect("a kind");
        list.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
    };
    let all = ["pshm", "pmsg", "psem"].map(names).concat();
    [format!("{} {}", files(), queues()), all.join(" ")]
}

#[test]
fn removes_only_what_belongs_to_the_named_namespace() {
    isolated_alone(|| {
        here();
        let (actor, _) = elsewhere();
        let pid = actor.pid().to_string();
        let kept = "memory sem.lock jobs";
        assert_eq!(left(&actor), [kept, "memory /jobs lock"]);
        let named =
            ["--posix-shmem", "memory", "--posix-mqueue", "/jobs", "--posix-semaphore", "lock"];
        let scope = ["--namespace", pid.as_str()];
        let dry = ours("ipcrm", [&["-n"], &scope[..], &named[..]].concat()).run();
        assert_eq!(dry.status, Some(0), "{dry:?}");
        assert_eq!(left(&actor), [kept, "memory /jobs lock"]);
        let run = ours("ipcrm", [&scope[..], &named[..]].concat()).run();
        assert_eq!(run.status, Some(0), "{run:?}");
        assert_eq!(left(&actor), [kept, ""]);
    });
}

#[test]
fn a_filter_removes_in_every_namespace() {
    require_root(EVERY_PROCESS);
    isolated_alone(|| {
        here();
        shm("kept", 5, 0o600);
        let (actor, _) = elsewhere();
        let words = ["--namespace", "all", "pshm", "--owner", "root", "--min-size", "100"];
        let run = ours("ipcrm", words).run();
        assert_eq!(run.status, Some(0), "{run:?}");
        assert_eq!(left(&actor), ["kept sem.lock jobs", "/jobs lock"], "{run:?}");
    });
}

#[test]
fn a_process_that_is_not_in_the_namespace_does_not_lend_its_files() {
    isolated_alone(|| {
        here();
        let (mut actor, inode) = elsewhere();
        let namespace = FileId { inode, ..file_id(&fs::metadata("/proc/self/ns/ipc").unwrap()) };
        let files = ShmFiles::of_member(&ProcRoot::default(), actor.pid(), namespace);
        assert!(files.open().unwrap().is_some());
        let other = FileId { inode: own(), ..namespace };
        let files_of_other = ShmFiles::of_member(&ProcRoot::default(), actor.pid(), other);
        assert!(files_of_other.open().unwrap().is_none());
        actor.tell("leave");
        let left = ShmFiles::of_member(&ProcRoot::default(), actor.pid(), namespace);
        assert!(left.open().unwrap().is_none());
    });
}

#[test]
fn nothing_is_removed_from_a_directory_that_a_user_has_mounted_as_dev_shm() {
    require_users("another user mounts a directory");
    isolated_alone(|| {
        fs::create_dir("/dev/shm/etc").expect("a directory in memory");
        let on_disk = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        let on_disk = on_disk.path().to_str().expect("a path in UTF-8");
        let uid = absent_user();
        for directory in ["/dev/shm/etc", on_disk] {
            let file = format!("{directory}/passwd");
            fs::write(&file, "root").expect("a file");
            let mut actor = inside_of(uid, &format!("0 {uid} 1\n"));
            actor.tell(&format!("cover-by {directory} /dev/shm"));
            let pid = actor.pid().to_string();
            for args in [
                &["--all=pshm"][..],
                &["--posix-shmem", "passwd"],
                &["pshm", "--force", "--min-size", "1"],
                &["-n", "pshm", "--unused"],
            ] {
                let run = ours("ipcrm", [&["--namespace", &pid], args].concat()).run();
                assert_eq!(run.status, Some(1), "{args:?}: {run:?}");
                assert!(fs::exists(&file).unwrap(), "{args:?}");
            }
            let run = ours("ipcmk", ["--namespace", &pid, "-m", "10", "-n", "made"]).run();
            assert_eq!(run.status, Some(1), "{run:?}");
            assert!(!fs::exists(format!("{directory}/made")).unwrap());
            // A file system of its own.
            actor.tell("cover /dev/shm");
            let own = format!("/proc/{pid}/root/dev/shm/mine");
            actor.tell("posix open mine");
            assert!(fs::exists(&own).unwrap());
            let run = ours("ipcrm", ["--namespace", &pid, "--all=pshm"]).run();
            assert_eq!((run.status, run.err()), (Some(0), ""), "{run:?}");
            assert!(!fs::exists(&own).unwrap() && fs::exists(&file).unwrap());
        }
    });
}

#[test]
fn a_dev_shm_whose_server_never_answers_is_not_waited_for() {
    require_root("it mounts FUSE");
    isolated_alone(|| {
        let uid = absent_user();
        let (actor, _device) = another(|| {
            let device = File::options().read(true).write(true).open("/dev/fuse").expect("FUSE");
            let options = format!(
                "fd={},rootmode=40000,user_id=0,group_id=0,allow_other",
                device.as_raw_fd()
            );
            sys::mount("lost", "/dev/shm", Some("fuse"), 0, Some(&options)).expect("mounting FUSE");
            (inside_of(uid, &format!("0 {uid} 1\n")), device)
        });
        let pid = actor.pid().to_string();
        for program in [&["ipcs", "--posix", "-m"][..], &["ipcrm", "--all=pshm"]] {
            let run = ours(program[0], [&program[1..], &["--namespace", &pid]].concat()).run();
            let text = "cannot read POSIX shared memory objects: Operation not supported\n";
            assert_eq!(run.status, Some(1), "{run:?}");
            assert!(run.err().ends_with(text), "{run:?}");
        }
    });
}
