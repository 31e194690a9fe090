//! The rules for each kind: in use, unused, orphaned, and what `-P` shows.

use super::alive::{Alive, Times};
use super::inspector::Inspector;
use super::people::Process;
use super::report::{Report, Users};
use super::resolve::Attached;
use super::semaphores::{SemState, SemUnreadable, semaphores};
use super::verdict::{Gap, PidField, Reason, Recorded, Verdict, use_by_pids};
use crate::model::{MsgQueue, Object, Perm, SemSet, Shm};
use crate::sys::sem;

/// A kind of object whose users can be asked for; call the methods of [`Inspector`].
pub trait Inspect: Object {
    /// See [`Inspector::in_use`].
    fn in_use(&self, inspector: &mut Inspector) -> Verdict;
    /// See [`Inspector::unused`].
    fn unused(&self, inspector: &mut Inspector) -> Verdict;
    /// See [`Inspector::orphaned`].
    fn orphaned(&self, inspector: &mut Inspector) -> Verdict;
    /// See [`Inspector::report`].
    fn report(&self, inspector: &mut Inspector) -> Report;
}

impl Inspect for Shm {
    fn in_use(&self, inspector: &mut Inspector) -> Verdict {
        // The processes only where a scan has them anyway.
        let scanned = self.nattch > 0 && inspector.gap_of_maps() != Some(Gap::NotScanned);
        let attached = scanned.then(|| inspector.attached(self));
        shm_use(self, attached.as_ref())
    }

    fn unused(&self, inspector: &mut Inspector) -> Verdict {
        self.in_use(inspector).negated()
    }

    fn orphaned(&self, inspector: &mut Inspector) -> Verdict {
        shm_orphaned(self.in_use(inspector), &shm_pids(self, inspector))
    }

    fn report(&self, inspector: &mut Inspector) -> Report {
        let attached = inspector.attached(self);
        let all_found = attached.found == attached.nattch;
        let gap = match inspector.gap_of_maps() {
            // Every mapping is accounted for, whoever else is out of sight.
            _ if all_found => None,
            // Somebody detached meanwhile, or a process brought a mapping from another namespace.
            Some(gap @ (Gap::NotScanned | Gap::NoDevice | Gap::Denied(_) | Gap::Hidden(_))) => {
                Some(gap)
            }
            _ => Some(Gap::Mappings { found: attached.found, nattch: attached.nattch }),
        };
        let recorded = shm_pids(self, inspector);
        let orphaned = shm_orphaned(shm_use(self, Some(&attached)), &recorded);
        let mut users = Users::default();
        users.attached(&attached.processes);
        users.recorded(&recorded);
        Report {
            users: users.into_list(inspector),
            attached: Some(attached.processes.len() as u64),
            waiting: None,
            gap,
            recorded: recorded.to_vec(),
            original_key: attached
                .original_key()
                .or((!self.perm.mode.is_dest()).then_some(self.perm.key)),
            semaphores: None,
            orphaned,
        }
    }
}

fn shm_use(shm: &Shm, attached: Option<&Attached>) -> Verdict {
    // As it was when the mappings were counted, if they were.
    let nattch = attached.map_or(shm.nattch, |attached| attached.nattch.max(shm.nattch));
    match attached {
        _ if nattch == 0 => Verdict::no(Reason::NotAttached),
        Some(attached) if attached.found == nattch => {
            Verdict::yes(Reason::AttachedBy(attached.processes.len() as u64))
        }
        _ => Verdict::yes(Reason::Attached(nattch)),
    }
}

fn shm_orphaned(used: Verdict, recorded: &[Recorded]) -> Verdict {
    if used.may_be() {
        return used.negated();
    }
    match use_by_pids(recorded.iter().copied()) {
        Some(verdict) => verdict.negated(),
        None => Verdict::yes(Reason::NobodyLives),
    }
}

impl Inspector {
    /// The process that made a segment, if it lives.
    pub fn creator(&mut self, shm: &Shm) -> Option<Process> {
        let [creator, _] = shm_pids(shm, self);
        (creator.alive == Alive::Yes).then(|| self.process(shm.cpid)).flatten()
    }
}

fn shm_pids(shm: &Shm, inspector: &mut Inspector) -> [Recorded; 2] {
    let times = Times::of(&shm.perm, shm.last_use());
    let used = shm.atime != 0 || shm.dtime != 0;
    // A segment always has a creator: 0 is one in another pid namespace.
    let mut ask = |field, pid, operated| Recorded {
        field,
        pid,
        alive: inspector.liveness.of(pid, operated, &times),
    };
    [ask(PidField::Cpid, shm.cpid, true), ask(PidField::Lpid, shm.lpid, used)]
}

impl Inspect for MsgQueue {
    fn in_use(&self, inspector: &mut Inspector) -> Verdict {
        let blocked = waiters_of(self, inspector);
        if blocked > 0 {
            return Verdict::yes(Reason::Blocked(blocked));
        }
        if let Some(verdict) = use_by_pids(msg_pids(self, inspector)) {
            return verdict;
        }
        match inspector.gap_of_msg_waiters() {
            Some(gap) => Verdict::unknown(Reason::Gap(gap)),
            None => Verdict::no(Reason::NobodyLives),
        }
    }

    fn unused(&self, inspector: &mut Inspector) -> Verdict {
        if self.qnum > 0 {
            return Verdict::no(Reason::Messages(self.qnum));
        }
        self.in_use(inspector).negated()
    }

    fn orphaned(&self, inspector: &mut Inspector) -> Verdict {
        let used = self.in_use(inspector);
        orphaned_by_owner(used, &self.perm, inspector)
    }

    fn report(&self, inspector: &mut Inspector) -> Report {
        let recorded = msg_pids(self, inspector).to_vec();
        let mut users = Users::default();
        if let Some(waiters) = inspector.found().msg_waiters.get(&self.perm.id) {
            users.waiting(waiters);
        }
        users.recorded(&recorded);
        Report {
            users: users.into_list(inspector),
            attached: None,
            waiting: Some(waiters_of(self, inspector)),
            gap: inspector.gap_of_msg_waiters(),
            recorded,
            original_key: None,
            semaphores: None,
            orphaned: self.orphaned(inspector),
        }
    }
}

fn waiters_of(queue: &MsgQueue, inspector: &Inspector) -> u64 {
    inspector.found().msg_waiters.get(&queue.perm.id).map_or(0, Vec::len) as u64
}

fn msg_pids(queue: &MsgQueue, inspector: &mut Inspector) -> [Recorded; 2] {
    let times = Times::of(&queue.perm, queue.last_use());
    let mut ask = |field, pid, operated| Recorded {
        field,
        pid,
        alive: inspector.liveness.of(pid, operated, &times),
    };
    [
        ask(PidField::Lspid, queue.lspid, queue.stime != 0),
        ask(PidField::Lrpid, queue.lrpid, queue.rtime != 0),
    ]
}

impl Inspect for SemSet {
    fn in_use(&self, inspector: &mut Inspector) -> Verdict {
        sem_use(self, semaphores(self), inspector)
    }

    fn unused(&self, inspector: &mut Inspector) -> Verdict {
        self.in_use(inspector).negated()
    }

    fn orphaned(&self, inspector: &mut Inspector) -> Verdict {
        let used = self.in_use(inspector);
        orphaned_by_owner(used, &self.perm, inspector)
    }

    fn report(&self, inspector: &mut Inspector) -> Report {
        let states: Result<Vec<SemState>, SemUnreadable> = semaphores(self).collect();
        let used = match &states {
            Ok(states) => sem_use(self, states.iter().copied().map(Ok), inspector),
            Err(error) => sem_use(self, [Err(*error)], inspector),
        };
        let blocked: Option<u64> =
            states.as_ref().ok().map(|all| all.iter().map(SemState::blocked).sum());
        let mut recorded = Vec::new();
        for state in states.iter().flatten() {
            let one = sem_pid(self, state, inspector);
            if one.alive != Alive::Never && !recorded.contains(&one) {
                recorded.push(one);
            }
        }
        let mut users = Users::default();
        let waiters = inspector.found().sem_waiters.get(&self.perm.id);
        let (stopped, queued) = inspector.semops(self);
        if let Some(waiters) = waiters {
            users.waiting(waiters);
        }
        users.recorded(&recorded);
        // Who is stopped is not among those whom the kernel counts.
        let gap = match (inspector.gap_of_sem_waiters(), blocked) {
            (_, Some(blocked)) if queued == blocked => None,
            (None, Some(blocked)) if queued < blocked => {
                Some(Gap::Waiters { found: queued, blocked })
            }
            (gap, _) => gap,
        };
        Report {
            users: users.into_list(inspector),
            attached: None,
            waiting: Some(blocked.unwrap_or(queued) + stopped),
            gap,
            recorded,
            original_key: None,
            semaphores: states.ok(),
            orphaned: orphaned_by_owner(used, &self.perm, inspector),
        }
    }
}

impl Inspector {
    /// How many threads were found within semop(2) on a set: those that are stopped, and those that
    /// are not.
    fn semops(&self, set: &SemSet) -> (u64, u64) {
        let found = self.found().sem_waiters.get(&set.perm.id).map_or(&[][..], Vec::as_slice);
        let stopped = found.iter().filter(|waiter| waiter.stopped).count();
        (stopped as u64, (found.len() - stopped) as u64)
    }
}

/// The kernel counts who waits, but for the processes that are stopped meanwhile.
fn sem_use(
    set: &SemSet,
    states: impl IntoIterator<Item = Result<SemState, SemUnreadable>>,
    inspector: &mut Inspector,
) -> Verdict {
    let counted = sem_use_as_counted(set, states, inspector);
    let (stopped, queued) = inspector.semops(set);
    if counted.is_yes() || stopped + queued == 0 {
        counted
    } else {
        Verdict::yes(Reason::Blocked(stopped + queued))
    }
}

fn sem_use_as_counted(
    set: &SemSet,
    states: impl IntoIterator<Item = Result<SemState, SemUnreadable>>,
    inspector: &mut Inspector,
) -> Verdict {
    let mut doubt = None;
    for state in states {
        let state = match state {
            Ok(state) => state,
            Err(error) => return unreadable(error),
        };
        if state.blocked() > 0 {
            return Verdict::yes(Reason::Blocked(state.blocked()));
        }
        match use_by_pids([sem_pid(set, &state, inspector)]) {
            Some(verdict) if verdict.is_yes() => return verdict,
            verdict => doubt = doubt.or(verdict),
        }
    }
    doubt.unwrap_or(Verdict::no(Reason::NobodyLives))
}

fn unreadable(error: SemUnreadable) -> Verdict {
    Verdict::unknown(match error {
        SemUnreadable::Permission => Reason::Unreadable,
        SemUnreadable::Vanished => Reason::Vanished,
    })
}

fn sem_pid(set: &SemSet, state: &SemState, inspector: &mut Inspector) -> Recorded {
    let times = Times::of(&set.perm, set.last_use());
    // SETVAL and SETALL record a pid but no otime: a value tells of them.
    let is_set = || sem::value(set.perm.id, state.num) != Ok(0);
    let may_be_foreign = state.pid == 0 && !inspector.view().initial_pid_namespace;
    let operated = set.otime != 0 || may_be_foreign && is_set();
    let alive = inspector.liveness.of(state.pid, operated, &times);
    Recorded { field: PidField::Sempid, pid: state.pid, alive }
}

/// Sets and queues have no recorded creator: a live parent whose child did the last operation is
/// caught by its uid.
fn orphaned_by_owner(used: Verdict, perm: &Perm, inspector: &Inspector) -> Verdict {
    // Root's processes are everywhere, and its objects the system's: no verdict at all.
    if perm.uid == 0 {
        return Verdict::unknown(Reason::OwnerIsRoot);
    }
    if used.is_yes() {
        return used.negated();
    }
    let found = inspector.found();
    for uid in [perm.uid, perm.cuid] {
        if found.live_uids.contains_key(&uid) {
            return Verdict::no(Reason::UidAlive(uid));
        }
    }
    if used.may_be() {
        return used.negated();
    }
    for uid in [perm.uid, perm.cuid] {
        if found.maybe_live_uids.contains_key(&uid) {
            return Verdict::unknown(Reason::UidMayBeAlive(uid));
        }
    }
    match inspector.gap_of_uids() {
        Some(gap) => Verdict::unknown(Reason::Gap(gap)),
        None => Verdict::yes(Reason::NobodyLives),
    }
}
