//! Twenty namespaces with the same ids and keys, and one that nobody can enter any more.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use ipcs::sys::namespace::in_namespace;
use nix::libc;
use tempfile::TempDir;

use super::{bind, own, start_in_user_namespace};
use crate::support::actor::{Actor, in_call, until};
use crate::support::leftovers::absent_user;
use crate::support::namespace::{another, set_sysctl};
use crate::support::objects::Shm;
use crate::support::programs::{Killed, ours};

/// How many namespaces can be found.
pub const COUNT: usize = 20;

/// The namespaces that differ from the others.
pub const CURRENT: usize = 0;
pub const SHARED: usize = 1;
pub const MOUNTED: usize = 2;
pub const OF_USER: usize = 3;
pub const OF_THREAD: usize = 4;
pub const OF_OTHER_THREADS: usize = 5;
pub const LEFT: usize = 6;
pub const ENTERED: usize = 7;
pub const ORPHANS: usize = 8;
pub const REMOVED: usize = 9;
pub const QUEUES: usize = 10;
pub const EMPTY: usize = 11;

/// A namespace of the scene, and what has to be reported about its first objects.
#[derive(Debug)]
pub struct Place {
    pub inode: u64,
    /// A file of it, as nsenter takes it.
    pub path: PathBuf,
    /// How many processes are in it.
    pub processes: u64,
    /// The processes that have the first segment attached.
    pub attached: Vec<i32>,
    /// The processes that wait on the first set.
    pub operating: Vec<i32>,
    /// The processes that wait on the first queue.
    pub receiving: Vec<i32>,
}

/// Dropping it ends all processes.
pub struct Scene {
    pub places: Vec<Place>,
    /// The key of the first object of each kind, in all of them.
    pub key: u32,
    /// The process that has attached the second segment of a namespace that nobody can enter.
    pub lost: i32,
    actors: Vec<Actor>,
    _sleeper: Killed,
    _directory: TempDir,
}

/// How many segments, queues and sets the namespace has.
pub fn counts(at: usize) -> [usize; 3] {
    if at == EMPTY { [0; 3] } else { [1 + at % 3, at % 3, 1 + at % 2] }
}

/// The size of a segment. No other test has segments of this size with this key.
pub fn size(at: usize, number: usize) -> usize {
    4096 * (20 + at) * (1 + number)
}

/// How many segments the namespace may have.
pub fn limit(at: usize) -> usize {
    100 + at
}

/// The key of the first objects of a scene; that of the second ones is one more. A scene of another
/// test has other keys: segments that nobody can find any more are distinguished by id and key.
fn new_key() -> u32 {
    static SCENES: AtomicU32 = AtomicU32::new(0);
    let scene = SCENES.fetch_add(1, Ordering::Relaxed);
    0x4000_0000 + (std::process::id() & 0xffff) * 0x100 + scene * 4
}

/// Makes the objects of a namespace. The number of semaphores and the mode show where they are.
fn make(key: u32, at: usize) {
    let [segments, queues, sets] = counts(at);
    let owner = if matches!(at, MOUNTED | ORPHANS) { absent_user() } else { 0 };
    let mode = format!("{:04o}", 0o600 + at);
    let run = |number: usize, args: &[&str]| {
        let key = (key + u32::try_from(number).unwrap()).to_string();
        let all = [args, &["--key", &key, "-p", &mode]].concat();
        let run = ours("ipcmk", all).user(owner, owner).run();
        assert_eq!(run.status, Some(0), "{run:?}");
    };
    (0..segments).for_each(|number| run(number, &["-M", &size(at, number).to_string()]));
    (0..queues).for_each(|number| run(number, &["-Q"]));
    (0..sets).for_each(|number| run(number, &["-S", &(1 + at).to_string()]));
    set_sysctl("shmmni", &limit(at).to_string());
}

impl Scene {
    /// Starts it from the calling thread, whose namespace is the first one.
    pub fn start() -> Scene {
        let key = new_key();
        make(key, CURRENT);
        let (pid, tid) = (std::process::id(), nix::unistd::gettid());
        let path = PathBuf::from(format!("/proc/{pid}/task/{tid}/ns/ipc"));
        let mut scene = Scene {
            key,
            places: vec![Place::new(own(), path)],
            lost: 0,
            actors: Vec::new(),
            _sleeper: start_in_user_namespace(),
            _directory: tempfile::tempdir().unwrap(),
        };
        let holder = scene.add(Actor::start());
        // That, the process of the tests, and the ipcs that counts.
        scene.places[CURRENT].processes = 3;
        scene.attach(CURRENT, holder);
        for at in 1..COUNT {
            scene.start_place(at);
        }
        scene.start_shared();
        scene.start_thread();
        scene.leave();
        scene.lose();
        scene
    }

    fn add(&mut self, actor: Actor) -> usize {
        self.actors.push(actor);
        self.actors.len() - 1
    }

    /// A process of the namespace attaches its first segment.
    fn attach(&mut self, at: usize, actor: usize) {
        self.actors[actor].attach(0, "rw");
        self.places[at].attached.push(self.actors[actor].pid());
    }

    /// A process of the namespace waits on its first set.
    fn wait(&mut self, at: usize, actor: usize) {
        let pid = self.actors[actor].pid();
        self.actors[actor].say("semop 0 0:-1");
        self.places[at].operating.push(pid);
        until("it waits", || waits_on_set(pid));
    }

    /// A namespace with its objects and a process, if it has one.
    fn start_place(&mut self, at: usize) {
        let key = self.key;
        if at == OF_USER {
            return self.start_user();
        }
        if at == MOUNTED {
            return self.start_mounted();
        }
        let (actor, inode) = another(|| {
            make(key, at);
            (Actor::start(), own())
        });
        let path = PathBuf::from(format!("/proc/{}/ns/ipc", actor.pid()));
        self.places.push(Place::new(inode, path));
        let actor = self.add(actor);
        self.places[at].processes += 1;
        match at {
            ORPHANS | EMPTY | OF_THREAD => {}
            REMOVED => {
                self.attach(at, actor);
                let file = File::open(&self.places[at].path).unwrap();
                in_namespace(&file, || Shm { id: 0 }.remove()).unwrap();
            }
            QUEUES => {
                let pid = self.actors[actor].pid();
                self.actors[actor].say("msgrcv 0 7");
                self.places[at].receiving.push(pid);
                until("it waits", || in_call(pid, libc::SYS_msgrcv, 0));
            }
            _ => self.attach(at, actor),
        }
    }

    fn start_user(&mut self) {
        let key = self.key;
        let path = PathBuf::from(format!("/proc/{}/ns/ipc", self._sleeper.0.id()));
        let file = File::open(&path).unwrap();
        let actor = in_namespace(&file, || {
            make(key, OF_USER);
            Actor::start()
        });
        let inode = std::os::unix::fs::MetadataExt::ino(&file.metadata().unwrap());
        self.places.push(Place { processes: 1, ..Place::new(inode, path) });
        let actor = self.add(actor.unwrap());
        self.places[OF_USER].processes += 1;
        self.attach(OF_USER, actor);
    }

    fn start_mounted(&mut self) {
        let key = self.key;
        let path = self._directory.path().join("namespace");
        fs::write(&path, "").unwrap();
        let (file, inode) = super::kept_by_a_file();
        in_namespace(&file, || make(key, MOUNTED)).unwrap();
        bind(&file, path.to_str().unwrap());
        self.places.push(Place::new(inode, path));
    }

    /// A second process enters a namespace and waits there.
    fn start_shared(&mut self) {
        let mut actor = Actor::start();
        actor.tell(&format!("enter {}", self.places[SHARED].path.display()));
        let actor = self.add(actor);
        self.places[SHARED].processes += 1;
        self.wait(SHARED, actor);
    }

    /// One thread of a process waits in one namespace, the others are in another one, where the
    /// process has attached a segment.
    fn start_thread(&mut self) {
        let mut actor = Actor::start();
        let pid = actor.pid();
        actor.tell(&format!("enter {}", self.places[OF_OTHER_THREADS].path.display()));
        let path = self.places[OF_THREAD].path.display().to_string();
        actor.tell(&format!("thread enter-and-wait {path} 0"));
        until("it waits", || waits_on_set(pid));
        let actor = self.add(actor);
        for at in [OF_THREAD, OF_OTHER_THREADS] {
            self.places[at].processes += 1;
        }
        self.attach(OF_OTHER_THREADS, actor);
        self.places[OF_THREAD].operating.push(pid);
    }

    /// A process leaves a namespace for another one while it has a segment attached.
    fn leave(&mut self) {
        let mut actor = Actor::start();
        actor.tell(&format!("enter {}", self.places[LEFT].path.display()));
        actor.attach(0, "rw");
        actor.tell(&format!("enter {}", self.places[ENTERED].path.display()));
        self.places[LEFT].attached.push(actor.pid());
        self.add(actor);
        self.places[ENTERED].processes += 1;
    }

    /// The only process of a namespace enters another one while it has a segment attached.
    fn lose(&mut self) {
        let key = self.key;
        let mut actor = another(|| {
            make(key, QUEUES);
            let mut actor = Actor::start();
            actor.attach(1, "rw");
            actor
        });
        actor.tell(&format!("enter {}", self.places[ENTERED].path.display()));
        self.lost = actor.pid();
        self.add(actor);
        self.places[ENTERED].processes += 1;
    }
}

fn waits_on_set(pid: i32) -> bool {
    in_call(pid, libc::SYS_semop, 0) || in_call(pid, libc::SYS_semtimedop, 0)
}

impl Place {
    fn new(inode: u64, path: PathBuf) -> Place {
        let (attached, operating, receiving) = (Vec::new(), Vec::new(), Vec::new());
        Place { inode, path, processes: 0, attached, operating, receiving }
    }
}
