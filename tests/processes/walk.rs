//! One walk over a made-up /proc, for what real processes do only in the wrong moment.

use std::fs;
use std::path::Path;

use ipcs::model::{Device, Id, Kinds};
use ipcs::proc::ProcRoot;
use ipcs::processes::{Hidden, ScanRequest, Visibility, walk_with_devices};
use ipcs::sys::devices::ShmDevice;

use crate::support::inspection::everybody;

const DEVICE: ShmDevice = ShmDevice { device: Device { major: 0, minor: 1 }, page_size: 4096 };

fn view(root: &ProcRoot) -> Visibility {
    let ipc_namespace = root.file_id("40/ns/ipc").ok();
    Visibility { ipc_namespace, hidden: None, system: false, ..everybody(&ProcRoot::default()) }
}

/// Adds process 40 with two threads and a mapping of segment 5.
fn add_process(tree: &Path) {
    let write = |path: &str, text: &str| {
        let path = tree.join("40").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("stat", "40 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0 100 0");
    write("maps", "7f0000000000-7f0000001000 rw-s 00000000 00:01 5    /SYSV00000000 (deleted)\n");
    write("ns/ipc", "");
    let status = "Tgid:\t40\nUid:\t7\t7\t7\t7\nGid:\t7\t7\t7\t7\n";
    write("status", status);
    write("task/40/status", status);
    fs::create_dir(tree.join("40/task/41")).unwrap();
}

/// The thread is in the list, and its files are gone when they are read.
#[test]
fn a_thread_that_ends_meanwhile_does_not_hide_its_process() {
    let tree = tempfile::tempdir().unwrap();
    add_process(tree.path());
    let root = ProcRoot::at(tree.path());
    let request = ScanRequest::in_use(Kinds::SHM);
    let found = walk_with_devices(&root, &view(&root), request, Some(1000), &[]);
    let process = found.census.get(40).expect("the process");
    assert!(process.member && process.uids.contains(&7));
    assert_eq!(found.denied().into_iter().collect::<Vec<_>>(), []);
}

/// Its other files were read before it ended.
#[test]
fn a_process_that_ends_meanwhile_is_no_member() {
    let tree = tempfile::tempdir().unwrap();
    add_process(tree.path());
    let root = ProcRoot::at(tree.path());
    let view = view(&root);
    fs::remove_file(tree.path().join("40/ns/ipc")).unwrap();
    let found = walk_with_devices(&root, &view, ScanRequest::in_use(Kinds::SHM), None, &[]);
    assert!(!found.census.get(40).expect("the process").member);
}

#[test]
fn without_namespaces_every_process_is_a_member_if_that_is_certain() {
    let tree = tempfile::tempdir().unwrap();
    add_process(tree.path());
    let root = ProcRoot::at(tree.path());
    let is_member = |unreadable, hidden| {
        let view = Visibility {
            ipc_namespace: None,
            ipc_namespace_unreadable: unreadable,
            hidden,
            ..view(&root)
        };
        let request = ScanRequest { attachers: true, ..ScanRequest::default() };
        let found = walk_with_devices(&root, &view, request, None, &[DEVICE]);
        found.attachments[&Id(5)][0].member
    };
    assert!(is_member(false, None));
    assert!(!is_member(true, None));
    assert!(!is_member(false, Some(Hidden::OtherProc)));
    assert!(!is_member(true, Some(Hidden::OtherProc)));
}
