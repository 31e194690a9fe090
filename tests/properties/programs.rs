//! `ipcs FILTER` lists what `ipcrm -n FILTER` looks at: the programs with real objects.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::support::actor::Actor;
use crate::support::json::document;
use crate::support::namespace::{isolated, require_root};
use crate::support::objects::{Attachment, Queue, Sems, Shm, as_user};
use crate::support::programs::ours;

/// Users without processes, and root.
const USERS: [u32; 4] = [0, 4_400_001, 4_400_002, 4_400_003];
const KEYS: [u32; 4] = [0, 1, 0x7777_0000, u32::MAX];
const OBJECTS: usize = 40;
const FILTERS: usize = 100;

/// How a random object is made.
#[derive(Clone, Debug)]
struct Recipe {
    kind: &'static str,
    /// Whether it has a key of its own.
    keyed: bool,
    size: i32,
    mode: u32,
    creator: u32,
    owner: u32,
    group: u32,
    used: bool,
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let kind = proptest::sample::select(&["shm", "msg", "sem"][..]);
    let user = || proptest::sample::select(&USERS[..]);
    let mode = proptest::sample::select(&[0o600, 0o660, 0o666, 0][..]);
    (kind, any::<bool>(), 1..300i32, mode, user(), user(), user(), any::<bool>()).prop_map(
        |(kind, keyed, size, mode, creator, owner, group, used)| Recipe {
            kind,
            keyed,
            size,
            mode,
            creator,
            owner,
            group,
            used,
        },
    )
}

/// Makes an object; `number` is its own.
fn make(recipe: &Recipe, number: usize, attached: &mut Vec<Attachment>) {
    let Recipe { kind, size, mode, creator, owner, group, used, .. } = *recipe;
    let key = match number {
        _ if !recipe.keyed => 0,
        0..4 => KEYS[number],
        number => 0x100 + u32::try_from(number).expect("a small number"),
    };
    let bytes = usize::try_from(size).expect("a positive size");
    match kind {
        "shm" => {
            let segment = as_user(creator, creator, || Shm::keyed(key, bytes * 100, 0o600));
            attached.extend(used.then(|| segment.attach()));
            segment.set(owner, group, mode);
        }
        "msg" => {
            let queue = as_user(creator, creator, || Queue::keyed(key, 0o600));
            if used {
                queue.send(bytes);
            }
            queue.set(owner, group, mode);
        }
        _ => {
            let set = as_user(creator, creator, || Sems::keyed(key, size, 0o600));
            if used {
                set.operate(0, 1);
            }
            set.set(owner, group, mode);
        }
    }
}

/// Words for one filter; none if it is left out.
fn filter() -> impl Strategy<Value = Vec<String>> {
    let users = || vec(proptest::sample::select(&USERS[..]).prop_map(|uid| uid.to_string()), 1..4);
    let keys = vec(proptest::sample::select(&KEYS[..]).prop_map(|key| key.to_string()), 1..4);
    let named =
        |name: &'static str, list: Vec<String>| vec![format!("--{name}={}", list.join(","))];
    let sometimes =
        |strategy: BoxedStrategy<Vec<String>>| prop_oneof![3 => Just(Vec::new()), 1 => strategy];
    let sizes = proptest::sample::select(&["0", "1", "100", "3K", "1.5KiB", "20KB", "1G"][..]);
    let ages = || proptest::sample::select(&["0s", "1h", "1h30m", "7d"][..]);
    // What ipcrm takes with --include-unsure alone, ipcs lists without it. Objects in use are never
    // unused or orphaned, so that the programs refuse both at once.
    let uses = proptest::sample::select(
        &[
            "--unused",
            "--orphaned",
            "--unused --orphaned",
            "--in-use",
            "--include-unsure --idle=0s --unused",
            "--include-unsure --idle=0s --orphaned",
        ][..],
    );
    let uses = uses.prop_map(|words| words.split(' ').map(str::to_owned).collect());
    let parts = [
        sometimes(users().prop_map(move |list| named("owner", list)).boxed()).boxed(),
        sometimes(users().prop_map(move |list| named("created-by", list)).boxed()).boxed(),
        sometimes(users().prop_map(move |list| named("group", list)).boxed()).boxed(),
        sometimes(keys.prop_map(move |list| named("key", list)).boxed()).boxed(),
        sometimes(sizes.prop_map(|size| vec![format!("--min-size={size}")]).boxed()).boxed(),
        sometimes(ages().prop_map(|age| vec![format!("--older={age}")]).boxed()).boxed(),
        sometimes(ages().prop_map(|age| vec![format!("--idle={age}")]).boxed()).boxed(),
        sometimes(uses.boxed()).boxed(),
    ];
    let parts: Vec<BoxedStrategy<Vec<String>>> = parts.into_iter().collect();
    parts.prop_map(|parts| {
        let words: Vec<String> = parts.concat();
        if words.is_empty() { vec!["--older=0s".to_owned()] } else { words }
    })
}

/// The kinds and ids in lists of a document.
fn ids(document: &Value, lists: &[&str]) -> BTreeSet<(String, i64)> {
    let mut ids = BTreeSet::new();
    for object in lists.iter().flat_map(|list| document[list].as_array().expect("an array")) {
        let kind = object["kind"].as_str().expect("a kind").to_owned();
        let id = object["id"].as_i64().expect("an id");
        assert!(ids.insert((kind, id)), "{object} is there twice: {document}");
    }
    ids
}

/// Random objects, and some that are certainly not in use.
fn make_all(recipes: &[Recipe]) -> Vec<Attachment> {
    let mut attached = Vec::new();
    for (number, recipe) in recipes.iter().enumerate() {
        make(recipe, number, &mut attached);
    }
    let mut gone = Actor::of(USERS[1]);
    gone.make_segment(5000);
    gone.make_set(2);
    gone.make_queue();
    gone.end();
    attached
}

/// Compares the programs, and returns whether an object passes.
fn check(words: &[String], as_nobody: bool) -> bool {
    let line = |first: &[&'static str]| {
        first.iter().copied().map(str::to_owned).chain(words.iter().cloned()).collect::<Vec<_>>()
    };
    let (list, removal) = (ours("ipcs", line(&["-J"])), ours("ipcrm", line(&["-n", "-J", "-a"])));
    let (list, removal) = match as_nobody {
        true => (list.nobody().run(), removal.nobody().run()),
        false => (list.run(), removal.run()),
    };
    let ends = (list.status, removal.status);
    assert_eq!(ends, (Some(0), Some(0)), "{words:?}: {list:?}{removal:?}");
    let listed = ids(&document(&list), &["shm", "msg", "sem"]);
    let looked_at = ids(&document(&removal), &["would_remove", "kept", "failed"]);
    assert_eq!(listed, looked_at, "{words:?}: {removal:?}");
    !listed.is_empty()
}

#[test]
fn a_list_and_a_dry_run_choose_the_same_objects() {
    require_root("it makes objects of other users");
    isolated(|| {
        let mut runner = TestRunner::default();
        let recipes = vec(recipe(), OBJECTS).new_tree(&mut runner).expect("objects").current();
        println!("{recipes:#?}");
        let _attached = make_all(&recipes);
        let mut matched = 0;
        for number in 0..FILTERS {
            let words = filter().new_tree(&mut runner).expect("a filter").current();
            matched += usize::from(check(&words, number % 4 == 3));
        }
        assert!(matched > FILTERS / 10, "only {matched} filters had a match");
    });
}
