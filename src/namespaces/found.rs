//! The namespaces that were found, as data.

use std::collections::BTreeMap;
use std::fs::File;

use super::gap::Gap;
use crate::model::{Container, FileId, Id};
use crate::processes::{Attachment, Process};
use crate::sys::Errno;

/// The oldest process of a namespace.
pub type Oldest = Process;

/// An IPC namespace.
#[derive(Debug)]
pub struct IpcNamespace {
    /// Its file. The inode number is what users know it by.
    pub id: FileId,
    /// Whether the calling thread is in it.
    pub is_current: bool,
    /// How many processes have a thread in it. Kernel threads and zombies do not count.
    pub processes: u64,
    /// The one of these that was started first.
    pub oldest: Option<Oldest>,
    /// The container of that process.
    pub container: Option<Container>,
    /// The systemd unit of that process.
    pub unit: Option<String>,
    /// The owner of the user namespace that it belongs to.
    pub owner_uid: Option<u32>,
    /// What [`super::run_inside`] enters.
    pub file: Option<File>,
    /// Why it could not be opened.
    pub error: Option<Errno>,
}

/// The namespaces that were found, and what could not be inspected.
#[derive(Debug, Default)]
pub struct Found {
    /// Each namespace once: the current one, then by the start of the oldest process.
    pub namespaces: Vec<IpcNamespace>,
    /// Where others may be.
    pub gaps: Vec<Gap>,
    /// The segments that processes have attached, if they were read.
    pub attachments: Option<BTreeMap<Id, Vec<Attachment>>>,
}

/// A segment that some processes have attached, and whose namespace nobody can enter any more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnreachableSegment {
    /// Its id in the lost namespace.
    pub id: i32,
    /// The processes that have it attached.
    pub processes: Vec<i32>,
}
