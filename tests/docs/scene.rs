//! The objects on which the examples of the documents are run.

use std::any::Any;

use crate::support::namespace::{cover_with, require_users};
use crate::support::objects::{Queue, Sems, Shm, as_user};
use crate::support::programs::{ours, path_of_ours};

/// The users in the examples, so that ids are the same on every system.
const USERS: [(&str, u32); 4] = [("root", 0), ("www-data", 33), ("postgres", 101), ("alice", 1000)];

/// Lets this thread, and the processes that it starts, see only the users of the examples.
pub fn own_users() {
    for (path, rest) in [("/etc/passwd", ":/nonexistent:/bin/sh"), ("/etc/group", "")] {
        let ids = |id: u32| if rest.is_empty() { format!("{id}:") } else { format!("{id}:{id}:") };
        let line = |(name, id)| format!("{name}:x:{}{rest}\n", ids(id));
        cover_with(path, USERS.map(line).concat().as_bytes());
    }
}

/// The number of a user of the examples, and of the group with the same name.
pub fn uid(name: &str) -> u32 {
    USERS.iter().find(|(known, _)| *known == name).expect("a user of the examples").1
}

/// Makes objects as a database, a web server and a batch job do.
pub fn scene() -> Vec<Box<dyn Any>> {
    require_users("the objects of the examples belong to several users");
    own_users();
    let own = |name: &str| (uid(name), uid(name));
    let (postgres, group) = own("postgres");
    let (database, buffers) = as_user(postgres, group, || {
        (Shm::keyed(0x0052_e2c1, 56, 0o600), Shm::private(148_897_792, 0o600))
    });
    let mut held: Vec<Box<dyn Any>> = vec![Box::new(database.attach()), Box::new(buffers.attach())];
    let (alice, group) = own("alice");
    // Made by a process that has ended.
    let args = ["-M", "2GiB", "-p", "640", "--key", "0x41021c7a"];
    let made = ours("ipcmk", args).user(alice, group).run();
    assert_eq!(made.status, Some(0), "{made:?}");
    let (server, group) = own("www-data");
    let mutex = as_user(server, group, || Sems::keyed(0xa11c, 2, 0o660));
    mutex.set_value(0, 1);
    held.push(Box::new(mutex.wait_for_increase(1, 1)));
    let (queue, _) = (Queue::keyed(0x4102_1c7a, 0o644), Queue::private(0o600));
    queue.send(8000);
    queue.send(6500);
    held
}

/// The directories of system programs.
pub const SYSTEM: &str = "/usr/bin:/bin";

/// The output of a command in bash, with our programs first in PATH.
pub fn run(command: &str) -> String {
    run_with(&search_path(), command)
}

/// A PATH with our programs before those of the system.
pub fn search_path() -> String {
    let program = path_of_ours("ipcs");
    let programs = program.parent().expect("a directory");
    format!("{}:{SYSTEM}", programs.display())
}

/// The output of a command in bash with this PATH.
pub fn run_with(path: &str, command: &str) -> String {
    let script = format!("exec 2>&1; {command}");
    let outcome =
        ours("ipcs", [""; 0]).through(&["/bin/bash", "-c", &script]).env("PATH", path).run();
    let lines = outcome.out().lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}
