use std::sync::Arc;

use super::*;
use crate::model::{
    Body, Content, Device, FileId, Identity, Mode, Owner, Pmsg, PosixFile, PosixName, Psem,
};
use crate::proc::ProcRoot;
use crate::processes::ScanRequest;
use crate::processes::census::fixtures::{BOOT, USED, process};
use crate::processes::census::{Census, LiveProcess};
use crate::processes::files::FileUsers;
use crate::processes::rules::decide::decide;
use crate::processes::verdict::Verdicts;
use crate::processes::visibility::{Hidden, Visibility};
use crate::processes::waits::Wait;
use crate::sys::Errno;

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);
const UNSURE: Option<bool> = None;

const OWNER: u32 = 33;
const FILE: PosixFile = PosixFile {
    id: FileId { device: Device { major: 0, minor: 9 }, inode: 7 },
    in_memory: true,
    file_type: FileType::Regular,
    changed: (USED, 0),
    size: 4096,
    allocated: 0,
    links: 1,
    atime: USED,
    mtime: USED,
};

fn object_with(kind: Kind, uid: u32, file: PosixFile, qnum: Option<u64>) -> Object {
    let body = match kind {
        Kind::Pmsg => Body::Pmsg(Pmsg {
            file,
            qnum,
            cbytes: None,
            maxmsg: None,
            msgsize: None,
            notify_pid: None,
            notify_signal: None,
        }),
        Kind::Psem => Body::Psem(Psem { file, content: Content::Unknown }),
        _ => Body::Pshm(file),
    };
    Object {
        identity: Identity::posix(kind, PosixName::of_file(kind, b"x")),
        key: None,
        seq: None,
        owner: Owner { uid, gid: 500 },
        creator: None,
        mode: Mode(0o600),
        ctime: USED,
        body,
    }
}

fn object(kind: Kind) -> Object {
    object_with(kind, OWNER, FILE, Some(0))
}

/// In use, unused, orphaned.
fn decided(object: &Object, evidence: &Evidence, processes: &[LiveProcess]) -> [Option<bool>; 3] {
    let mut census = Census::new(processes.to_vec(), Some(BOOT), true, true);
    let claims = census.claims(object, false);
    let Verdicts { in_use, unused, orphaned, .. } = decide(object, evidence, &claims);
    [in_use, unused, orphaned].map(|verdict| verdict.answer)
}

fn inspector(scan: Findings) -> Inspector {
    let view = Visibility {
        ipc_namespace: None,
        ipc_namespace_unreadable: false,
        initial_pid_namespace: true,
        initial_user_namespace: true,
        own_pid: None,
        program_pid: None,
        hidden: None,
        system: false,
    };
    let mut inspector = Inspector::with_view(ProcRoot::at("/nonexistent"), view);
    inspector.set_scan(scan);
    inspector
}

fn scanned(kind: Kind) -> Findings {
    let request = ScanRequest::in_use(crate::model::Kinds::of(kind));
    Findings { request, began: Some((USED, 0)), ..Findings::default() }
}

#[test]
fn what_is_open_or_waited_for_is_in_use_and_the_rest_is_not() {
    let none = Evidence::default();
    let of_owner = [process(20, 0, OWNER, USED + 100)];
    let of_another = [process(20, 0, OWNER + 1, USED - 100)];
    for kind in Kind::POSIX {
        for uid in [0, OWNER] {
            let object = object_with(*kind, uid, FILE, Some(0));
            for used in [Reason::OpenIn(1), Reason::Blocked(1)] {
                let blind = Some(Gap::NoSyscall);
                let evidence = Evidence { used: Some(used), blind, ..none.clone() };
                assert_eq!(decided(&object, &evidence, &of_owner), [YES, NO, NO]);
            }
        }
        let object = object(*kind);
        assert_eq!(decided(&object, &none, &[]), [NO, YES, YES]);
        assert_eq!(decided(&object, &none, &of_another), [NO, YES, YES]);
        // Whoever may come back to it does not use it.
        assert_eq!(decided(&object, &none, &of_owner), [NO, YES, UNSURE]);
        let of_root = object_with(*kind, 0, FILE, Some(0));
        assert_eq!(decided(&of_root, &none, &[]), [NO, YES, UNSURE]);
        let blind = Evidence { blind: Some(Gap::NoSyscall), ..none.clone() };
        assert_eq!(decided(&object, &blind, &[]), [UNSURE; 3]);
        let blind = Evidence { blind_to_owners: Some(Gap::NoSyscall), ..none.clone() };
        assert_eq!(decided(&object, &blind, &[]), [NO, YES, UNSURE]);
        let doubt = Evidence { doubt: Some(Reason::Messages(1)), ..none.clone() };
        assert_eq!(decided(&object, &doubt, &[]), [UNSURE; 3]);
    }
}

#[test]
fn only_for_queues_the_ipc_namespace_of_a_process_matters() {
    let elsewhere = [LiveProcess { member: false, ..process(20, 0, OWNER, USED - 100) }];
    let none = Evidence::default();
    assert_eq!(decided(&object(Kind::Pshm), &none, &elsewhere), [NO, YES, UNSURE]);
    assert_eq!(decided(&object(Kind::Psem), &none, &elsewhere), [NO, YES, UNSURE]);
    assert_eq!(decided(&object(Kind::Pmsg), &none, &elsewhere), [NO, YES, YES]);
}

#[test]
fn messages_or_an_unreadable_queue_are_a_doubt() {
    for (qnum, doubt) in
        [(Some(0), None), (Some(2), Some(Reason::Messages(2))), (None, Some(Reason::Unreadable))]
    {
        let queue = object_with(Kind::Pmsg, OWNER, FILE, qnum);
        let evidence = evidence(&queue, &mut inspector(scanned(Kind::Pmsg)));
        assert_eq!((evidence.doubt, evidence.blind), (doubt, None));
    }
}

#[test]
fn what_could_not_be_inspected_is_a_gap_where_it_matters() {
    let gap = |kind, scan| gap(&object(kind), &inspector(scan));
    let denied = || Denied::from([(9, Errno::EACCES)]);
    for kind in Kind::POSIX.iter().copied() {
        let denial = Some(Gap::Denied { count: 1, errno: Errno::EACCES });
        let is_queue = kind == Kind::Pmsg;
        assert_eq!(gap(kind, scanned(kind)), None);
        assert_eq!(gap(kind, Findings::default()), Some(Gap::NotScanned));
        assert_eq!(gap(kind, Findings { denied_files: denied(), ..scanned(kind) }), denial);
        // A queue cannot be mapped, and only of queues it is known who waits.
        let maps = gap(kind, Findings { denied_maps: denied(), ..scanned(kind) });
        assert_eq!(maps, denial.filter(|_| !is_queue));
        let waits = gap(kind, Findings { denied_waits: denied(), ..scanned(kind) });
        assert_eq!(waits, denial.filter(|_| is_queue));
        let no_syscall = gap(kind, Findings { no_syscall: true, ..scanned(kind) });
        assert_eq!(no_syscall, Some(Gap::NoSyscall).filter(|_| is_queue));
        let hidden = Findings { hidden: Some(Hidden::Hidepid), ..scanned(kind) };
        assert_eq!(gap(kind, hidden), Some(Gap::Hidden(Hidden::Hidepid)));
        let unsettled = Findings { unsettled: true, ..scanned(kind) };
        assert_eq!(gap(kind, unsettled), Some(Gap::Unsettled));
    }
}

#[test]
fn users_of_other_files_are_unknown() {
    let gap = |file| {
        let object = object_with(Kind::Pshm, OWNER, file, None);
        gap(&object, &inspector(scanned(Kind::Pshm)))
    };
    assert_eq!(gap(FILE), None);
    assert_eq!(gap(PosixFile { in_memory: false, ..FILE }), Some(Gap::FileSystem));
    let newer = PosixFile { changed: (USED, 1), ..FILE };
    assert_eq!(gap(newer), Some(Gap::Newer));
    let fifo = PosixFile { file_type: FileType::Fifo, ..FILE };
    assert_eq!(gap(fifo), Some(Gap::NotAnObject));
}

#[test]
fn users_are_asked_for_by_pid() {
    let mut files = FileUsers::default();
    files.add(8, vec![FILE.id], Vec::new());
    let wait = Wait::MqReceive { timed: false };
    files.add_waiter(FILE.id, Waiter { pid: 9, tid: 10, wait, stopped: false });
    let scan = || Findings { files: Arc::new(files.clone()), ..scanned(Kind::Pmsg) };
    let queue = object(Kind::Pmsg);
    // This process exists, and nothing shows that it uses the queue.
    let own = std::process::id().cast_signed();
    for (asked, expected) in [(8, true), (9, true), (10, false), (own, false)] {
        assert_eq!(used_by(&queue, &[asked], &mut inspector(scan())), Ok(expected), "{asked}");
    }
    let denied_waits = Denied::from([(own, Errno::EACCES)]);
    let mut blind = inspector(Findings { denied_waits, ..scan() });
    assert!(used_by(&queue, &[own], &mut blind).is_err());
    assert_eq!(used_by(&queue, &[8, own], &mut blind), Ok(true));
    assert_eq!(pids(&queue, &inspector(scan())), [8, 9]);
    let evidence = evidence(&queue, &mut inspector(scan()));
    assert_eq!(evidence.used, Some(Reason::Blocked(1)));
}
