//! What a walk over /proc has found, before it is divided by IPC namespaces.

use std::collections::HashSet;

use super::census::{Census, LiveProcess};
use super::files::FileUsers;
use super::findings::{Attachment, Denied, Findings, ScanRequest};
use super::membership::{Member, Membership};
use super::visibility::Visibility;
use super::waits::{BlockedCall, Waiter, read_operations};
use crate::model::Id;
use crate::proc::ProcRoot;

/// What was found about processes, with the IPC namespaces of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub attachments: Vec<(Id, Attachment, Membership)>,
    pub waiters: Vec<(BlockedCall, Waiter, Membership)>,
    pub files: FileUsers,
    pub processes: Vec<(LiveProcess, Membership)>,
    pub denied_maps: Denied,
    pub denied_files: Denied,
    pub denied_waits: Denied,
    pub denied_census: Denied,
    /// Processes whose namespaces are unknown.
    pub unknown: HashSet<i32>,
}

impl Found {
    pub(super) fn and(mut self, other: Found) -> Found {
        self.attachments.extend(other.attachments);
        self.waiters.extend(other.waiters);
        self.processes.extend(other.processes);
        self.files = std::mem::take(&mut self.files).and(other.files);
        self.denied_maps.extend(other.denied_maps);
        self.denied_files.extend(other.denied_files);
        self.denied_waits.extend(other.denied_waits);
        self.denied_census.extend(other.denied_census);
        self.unknown.extend(other.unknown);
        self
    }

    /// Sorts it, and reads what is read of all processes together.
    pub(super) fn complete(&mut self, root: &ProcRoot, request: ScanRequest) {
        self.attachments.sort_by_key(|(_, one, _)| one.pid);
        self.waiters.sort_by_key(|(_, waiter, _)| (waiter.pid, waiter.tid));
        if request.details {
            self.waiters = read_operations(root, std::mem::take(&mut self.waiters));
        }
        self.files.sort();
        self.processes.sort_by_key(|(process, _)| process.pid);
    }

    /// Files what concerns the namespace of the view.
    pub(super) fn put_into(self, findings: &mut Findings, view: &Visibility, boot: Option<i64>) {
        let own = view.ipc_namespace;
        // See `Visibility::first_process_is_elsewhere`.
        let is_elsewhere =
            |pid: i32| pid == 1 && view.first_process_is_elsewhere() && self.unknown.contains(&1);
        for (id, mut attachment, membership) in self.attachments {
            if !is_elsewhere(attachment.pid) {
                attachment.member = membership.of(own) == Member::Yes;
                findings.attachments.entry(id).or_default().push(attachment);
            }
        }
        for (call, waiter, membership) in self.waiters {
            if membership.of(own) != Member::Yes || is_elsewhere(waiter.pid) {
                continue;
            }
            let waiters = match call {
                BlockedCall::Semop { .. } => &mut findings.sem_waiters,
                _ => &mut findings.msg_waiters,
            };
            if let Some(id) = call.id() {
                waiters.entry(id).or_default().push(waiter);
            }
        }
        let processes = self.processes.into_iter().filter(|(one, _)| !is_elsewhere(one.pid));
        // A process whose namespace cannot be read counts as being in this one.
        let processes = processes.map(|(process, membership)| LiveProcess {
            member: membership.of(own) != Member::No,
            ..process
        });
        let Visibility { initial_pid_namespace, initial_user_namespace, .. } = *view;
        findings.census =
            Census::new(processes.collect(), boot, initial_pid_namespace, initial_user_namespace);
        let visible = |denied: Denied| -> Denied {
            denied.into_iter().filter(|(pid, _)| !is_elsewhere(*pid)).collect()
        };
        findings.denied_maps = visible(self.denied_maps);
        findings.denied_files = visible(self.denied_files);
        findings.denied_waits = visible(self.denied_waits);
        findings.denied_census = visible(self.denied_census);
    }
}
