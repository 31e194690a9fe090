//! Why an object that a filter selected stays.

use super::other_file::OtherFile;
use crate::escape::escaped;
use crate::model::{Name, Object};
use crate::processes::{NamedProcess, Reason, Verdict};

/// What has changed about an object since it was selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Its sequence number.
    Seq,
    /// Its key.
    Key,
    /// Its file.
    File,
    /// Its owner.
    Owner,
    /// The permissions of its file.
    Mode,
    /// Its creator.
    Creator,
    /// The time of its last change.
    Ctime,
    /// The size of a segment.
    Size,
    /// The number of semaphores in a set.
    Nsems,
    /// A time of its last use, which is earlier than before.
    UseTime,
    /// It was used.
    Used,
    /// It no longer passes the filter: it has grown or shrunk.
    Filter,
}

impl Change {
    fn text(self) -> String {
        let what = match self {
            Change::Used => return "used since it was selected".to_owned(),
            Change::Seq => "sequence number differs",
            Change::Key => "key differs",
            Change::File => "another file has its name",
            Change::Owner => "owner differs",
            Change::Mode => "permissions differ",
            Change::Creator => "creator differs",
            Change::Ctime => "ctime differs",
            Change::Size => "size differs",
            Change::Nsems => "number of semaphores differs",
            Change::UseTime => "time of the last use is earlier",
            Change::Filter => "no longer matches the filter",
        };
        format!("changed since it was selected: {what}")
    }
}

/// What has changed, except for its use. An id and a key are used again, in one second too, so that
/// everything is compared that stays the same as long as an object exists.
fn change(then: &Object, now: &Object) -> Option<Change> {
    let file = |object: &Object| object.file().map(|file| (file.id, file.file_type));
    let changed = |object: &Object| object.file().map(|file| file.changed);
    let group_and_mode = |object: &Object| object.file().map(|_| (object.owner.gid, object.mode));
    let differ = [
        (Change::File, file(then) != file(now)),
        (Change::Seq, then.seq.zip(now.seq).is_some_and(|(then, now)| then != now)),
        (Change::Key, then.key != now.key),
        (Change::Owner, then.owner.uid != now.owner.uid),
        (Change::Creator, then.creator != now.creator),
        (Change::Mode, group_and_mode(then) != group_and_mode(now)),
        (Change::Ctime, then.ctime != now.ctime || changed(then) != changed(now)),
        (Change::Size, then.shm().map(|shm| shm.size) != now.shm().map(|shm| shm.size)),
        (Change::Nsems, then.sem().map(|sem| sem.nsems) != now.sem().map(|sem| sem.nsems)),
        (Change::UseTime, then.use_times().into_iter().zip(now.use_times()).any(|(a, b)| b < a)),
    ];
    differ.into_iter().find(|(_, differs)| *differs).map(|(change, _)| change)
}

/// Why an object stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeepReason {
    /// It is in use, or may be: the verdict says why.
    InUse(Verdict),
    /// It is uncertain whether it meets the filter: the verdict says why.
    NotSure(Verdict),
    /// It is already marked for destruction: nothing more can be done.
    Marked {
        /// How often it is attached.
        nattch: u64,
    },
    /// It is no longer unused or orphaned, as the filter requires.
    NoLonger(Verdict),
    /// It has changed.
    Changed(Change),
    /// It was removed, and another object has its place.
    Replaced(Name),
    /// It is not an object, but another file where objects are.
    OtherFile(OtherFile),
    /// The user was asked and declined.
    Declined,
}

impl KeepReason {
    /// What has changed between two readings of an object, if anything has. Use does not count.
    pub(super) fn changed(then: &Object, now: &Object) -> Option<KeepReason> {
        if then.identity != now.identity {
            return Some(KeepReason::Replaced(now.identity.name.clone()));
        }
        change(then, now).map(KeepReason::Changed)
    }

    /// Whether it stays because it may be in use, which is uncertain.
    #[must_use]
    pub fn is_unsure(&self) -> bool {
        match self {
            KeepReason::InUse(verdict) => verdict.answer.is_none(),
            KeepReason::NotSure(_) => true,
            _ => false,
        }
    }

    /// Whether it stays because it is in use.
    #[must_use]
    pub fn is_use(&self) -> bool {
        let is_use = matches!(
            self,
            KeepReason::InUse(_) | KeepReason::Marked { .. } | KeepReason::NoLonger(_)
        );
        is_use && !self.is_unsure()
    }

    /// Whether it stays because something could not be read, and not for lack of permission.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        match self {
            KeepReason::InUse(verdict) | KeepReason::NotSure(verdict) => {
                verdict.reason.is_failure()
            }
            _ => false,
        }
    }

    /// The reason of the verdict that keeps it.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self {
            KeepReason::InUse(verdict)
            | KeepReason::NotSure(verdict)
            | KeepReason::NoLonger(verdict) => Some(verdict.reason.clone()),
            KeepReason::Marked { nattch } => Some(Reason::Attached(*nattch)),
            _ => None,
        }
    }

    /// The reason for a line about the object, which says whether it is attached. Processes that
    /// use it are named elsewhere.
    pub fn short_text(&self, user: &mut dyn FnMut(u32) -> String) -> String {
        let (verdict, may) = match self {
            KeepReason::InUse(verdict) if verdict.answer.is_some() => (verdict, "in use"),
            KeepReason::InUse(verdict) | KeepReason::NotSure(verdict) => (verdict, "may be in use"),
            KeepReason::Marked { .. } => {
                return "already marked for destruction".to_owned();
            }
            _ => return self.text(user),
        };
        if let Some(NamedProcess { pid, comm, .. }) = verdict.reason.keeper() {
            return format!("{} ({pid}) may come back to it", escaped(comm));
        }
        match &verdict.reason {
            Reason::AttachedBy(_) | Reason::Attached(_) | Reason::OpenIn(_) => may.to_owned(),
            Reason::Blocked(count) => format!("{may}: {count} blocked"),
            Reason::PidAlive(field, _) => format!("{may}: {} alive", field.noun()),
            Reason::OwnedByRoot => format!("{may}: its owner is root"),
            Reason::CreatedByRoot => format!("{may}: its creator is root"),
            _ => self.text(user),
        }
    }

    /// The reason in words. `user` gives the name of a user.
    pub fn text(&self, user: &mut dyn FnMut(u32) -> String) -> String {
        match self {
            KeepReason::InUse(verdict) | KeepReason::NotSure(verdict) => {
                let may = if verdict.answer.is_some() { "in use" } else { "may be in use" };
                match &verdict.reason {
                    Reason::PidAlive(field, _) => format!("{may}: {} is alive", field.noun()),
                    reason => format!("{may}: {}", reason.text(user)),
                }
            }
            KeepReason::Marked { nattch } => format!(
                "already marked for destruction; freed when the last process detaches \
                 (nattch {nattch})"
            ),
            KeepReason::NoLonger(verdict) => {
                format!("no longer matches: {}", verdict.reason.text(user))
            }
            KeepReason::Changed(change) => change.text(),
            KeepReason::Replaced(name) => format!("removed; its slot now holds id {name}"),
            KeepReason::OtherFile(OtherFile::NotASemaphore) => "not a semaphore".to_owned(),
            KeepReason::OtherFile(_) => "not an object".to_owned(),
            KeepReason::Declined => "declined".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Id, Identity, Key, Kind, Mode, Msg, Owner, Sem, Shm};

    fn object(body: Body) -> Object {
        let kind = match body {
            Body::Shm(_) => Kind::Shm,
            Body::Msg(_) => Kind::Msg,
            Body::Sem(_) => Kind::Sem,
            Body::Pshm(_) => Kind::Pshm,
            Body::Pmsg(_) => Kind::Pmsg,
            Body::Psem(_) => Kind::Psem,
        };
        Object {
            identity: Identity::sysv(kind, Id(5)),
            key: Some(Key(7)),
            seq: Some(0),
            owner: Owner { uid: 1000, gid: 100 },
            creator: Some(Owner { uid: 1000, gid: 100 }),
            mode: Mode(0o600),
            ctime: 900,
            body,
        }
    }

    #[test]
    fn another_object_is_recognised_by_each_field() {
        let set = object(Body::Sem(Sem { nsems: 3, otime: 0 }));
        type Act = fn(&mut Object);
        let changed = |change: Act| {
            let mut now = set.clone();
            change(&mut now);
            KeepReason::changed(&set, &now)
        };
        assert_eq!(changed(|_| {}), None);
        let changes: [(Change, Act); 6] = [
            (Change::Seq, |now| now.seq = Some(1)),
            (Change::Key, |now| now.key = Some(Key(8))),
            (Change::Owner, |now| now.owner.uid = 1001),
            (Change::Creator, |now| now.creator = Some(Owner { uid: 0, gid: 100 })),
            (Change::Ctime, |now| now.ctime = 901),
            (Change::Nsems, |now| now.body = Body::Sem(Sem { nsems: 4, otime: 0 })),
        ];
        for (expected, change) in changes {
            assert_eq!(changed(change), Some(KeepReason::Changed(expected)));
        }
        let other = changed(|now| now.identity = Identity::sysv(Kind::Sem, Id(32_773)));
        assert_eq!(other, Some(KeepReason::Replaced(Name::Id(Id(32_773)))));
        // The text does not have it.
        assert_eq!(changed(|now| now.seq = None), None);
    }

    #[test]
    fn use_is_no_change_but_a_size_and_an_earlier_use_are() {
        let segment =
            |size, nattch, atime| object(Body::Shm(Shm { size, nattch, atime, ..Shm::default() }));
        let changed = |then, now| KeepReason::changed(&then, &now);
        assert_eq!(changed(segment(10, 0, 950), segment(10, 1, 960)), None);
        assert_eq!(
            changed(segment(10, 0, 0), segment(11, 0, 0)),
            Some(KeepReason::Changed(Change::Size))
        );
        assert_eq!(
            changed(segment(10, 0, 950), segment(10, 0, 0)),
            Some(KeepReason::Changed(Change::UseTime))
        );
        let queue = |cbytes, stime| object(Body::Msg(Msg { cbytes, stime, ..Msg::default() }));
        assert_eq!(changed(queue(10, 950), queue(20, 960)), None);
    }
}
