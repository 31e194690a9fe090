//! What every rule says of an object, and what each form of `ipcrm` would take.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::daemon::{exists, row};
use crate::support::programs::{Outcome, ours};

/// A yes, a no and an unsure, as JSON has them.
pub const YES: Option<bool> = Some(true);
pub const NO: Option<bool> = Some(false);
pub const UNSURE: Option<bool> = None;

/// From where the programs look.
pub struct View {
    through: Vec<String>,
}

impl View {
    /// Root's, with everything in sight.
    pub fn root() -> View {
        View { through: Vec::new() }
    }

    /// A user's. No other process is that user's in between: `sh` becomes `setpriv`, and that
    /// becomes the program, whose path the user may not be able to reach.
    pub fn of(uid: u32) -> View {
        View::sh(&format!("{}exec {} \"$@\"", Self::KEEP, Self::become_user(uid)))
    }

    /// A user's, with a /proc that was mounted with these options.
    pub fn of_with_proc(uid: u32, options: &str) -> View {
        View::with_mount(&format!("-t proc -o {options} proc /proc"), &Self::become_user(uid))
    }

    /// Root's, with a /proc that was mounted with these options.
    pub fn with_proc(options: &str) -> View {
        View::with_mount(&format!("-t proc -o {options} proc /proc"), "/proc/self/fd/9")
    }

    /// Root's, with another file in place of /proc/stat.
    pub fn with_stat(path: &str) -> View {
        View::with_mount(&format!("--bind {path} /proc/stat"), "/proc/self/fd/9")
    }

    /// Root's, in a pid namespace of its own, as in a container that shares the IPC namespace.
    pub fn in_pid_namespace() -> View {
        let words = ["/usr/bin/unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
        View { through: words.map(str::to_owned).into() }
    }

    /// Opens the program as descriptor 9.
    const KEEP: &str = "exec 9<\"$0\"; ";

    fn become_user(uid: u32) -> String {
        format!("/usr/bin/setpriv --reuid {uid} --regid {uid} --clear-groups /proc/self/fd/9")
    }

    /// With a mount that nobody else sees.
    fn with_mount(mount: &str, program: &str) -> View {
        let mut view = View::sh(&format!("{}mount {mount} && exec {program} \"$@\"", Self::KEEP));
        let words = ["/usr/bin/unshare", "--mount", "--propagation", "private"];
        view.through.splice(0..0, words.map(str::to_owned));
        view
    }

    fn sh(script: &str) -> View {
        View { through: ["/bin/sh", "-c", script].map(str::to_owned).into() }
    }

    /// Runs a program, which has to succeed.
    pub fn run(&self, name: &str, args: &[&str]) -> Outcome {
        let run = self.try_run(name, args);
        assert_eq!(run.status, Some(0), "{name} {args:?}: {run:?}");
        run
    }

    /// Runs a program, which may fail for some objects.
    pub fn try_run(&self, name: &str, args: &[&str]) -> Outcome {
        let through: Vec<_> = self.through.iter().map(String::as_str).collect();
        let run = ours(name, args).through(&through).run();
        assert!(run.status.is_some_and(|status| status < 2), "{name} {args:?}: {run:?}");
        run
    }

    fn json(&self, name: &str, args: &[&str]) -> Value {
        // What could not be read is in the document, too.
        let run = self.try_run(name, args);
        serde_json::from_str(run.out()).unwrap_or_else(|error| panic!("{args:?} {error}: {run:?}"))
    }

    /// An object as `ipcs -P --json` has it.
    pub fn look(&self, kind: &str, id: i32) -> Value {
        let document = self.json("ipcs", &[letter(kind), "-P", "--json"]);
        let all = document[kind].as_array().unwrap();
        let found = all.iter().find(|object| object["id"] == id);
        found.unwrap_or_else(|| panic!("no {kind} {id} in {document}")).clone()
    }

    /// The ids that `ipcs` lists.
    pub fn listed(&self, kind: &str, args: &[&str]) -> BTreeSet<i32> {
        let document = self.json("ipcs", &[&[letter(kind), "--json"], args].concat());
        ids(&document[kind], kind)
    }

    /// What a removal would do.
    pub fn dry_run(&self, args: &[&str]) -> Value {
        self.json("ipcrm", &[&["-n", "--json"], args].concat())
    }
}

fn letter(kind: &str) -> &'static str {
    match kind {
        "shm" => "-m",
        "msg" => "-q",
        _ => "-s",
    }
}

/// The ids of one kind in a list of objects.
pub fn ids(list: &Value, kind: &str) -> BTreeSet<i32> {
    let all = list.as_array().unwrap_or_else(|| panic!("a list, not {list}"));
    let all = all.iter().filter(|object| object["kind"] == kind);
    all.map(|object| object["id"].as_i64().unwrap() as i32).collect()
}

/// The pids of an object's keepers: the elements are numbers or have a field `pid`.
fn keepers(object: &Value) -> BTreeSet<i32> {
    let Some(all) = object["keepers"].as_array() else {
        return BTreeSet::new();
    };
    let pids = all.iter().map(|keeper| keeper.as_i64().or_else(|| keeper["pid"].as_i64()));
    pids.map(|pid| pid.unwrap_or_else(|| panic!("a keeper without pid: {object}")) as i32).collect()
}

/// What has to be said of an object that nobody touches for long from now on.
pub struct Expected<'a> {
    pub in_use: Option<bool>,
    pub orphaned: Option<bool>,
    /// Asked for where it is unsure whether the object is in use.
    pub keepers: &'a [i32],
}

impl Expected<'_> {
    /// It is unsure whether it is in use, and whether it is orphaned.
    pub fn unsure(keepers: &[i32]) -> Expected<'_> {
        Expected { in_use: UNSURE, orphaned: UNSURE, keepers }
    }

    /// It is no orphan, since a segment's creator is alive; no more is sure.
    pub fn creator_lives(keepers: &[i32]) -> Expected<'_> {
        Expected { in_use: UNSURE, orphaned: NO, keepers }
    }

    /// Somebody uses it.
    pub fn used() -> Expected<'static> {
        Expected { in_use: YES, orphaned: NO, keepers: &[] }
    }

    /// Nobody uses it, and it was left behind.
    pub fn left() -> Expected<'static> {
        Expected { in_use: NO, orphaned: YES, keepers: &[] }
    }

    /// Nobody uses it, and it is unsure whether it was left behind.
    pub fn unused() -> Expected<'static> {
        Expected { in_use: NO, orphaned: UNSURE, keepers: &[] }
    }
}

/// All answers about one object.
#[derive(Debug, PartialEq, Eq)]
struct Answers {
    in_use: Option<bool>,
    orphaned: Option<bool>,
    keepers: Option<BTreeSet<i32>>,
    /// By the options of `ipcs`, whether it is listed.
    listed: BTreeMap<String, bool>,
    /// By the options of `ipcrm`, whether it would go.
    removed: BTreeMap<String, bool>,
    /// Whether a removal by owner alone says that it is kept.
    kept: bool,
    /// Whether it counts unsure ones.
    unsure: bool,
}

const UNUSED: &str = "--unused";
const IN_USE: &str = "--in-use";
const ORPHANED: &str = "--orphaned";
const WIDE: &str = "--include-unsure --idle 0s";
const WIDE_UNUSED: &str = "--unused --include-unsure --idle 0s";
const WIDE_ORPHANED: &str = "--orphaned --include-unsure --idle 0s";
const WIDE_OLD: &str = "--include-unsure --idle 1d";
const FORCE: &str = "--force";
/// No option but the owner.
const PLAIN: &str = "";
const LISTS: [&str; 5] = [UNUSED, IN_USE, ORPHANED, WIDE_UNUSED, WIDE_ORPHANED];
const REMOVALS: [&str; 8] =
    [PLAIN, UNUSED, ORPHANED, WIDE, WIDE_UNUSED, WIDE_ORPHANED, WIDE_OLD, FORCE];

fn answers(view: &View, kind: &str, id: i32, owner: &str) -> Answers {
    let object = view.look(kind, id);
    let answer = |name: &str| match &object[name] {
        Value::Bool(answer) => Some(*answer),
        // A field that is not there at all is no answer.
        Value::Null if object.get(name).is_some() => None,
        other => panic!("{name} is {other}: {object}"),
    };
    let (in_use, orphaned) = (answer("in_use"), answer("orphaned"));
    let list = |options: &str| {
        let args: Vec<_> = options.split_whitespace().collect();
        (options.to_owned(), view.listed(kind, &args).contains(&id))
    };
    let remove = |options: &str| {
        let args = [vec![kind, "--owner", owner], options.split_whitespace().collect()].concat();
        let document = view.dry_run(&args);
        (options.to_owned(), ids(&document["would_remove"], kind).contains(&id))
    };
    let plain = view.dry_run(&["-a", "--owner", owner]);
    let kept = ids(&plain["kept"], kind).contains(&id);
    let would_go = ids(&plain["would_remove"], kind).contains(&id);
    assert!(kept != would_go, "neither kept nor removed, or both: {plain}");
    Answers {
        in_use,
        orphaned,
        keepers: in_use.is_none().then(|| keepers(&object)),
        listed: LISTS.into_iter().map(list).collect(),
        removed: REMOVALS.into_iter().map(remove).collect(),
        kept,
        unsure: in_use.is_none() && plain["unsure"].as_u64() > Some(0),
    }
}

/// What has to come of two answers, by the table of filters and by "What ipcrm takes".
fn derived(kind: &str, id: i32, expected: &Expected<'_>) -> Answers {
    let Expected { in_use, orphaned, .. } = *expected;
    let attached = row(kind, id).is_some_and(|row| row.get("nattch").is_some_and(|n| *n > 0));
    // Of segments it asks for nothing else.
    let unused = if kind == "shm" { !attached } else { in_use == NO };
    let wide_unused = if kind == "shm" { !attached } else { in_use != YES };
    let named = |answers: &[(&str, bool)]| {
        answers.iter().map(|(name, answer)| ((*name).to_owned(), *answer)).collect()
    };
    Answers {
        in_use,
        orphaned,
        keepers: in_use.is_none().then(|| expected.keepers.iter().copied().collect()),
        listed: named(&[
            (UNUSED, unused),
            (IN_USE, in_use == YES),
            (ORPHANED, orphaned == YES),
            (WIDE_UNUSED, wide_unused),
            (WIDE_ORPHANED, orphaned != NO),
        ]),
        removed: named(&[
            (PLAIN, in_use == NO),
            (UNUSED, unused),
            (ORPHANED, orphaned == YES),
            (WIDE, in_use != YES),
            (WIDE_UNUSED, wide_unused),
            (WIDE_ORPHANED, orphaned != NO && in_use != YES),
            // It was touched within the day.
            (WIDE_OLD, false),
            (FORCE, true),
        ]),
        kept: in_use != NO,
        unsure: in_use.is_none(),
    }
}

/// Compares what every rule says of an object with what it has to say. `owner` is the object's.
///
/// What processes come and go elsewhere can leave a look at sets and queues unsettled. So where a
/// no is expected and none is given, it is asked again, a few times.
#[track_caller]
pub fn judge(view: &View, kind: &str, id: i32, owner: u32, expected: &Expected<'_>) {
    assert!(exists(kind, id), "the scene lost {kind} {id}");
    let wanted = derived(kind, id, expected);
    let owner = owner.to_string();
    for left in (0..5).rev() {
        let found = answers(view, kind, id, &owner);
        if left == 0 || found == wanted || wanted.in_use != NO {
            assert_eq!(found, wanted, "{kind} {id} of {owner}; the right one is wanted");
            return;
        }
    }
}

/// Every form of removal that must spare what a living program needs.
pub fn remove_what_is_sure(view: &View, owner: u32) {
    let owner = owner.to_string();
    for args in [
        &["-a", "--owner", &owner][..],
        &["shm", "msg", "sem", "--owner", &owner],
        &["-a", "--created-by", &owner],
        &["-a", "--owner", &owner, "--orphaned"],
        &["-a", "--owner", &owner, "--idle", "0s", "--older", "0s"],
        &["msg", "sem", "--owner", &owner, "--unused"],
        &["-a", "--orphaned"],
    ] {
        view.run("ipcrm", args);
    }
}

/// Removes for good, by owner and these options.
pub fn remove(view: &View, owner: u32, options: &str) {
    let owner = owner.to_string();
    let args = [vec!["-a", "--owner", &owner], options.split_whitespace().collect()].concat();
    view.run("ipcrm", &args);
}
