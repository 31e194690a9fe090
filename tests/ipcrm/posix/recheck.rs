//! Objects that change between their selection and their removal.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown, symlink};

use ipcs::model::{Kind, Kinds};
use ipcs::proc::ProcRoot;
use ipcs::query::Filter;
use ipcs::removal::{
    self, Candidate, Change, Decision, Event, Handler, KeepReason, NamedBy, Options, Outcome, Plan,
    Request, Selection, Step,
};
use ipcs::sources::{Everything, Gap, ShmFiles};

use crate::support::namespace::{isolated, require_users};
use crate::support::posix::{files, musl_semaphore, queue, queues, semaphore, send, shm};
use crate::support::sys::now;

/// Changes an object after it was asked about, and records what happens then.
struct Changer<'a> {
    act: Box<dyn FnMut() + 'a>,
    outcomes: Vec<Outcome>,
}

impl Handler for Changer<'_> {
    fn decide(&mut self, _: &Candidate) -> io::Result<Decision> {
        (self.act)();
        Ok(Decision::Remove)
    }
    fn done(&mut self, event: &Event) {
        self.outcomes.push(event.outcome.clone());
    }
    fn gap(&mut self, gap: &Gap) {
        panic!("{gap}");
    }
    fn more_gaps(&mut self, count: u64) {
        panic!("{count} gaps");
    }
}

fn outcomes(request: &Request, act: impl FnMut()) -> Vec<Outcome> {
    let options =
        Options { asks: true, describes: true, explain: 20, now: now(), ..Options::default() };
    let proc = ProcRoot::default();
    let source = Everything::new(&proc, ShmFiles::Own);
    let mut handler = Changer { act: Box::new(act), outcomes: Vec::new() };
    removal::run(request, options, &proc, &source, &mut handler).expect("the handler never fails");
    handler.outcomes
}

/// Selects everything of a kind, whether in use or not.
fn selected(kind: Kind, filter: Filter, act: impl FnMut()) -> Outcome {
    let selection = Selection { filter, kinds: Kinds::of(kind), force: true };
    let mut all = outcomes(&Request::Selection(selection), act);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn any() -> Filter {
    Filter { min_size: Some(0), ..Filter::default() }
}

fn changed(change: Change) -> Outcome {
    Outcome::Kept(KeepReason::Changed(change))
}

const FOO: &str = "/dev/shm/foo";

#[test]
fn what_did_not_change_is_removed() {
    isolated(|| {
        drop(shm("/foo", 10, 0o600));
        assert_eq!(selected(Kind::Pshm, any(), || {}), Outcome::Removed);
        drop(queue("/foo", 0o600));
        // Reading the file of a queue, as each look does, is not a change.
        assert_eq!(selected(Kind::Pmsg, any(), || {}), Outcome::Removed);
        semaphore("/foo", 1);
        assert_eq!(selected(Kind::Psem, any(), || {}), Outcome::Removed);
        assert_eq!((files(), queues()), (String::new(), String::new()));
    });
}

#[test]
fn another_file_with_the_same_name_is_kept() {
    isolated(|| {
        drop(shm("/foo", 10, 0o600));
        let outcome = selected(Kind::Pshm, any(), || {
            fs::remove_file(FOO).expect("removing");
            drop(shm("/foo", 10, 0o600));
        });
        assert_eq!(outcome, changed(Change::File));
        let outcome = selected(Kind::Pshm, any(), || {
            drop(shm("/bar", 10, 0o600));
            fs::rename("/dev/shm/bar", FOO).expect("renaming");
        });
        assert_eq!(outcome, changed(Change::File));
        assert_eq!(files(), "foo");
        drop(queue("/foo", 0o600));
        let outcome = selected(Kind::Pmsg, any(), || {
            ipcs::sys::mqueue::unlink(c"/foo").expect("removing");
            drop(queue("/foo", 0o600));
        });
        assert_eq!(outcome, changed(Change::File));
        assert_eq!(queues(), "foo");
    });
}

#[test]
fn links_and_directories_in_its_place_are_kept() {
    isolated(|| {
        for target in ["other", "/etc/passwd", "nowhere"] {
            drop(shm("/foo", 10, 0o600));
            fs::write("/dev/shm/other", "").expect("a file");
            fs::set_permissions("/dev/shm/other", fs::Permissions::from_mode(0o600))
                .expect("its mode");
            let selection = Request::Selection(Selection {
                filter: Filter { min_size: Some(1), ..any() },
                kinds: Kinds::PSHM,
                force: true,
            });
            let outcomes = outcomes(&selection, || {
                fs::remove_file(FOO).expect("removing");
                symlink(target, FOO).expect("a link");
            });
            assert_eq!(outcomes, [changed(Change::File)]);
            assert_eq!(files(), "foo other");
            fs::remove_file(FOO).expect("removing");
        }
        fs::remove_file("/dev/shm/other").expect("removing");
        drop(shm("/foo", 10, 0o600));
        let outcome = selected(Kind::Pshm, any(), || {
            fs::remove_file(FOO).expect("removing");
            fs::create_dir(FOO).expect("a directory");
        });
        assert_eq!((outcome, files()), (changed(Change::File), "foo".to_owned()));
    });
}

#[test]
fn each_change_of_the_file_keeps_it() {
    require_users("it changes owners");
    isolated(|| {
        type Act = fn();
        let acts: [(Change, Act); 4] = [
            (Change::Ctime, || fs::write(FOO, "more").expect("a file")),
            (Change::Owner, || chown(FOO, Some(4_000_001), None).expect("its owner")),
            (Change::Mode, || {
                fs::set_permissions(FOO, fs::Permissions::from_mode(0o640)).expect("its mode");
            }),
            (Change::Mode, || chown(FOO, None, Some(4_000_001)).expect("its owner")),
        ];
        for (change, act) in acts {
            drop(shm("/foo", 10, 0o600));
            assert_eq!(selected(Kind::Pshm, any(), act), changed(change));
            fs::remove_file(FOO).expect("removing");
        }
        // Even within one tick of the clock's seconds.
        drop(shm("/foo", 10, 0o600));
        let outcome = selected(Kind::Pshm, any(), || {
            fs::write(FOO, [0; 10]).expect("a file");
        });
        assert_eq!(outcome, changed(Change::Ctime));
    });
}

#[test]
fn a_queue_that_no_longer_passes_is_kept() {
    isolated(|| {
        let queue = queue("/foo", 0o600);
        let empty = Filter { max_size: Some(0), ..Filter::default() };
        let outcome = selected(Kind::Pmsg, empty, || send(&queue, "hello"));
        assert!(
            [changed(Change::Filter), changed(Change::Ctime)].contains(&outcome),
            "{outcome:?}"
        );
        assert_eq!(queues(), "foo");
    });
}

#[test]
fn a_semaphore_that_became_something_else_is_kept() {
    isolated(|| {
        musl_semaphore("foo", 1);
        let outcome = selected(Kind::Psem, any(), || fs::write(FOO, "text").expect("a file"));
        assert_eq!((outcome, files()), (Outcome::Gone, "foo".to_owned()));
    });
}

fn named(kind: Kind, typed: &str, act: impl FnMut()) -> Vec<Outcome> {
    let name = ipcs::model::PosixName::parse(kind, typed.as_bytes()).expect("a name");
    let steps = vec![Step::Named(kind, NamedBy::Name(name, typed.to_owned()))];
    outcomes(&Request::Plan(Plan { steps }), act)
}

#[test]
fn the_answer_to_a_question_is_about_the_file_that_was_shown() {
    isolated(|| {
        drop(shm("/foo", 10, 0o600));
        let outcomes = named(Kind::Pshm, "/foo", || {
            fs::remove_file(FOO).expect("removing");
            drop(shm("/foo", 10, 0o600));
        });
        assert_eq!(outcomes, [changed(Change::File)]);
        assert_eq!(files(), "foo");
        assert_eq!(named(Kind::Pshm, "/foo", || {}), [Outcome::Removed]);
        assert_eq!(files(), "");
    });
}
