//! /dev/shm itself is replaced while objects are removed.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;

use ipcs::model::{Kind, Kinds};
use ipcs::proc::ProcRoot;
use ipcs::query::Filter;
use ipcs::removal::{
    self, Candidate, Decision, Event, Handler, Options, Outcome, Plan, Request, Selection, Step,
};
use ipcs::sources::{Everything, Gap, ShmFiles};
use ipcs::sys::directory::Directory;

use crate::support::namespace::{cover_by, cover_directory, isolated};
use crate::support::posix::{files, shm};
use crate::support::sys::now;

const SHM: &str = "/dev/shm";

/// Replaces the directory before the first removal.
struct Swapper<'a> {
    swap: Option<Box<dyn FnOnce() + 'a>>,
    removed: usize,
    others: Vec<Outcome>,
}

impl Handler for Swapper<'_> {
    fn decide(&mut self, _: &Candidate) -> io::Result<Decision> {
        if let Some(swap) = self.swap.take() {
            swap();
        }
        Ok(Decision::Remove)
    }
    fn done(&mut self, event: &Event) {
        match &event.outcome {
            Outcome::Removed => self.removed += 1,
            other => self.others.push(other.clone()),
        }
    }
    fn gap(&mut self, gap: &Gap) {
        panic!("{gap}");
    }
    fn more_gaps(&mut self, count: u64) {
        panic!("{count} gaps");
    }
}

/// The objects `a` and `b` are removed from the directory that was opened first, whatever /dev/shm
/// is meanwhile. `make` makes it, and `swap` puts a directory with files of these names there.
fn swapped(make: impl Fn(), swap: impl Fn()) {
    let selection = Selection {
        filter: Filter { min_size: Some(0), ..Filter::default() },
        kinds: Kinds::PSHM,
        force: true,
    };
    let requests =
        [Request::Selection(selection), Request::Plan(Plan { steps: vec![Step::All(Kind::Pshm)] })];
    for request in requests {
        make();
        drop(shm("/a", 10, 0o600));
        drop(shm("/b", 10, 0o600));
        let first = Directory::open(SHM.as_ref()).expect("/dev/shm");
        let options = Options { asks: true, now: now(), ..Options::default() };
        let proc = ProcRoot::default();
        let source = Everything::new(&proc, ShmFiles::Own);
        let mut handler = Swapper { swap: Some(Box::new(&swap)), removed: 0, others: Vec::new() };
        let left = removal::run(&request, options, &proc, &source, &mut handler);
        assert_eq!(left.expect("the handler never fails"), 0);
        assert!(handler.swap.is_none());
        assert_eq!((handler.removed, handler.others), (2, Vec::new()));
        assert_eq!(first.names().expect("its entries"), Vec::<Vec<u8>>::new());
        assert_eq!(files(), "a b", "what is outside stays");
    }
}

fn other_directory() -> tempfile::TempDir {
    let other = tempfile::tempdir().expect("a directory");
    for name in ["a", "b"] {
        fs::write(other.path().join(name), [0; 10]).expect("a file");
    }
    other
}

#[test]
fn another_mount_in_its_place_is_left_alone() {
    isolated(|| {
        let other = other_directory();
        swapped(|| cover_directory(SHM), || cover_by(SHM, other.path()));
    });
}

#[test]
fn a_link_in_its_place_is_not_followed() {
    isolated(|| {
        let other = other_directory();
        // A /dev that the test may change.
        cover_directory("/dev");
        let make = || {
            let _ = fs::remove_file(SHM);
            fs::create_dir(SHM).expect("a directory");
        };
        let swap = || {
            let moved = tempfile::tempdir_in("/dev").expect("a directory").keep();
            fs::rename(SHM, moved.join("shm")).expect("renaming");
            symlink(other.path(), SHM).expect("a link");
        };
        swapped(make, swap);
    });
}
