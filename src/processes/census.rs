//! The live processes of an IPC namespace: their users, their start times, and which of them may
//! use an object again.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::liveness::{SLACK, is_before_boot};
use crate::model::{Kind, OVERFLOW_ID, Object};

/// The permission bits that let a group in.
const GROUP_ACCESS: u16 = 0o060;
/// If an object was last used less than this many seconds after its last change, one process may
/// have created it for another.
const SETUP: i64 = 60;

/// A live process. Kernel threads, zombies and the running program are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveProcess {
    /// Its pid.
    pub pid: i32,
    /// Its parent's pid; 0 for none in this pid namespace.
    pub ppid: i32,
    /// When it started, in seconds since the epoch; `None` where that is unknown.
    pub start: Option<i64>,
    /// Its effective user.
    pub uid: u32,
    /// The real, effective, saved and file-system uids of all its threads.
    pub uids: BTreeSet<u32>,
    /// Its group ids, supplementary ones included.
    pub gids: BTreeSet<u32>,
    /// It is in the object's IPC namespace, or has a thread there, or its namespace is unknown.
    pub member: bool,
    /// Its own name, at most 15 bytes. It is untrusted and has to be escaped.
    pub comm: Vec<u8>,
}

/// A process as the reason of a verdict names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedProcess {
    /// Its pid.
    pub pid: i32,
    /// Its user.
    pub uid: u32,
    /// Its own name, at most 15 bytes. It is untrusted and has to be escaped.
    pub comm: Vec<u8>,
}

/// A process that may use an object again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeper {
    /// The process.
    pub process: NamedProcess,
    /// Whether it certainly existed when the object was last used. If false, it may have existed.
    pub was_there: bool,
}

/// Which live processes could use an object again.
#[derive(Clone, Debug)]
pub struct Claims<'a> {
    census: &'a Census,
    found: Arc<OfOwners>,
    /// The latest start time of a process that existed when the object was last used.
    latest: i64,
    /// Whether processes count regardless of their start time.
    everyone: bool,
    /// Whether root is the owner.
    pub owner_is_root: bool,
    /// Whether root is the creator.
    pub creator_is_root: bool,
}

impl Claims<'_> {
    /// A live process of the object's uids or group, whenever it started; preferably not one of
    /// root's.
    #[must_use]
    pub fn of_its_uids(&self) -> Option<NamedProcess> {
        let own = || self.found.own.iter().filter_map(|at| self.census.processes.get(*at));
        own().find(|one| one.uid != 0).or_else(|| own().next()).map(named)
    }

    /// Whether there is one.
    #[must_use]
    pub fn has_live_process(&self) -> bool {
        !self.found.own.is_empty()
    }

    /// Whether a live process is of the owner's uid.
    #[must_use]
    pub fn has_process_of_owner(&self) -> bool {
        self.found.of_owner
    }

    /// Its keepers: processes that existed, or may have existed, when it was last used. Those of
    /// its uids come before their ancestors.
    pub fn keepers(&self) -> impl Iterator<Item = Keeper> + '_ {
        let processes = self.found.keepers.iter().filter_map(|at| self.census.processes.get(*at));
        processes.filter_map(|process| {
            let was_there = process.start.is_none_or(|start| start <= self.latest);
            let counts = was_there || self.everyone;
            counts.then(|| Keeper { process: named(process), was_there })
        })
    }
}

/// Decides whether a process belongs to an object's uids or groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Owners {
    /// Owner and creator.
    uids: [u32; 2],
    /// The groups of owner and creator, where the mode lets the group in.
    gids: Option<[u32; 2]>,
    /// The processes of every IPC namespace count: /dev/shm belongs to none.
    everywhere: bool,
}

/// The processes of some owners, as indexes.
#[derive(Clone, Debug, Default)]
struct OfOwners {
    /// Those of its uids or groups.
    own: Vec<usize>,
    /// Those of its uids or groups other than 0; after them their ancestors in the namespace.
    keepers: Vec<usize>,
    of_owner: bool,
}

/// All live processes.
#[derive(Clone, Debug, Default)]
pub struct Census {
    processes: Vec<LiveProcess>,
    by_pid: HashMap<i32, usize>,
    known: HashMap<Owners, Arc<OfOwners>>,
    /// Boot time in seconds since the epoch.
    boot: Option<i64>,
    /// Whether pid 1 is the machine's first process.
    initial_pid_namespace: bool,
    /// Whether uids are those of the initial user namespace.
    initial_user_namespace: bool,
}

impl Census {
    /// A census of these processes.
    #[must_use]
    pub fn new(
        processes: Vec<LiveProcess>,
        boot: Option<i64>,
        initial_pid_namespace: bool,
        initial_user_namespace: bool,
    ) -> Census {
        let by_pid = processes.iter().enumerate().map(|(at, one)| (one.pid, at)).collect();
        let known = HashMap::new();
        Census { processes, by_pid, known, boot, initial_pid_namespace, initial_user_namespace }
    }

    /// A live process.
    #[must_use]
    pub fn get(&self, pid: i32) -> Option<&LiveProcess> {
        self.by_pid.get(&pid).and_then(|at| self.processes.get(*at))
    }

    /// Whether a uid of an object is root's, or may be.
    #[must_use]
    pub fn is_root(&self, uid: u32) -> bool {
        uid == 0 || uid == OVERFLOW_ID && !self.initial_user_namespace
    }

    /// Which live processes could use an object again. `clock_was_set`: a recorded process may be
    /// one that seems to have started after it was recorded.
    pub fn claims(&mut self, object: &Object, clock_was_set: bool) -> Claims<'_> {
        let owners = self.owners(object);
        let found = match self.known.get(&owners) {
            Some(found) => found.clone(),
            None => {
                let found = Arc::new(self.of_owners(&owners));
                self.known.insert(owners, found.clone());
                found
            }
        };
        let everyone = clock_was_set || self.may_be_older_than_its_use(object);
        let latest = object.last_use().saturating_add(SLACK);
        let creator = object.creator.unwrap_or(object.owner);
        let owner_is_root = self.is_root(object.owner.uid);
        let creator_is_root = self.is_root(creator.uid);
        Claims { census: self, found, latest, everyone, owner_is_root, creator_is_root }
    }

    /// Whether the processes that want an object may have started after it was last used: its maker
    /// may have gone, or its times are those of another clock.
    fn may_be_older_than_its_use(&self, object: &Object) -> bool {
        let used = object.use_times().into_iter().max().unwrap_or(0);
        used == 0
            || used < object.ctime.saturating_add(SETUP)
            || is_before_boot(object.earliest_time(), self.boot)
    }

    fn owners(&self, object: &Object) -> Owners {
        let creator = object.creator.unwrap_or(object.owner);
        let lets_group_in = object.mode.perms() & GROUP_ACCESS != 0;
        Owners {
            uids: [object.owner.uid, creator.uid],
            gids: lets_group_in.then_some([object.owner.gid, creator.gid]),
            everywhere: matches!(object.kind(), Kind::Pshm | Kind::Psem),
        }
    }

    fn of_owners(&self, owners: &Owners) -> OfOwners {
        let has_gid = |one: &LiveProcess| {
            let gids = owners.gids.into_iter().flatten();
            gids.filter(|gid| *gid != 0).any(|gid| one.gids.contains(&gid))
        };
        let [owner, _] = owners.uids;
        let mut found = OfOwners::default();
        let (mut keepers, mut ancestors) = (Vec::new(), BTreeSet::new());
        let counts = |one: &LiveProcess| one.member || owners.everywhere;
        for (at, one) in self.processes.iter().enumerate().filter(|(_, one)| counts(one)) {
            let mut uids = owners.uids.into_iter().filter(|uid| one.uids.contains(uid));
            let by_group = has_gid(one);
            if uids.clone().next().is_some() || by_group {
                found.own.push(at);
            }
            found.of_owner |= one.uids.contains(&owner);
            if by_group || uids.any(|uid| !self.is_root(uid)) {
                keepers.push(at);
                ancestors.extend(self.ancestors(one, counts));
            }
        }
        ancestors.retain(|at| keepers.binary_search(at).is_err());
        found.keepers = keepers;
        found.keepers.extend(ancestors);
        found
    }

    /// The ancestors of a process that count, including those reached through
    /// others. The machine's first process is an ancestor of all and is left out.
    fn ancestors(
        &self,
        process: &LiveProcess,
        counts: impl Fn(&LiveProcess) -> bool,
    ) -> Vec<usize> {
        let mut ancestors = Vec::new();
        let mut parent = process.ppid;
        // A pid that is reused during the walk could make the chain of parents cyclic.
        for _ in 0..self.processes.len() {
            let Some(at) = self.by_pid.get(&parent) else { break };
            let Some(one) = self.processes.get(*at) else { break };
            let is_first = one.pid == 1 && self.initial_pid_namespace;
            if counts(one) && !is_first {
                ancestors.push(*at);
            }
            parent = one.ppid;
        }
        ancestors
    }
}

fn named(process: &LiveProcess) -> NamedProcess {
    NamedProcess { pid: process.pid, uid: process.uid, comm: process.comm.clone() }
}

#[cfg(test)]
pub(super) mod fixtures {
    use super::*;
    use crate::model::{Body, Id, Identity, Key, Kind, Mode, Owner, Sem};

    pub const BOOT: i64 = 1_000_000;
    pub const USED: i64 = BOOT + 10_000;

    pub fn process(pid: i32, ppid: i32, uid: u32, start: i64) -> LiveProcess {
        LiveProcess {
            pid,
            ppid,
            start: Some(start),
            uid,
            uids: BTreeSet::from([uid]),
            gids: BTreeSet::from([uid]),
            member: true,
            comm: b"test".to_vec(),
        }
    }

    /// A private set made an hour before it was last used.
    pub fn set(owner: u32, creator: u32, mode: u16) -> Object {
        Object {
            identity: Identity::sysv(Kind::Sem, Id(1)),
            key: Some(Key::PRIVATE),
            seq: None,
            owner: Owner { uid: owner, gid: 500 },
            creator: Some(Owner { uid: creator, gid: 0 }),
            mode: Mode(mode),
            ctime: USED - 3600,
            body: Body::Sem(Sem { nsems: 1, otime: USED }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixtures::{BOOT, USED, process, set};
    use super::*;
    use crate::model::{Body, Sem};

    const NOBODY: [i32; 0] = [];

    fn keepers(processes: Vec<LiveProcess>, object: &Object) -> Vec<i32> {
        let mut census = Census::new(processes, Some(BOOT), true, true);
        census.claims(object, false).keepers().map(|one| one.process.pid).collect()
    }

    #[test]
    fn an_old_root_master_is_a_keeper_because_of_its_new_workers() {
        let master = process(10, 1, 0, BOOT + 5);
        let worker = process(20, 10, 33, USED + 100);
        let first = process(1, 0, 0, BOOT);
        let object = set(33, 0, 0o600);
        assert_eq!(keepers(vec![first.clone(), master.clone(), worker.clone()], &object), [10]);
        // Without a worker nothing leads to the master.
        assert_eq!(keepers(vec![first.clone(), master.clone()], &object), NOBODY);
        // A new instance did not exist then.
        let master = LiveProcess { start: Some(USED + 50), ..master };
        assert_eq!(keepers(vec![first, master, worker], &object), NOBODY);
    }

    #[test]
    fn the_keepers_of_its_uids_come_before_their_ancestors() {
        let master = process(10, 1, 0, BOOT + 5);
        let worker = process(20, 10, 33, BOOT + 6);
        assert_eq!(keepers(vec![master, worker], &set(33, 0, 0o600)), [20, 10]);
    }

    #[test]
    fn ancestors_are_found_through_other_namespaces() {
        let master = process(10, 1, 0, BOOT + 5);
        let between = LiveProcess { member: false, ..process(15, 10, 0, BOOT + 6) };
        let worker = process(20, 15, 33, USED + 100);
        assert_eq!(keepers(vec![master, between, worker], &set(33, 0, 0o600)), [10]);
        let elsewhere = LiveProcess { member: false, ..process(30, 1, 33, BOOT + 5) };
        assert_eq!(keepers(vec![elsewhere], &set(33, 33, 0o600)), NOBODY);
    }

    #[test]
    fn a_cycle_of_parents_ends() {
        let processes = vec![process(10, 20, 33, BOOT), process(20, 10, 33, BOOT)];
        assert_eq!(keepers(processes, &set(33, 33, 0o600)), [10, 20]);
    }

    #[test]
    fn groups_count_where_the_mode_lets_them_in() {
        let member = LiveProcess { gids: BTreeSet::from([500]), ..process(20, 1, 70, BOOT) };
        assert_eq!(keepers(vec![member.clone()], &set(33, 33, 0o660)), [20]);
        assert_eq!(keepers(vec![member], &set(33, 33, 0o606)), NOBODY);
        let in_roots_group = LiveProcess { gids: BTreeSet::from([0]), ..process(20, 1, 70, BOOT) };
        assert_eq!(keepers(vec![in_roots_group], &set(33, 33, 0o660)), NOBODY);
    }

    #[test]
    fn start_times_are_ignored_for_barely_used_objects_and_odd_times() {
        let young = || vec![process(20, 1, 33, USED + 100)];
        let object = set(33, 33, 0o600);
        assert_eq!(keepers(young(), &object), NOBODY);
        let unused = Object { body: Body::Sem(Sem { nsems: 1, otime: 0 }), ..object.clone() };
        assert_eq!(keepers(young(), &unused), [20]);
        let at_once = Object { ctime: USED - 59, ..object.clone() };
        assert_eq!(keepers(young(), &at_once), [20]);
        let later = Object { ctime: USED - 60, ..object.clone() };
        assert_eq!(keepers(young(), &later), NOBODY);
        let before_boot = Object { ctime: BOOT - 3, ..object.clone() };
        assert_eq!(keepers(young(), &before_boot), [20]);
        let unknown = LiveProcess { start: None, ..process(20, 1, 33, 0) };
        assert_eq!(keepers(vec![unknown], &object), [20]);
        let mut census = Census::new(young(), Some(BOOT), true, true);
        let keepers: Vec<Keeper> = census.claims(&object, true).keepers().collect();
        assert!(matches!(keepers.as_slice(), [Keeper { was_there: false, .. }]));
    }

    #[test]
    fn a_process_of_another_user_than_root_is_named_first() {
        let named = |processes: &[LiveProcess]| {
            let mut census = Census::new(processes.to_vec(), Some(BOOT), true, true);
            census.claims(&set(33, 0, 0o600), false).of_its_uids().map(|one| one.pid)
        };
        let (root, other) = (process(10, 1, 0, BOOT), process(20, 1, 33, BOOT));
        assert_eq!(named(&[root.clone(), other]), Some(20));
        assert_eq!(named(&[root]), Some(10));
        assert_eq!(named(&[process(30, 1, 34, BOOT)]), None);
    }

    #[test]
    fn start_times_have_a_tolerance_of_two_seconds() {
        let object = set(33, 33, 0o600);
        assert_eq!(keepers(vec![process(20, 1, 33, USED + 2)], &object), [20]);
        assert_eq!(keepers(vec![process(20, 1, 33, USED + 3)], &object), NOBODY);
    }

    #[test]
    fn the_overflow_uid_is_root_outside_the_initial_user_namespace() {
        let census = |initial| Census::new(Vec::new(), None, true, initial);
        assert!(census(true).is_root(0) && !census(true).is_root(65_534));
        assert!(census(false).is_root(65_534));
    }
}
