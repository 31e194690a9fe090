//! The decision, from the evidence about an object.

use crate::model::{Family, Object};
use crate::processes::census::Claims;
use crate::processes::liveness::{Alive, Doubt};
use crate::processes::verdict::{Gap, PidField, Reason, Recorded, Verdict, Verdicts};

/// The evidence about the use of an object.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    /// A certain sign of use: attached, or blocked threads.
    pub used: Option<Reason>,
    /// A recorded process that is alive.
    pub alive: Option<(PidField, i32)>,
    /// A recorded process that may be alive.
    pub may_live: Option<(PidField, i32, Doubt)>,
    /// A recorded process whose pid belongs to another one now.
    pub replaced: Option<(PidField, i32)>,
    /// Unread messages, or a set that could not be read.
    pub doubt: Option<Reason>,
    /// What could not be inspected.
    pub blind: Option<Gap>,
    /// Why a process of the owner of a POSIX object may be missing, which does not matter for whether
    /// the object is in use.
    pub blind_to_owners: Option<Gap>,
}

impl Evidence {
    /// Adds a pid that the kernel recorded.
    pub(super) fn add(&mut self, recorded: &Recorded) {
        let (field, pid) = (recorded.field, recorded.pid);
        match recorded.alive {
            Alive::Yes => self.alive = self.alive.or(Some((field, pid))),
            // The doubt that the clock may have been set is more informative than others.
            Alive::Unknown(doubt) if self.may_live.is_none() || doubt == Doubt::MayBeReused => {
                self.may_live = Some((field, pid, doubt));
            }
            Alive::Unknown(_) => {}
            Alive::Replaced => self.replaced = self.replaced.or(Some((field, pid))),
            Alive::Gone | Alive::Never => {}
        }
    }

    /// Whether a recorded process may be one that seems to have started after it was recorded.
    pub(super) fn clock_was_set(&self) -> bool {
        matches!(self.may_live, Some((_, _, Doubt::MayBeReused)))
    }

    /// Something that could not be read, other than for want of permission.
    fn failure(&self) -> Option<Reason> {
        let unknown = self.may_live.map(|(field, pid, why)| Reason::PidUnknown(field, pid, why));
        let [blind, blind_to_owners] =
            [self.blind, self.blind_to_owners].map(|gap| gap.map(Reason::Gap));
        let reasons = [self.doubt.clone(), unknown, blind, blind_to_owners];
        reasons.into_iter().flatten().find(Reason::is_failure)
    }

    fn alive_reason(&self) -> Option<Reason> {
        self.alive.map(|(field, pid)| Reason::PidAlive(field, pid))
    }
}

/// Decides.
pub(super) fn decide(object: &Object, evidence: &Evidence, claims: &Claims<'_>) -> Verdicts {
    let in_use = in_use(object, evidence, claims);
    let unused = match (object.kind().family(), &evidence.used) {
        (Family::SharedMemory, None) if !object.kind().is_posix() => {
            Verdict::yes(Reason::NotAttached)
        }
        _ => in_use.clone().negated(),
    };
    let orphaned = orphaned(object, evidence, claims, &in_use);
    Verdicts { in_use, unused, orphaned, failure: evidence.failure() }
}

fn in_use(object: &Object, evidence: &Evidence, claims: &Claims<'_>) -> Verdict {
    if let Some(reason) = &evidence.used {
        return Verdict::yes(reason.clone());
    }
    if object.kind().is_posix() {
        return posix_in_use(evidence);
    }
    if let Some(reason) = evidence.alive_reason() {
        // The kernel knows whether a segment is attached. Its creator may be alive without using
        // it.
        return match object.kind().family() {
            Family::SharedMemory => Verdict::unknown(reason),
            Family::Queue | Family::Semaphore => Verdict::yes(reason),
        };
    }
    let keeper = claims.keepers().next();
    let nobody_of_its_uids =
        !claims.owner_is_root && !claims.creator_is_root && !claims.has_live_process();
    // A set that a root master made for its workers is recognised as left over by the workers of
    // the next master.
    let left_by_its_keepers = object.is_private()
        && !claims.owner_is_root
        && keeper.is_none()
        && (!claims.creator_is_root || claims.has_process_of_owner());
    let doubt = evidence
        .doubt
        .clone()
        .or(evidence.may_live.map(|(field, pid, why)| Reason::PidUnknown(field, pid, why)))
        .or(evidence.blind.map(Reason::Gap));
    match doubt {
        None if nobody_of_its_uids || left_by_its_keepers => Verdict::no(Reason::NoLiveUser),
        doubt => {
            // A failure has to be known. Otherwise the most useful reason is a process that can be
            // named.
            let named = evidence.failure().or(keeper.map(Reason::from)).or(doubt);
            Verdict::unknown(named.unwrap_or_else(|| owner_reason(object, claims)))
        }
    }
}

/// Nothing is recorded of the users of a POSIX object: those that have it open are all.
fn posix_in_use(evidence: &Evidence) -> Verdict {
    match evidence.doubt.clone().or(evidence.blind.map(Reason::Gap)) {
        None => Verdict::no(Reason::NotOpen),
        Some(doubt) => {
            let failure = [evidence.doubt.clone(), evidence.blind.map(Reason::Gap)];
            let failure = failure.into_iter().flatten().find(Reason::is_failure);
            Verdict::unknown(failure.unwrap_or(doubt))
        }
    }
}

/// Why an object may still be needed by its owners. If root owns it, no process is named because
/// root has too many. A private object cannot be found by its key.
fn owner_reason(object: &Object, claims: &Claims<'_>) -> Reason {
    match claims.of_its_uids() {
        _ if claims.owner_is_root => Reason::OwnedByRoot,
        Some(process) if !(claims.creator_is_root && (process.uid == 0 || object.is_private())) => {
            Reason::OfItsUids(process)
        }
        _ => Reason::CreatedByRoot,
    }
}

fn orphaned(
    object: &Object,
    evidence: &Evidence,
    claims: &Claims<'_>,
    in_use: &Verdict,
) -> Verdict {
    if in_use.is_yes() {
        return Verdict::no(in_use.reason.clone());
    }
    if let Some(reason) = evidence.alive_reason() {
        return Verdict::no(reason);
    }
    if !in_use.is_no() {
        return in_use.clone();
    }
    if let Some((field, pid)) = evidence.replaced {
        return Verdict::unknown(Reason::PidReplaced(field, pid));
    }
    if claims.owner_is_root || claims.creator_is_root {
        return Verdict::unknown(owner_reason(object, claims));
    }
    if object.kind().is_posix() {
        let owner =
            claims.of_its_uids().map(|process| Reason::Keeper { process, was_there: false });
        if let Some(reason) = evidence.blind_to_owners.map(Reason::Gap).or(owner) {
            return Verdict::unknown(reason);
        }
        return Verdict::yes(Reason::NobodyOfOwner);
    }
    // If the object is not in use, no live process has its uids, or it is private without keepers.
    Verdict::yes(Reason::NoLiveUser)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Id, Identity, Key, Kind, Msg, Owner, Shm};
    use crate::processes::census::fixtures::{BOOT, USED, process, set};
    use crate::processes::census::{Census, LiveProcess};
    use crate::sys::Errno;

    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);
    const UNSURE: Option<bool> = None;

    /// An owner, another user, and an object's group.
    const OWNER: u32 = 33;
    const OTHER: u32 = 44;

    /// In use, unused, orphaned.
    fn decided(
        object: &Object,
        evidence: &Evidence,
        processes: &[LiveProcess],
    ) -> [Option<bool>; 3] {
        verdicts(object, evidence, processes).map(|verdict| verdict.answer)
    }

    fn verdicts(object: &Object, evidence: &Evidence, processes: &[LiveProcess]) -> [Verdict; 3] {
        let mut census = Census::new(processes.to_vec(), Some(BOOT), true, true);
        let claims = census.claims(object, evidence.clock_was_set());
        let Verdicts { in_use, unused, orphaned, .. } = decide(object, evidence, &claims);
        [in_use, unused, orphaned]
    }

    fn private() -> Object {
        set(OWNER, OWNER, 0o600)
    }

    fn keyed(object: Object) -> Object {
        Object { key: Some(Key(0x5ce)), ..object }
    }

    fn queue() -> Object {
        let body = Body::Msg(Msg { stime: USED, rtime: USED, ..Msg::default() });
        Object { identity: Identity::sysv(Kind::Msg, Id(1)), body, ..private() }
    }

    fn segment() -> Object {
        let body = Body::Shm(Shm { size: 4096, atime: USED, dtime: USED, ..Shm::default() });
        Object { identity: Identity::sysv(Kind::Shm, Id(1)), body, ..private() }
    }

    fn old(uid: u32) -> LiveProcess {
        process(20, 0, uid, USED - 100)
    }

    fn young(uid: u32) -> LiveProcess {
        process(30, 0, uid, USED + 100)
    }

    fn nothing() -> Evidence {
        Evidence::default()
    }

    fn recorded(alive: Alive) -> Evidence {
        let mut evidence = nothing();
        evidence.add(&Recorded { field: PidField::Sempid, pid: 7, alive, process: None });
        evidence
    }

    fn blind() -> Evidence {
        let gap = Gap::Denied { count: 1, errno: Errno::EACCES };
        Evidence { blind: Some(gap), ..nothing() }
    }

    fn doubt(reason: Reason) -> Evidence {
        Evidence { doubt: Some(reason), ..nothing() }
    }

    #[test]
    fn attached_or_awaited_objects_are_in_use() {
        let used = |reason| Evidence { used: Some(reason), ..blind() };
        for owner in [0, OWNER] {
            let set = set(owner, owner, 0o600);
            let evidence = used(Reason::Blocked(1));
            assert_eq!(decided(&set, &evidence, &[]), [YES, NO, NO]);
        }
        assert_eq!(decided(&queue(), &used(Reason::Blocked(1)), &[]), [YES, NO, NO]);
        assert_eq!(decided(&segment(), &used(Reason::Attached(1)), &[]), [YES, NO, NO]);
    }

    #[test]
    fn a_live_recorded_user_means_in_use_except_for_segments() {
        let alive = recorded(Alive::Yes);
        assert_eq!(decided(&private(), &alive, &[]), [YES, NO, NO]);
        assert_eq!(decided(&queue(), &alive, &[]), [YES, NO, NO]);
        assert_eq!(decided(&segment(), &alive, &[]), [UNSURE, YES, NO]);
        // This holds even if nothing else could be inspected, and if root owns it.
        let alive = Evidence { blind: blind().blind, ..alive };
        assert_eq!(decided(&set(0, 0, 0o600), &alive, &[]), [YES, NO, NO]);
    }

    #[test]
    fn recorded_users_decide_only_if_their_fate_is_known() {
        for object in [private(), keyed(private()), queue()] {
            for (alive, expected) in [
                (Alive::Gone, [NO, YES, YES]),
                (Alive::Never, [NO, YES, YES]),
                (Alive::Replaced, [NO, YES, UNSURE]),
                (Alive::Unknown(Doubt::MayBeReused), [UNSURE; 3]),
                (Alive::Unknown(Doubt::Failed(Errno::EIO)), [UNSURE; 3]),
                (Alive::Unknown(Doubt::OtherNamespace), [UNSURE; 3]),
            ] {
                assert_eq!(decided(&object, &recorded(alive), &[]), expected, "{alive:?}");
            }
        }
        // For segments `--unused` requires only nattch 0.
        let unknown = recorded(Alive::Unknown(Doubt::MayBeReused));
        assert_eq!(decided(&segment(), &unknown, &[]), [UNSURE, YES, UNSURE]);
    }

    #[test]
    fn the_most_informative_recorded_user_decides() {
        let unknown = Alive::Unknown(Doubt::Failed(Errno::EIO));
        let mut evidence = recorded(Alive::Gone);
        for (alive, expected) in [
            (Alive::Replaced, [NO, YES, UNSURE]),
            (unknown, [UNSURE; 3]),
            (Alive::Yes, [YES, NO, NO]),
            (Alive::Gone, [YES, NO, NO]),
        ] {
            evidence.add(&Recorded { field: PidField::Sempid, pid: 8, alive, process: None });
            assert_eq!(decided(&private(), &evidence, &[]), expected, "{alive:?}");
        }
    }

    #[test]
    fn a_failed_look_is_told_apart_from_one_without_permission() {
        let failure = |evidence: &Evidence| {
            let mut census = Census::new(Vec::new(), Some(BOOT), true, true);
            let claims = census.claims(&private(), evidence.clock_was_set());
            decide(&private(), evidence, &claims).failure
        };
        let gap = |errno| Gap::Denied { count: 1, errno };
        for (evidence, expected) in [
            (nothing(), None),
            (blind(), None),
            (doubt(Reason::Unreadable), None),
            (doubt(Reason::Messages(1)), None),
            (recorded(Alive::Unknown(Doubt::Denied)), None),
            (doubt(Reason::Failed(Errno::EIO)), Some(Reason::Failed(Errno::EIO))),
            (
                Evidence { blind: Some(gap(Errno::EMFILE)), ..doubt(Reason::Messages(1)) },
                Some(Reason::Gap(gap(Errno::EMFILE))),
            ),
            (
                recorded(Alive::Unknown(Doubt::Failed(Errno::EIO))),
                Some(Reason::PidUnknown(PidField::Sempid, 7, Doubt::Failed(Errno::EIO))),
            ),
        ] {
            assert_eq!(failure(&evidence), expected, "{evidence:?}");
        }
    }

    #[test]
    fn messages_or_uninspected_parts_leave_it_uncertain() {
        let held = doubt(Reason::Messages(1));
        assert_eq!(decided(&queue(), &held, &[]), [UNSURE; 3]);
        let unreadable = doubt(Reason::Unreadable);
        assert_eq!(decided(&private(), &unreadable, &[]), [UNSURE; 3]);
        assert_eq!(decided(&private(), &blind(), &[]), [UNSURE; 3]);
        assert_eq!(decided(&queue(), &blind(), &[]), [UNSURE; 3]);
        assert_eq!(decided(&segment(), &blind(), &[]), [UNSURE, YES, UNSURE]);
    }

    #[test]
    fn a_live_process_of_its_uids_keeps_an_object_with_a_key() {
        for of_them in [old(OWNER), young(OWNER)] {
            let processes = [of_them];
            assert_eq!(decided(&keyed(private()), &nothing(), &processes), [UNSURE; 3]);
            assert_eq!(decided(&keyed(queue()), &nothing(), &processes), [UNSURE; 3]);
            let segment = keyed(segment());
            assert_eq!(decided(&segment, &nothing(), &processes), [UNSURE, YES, UNSURE]);
        }
        for another in [old(OTHER), old(0), LiveProcess { member: false, ..old(OWNER) }] {
            assert_eq!(decided(&keyed(private()), &nothing(), &[another]), [NO, YES, YES]);
        }
        // The creator's uid counts as the owner's does.
        let given = keyed(set(OWNER, OTHER, 0o600));
        assert_eq!(decided(&given, &nothing(), &[young(OTHER)]), [UNSURE; 3]);
    }

    #[test]
    fn only_keepers_keep_a_private_object() {
        for object in [private(), queue()] {
            assert_eq!(decided(&object, &nothing(), &[old(OWNER)]), [UNSURE; 3]);
            // It started after the last use.
            assert_eq!(decided(&object, &nothing(), &[young(OWNER)]), [NO, YES, YES]);
        }
        assert_eq!(decided(&segment(), &nothing(), &[old(OWNER)]), [UNSURE, YES, UNSURE]);
        assert_eq!(decided(&segment(), &nothing(), &[young(OWNER)]), [NO, YES, YES]);
        // A parent that started earlier is a keeper, whichever user it has.
        let child = LiveProcess { ppid: 20, ..young(OWNER) };
        assert_eq!(decided(&private(), &nothing(), &[old(0), child]), [UNSURE; 3]);
    }

    #[test]
    fn every_process_keeps_an_object_if_the_clock_was_set() {
        let unknown = recorded(Alive::Unknown(Doubt::MayBeReused));
        let [in_use, ..] = verdicts(&private(), &unknown, &[young(OWNER)]);
        assert!(in_use.reason.keeper().is_some_and(|process| process.pid == 30), "{in_use:?}");
        // One of several recorded users is enough.
        let (doubt, reused) = (Doubt::Failed(Errno::EIO), Doubt::MayBeReused);
        for doubts in [[doubt, reused], [reused, doubt]] {
            let mut evidence = nothing();
            for alive in doubts.map(Alive::Unknown) {
                evidence.add(&Recorded { field: PidField::Sempid, pid: 7, alive, process: None });
            }
            assert!(evidence.clock_was_set(), "{doubts:?}");
        }
        let before_boot = Object { ctime: BOOT - 3, ..private() };
        assert_eq!(decided(&before_boot, &nothing(), &[young(OWNER)]), [UNSURE; 3]);
    }

    #[test]
    fn objects_of_root_are_never_certain() {
        for object in [set(0, 0, 0o600), keyed(set(0, 0, 0o600)), set(0, OWNER, 0o600)] {
            for processes in [vec![], vec![old(0)], vec![young(OWNER)]] {
                assert_eq!(decided(&object, &nothing(), &processes), [UNSURE; 3]);
            }
        }
        let root = Owner { uid: 0, gid: 0 };
        let segment = Object { owner: root, creator: Some(root), ..segment() };
        assert_eq!(decided(&segment, &nothing(), &[]), [UNSURE, YES, UNSURE]);
    }

    /// Like Apache: a root master creates the set and gives it to its workers.
    #[test]
    fn objects_made_by_root_are_unused_only_with_a_younger_process_of_the_owner() {
        let given = set(OWNER, 0, 0o600);
        assert_eq!(decided(&given, &nothing(), &[young(OWNER)]), [NO, YES, UNSURE]);
        // A master without a worker at the moment looks like no master.
        assert_eq!(decided(&given, &nothing(), &[]), [UNSURE; 3]);
        assert_eq!(decided(&given, &nothing(), &[old(0)]), [UNSURE; 3]);
        // The live master is a keeper because of its worker.
        let worker = LiveProcess { ppid: 20, ..young(OWNER) };
        assert_eq!(decided(&given, &nothing(), &[old(0), worker]), [UNSURE; 3]);
        // It can be found again by its key.
        assert_eq!(decided(&keyed(given), &nothing(), &[young(OWNER)]), [UNSURE; 3]);
    }

    #[test]
    fn reasons_name_a_process_if_there_is_one() {
        let reason = |object: &Object, evidence: &Evidence, processes: &[LiveProcess]| {
            let [in_use, _, orphaned] = verdicts(object, evidence, processes);
            assert_eq!(in_use.reason, orphaned.reason);
            in_use.reason
        };
        assert_eq!(reason(&private(), &nothing(), &[]), Reason::NoLiveUser);
        assert_eq!(reason(&set(0, 0, 0o600), &nothing(), &[]), Reason::OwnedByRoot);
        assert_eq!(reason(&set(OWNER, 0, 0o600), &nothing(), &[]), Reason::CreatedByRoot);
        let keeper = reason(&private(), &blind(), &[old(OWNER)]);
        assert!(matches!(keeper, Reason::Keeper { was_there: true, .. }), "{keeper:?}");
        let by_key = reason(&keyed(private()), &nothing(), &[young(OWNER)]);
        assert!(matches!(by_key, Reason::OfItsUids(_)), "{by_key:?}");
        let replaced = recorded(Alive::Replaced);
        let [_, _, orphaned] = verdicts(&private(), &replaced, &[]);
        assert_eq!(orphaned.reason, Reason::PidReplaced(PidField::Sempid, 7));
    }
}
