//! Mappings of segments that only have the number of ours: they were attached in another namespace.

use ipcs::model::{Id, Kinds};
use ipcs::proc::ProcRoot;
use ipcs::processes::{Inspector, Report, Request, Role};

use super::scene::{Actor, isolated, segment, shm_of};

/// Sizes that no other test has, so that nothing but the key can tell these segments apart.
const SIZE: usize = 45_056;

fn report(id: Id) -> Report {
    let mut inspector = Inspector::new(ProcRoot::default());
    inspector.scan(Request::processes(Kinds::SHM));
    inspector.report(&shm_of(id))
}

fn attached(report: &Report) -> Vec<i32> {
    let users = report.users.iter().filter(|user| user.roles.contains(&Role::Attached));
    users.map(|user| user.process.pid).collect()
}

/// Where this thread's IPC namespace can be entered from.
fn own_namespace() -> (std::fs::File, String) {
    let file = std::fs::File::open("/proc/thread-self/ns/ipc").unwrap();
    let number = std::os::fd::AsRawFd::as_raw_fd(&file);
    (file, format!("/proc/{}/fd/{number}", std::process::id()))
}

/// One that has attached a segment of that number and another key in a namespace of its own.
fn stranger(id: Id) -> Actor {
    isolated(|| {
        assert_eq!(segment(0x0b, SIZE), id);
        let mut actor = Actor::start();
        actor.attach(id, "rw");
        actor
    })
}

#[test]
fn who_entered_with_a_mapping_of_another_key_is_not_listed() {
    isolated(|| {
        let id = segment(0x0a, SIZE);
        let mut stranger = stranger(id);
        let (_namespace, path) = own_namespace();
        stranger.tell(&format!("enter {path}"));
        let nobody = report(id);
        assert_eq!((attached(&nobody), nobody.attached, nobody.gap), (vec![], Some(0), None));
        // As many mappings as there must be, and of the right process.
        let mut holder = Actor::start();
        holder.attach(id, "rw");
        let one = report(id);
        assert_eq!((attached(&one), one.gap), (vec![holder.pid()], None));
        // He who left with it stands against him who came with another.
        holder.tell("leave");
        let one = report(id);
        assert_eq!((attached(&one), one.gap), (vec![holder.pid()], None));
    });
}
