use super::*;
use crate::model::{
    Device, FileId, Id, Identity, Kind, Mode, Msg, Owner, PosixFile, PosixName, Sem, Shm,
};
use crate::processes::{Reason, Verdict};
use crate::removal::Outcome;

fn segment() -> Object {
    Object {
        identity: Identity::sysv(Kind::Shm, Id(5)),
        key: Some(Key(0xabcd)),
        seq: None,
        owner: Owner { uid: 4_000_001, gid: 4_000_002 },
        creator: Some(Owner { uid: 4_000_003, gid: 4_000_004 }),
        mode: Mode(0o600),
        ctime: 900,
        body: Body::Shm(Shm { size: 5000, atime: 980, ..Shm::default() }),
    }
}

#[test]
fn each_condition_of_a_filter_is_a_reason() {
    let why = |filter: Filter| why(&filter, &segment(), 1000, &mut Names::new());
    let long = Some(Duration::ZERO);
    let all = Filter {
        owners: Some(vec![4_000_001]),
        creators: Some(vec![4_000_003]),
        groups: Some(vec![4_000_002]),
        keys: Some(vec![KeyMatch::Is(Key(0xabcd))]),
        min_size: Some(4096),
        max_size: Some(5000),
        full: Share::of(0, 1),
        used_by: Some(vec![1, 23]),
        older: long,
        idle: long,
        unused: true,
        orphaned: true,
        in_use: true,
        include_unsure: true,
    };
    assert_eq!(
        why(all),
        "owner 4000001, created by 4000003, group 4000002, key 0x0000abcd, \
         size at least 4096, size at most 5000, used by 1,23, changed 1m40s ago, idle 20s, unused or unsure, orphaned or unsure, in use"
    );
    assert_eq!(why(Filter { unused: true, ..Filter::default() }), "unused");
    assert_eq!(why(Filter { orphaned: true, ..Filter::default() }), "orphaned");
    assert_eq!(why(Filter { min_size: Some(0), ..Filter::default() }), "size at least 0");
    assert_eq!(why(Filter::default()), "");
}

/// A table that is not the kernel's may have any number.
#[test]
fn an_impossible_time_does_not_overflow() {
    let object = Object { ctime: i64::MIN, ..segment() };
    let filter = Filter { older: Some(Duration::ZERO), ..Filter::default() };
    let text = why(&filter, &object, 1000, &mut Names::new());
    assert_eq!(text, "changed 106751991167300d15h ago");
}

fn candidate(object: Object, blocked: Blocked) -> Candidate {
    Candidate { kind: object.kind(), named_by: None, id: None, object: Some(object), blocked }
}

fn style(idle_at: Option<i64>) -> Style {
    Style { idle_at, is_message: false, indent: 0 }
}

#[test]
fn blocked_threads_are_counted_where_there_are_any() {
    let text = |blocked| {
        style(None).describe(&candidate(segment(), blocked), DETAILS[0], &mut Names::new())
    };
    let plain = "segment 5 (key 0x0000abcd, owner 4000001, 4.9K";
    assert_eq!(text(Blocked::NotCounted), format!("{plain})"));
    assert_eq!(text(Blocked::Threads(0)), format!("{plain})"));
    assert_eq!(text(Blocked::Threads(2)), format!("{plain}, 2 blocked)"));
    assert_eq!(text(Blocked::Unknown), format!("{plain}, blocked unknown)"));
}

fn posix(kind: Kind, file: &str, body: Body) -> Object {
    let name = PosixName::of_file(kind, file.as_bytes());
    Object { identity: Identity::posix(kind, name), key: None, creator: None, body, ..segment() }
}

fn file(file_type: FileType, size: u64) -> PosixFile {
    let id = FileId { device: Device { major: 0, minor: 1 }, inode: 7 };
    let time = 900;
    PosixFile {
        id,
        file_type,
        in_memory: true,
        changed: (time, 0),
        size,
        allocated: size,
        links: 1,
        atime: time,
        mtime: time,
    }
}

#[test]
fn posix_objects_have_names_and_users() {
    let text = |object: Object, blocked| {
        style(None).describe(&candidate(object, blocked), DETAILS[0], &mut Names::new())
    };
    let memory = || posix(Kind::Pshm, "a b", Body::Pshm(file(FileType::Regular, 5000)));
    let begin = "shared memory object a b (owner 4000001, 4.9K";
    assert_eq!(text(memory(), Blocked::NotCounted), format!("{begin})"));
    assert_eq!(text(memory(), Blocked::Processes(0)), format!("{begin})"));
    assert_eq!(text(memory(), Blocked::Processes(1)), format!("{begin}, used by 1 process)"));
    assert_eq!(text(memory(), Blocked::Processes(2)), format!("{begin}, used by 2 processes)"));
    assert_eq!(text(memory(), Blocked::Unknown), format!("{begin}, use unknown)"));
    let directory = posix(Kind::Pshm, "d", Body::Pshm(file(FileType::Directory, 40)));
    assert_eq!(text(directory, Blocked::NotCounted), "directory d (owner 4000001)");
    let foreign = Psem { file: file(FileType::Regular, 0), content: Content::Foreign };
    let foreign = posix(Kind::Psem, "sem.x", Body::Psem(foreign));
    assert_eq!(text(foreign, Blocked::NotCounted), "file sem.x (owner 4000001, 0B)");
}

#[test]
fn content_is_short() {
    let queue = |qnum, cbytes| Body::Msg(Msg { qnum, cbytes, ..Msg::default() });
    for (body, expected) in [
        (Body::Shm(Shm { size: 4 << 20, ..Shm::default() }), "4M"),
        (Body::Shm(Shm { size: 1, nattch: 2, ..Shm::default() }), "1B, 2 attached"),
        (queue(0, 0), "empty"),
        // Messages may be empty.
        (queue(1, 0), "1 message, 0B"),
        (queue(2, 5000), "2 messages, 4.9K"),
        (Body::Sem(Sem { nsems: 1, otime: 0 }), "1 semaphore"),
    ] {
        assert_eq!(content(&Object { body, ..segment() }), expected);
    }
}

#[test]
fn a_private_object_and_a_long_line_have_no_key() {
    let line = |object: Object, begin: &str| {
        let candidate = candidate(object, Blocked::NotCounted);
        style(Some(1000)).line(begin, &candidate, ": unused", &mut Names::new())
    };
    let (begin, end) = ("would remove", "owner 4000001, 4.9K, idle 20s): unused");
    let keyed = format!("{begin} segment 5 (key 0x0000abcd, {end}");
    assert_eq!(line(segment(), begin), keyed);
    let private = Object { key: Some(Key::PRIVATE), ..segment() };
    assert_eq!(line(private, begin), format!("{begin} segment 5 ({end}"));
    let long = "x".repeat(begin.len() + WIDTH - keyed.len());
    assert_eq!(line(segment(), &long).len(), WIDTH);
    let longer = long.clone() + "x";
    assert_eq!(line(segment(), &longer).len(), WIDTH + 1 - "key 0x0000abcd, ".len());
    let longest = long + &"x".repeat(17);
    assert!(line(segment(), &longest).ends_with("x segment 5 (owner 4000001, 4.9K): unused"));
}

fn process(pid: i32, command: &str) -> Process {
    Process { pid, uid: 0, command: command.as_bytes().to_vec() }
}

#[test]
fn a_kept_object_has_a_line_that_fits() {
    let line = |commands: &[String]| {
        let processes =
            commands.iter().zip(100..).map(|(command, pid)| process(pid, command)).collect();
        let shm = Shm { size: 5000, atime: 980, nattch: 3, ..Shm::default() };
        let candidate =
            candidate(Object { body: Body::Shm(shm), ..segment() }, Blocked::NotCounted);
        let reason = KeepReason::InUse(Verdict { answer: Some(true), reason: Reason::Attached(3) });
        let event = Event { candidate, outcome: Outcome::Kept(reason.clone()), processes };
        let style = Style { idle_at: Some(1000), is_message: true, indent: 0 };
        style.kept("kept", &event, &reason, &mut Names::new())
    };
    let object = "kept segment 5 (key 0x0000abcd, owner 4000001, 4.9K, 3 attached, idle 20s)";
    assert_eq!(line(&[]), format!("{object}: in use"));
    let short = object.replace("key 0x0000abcd, ", "");
    assert_eq!(line(&["a b".to_owned()]), format!("{short}: in use: pid 100 (a b)"));
    let cut = "x".repeat(12) + "...";
    assert_eq!(line(&["x".repeat(80)]), format!("{short}: in use: pid 100 ({cut})"));
    let many: Vec<String> = (0..7).map(|_| "y".repeat(80)).collect();
    let cut = "y".repeat(12) + "...";
    let shorter = short.replace(", idle 20s", "");
    assert_eq!(line(&many), format!("{shorter}: in use: pid 100 ({cut}) and 6 more"));
}

#[test]
fn as_many_processes_are_named_as_have_room() {
    let all: Vec<Process> = (1..8).map(|pid| process(pid, "1234567890")).collect();
    let one = ": pid 1 (1234567890)";
    assert_eq!(processes(&all[..1], 0), one);
    assert_eq!(processes(&all[..2], 40), format!("{one}, pid 2 (1234567890)"));
    assert_eq!(processes(&all[..2], 39), format!("{one} and 1 more"));
    let five = processes(&all, 1000);
    assert!(five.ends_with("pid 5 (1234567890) and 2 more"), "{five}");
    assert_eq!(processes(&[], 1000), "");
}

#[test]
fn a_command_line_is_escaped_and_cut() {
    let command = |text: &str| command(&process(1, text), COMMAND);
    assert_eq!(command("a\x1b[2Jb\nc\u{202e}"), "a\\x1b[2Jb\\x0ac\\xe2\\x80\\xae");
    assert_eq!(command(&"x".repeat(60)), "x".repeat(60));
    assert_eq!(command(&"x".repeat(61)), "x".repeat(57) + "...");
    assert_eq!(
        command(&("/usr/bin/a ".to_owned() + &"x".repeat(58))),
        "a ".to_owned() + &"x".repeat(58)
    );
    assert_eq!(
        command(&("/a b/".to_owned() + &"x".repeat(58))),
        "a b/".to_owned() + &"x".repeat(53) + "..."
    );
    // Characters, not bytes.
    assert_eq!(command(&"\u{e9}".repeat(60)), "\u{e9}".repeat(60));
}

#[test]
fn the_fullness_of_a_queue_is_a_reason() {
    let body = Body::Msg(Msg { cbytes: 333, qbytes: Some(360), ..Msg::default() });
    let filter = Filter { full: Share::of(9, 10), ..Filter::default() };
    let queue = Object { body, ..segment() };
    assert_eq!(why(&filter, &queue, 1000, &mut Names::new()), "92.5% full");
}

#[test]
fn percentages_have_up_to_two_places() {
    for (used, limit, text) in
        [(4, 5, "80"), (1, 1, "100"), (199, 200, "99.5"), (3, 4096, "0.07"), (0, 9, "0")]
    {
        assert_eq!(percent(Share::of(used, limit).unwrap()), text);
    }
}
