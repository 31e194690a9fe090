//! `ipcs --prometheus`: the values are those of the other views.

use serde_json::Value;

use super::exposition::{Metrics, lint, parse, refused, text};
use crate::support::actor::Actor;
use crate::support::json::document;
use crate::support::leftovers::two_left_of_each;
use crate::support::namespace::{
    EVERY_PROCESS, add_users, another, cover_with, isolated, other_mounts, require_root, set_sysctl,
};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::posix;
use crate::support::programs::{Visits, ours};

/// The metrics of a list with processes, by computation of our own.
fn expected(args: &[&str]) -> Metrics {
    let run = ours("ipcs", ["-P", "--json"].iter().chain(args)).run();
    assert_eq!((run.status, run.err()), (Some(0), ""), "{run:?}");
    let document = document(&run);
    let mut metrics = Metrics::default();
    for object in document.as_object().unwrap().values().flat_map(|list| list.as_array().unwrap()) {
        add(&mut metrics, object);
    }
    metrics
}

fn add(metrics: &mut Metrics, object: &Value) {
    let kind = object["kind"].as_str().unwrap();
    let owner = match &object["owner"] {
        Value::String(name) => name.clone(),
        _ => object["uid"].to_string(),
    };
    let both = [("kind", kind), ("owner", owner.as_str())];
    metrics.add("ipc_objects", &both, 1.0);
    let orphaned = &object["orphaned"];
    metrics.add("ipc_orphaned_objects", &both, f64::from(u8::from(*orphaned == true)));
    metrics.add("ipc_unsure_objects", &both, f64::from(u8::from(orphaned.is_null())));
    let mut sum = |name: &str, field: &str| {
        let value = object[field].as_f64().unwrap_or_else(|| panic!("{field} of {object}"));
        metrics.add(name, &[("owner", owner.as_str())], value);
    };
    match kind {
        "shm" => {
            sum("ipc_shm_bytes", "size");
            sum("ipc_shm_resident_bytes", "rss");
            sum("ipc_shm_swapped_bytes", "swap");
            sum("ipc_shm_attachments", "nattch");
        }
        "msg" => {
            sum("ipc_msg_messages", "qnum");
            sum("ipc_msg_bytes", "cbytes");
            let [cbytes, qnum, qbytes] =
                ["cbytes", "qnum", "qbytes"].map(|field| object[field].as_u64().unwrap());
            let is_full = qbytes > 0 && cbytes.max(qnum) >= qbytes;
            let owner = [("owner", owner.as_str())];
            metrics.add("ipc_msg_full_queues", &owner, f64::from(u8::from(is_full)));
        }
        "sem" => sum("ipc_sem_semaphores", "nsems"),
        "pshm" => {
            sum("ipc_pshm_bytes", "size");
            sum("ipc_pshm_allocated_bytes", "allocated");
        }
        "pmsg" => {
            sum("ipc_pmsg_messages", "qnum");
            sum("ipc_pmsg_bytes", "cbytes");
            let is_full = object["qnum"].as_u64() >= object["maxmsg"].as_u64();
            let owner = [("owner", owner.as_str())];
            metrics.add("ipc_pmsg_full_queues", &owner, f64::from(u8::from(is_full)));
        }
        "psem" => {}
        other => panic!("{other}"),
    }
}

/// Metrics that are not sums over objects.
const OTHERS: &[&str] = &["ipc_limit", "ipc_used", "ipc_collect_errors"];

#[test]
fn sums_equal_those_of_the_list() {
    require_root("it gives objects to other users");
    isolated(|| {
        let names: Vec<_> = (0..5).map(|n| (format!("user{n}"), 5000 + n)).collect();
        add_users(&names);
        // Half of the ten owners have no name.
        for n in 0..200_u32 {
            let (uid, size) = (5000 + n % 10, 1 + n as usize * 37);
            let segment = Shm::private(size, 0o600);
            segment.set(uid, 1, 0o600);
            if n % 20 == 0 {
                segment.attach().touch(size);
            }
            let queue = Queue::private(0o600);
            (0..n % 3).for_each(|length| queue.send(length as usize * 10));
            let qbytes = if n % 7 == 2 { 10 } else { 1000 };
            queue.set_with_capacity(5000 + n * 3 % 10, 1, 0o600, qbytes);
            Sems::private(1 + (n % 9).cast_signed(), 0o600).set(5009 - n % 10, 1, 0o600);
        }
        two_left_of_each();
        let _attached = [0, 1, 1, 2].map(|id| Shm { id }.attach());
        let text = text(&[]);
        lint(&text);
        let metrics = parse(&text);
        let of = |name: &str, kind: &str| -> f64 {
            let has = |labels: &super::exposition::Labels| {
                labels.get("kind").is_none_or(|label| label == kind)
            };
            metrics.0.iter().filter(|((n, l), _)| n == name && has(l)).map(|(_, value)| value).sum()
        };
        let counts = ["ipc_orphaned_objects", "ipc_unsure_objects"].map(|name| of(name, "shm"));
        assert_eq!(counts[0], 2.0, "two segments were left");
        assert!(of("ipc_unsure_objects", "sem") + of("ipc_orphaned_objects", "sem") > 0.0);
        assert!(of("ipc_msg_full_queues", "") > 0.0, "{text}");
        assert_eq!(of("ipc_shm_attachments", ""), 4.0);
        let used = |kind, name| metrics.get("ipc_used", &[("kind", kind), ("resource", name)]);
        assert_eq!(used("shm", "shmmni"), Some(of("ipc_objects", "shm")));
        assert_eq!(used("msg", "msgmni"), Some(of("ipc_objects", "msg")));
        assert_eq!(used("sem", "semmns"), Some(of("ipc_sem_semaphores", "")));
        assert_eq!(metrics.get("ipc_collect_errors", &[]), Some(0.0));
        assert_eq!(metrics.without(OTHERS), expected(&[]));
        let only = |args: &[&str]| parse(&super::exposition::text(args));
        assert_eq!(only(&["-q"]).without(OTHERS), expected(&["-q"]));
        let numeric = only(&["--numeric", "-s"]);
        assert!(numeric.values_of("owner").iter().all(|owner| owner.parse::<u32>().is_ok()));
        assert_eq!(numeric.values_of("kind"), ["sem"]);
    });
}

#[test]
fn posix_objects_are_counted_on_request() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        posix::mount_queues();
        posix::shm("plain", 5000, 0o600);
        posix::semaphore("turns", 1);
        let queue = posix::queue("/jobs", 0o600);
        posix::send(&queue, "work");
        Shm::private(10, 0o600);
        for args in [&["--posix"][..], &["--with-posix"], &["--posix", "-q"]] {
            let text = text(args);
            lint(&text);
            assert_eq!(parse(&text).without(OTHERS), expected(args), "{args:?}");
        }
        let metrics = parse(&text(&["--posix"]));
        assert_eq!(metrics.values_of("kind"), ["pmsg", "psem", "pshm"]);
        assert!(!text(&[]).contains("pshm"));
    });
}

#[test]
fn limits_are_those_of_the_kernel() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        set_sysctl("shmmni", "123");
        set_sysctl("sem", "300 -1 20 128");
        set_sysctl("shmall", "50");
        let metrics = parse(&text(&[]));
        let limit = |kind, name| metrics.get("ipc_limit", &[("kind", kind), ("resource", name)]);
        assert_eq!(limit("shm", "shmmni"), Some(123.0));
        assert_eq!(limit("shm", "shmall"), Some(50.0 * 4096.0));
        assert_eq!(limit("sem", "semmsl"), Some(300.0));
        // A limit below 0 allows nothing.
        assert_eq!((limit("sem", "semmns"), limit("sem", "semmni")), (Some(0.0), Some(128.0)));
        assert_eq!(limit("msg", "msgmni"), Some(32000.0));
        assert!(!text(&[]).contains("ipc_objects"), "there is no object");
    });
}

#[test]
fn names_of_users_are_escaped_and_never_taken_for_another_one() {
    require_root("it gives objects to other users");
    isolated(|| {
        let users: [(&[u8], u32); 8] = [
            (b"quote\"d", 7001),
            (b"back\\slash\\n", 7002),
            (b"\xff\xfe", 7003),
            // The name looks like the number of a user without a name.
            (b"7999", 7004),
            (b"twin", 7005),
            (b"twin", 7006),
            ("ümlaut {} = ,".as_bytes(), 7007),
            // What the name of 7003 looks like.
            (b"\\xff\\xfe", 7008),
        ];
        add_users(&users);
        for uid in (7001..=7008).chain([7999]) {
            Queue::private(0o600).set(uid, 1, 0o600);
        }
        let text = text(&["-q"]);
        lint(&text);
        let metrics = parse(&text);
        let mut owners = metrics.values_of("owner");
        owners.sort_unstable();
        let mut names = [
            "quote\"d",
            "back\\slash\\n",
            "7003",
            "7004",
            "7005",
            "7006",
            "ümlaut {} = ,",
            "7008",
            "7999",
        ];
        names.sort_unstable();
        assert_eq!(owners, names);
        for owner in owners {
            let labels = [("kind", "msg"), ("owner", owner)];
            assert_eq!(metrics.get("ipc_objects", &labels), Some(1.0), "{owner}");
        }
        assert!(text.contains(r#"owner="back\\slash\\n""#), "{text}");
    });
    isolated(|| {
        add_users(&[(b"\xff\xfe", 7003)]);
        Queue::private(0o600).set(7003, 1, 0o600);
        assert_eq!(parse(&text(&["-q"])).values_of("owner"), ["\\xff\\xfe"]);
    });
}

#[test]
fn each_namespace_has_labels_of_its_own() {
    isolated(|| {
        let _visits = Visits::exclude();
        Shm::private(1000, 0o600);
        let mut actor = another(Actor::start);
        actor.make_segment(5000);
        actor.make_segment(6000);
        let pid = actor.pid().to_string();
        let one = text(&["-m", "--namespace", &pid]);
        lint(&one);
        let metrics = parse(&one);
        let namespaces = metrics.values_of("namespace");
        let [number] = namespaces[..] else { panic!("{one}") };
        let of = |metrics: &Metrics, namespace: &str, kind: Option<&str>, name: &str| {
            let mut labels = vec![("namespace", namespace), ("container", "")];
            labels.extend(kind.map(|kind| ("kind", kind)));
            labels.push(("owner", "root"));
            metrics.get(name, &labels)
        };
        assert_eq!(of(&metrics, number, None, "ipc_shm_bytes"), Some(11000.0), "{one}");
        let all = ours("ipcs", ["--prometheus", "-m", "--namespace", "all"]).run();
        lint(all.out());
        let all = parse(all.out());
        assert_eq!(of(&all, number, Some("shm"), "ipc_objects"), Some(2.0));
        let own = std::fs::read_link("/proc/thread-self/ns/ipc").unwrap();
        let own = own.to_str().unwrap().trim_matches(|c: char| !c.is_ascii_digit()).to_owned();
        assert_eq!(of(&all, &own, Some("shm"), "ipc_objects"), Some(1.0));
        assert_eq!(of(&all, &own, None, "ipc_shm_bytes"), Some(1000.0));
        let labels = [("namespace", own.as_str()), ("container", "")];
        assert_eq!(all.get("ipc_collect_errors", &labels), Some(0.0));
    });
}

#[test]
fn what_could_not_be_read_is_counted() {
    isolated(|| {
        Shm::private(1000, 0o600);
        let run = other_mounts(|| {
            let text = std::fs::read_to_string("/proc/sysvipc/shm").unwrap();
            let malformed = "   what is this\n".repeat(30);
            cover_with("/proc/sysvipc/shm", format!("{text}{malformed}").as_bytes());
            ours("ipcs", ["--prometheus", "-m"]).run()
        });
        assert_eq!(run.status, Some(1), "{run:?}");
        assert!(run.err().ends_with("more objects could not be read\n"), "{run:?}");
        let metrics = parse(run.out());
        assert_eq!(metrics.get("ipc_collect_errors", &[]), Some(30.0));
        assert_eq!(metrics.get("ipc_shm_bytes", &[("owner", "root")]), Some(1000.0));
    });
}

#[test]
fn options_that_show_something_else_are_refused() {
    for (args, option) in [
        (&["--json"][..], "--json"),
        (&["--table"], "--table"),
        (&["--format", "classic"], "--format"),
        (&["-l"], "-l"),
        (&["-u"], "-u"),
        (&["-t"], "-t"),
        (&["-P"], "-P"),
        (&["-m", "-i", "0"], "-i"),
        (&["--name", "a"], "--name"),
        (&["--explain", "semget"], "--explain"),
        (&["--list-columns"], "--list-columns"),
        (&["--list-namespaces"], "--list-namespaces"),
        (&["-o", "id"], "--output"),
        (&["--sort", "id"], "--sort"),
        (&["--top", "3"], "--top"),
        (&["--orphaned"], "--orphaned"),
        (&["--owner", "root"], "--owner"),
        (&["--time-format", "iso"], "--time-format"),
    ] {
        let line = refused(&[&["--prometheus"], args].concat());
        let expected = format!("ipcs: {option} cannot be used with --prometheus: ");
        assert!(line.starts_with(&expected), "{args:?}: {line}");
    }
    let line = refused(&["-u", "--group-by", "owner", "--prometheus"]);
    assert!(line.contains("cannot be used with --prometheus: "), "{line}");
}
