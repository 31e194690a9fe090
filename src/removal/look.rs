//! Whether an object is still the one that was chosen.

use nix::errno::Errno;

use super::keep_reason::{Change, KeepReason};
use crate::columns::Needs;
use crate::model::{Identity, Object};
use crate::sources::{Gap, Source, posix};
use crate::sys::{errno_of, ipc};

/// An object as it was last read before its removal.
pub(super) enum Look {
    /// It is the one that was chosen.
    Same(Object),
    /// It was removed.
    Gone,
    /// Another process removed it, but it is still attached.
    Marked,
    /// It changed, or another one has its place. The object is there unless another one is.
    Changed(Option<Object>, KeepReason),
    /// It could not be read.
    Unread(Errno),
}

/// Reads an object again, with what a filter needs.
pub(super) fn look_again(source: &dyn Source, chosen: &Object, needs: Needs) -> Look {
    if chosen.kind().is_posix() {
        return look_at_file_again(source, chosen);
    }
    let Some(id) = chosen.id() else { return Look::Gone };
    let now = match ipc::at_index_of(chosen.kind(), id) {
        Ok(now) => now,
        Err(error) if ipc::is_absent(error) => return Look::Gone,
        // An old kernel, or a security module: everyone may read the text.
        Err(_) => match find(source, &chosen.identity, needs) {
            Ok(Some(now)) => now,
            Ok(None) => return Look::Gone,
            Err(gap) => return Look::Unread(errno(&gap)),
        },
    };
    let is_same = now.identity == chosen.identity;
    if is_same && now.is_dest() && !chosen.is_dest() {
        return Look::Marked;
    }
    match KeepReason::changed(chosen, &now) {
        Some(reason) => Look::Changed(is_same.then_some(now), reason),
        None => Look::Same(now),
    }
}

fn look_at_file_again(source: &dyn Source, chosen: &Object) -> Look {
    let now = match examine_again(source, chosen) {
        Ok(Some(now)) => now,
        // The file may have become one of another kind.
        Ok(None) => return Look::Gone,
        Err(gap) => return Look::Unread(errno(&gap)),
    };
    match KeepReason::changed(chosen, &now) {
        // The name is that of another file.
        Some(reason @ KeepReason::Changed(Change::File)) => Look::Changed(None, reason),
        Some(reason) => Look::Changed(Some(now), reason),
        None => Look::Same(now),
    }
}

/// The object with the file of a chosen one.
///
/// # Errors
/// Why it is unknown whether there is one.
fn examine_again(source: &dyn Source, chosen: &Object) -> Result<Option<Object>, Gap> {
    let Some(name) = chosen.name() else { return Ok(None) };
    match source.directory(chosen.kind())? {
        Some(directory) => posix::examine(directory, chosen.kind(), name.file()),
        None => Ok(None),
    }
}

/// Looks up one object.
///
/// # Errors
/// Why it is unknown whether the object exists.
pub(super) fn find(
    source: &dyn Source,
    identity: &Identity,
    needs: Needs,
) -> Result<Option<Object>, Gap> {
    let lookup = source.find(identity, needs);
    match (lookup.object, lookup.gaps.into_iter().next()) {
        // A field that a filter needs is missing.
        (Some(_), Some(gap @ Gap::Field { .. })) => Err(gap),
        (Some(object), _) => Ok(Some(object)),
        (None, None) => Ok(None),
        (None, Some(gap)) => Err(gap),
    }
}

/// The error number of a gap.
pub(super) fn errno(gap: &Gap) -> Errno {
    match gap {
        // The row may be that of the object.
        Gap::Row { .. } => Errno::EBADMSG,
        Gap::Read { error, .. } => errno_of(error),
        Gap::Object { error, .. }
        | Gap::Lookup { error, .. }
        | Gap::Field { error, .. }
        | Gap::Kind { error, .. }
        | Gap::Limits { error, .. }
        | Gap::Usage { error, .. }
        | Gap::Unsure { error, .. }
        | Gap::Semaphores { error, .. } => *error,
        Gap::Posix { error, .. } => *error,
        Gap::Queues(_) | Gap::OtherDirectory { .. } => Errno::EPERM,
        Gap::Processes(_) => Errno::EIO,
    }
}
