//! Objects that change while `ipcrm --interactive` waits for the answer.

use super::interactive::{answering, on_terminal};
use crate::support::namespace::{another, isolated, set_sysctl};
use crate::support::objects::{Queue, Sems, Shm};
use crate::support::table::{self, remaining};

/// Makes an object of each kind with id 0. The queue has been used.
fn one_of_each() {
    Shm::keyed(0x5, 10, 0o600);
    Queue::keyed(0x5, 0o600).send(1);
    Sems::keyed(0x5, 1, 0o600);
}

/// Replaces the object of a kind by another one with the same id, key and owner.
fn replace(kind: &str) {
    set_next(kind, 0);
    match kind {
        "shm" => {
            Shm { id: 0 }.remove();
            assert_eq!(Shm::keyed(0x5, 11, 0o600).id, 0);
        }
        "msg" => {
            Queue { id: 0 }.remove();
            assert_eq!(Queue::keyed(0x5, 0o600).id, 0);
        }
        _ => {
            Sems { id: 0 }.remove();
            assert_eq!(Sems::keyed(0x5, 2, 0o600).id, 0);
        }
    }
}

fn set_next(kind: &str, id: i32) {
    set_sysctl(&format!("{kind}_next_id"), &id.to_string());
}

const KINDS: [&str; 3] = ["shm", "msg", "sem"];

/// How the object of a kind is named: by id, by key, by a kind word, or not at all.
fn lines(kind: &str) -> [Vec<&str>; 4] {
    let (id, key, all) = match kind {
        "shm" => ("-m0", "-M5", "-ashm"),
        "msg" => ("-q0", "-Q5", "-amsg"),
        _ => ("-s0", "-S5", "-asem"),
    };
    [vec![id], vec![key], vec![kind, "0"], vec![all]]
}

#[test]
fn keeps_another_object_with_the_same_id_key_and_owner() {
    isolated(|| {
        for (kind, differs) in [
            ("shm", "size differs"),
            ("msg", "time of the last use is earlier"),
            ("sem", "number of semaphores differs"),
        ] {
            for args in lines(kind) {
                another(|| {
                    one_of_each();
                    let run = answering(&[], &[&["-i"], &args[..]].concat(), |_| replace(kind));
                    assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""), "{args:?}");
                    let screen = &run.screen;
                    assert!(screen.contains("ipcrm: kept "), "{screen}");
                    // Another second may have begun.
                    let reasons = [differs, "ctime differs"];
                    let expected =
                        reasons.map(|why| format!("changed since it was selected: {why}"));
                    assert!(expected.iter().any(|text| screen.contains(text)), "{screen}");
                    assert_eq!(remaining(), "shm0 msg0 sem0", "{args:?}: {screen}");
                });
            }
        }
    });
}

#[test]
fn keeps_another_object_in_the_same_slot_with_the_same_key() {
    isolated(|| {
        for kind in KINDS {
            for args in &lines(kind)[..3] {
                another(|| {
                    one_of_each();
                    let run = answering(&[], &[&["-i"], &args[..]].concat(), |_| {
                        match kind {
                            "shm" => Shm { id: 0 }.remove(),
                            "msg" => Queue { id: 0 }.remove(),
                            _ => Sems { id: 0 }.remove(),
                        }
                        set_next(kind, 32_768);
                        match kind {
                            "shm" => Shm::keyed(0x5, 10, 0o600).id,
                            "msg" => Queue::keyed(0x5, 0o600).id,
                            _ => Sems::keyed(0x5, 1, 0o600).id,
                        };
                    });
                    assert_eq!(run.status, Some(1), "{args:?}: {}", run.screen);
                    assert!(run.screen.contains("ipcrm: invalid "), "{args:?}: {}", run.screen);
                    assert_eq!(table::ids(kind), [32_768], "{args:?}: {}", run.screen);
                });
            }
        }
    });
}

#[test]
fn reports_a_named_object_that_was_removed_meanwhile() {
    isolated(|| {
        let remove = |_| Sems { id: 0 }.remove();
        one_of_each();
        let run = answering(&[], &["-i", "-S5"], remove);
        assert_eq!(run.status, Some(1));
        assert!(run.screen.ends_with("ipcrm: invalid key (5)\r\n"), "{}", run.screen);
        set_next("sem", 0);
        Sems::keyed(0x5, 1, 0o600);
        let run = answering(&[], &["-i", "--ignore-missing", "-s0"], remove);
        assert_eq!(run.status, Some(0), "{}", run.screen);
        // Nobody has named this one.
        set_next("sem", 0);
        Sems::keyed(0x5, 1, 0o600);
        let run = answering(&[], &["-i", "-asem"], remove);
        assert_eq!((run.status, run.screen.contains("ipcrm: ")), (Some(0), false));
        assert_eq!(remaining(), "shm0 msg0");
    });
}

/// Use is not a change: a named object is removed whether it is used or not.
#[test]
fn removes_a_named_object_that_was_used_or_marked_meanwhile() {
    isolated(|| {
        one_of_each();
        let run = answering(&[], &["-i", "-q0"], |_| {
            Queue { id: 0 }.send(1);
        });
        assert_eq!(run.status, Some(0), "{}", run.screen);
        let attached = Shm { id: 0 }.attach();
        let run = answering(&[], &["-i", "-m0"], |_| Shm { id: 0 }.remove());
        assert_eq!(run.status, Some(0), "{}", run.screen);
        drop(attached);
        assert_eq!(remaining(), "sem0");
    });
}

/// The objects were listed before the first question.
#[test]
fn each_question_of_all_describes_the_object_as_it_is_then() {
    isolated(|| {
        Queue::private(0o600);
        let second = Queue::private(0o600);
        let run = answering(&[], &["-i", "-amsg"], |number| {
            if number == 0 {
                second.send(7);
            }
        });
        assert_eq!(run.status, Some(0), "{}", run.screen);
        assert!(run.screen.contains("remove queue 1 (owner "));
        assert!(run.screen.contains(", 1 message, 7B)? "), "{}", run.screen);
        assert_eq!(remaining(), "");
    });
}

/// "a" answers every question that follows; the objects are still compared.
#[test]
fn answering_all_removes_what_has_not_changed() {
    isolated(|| {
        one_of_each();
        let run = on_terminal(&["-i", "-a"], "a\n", true);
        assert_eq!((run.status, remaining().as_str()), (Some(0), ""), "{}", run.screen);
    });
}
