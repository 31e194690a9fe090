//! The processes that use POSIX objects (`-P`), as sections after the classic list.

use super::processes::{
    ProcessTable, Reports, mappings, reports_of, short, text, user_name, verdict,
};
use super::waits::{alike, wait_text};
use crate::columns::OwnedRow;
use crate::model::Kind;
use crate::names::Names;
use crate::processes::{Role, User};

/// The sections of one kind. `one`: there is a single object, so more can be shown.
pub fn sections(kind: Kind, rows: &[OwnedRow], one: bool, names: &mut Names) -> Vec<ProcessTable> {
    let reports = &reports_of(kind, rows);
    let waiters = (kind == Kind::Pmsg).then(|| waiters(reports, names));
    let users = users(kind, reports, names);
    let mappings = (one && kind != Kind::Pmsg).then(|| {
        let title = match kind {
            Kind::Psem => "POSIX Semaphore Mappings",
            _ => "POSIX Shared Memory Mappings",
        };
        mappings(title, &MAPPINGS, reports)
    });
    let orphans = orphans(kind, reports, names);
    waiters.into_iter().chain([users]).chain(mappings).chain([orphans]).collect()
}

static MAPPINGS: [(&str, usize); 6] =
    [("name", 20), ("pid", 10), ("access", 10), ("bytes", 14), ("offset", 14), ("address", 0)];

fn users(kind: Kind, reports: &Reports<'_>, names: &mut Names) -> ProcessTable {
    let title = match kind {
        Kind::Pmsg => "POSIX Message Queue Processes",
        Kind::Psem => "POSIX Semaphore Processes",
        _ => "POSIX Shared Memory Processes",
    };
    let mut table = ProcessTable::new(
        title,
        &[("name", 20), ("pid", 10), ("user", 10), ("use", 16), ("command", 0)],
    );
    for (object, report) in reports {
        for user in &report.users.list {
            let words = uses(user).join(", ");
            // A process that only waits is in the section of waiters.
            if words.is_empty() {
                continue;
            }
            table.push(vec![
                text(&object.identity.name),
                text(user.process.pid),
                user_name(&user.process, names),
                text(words),
                short(&user.process),
            ]);
        }
    }
    table
}

/// How a process has the file of an object: `mapped rw`, `open`.
pub(super) fn uses(user: &User) -> Vec<String> {
    let access = user.access.filter(|_| user.roles.contains(&Role::Mapped));
    let mapped = access.map(|access| format!("mapped {}", access.word()));
    let open = user.roles.contains(&Role::Open).then(|| Role::Open.word().to_owned());
    mapped.into_iter().chain(open).collect()
}

fn waiters(reports: &Reports<'_>, names: &mut Names) -> ProcessTable {
    let mut table = ProcessTable::new(
        "POSIX Message Queue Waiters",
        &[("name", 20), ("pid", 10), ("threads", 10), ("user", 10), ("waits", 20), ("command", 0)],
    );
    for (object, report) in reports {
        for User { process, waits, .. } in &report.users.list {
            for (waiter, threads) in alike(waits) {
                table.push(vec![
                    text(&object.identity.name),
                    text(process.pid),
                    text(threads),
                    user_name(process, names),
                    text(wait_text(waiter)),
                    short(process),
                ]);
            }
        }
    }
    table
}

fn orphans(kind: Kind, reports: &Reports<'_>, names: &mut Names) -> ProcessTable {
    let title = match kind {
        Kind::Pmsg => "POSIX Message Queue Orphans",
        Kind::Psem => "POSIX Semaphore Orphans",
        _ => "POSIX Shared Memory Orphans",
    };
    let mut table = ProcessTable::new(title, &[("name", 20), ("orphaned", 0)]);
    for (object, report) in reports {
        let verdict = verdict(&report.verdicts.orphaned, names);
        table.push(vec![text(&object.identity.name), verdict]);
    }
    table
}
