//! Every object once, under its own namespace, in every format.

use serde_json::{Value, json};

use super::scene::{
    COUNT, CURRENT, EMPTY, MOUNTED, OF_USER, ORPHANS, Place, REMOVED, Scene, counts, limit, size,
};
use super::{element, ids, ipcs, isolated_alone};
use crate::support::json::document;
use crate::support::namespace::{EVERY_PROCESS, require_root};
use crate::support::programs::{NOBODY, Outcome, ours};

const KINDS: [&str; 3] = ["shm", "msg", "sem"];

/// Runs ipcs in a namespace of the scene, without `--namespace`.
fn inside(place: &Place, args: &[&str]) -> Outcome {
    let enter = format!("--ipc={}", place.path.display());
    let run = ours("ipcs", args).through(&["/usr/bin/nsenter", &enter]).run();
    assert_eq!((run.status, run.err()), (Some(0), ""), "{args:?}: {run:?}");
    run
}

/// The processes that use an object in this way.
fn users(object: &Value, role: &str) -> Vec<i32> {
    let all = object["processes"].as_array().expect("processes").iter();
    let has_role =
        |user: &&Value| user["roles"].as_array().is_some_and(|it| it.contains(&json!(role)));
    let pid = |user: &Value| i32::try_from(user["pid"].as_i64().expect("a pid")).expect("a pid");
    all.filter(has_role).map(pid).collect()
}

fn assert_objects(key: u32, at: usize, found: &Value) {
    for (kind, count) in KINDS.iter().zip(counts(at)) {
        let expected: Vec<i64> = (0..i64::try_from(count).expect("a count")).collect();
        assert_eq!(ids(found, kind), expected, "{kind} in {at}: {found:#}");
        for (number, object) in found[*kind].as_array().expect("objects").iter().enumerate() {
            let key = key + u32::try_from(number).expect("a number");
            let key = if at == REMOVED && *kind == "shm" { 0 } else { key };
            assert_eq!(object["key"], format!("{key:#010x}"), "{kind} in {at}");
            let mode = format!("{:04o}", 0o600 + at);
            assert_eq!(object["perms"], mode, "{kind} in {at}");
            match *kind {
                "shm" => assert_eq!(object["size"], size(at, number), "{at}"),
                "sem" => assert_eq!(object["nsems"], 1 + at, "{at}"),
                _ => {}
            }
        }
    }
}

fn assert_uses(at: usize, place: &Place, found: &Value) {
    if at == EMPTY {
        return;
    }
    let sorted = |pids: &[i32]| -> Vec<i32> {
        let mut pids = pids.to_vec();
        pids.sort_unstable();
        pids
    };
    let segment = &found["shm"][0];
    assert_eq!(users(segment, "attached"), sorted(&place.attached), "{at}: {segment:#}");
    assert_eq!(segment["attached"], place.attached.len(), "{at}: {segment:#}");
    assert_eq!(segment["processes_complete"], true, "{at}: {segment:#}");
    let is_left = matches!(at, MOUNTED | ORPHANS);
    let (in_use, orphaned) = match (place.attached.is_empty(), is_left) {
        (false, _) => (json!(true), json!(false)),
        (true, true) => (json!(false), json!(true)),
        // Of root, who may come back.
        (true, false) => (json!(null), json!(null)),
    };
    assert_eq!((&segment["in_use"], &segment["orphaned"]), (&in_use, &orphaned), "{at}");
    for (kind, waiting) in [("sem", &place.operating), ("msg", &place.receiving)] {
        if found[kind][0].is_null() {
            assert!(waiting.is_empty());
            continue;
        }
        let object = &found[kind][0];
        assert_eq!(users(object, "waiting"), sorted(waiting), "{at}: {object:#}");
        assert_eq!(object["waiting"], waiting.len(), "{at}: {object:#}");
        if !waiting.is_empty() {
            assert_eq!(object["in_use"], true, "{at}: {object:#}");
        }
    }
}

#[test]
fn every_object_is_under_its_own_namespace_with_its_own_processes() {
    require_root(EVERY_PROCESS);
    isolated_alone(|| {
        let scene = Scene::start();
        assert_eq!(scene.places.len(), COUNT);
        let all = document(&ipcs(&["-P", "--namespace", "all", "--json"]));
        for (at, place) in scene.places.iter().enumerate() {
            let mut found = element(&all, place.inode);
            assert_eq!(found["processes"], place.processes, "{at}: {found:#}");
            assert_eq!(
                (&found["current"], &found["error"]),
                (&(at == CURRENT).into(), &json!(null))
            );
            assert_eq!(found["pid"].is_null(), at == MOUNTED, "{at}");
            assert_eq!(found["owner_uid"], if at == OF_USER { NOBODY } else { 0 });
            assert_objects(scene.key, at, &found);
            assert_uses(at, place, &found);
            // A process inside sees the same.
            let kinds: serde_json::Map<_, _> =
                KINDS.iter().map(|kind| ((*kind).to_owned(), found[*kind].take())).collect();
            assert_eq!(Value::Object(kinds), document(&inside(place, &["-P", "--json"])), "{at}");
            // So does who names only this namespace.
            let path = place.path.to_str().expect("a path in UTF-8");
            let one = document(&ipcs(&["-P", "--namespace", path, "--json"]));
            assert_objects(scene.key, at, &element(&one, place.inode));
            assert_uses(at, place, &element(&one, place.inode));
        }
    });
}

#[test]
fn a_segment_of_a_namespace_without_a_way_in_is_reported_once() {
    require_root(EVERY_PROCESS);
    isolated_alone(|| {
        let scene = Scene::start();
        let run = ipcs(&["-m", "--namespace", "all"]);
        let lost = scene.lost.to_string();
        let lines = run.err().lines().filter(|line| line.contains(&lost));
        let expected = format!("ipcs: segment 1, attached by {lost}, {}", super::LOST);
        assert_eq!(lines.collect::<Vec<_>>(), [expected]);
    });
}

/// The text below the heading of each namespace of the scene.
fn sections(scene: &Scene, args: &[&str]) -> Vec<String> {
    let run = ipcs(&[args, &["--namespace", "all"]].concat());
    let blocks: Vec<&str> =
        format!("\n{}", run.out()).leak().split("\nIPC namespace ").skip(1).collect();
    let of = |place: &Place| {
        let start = [format!("{}:", place.inode), format!("{} (this one):", place.inode)];
        let mut found = blocks.iter().filter(|block| start.iter().any(|it| block.starts_with(it)));
        let block = found.next().map(|block| block.split_once('\n').expect("a heading").1);
        assert!(found.next().is_none(), "{args:?}: {run:?}");
        block.unwrap_or_default().trim_end_matches('\n').to_owned()
    };
    scene.places.iter().map(of).collect()
}

#[test]
fn text_has_what_a_process_inside_sees_below_each_heading() {
    require_root(EVERY_PROCESS);
    isolated_alone(|| {
        let scene = Scene::start();
        for args in [
            &[][..],
            &["-t"],
            &["-p"],
            &["-c"],
            &["-m", "-P"],
            &["--table"],
            &["--table", "-P"],
            &["--table", "-o", "id,perms,nattch,qnum,nsems"],
            &["-m", "--table", "--sort", "-size", "--top", "1"],
            &["-a", "--table", "--sort", "-id"],
            &["--in-use"],
            &["-s", "--orphaned"],
            &["-l"],
            &["-u"],
            &["-l", "--table"],
            &["-u", "-b"],
        ] {
            let is_list = !args.contains(&"-l") && !args.contains(&"-u");
            let sections = sections(&scene, args);
            for (at, (place, section)) in scene.places.iter().zip(sections).enumerate() {
                let run = inside(place, args);
                let has_rows =
                    run.out().lines().any(|line| line.contains(&format!("{:o}", 0o600 + at)));
                let expected = run.out().trim_end_matches('\n');
                // A namespace with nothing to show is left out.
                if section.is_empty() && is_list && args != ["-t"] && args != ["-p"] {
                    assert!(!has_rows, "{args:?} in {at}: {run:?}");
                } else if !section.is_empty() || !is_list {
                    assert_eq!(section, expected, "{args:?} in {at}");
                } else {
                    assert_eq!(at, EMPTY, "{args:?}");
                }
            }
        }
    });
}

/// The lines of the namespaces of the scene, without what says which one it is.
fn lines(scene: &Scene, args: &[&str], separator: &str) -> Vec<String> {
    let run = ipcs(&[args, &["--namespace", "all"]].concat());
    let of = |place: &Place| {
        let start = format!("{}{separator}", place.inode);
        let lines = run.out().lines().filter_map(|line| line.strip_prefix(&start));
        // The container is unknown: the processes are those of the tests.
        lines
            .map(|line| line.split_once(separator).expect("a column").1.to_owned() + "\n")
            .collect()
    };
    scene.places.iter().map(of).collect()
}

#[test]
fn rows_have_their_namespace_in_formats_without_headings() {
    require_root(EVERY_PROCESS);
    isolated_alone(|| {
        let scene = Scene::start();
        for (format, separator) in [("csv", ","), ("raw", " ")] {
            for more in [
                &["-m"][..],
                &["-q"],
                &["-s", "-o", "+mode"],
                &["-m", "-P"],
                &["-m", "--in-use", "--sort", "-key"],
                &["-m", "--sort", "size", "--top", "1"],
                &["-l"],
                &["-s", "-u"],
            ] {
                let args = [more, &["--format", format]].concat();
                let all = lines(&scene, &args, separator);
                for (at, (place, found)) in scene.places.iter().zip(all).enumerate() {
                    let run = inside(place, &args);
                    let rows = run.out().lines().skip(1);
                    let expected: String = rows.map(|row| row.to_owned() + "\n").collect();
                    assert_eq!(found, expected, "{args:?} in {at}");
                }
            }
        }
        let limits = ipcs(&["-m", "-l", "--format", "jsonl", "--namespace", "all"]);
        for (at, place) in scene.places.iter().enumerate() {
            let start = format!("{{\"namespace\":{},\"container\":null,\"limits\":", place.inode);
            let mut lines = limits.out().lines().filter(|line| line.starts_with(&start));
            let line = lines.next().expect("a line");
            assert!(line.contains(&format!("\"shmmni\":{},", limit(at))), "{at}: {line}");
            assert_eq!(lines.next(), None, "{at}");
        }
        for format in ["jsonl", "export"] {
            let args = ["--format", format, "-o", "kind,id,perms,namespace"];
            let run = ipcs(&[&args[..], &["--namespace", "all"]].concat());
            for (at, place) in scene.places.iter().enumerate() {
                let mark = match format {
                    "jsonl" => format!("\"namespace\":{}}}", place.inode),
                    _ => format!("NAMESPACE={}", place.inode),
                };
                let rows: Vec<_> = run.out().lines().filter(|line| line.ends_with(&mark)).collect();
                assert_eq!(rows.len(), counts(at).iter().sum::<usize>(), "{format} in {at}");
                let mode = format!("{:04o}", 0o600 + at);
                assert!(rows.iter().all(|row| row.contains(&mode)), "{format} in {at}: {rows:?}");
            }
        }
    });
}

#[test]
fn single_objects_limits_and_filters_are_those_of_each_namespace() {
    require_root(EVERY_PROCESS);
    isolated_alone(|| {
        let scene = Scene::start();
        let all =
            |args: &[&str]| document(&ipcs(&[args, &["--namespace", "all", "--json"]].concat()));
        let (one, limits, totals) = (all(&["-s", "-i", "1"]), all(&["-l"]), all(&["-u"]));
        let (orphans, used) = (all(&["-m", "--orphaned"]), all(&["-m", "--in-use"]));
        let last = all(&["-q", "--sort", "-id", "--top", "1"]);
        let keyed = all(&["-s", "--key", &scene.key.to_string()]);
        for (at, place) in scene.places.iter().enumerate() {
            let of = |document: &Value| element(document, place.inode);
            let [segments, queues, sets] = counts(at);
            let expected: &[i64] = if sets > 1 { &[1] } else { &[] };
            assert_eq!(ids(&of(&one), "sem"), expected, "{at}");
            assert_eq!(of(&limits)["limits"]["shm"]["shmmni"], limit(at), "{at}");
            assert_eq!(of(&totals)["usage"]["shm"]["used_ids"], segments, "{at}");
            assert_eq!(of(&totals)["usage"]["sem"]["semaem"], sets * (1 + at), "{at}");
            let is_left = matches!(at, MOUNTED | ORPHANS);
            assert_eq!(ids(&of(&orphans), "shm").len(), if is_left { segments } else { 0 }, "{at}");
            let expected: &[i64] = if place.attached.is_empty() { &[] } else { &[0] };
            assert_eq!(ids(&of(&used), "shm"), expected, "{at}");
            let expected = queues.checked_sub(1).and_then(|last| i64::try_from(last).ok());
            assert_eq!(ids(&of(&last), "msg"), expected.as_slice(), "{at}");
            assert_eq!(ids(&of(&keyed), "sem").len(), sets.min(1), "{at}");
        }
    });
}
