//! The limits and objects of one IPC namespace, as far as causes are judged by them.

use std::io;

use serde::{Deserialize, Serialize};

use super::causes::{Cause, Gauge};
use crate::columns::{Needs, Row};
use crate::model::{
    Body, Kind, KindLimits, Kinds, Limit, Limits, Msg, RESOURCES, Shown, Sums, limit_rows,
};
use crate::proc::ProcRoot;
use crate::query::{GroupBy, GroupKey, GroupSums, Query, RowSink};
use crate::sources::{self, Everything, Gaps, ShmFiles};
use crate::sys::page_size;

/// A limit with its use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// Its name.
    pub name: String,
    /// How much is allowed; `None`: unknown, or no limit. A limit below 0 allows nothing.
    pub limit: Option<u64>,
    /// How much is used; `None`: unknown, or not counted.
    pub used: Option<u64>,
    /// The owner with the largest part, and the part.
    pub largest: Option<(u32, u64)>,
}

/// Queues that take no more, or soon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queues {
    /// How many are full by their bytes.
    pub full_of_bytes: u64,
    /// How many are full by the number of messages.
    pub full_of_messages: u64,
    /// The least number of bytes that is left in a queue that is not full.
    pub least_left: Option<u64>,
    /// Whether the capacity of a queue is unknown.
    pub is_unsure: bool,
    /// The first full one, for an example.
    pub first_full: Option<i32>,
}

/// The figures of a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpcFigures {
    /// The limits.
    pub figures: Vec<Figure>,
    /// The numbers of kernel.sem, in the order of the file.
    pub sem: Option<[i64; 4]>,
    /// The System V queues.
    pub queues: Queues,
    /// Bytes of a page.
    pub page_size: u64,
    /// What could not be read.
    pub gaps: Vec<String>,
}

impl IpcFigures {
    /// Reads what some causes need, in the calling thread's namespace.
    #[must_use]
    pub fn read(proc: &ProcRoot, files: ShmFiles, causes: &[&Cause]) -> IpcFigures {
        let kinds = causes.iter().fold(Kinds::NONE, |all, cause| all.and(kinds_of(cause)));
        let source = Everything::new(proc, files);
        let mut gaps = Gaps::default();
        let limits = sources::limits(proc, &source.posix, kinds, &mut gaps);
        let usage = sources::usage(&source.posix, kinds, &mut gaps);
        let page_size = page_size();
        let needs = Needs::QBYTES;
        let query = Query { kinds: kinds.iter().collect(), needs, ..Query::default() };
        let (sums, queues) = (GroupSums::new(GroupBy::Owner, page_size), Queues::default());
        let mut count = Count { sums, queues };
        // Only a sink has errors, and this one has none.
        let answer = query.run(&source, proc, &mut count).unwrap_or_default();
        let mut messages: Vec<String> =
            gaps.first().iter().chain(answer.gaps.first()).map(ToString::to_string).collect();
        // Totals and lists have the same ones.
        messages.sort();
        messages.dedup();
        let owners = count.sums.into_groups();
        let figures = limit_rows(kinds, &limits, &usage, Shown::Limits, page_size);
        let figures = figures.iter().map(|row| Figure {
            name: row.name().to_owned(),
            limit: row.limit.map(|limit| match limit {
                Limit::Of(limit) => limit,
                Limit::Below(_) => 0,
            }),
            used: row.used,
            largest: row.used.and_then(|_| largest(row.name(), &owners, page_size)),
        });
        IpcFigures {
            figures: figures.collect(),
            sem: sem(&limits),
            queues: count.queues,
            page_size,
            gaps: messages,
        }
    }

    /// The figure with a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }
}

/// The kinds whose figures decide about a cause.
fn kinds_of(cause: &Cause) -> Kinds {
    match cause.gauge {
        Gauge::QueueBytes | Gauge::QueueMessages => return Kinds::MSG,
        Gauge::Total(_) | Gauge::Single => {}
        _ => return Kinds::NONE,
    }
    let resource = RESOURCES.iter().find(|resource| resource.name == cause.limit);
    match resource.map(|resource| resource.kind) {
        // Both are files in /dev/shm.
        Some(Kind::Pshm) => Kinds::PSHM.and(Kinds::PSEM),
        Some(kind) => Kinds::of(kind),
        None => Kinds::NONE,
    }
}

/// The owner with the largest part of a resource.
fn largest(name: &str, owners: &[(GroupKey, Sums)], page_size: u64) -> Option<(u32, u64)> {
    let parts = owners.iter().filter_map(|(owner, sums)| {
        let GroupKey::User(uid) = owner else { return None };
        let files = sums.pshm.objects.saturating_add(sums.psem.objects);
        let used = match name {
            "devshm_inodes" => Some(files),
            _ => used_by(name, sums, page_size),
        };
        Some((*uid, used.filter(|used| *used > 0)?))
    });
    parts.max_by_key(|(uid, used)| (*used, std::cmp::Reverse(*uid)))
}

fn used_by(name: &str, sums: &Sums, page_size: u64) -> Option<u64> {
    let usage = sums.usage(Kinds::EVERYTHING);
    let rows = limit_rows(Kinds::EVERYTHING, &Limits::new(), &usage, Shown::Usage, page_size);
    rows.iter().find(|row| row.name() == name).and_then(|row| row.used)
}

fn sem(limits: &Limits) -> Option<[i64; 4]> {
    match limits.get(&Kind::Sem)? {
        KindLimits::Sem(limits) => {
            Some([limits.semmsl, limits.semmns, limits.semopm, limits.semmni])
        }
        _ => None,
    }
}

/// Sums by owner, and full queues.
struct Count {
    sums: GroupSums,
    queues: Queues,
}

impl RowSink for Count {
    fn begin(&mut self, _kind: Kind) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        if let Body::Msg(msg) = row.object.body {
            self.queues.add(row.object.id().map(|id| id.0), &msg);
        }
        self.sums.row(row)
    }
}

impl Queues {
    fn add(&mut self, id: Option<i32>, msg: &Msg) {
        let Some(qbytes) = msg.qbytes else {
            self.is_unsure = true;
            return;
        };
        let left = qbytes.saturating_sub(msg.cbytes);
        let (bytes, messages) = (left == 0, msg.qnum >= qbytes);
        self.full_of_bytes = self.full_of_bytes.saturating_add(bytes.into());
        self.full_of_messages = self.full_of_messages.saturating_add(messages.into());
        if bytes || messages {
            self.first_full = self.first_full.or(id);
        } else {
            self.least_left = Some(self.least_left.map_or(left, |least| least.min(left)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SemSums, ShmSums};

    fn queue(cbytes: u64, qnum: u64, qbytes: Option<u64>) -> Msg {
        Msg { cbytes, qnum, qbytes, ..Msg::default() }
    }

    #[test]
    fn queues_are_full_by_bytes_or_by_messages() {
        let mut queues = Queues::default();
        queues.add(Some(1), &queue(10, 1, Some(100)));
        queues.add(Some(2), &queue(60, 1, Some(100)));
        let left = (queues.full_of_bytes, queues.full_of_messages, queues.least_left);
        assert_eq!(left, (0, 0, Some(40)));
        queues.add(Some(3), &queue(100, 1, Some(100)));
        queues.add(Some(4), &queue(0, 100, Some(100)));
        assert_eq!((queues.full_of_bytes, queues.full_of_messages), (1, 1));
        assert_eq!((queues.first_full, queues.is_unsure), (Some(3), false));
        queues.add(Some(5), &queue(0, 0, None));
        assert!(queues.is_unsure);
    }

    #[test]
    fn the_owner_with_the_largest_part_is_found_for_each_resource() {
        let of = |objects, pages, semaphores| Sums {
            shm: ShmSums { objects, pages, ..ShmSums::default() },
            sem: SemSums { objects, semaphores },
            ..Sums::default()
        };
        let owners = [
            (GroupKey::User(5), of(9, 1, 4)),
            (GroupKey::User(6), of(2, 7, 4)),
            (GroupKey::Unknown, of(99, 99, 99)),
        ];
        assert_eq!(largest("shmmni", &owners, 4096), Some((5, 9)));
        assert_eq!(largest("shmall", &owners, 4096), Some((6, 7 * 4096)));
        // Of equal ones, the lower number.
        assert_eq!(largest("semmns", &owners, 4096), Some((5, 4)));
        assert_eq!(largest("queues_max", &owners, 4096), None);
    }
}
