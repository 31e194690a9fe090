//! Objects in groups, each with its sums. Only the sums are kept.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};

use super::sink::RowSink;
use crate::columns::{Needs, Place, Row};
use crate::model::{Kind, Kinds, Limits, Sums};

/// What the objects of a group have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// The owner.
    Owner,
    /// The creator.
    Creator,
    /// The group of the owner.
    Group,
    /// The command line of the creator, which only segments have.
    Command,
    /// The namespace.
    Namespace,
}

/// The value that the objects of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum GroupKey {
    /// A user, by number: users without a name are different ones.
    User(u32),
    /// A group of users.
    Group(u32),
    /// A command line.
    Command(Vec<u8>),
    /// The namespace of all objects.
    Namespace,
    /// It is not known, or the objects have none.
    Unknown,
}

impl GroupBy {
    /// The word on the command line and in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            GroupBy::Owner => "owner",
            GroupBy::Creator => "creator",
            GroupBy::Group => "group",
            GroupBy::Command => "command",
            GroupBy::Namespace => "namespace",
        }
    }

    /// What has to be read of objects of these kinds.
    #[must_use]
    pub fn needs(self, kinds: Kinds) -> Needs {
        let segments = kinds.contains(Kind::Shm);
        let rss = if segments { Needs::RSS } else { Needs::NOTHING };
        match self {
            GroupBy::Command if segments => rss.and(Needs::COMMAND),
            _ => rss,
        }
    }

    fn key(self, row: &Row<'_>) -> GroupKey {
        let object = row.object;
        match self {
            GroupBy::Owner => GroupKey::User(object.owner.uid),
            GroupBy::Creator => match object.creator {
                Some(creator) => GroupKey::User(creator.uid),
                None => GroupKey::Unknown,
            },
            GroupBy::Group => GroupKey::Group(object.owner.gid),
            GroupBy::Command => match &row.facts.command {
                Some(command) => GroupKey::Command(command.clone()),
                None => GroupKey::Unknown,
            },
            GroupBy::Namespace => GroupKey::Namespace,
        }
    }
}

/// The groups of one namespace.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Grouped {
    /// The groups, each of which has an object.
    pub groups: Vec<(GroupKey, Sums)>,
    /// The limits that apply to all groups together.
    pub limits: Limits,
    /// The namespace, if it was asked for.
    pub place: Option<Place>,
}

/// Sums the rows of a query.
#[derive(Debug)]
pub struct GroupSums {
    by: GroupBy,
    page_size: u64,
    sums: BTreeMap<GroupKey, Sums>,
}

impl GroupSums {
    /// Nothing yet; `page_size` is in bytes.
    #[must_use]
    pub fn new(by: GroupBy, page_size: u64) -> GroupSums {
        GroupSums { by, page_size, sums: BTreeMap::new() }
    }

    /// The groups in the order of their keys.
    #[must_use]
    pub fn into_groups(self) -> Vec<(GroupKey, Sums)> {
        self.sums.into_iter().collect()
    }
}

impl RowSink for GroupSums {
    fn begin(&mut self, _kind: Kind) -> io::Result<()> {
        Ok(())
    }

    fn takes_any_order(&self) -> bool {
        true
    }

    fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        let sums = self.sums.entry(self.by.key(&row)).or_default();
        sums.add(row.object, self.page_size);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::Facts;
    use crate::model::{Body, Id, Identity, Key, Mode, Object, Owner, Sem, Shm};

    fn segment(uid: u32, gid: u32, creator: Option<u32>) -> Object {
        let body = Body::Shm(Shm { size: 100, ..Shm::default() });
        Object {
            identity: Identity::sysv(Kind::Shm, Id(0)),
            key: Some(Key(0)),
            seq: None,
            owner: Owner { uid, gid },
            creator: creator.map(|uid| Owner { uid, gid: 0 }),
            mode: Mode(0o600),
            ctime: 1,
            body,
        }
    }

    fn set(uid: u32) -> Object {
        let body = Body::Sem(Sem { nsems: 3, otime: 0 });
        Object { identity: Identity::sysv(Kind::Sem, Id(0)), body, ..segment(uid, 0, Some(0)) }
    }

    /// The groups and how many objects each has.
    fn counts(by: GroupBy, rows: &[(Object, Option<&[u8]>)]) -> Vec<(GroupKey, u64)> {
        let mut sums = GroupSums::new(by, 4096);
        for (object, command) in rows {
            let facts = Facts { command: command.map(<[u8]>::to_vec), ..Facts::default() };
            sums.row(Row { object, facts: &facts }).unwrap();
        }
        sums.into_groups().into_iter().map(|(key, sums)| (key, sums.objects())).collect()
    }

    #[test]
    fn groups_by_the_numbers_of_users_and_groups() {
        let rows = [
            (segment(5, 7, Some(1)), None),
            (segment(6, 7, None), None),
            (set(5), None),
            (segment(4_000_000_000, 8, Some(1)), None),
        ];
        let user = GroupKey::User;
        let owners = [(user(5), 2), (user(6), 1), (user(4_000_000_000), 1)];
        assert_eq!(counts(GroupBy::Owner, &rows), owners);
        let creators = [(user(0), 1), (user(1), 2), (GroupKey::Unknown, 1)];
        assert_eq!(counts(GroupBy::Creator, &rows), creators);
        let group = GroupKey::Group;
        let groups = [(group(0), 1), (group(7), 2), (group(8), 1)];
        assert_eq!(counts(GroupBy::Group, &rows), groups);
        assert_eq!(counts(GroupBy::Namespace, &rows), [(GroupKey::Namespace, 4)]);
        assert_eq!(counts(GroupBy::Owner, &[]), []);
    }

    #[test]
    fn an_empty_command_differs_from_an_unknown_one() {
        let rows = [
            (segment(1, 1, None), Some(&b""[..])),
            (segment(1, 1, None), Some(b"a b")),
            (segment(2, 2, None), Some(b"a b")),
            (segment(3, 3, None), None),
            (set(3), None),
        ];
        let command = |text: &[u8]| GroupKey::Command(text.to_vec());
        let expected = [(command(b""), 1), (command(b"a b"), 2), (GroupKey::Unknown, 2)];
        assert_eq!(counts(GroupBy::Command, &rows), expected);
    }

    #[test]
    fn commands_are_read_only_for_groups_of_segments() {
        assert_eq!(GroupBy::Owner.needs(Kinds::SYSTEM_V), Needs::RSS);
        assert_eq!(GroupBy::Owner.needs(Kinds::SEM), Needs::NOTHING);
        assert_eq!(GroupBy::Command.needs(Kinds::SHM), Needs::RSS.and(Needs::COMMAND));
        assert_eq!(GroupBy::Command.needs(Kinds::SEM), Needs::NOTHING);
    }
}
