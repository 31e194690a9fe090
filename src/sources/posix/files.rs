//! What a file in a directory of objects is.

use std::io::Read;

use super::{queue, semaphore};
use crate::model::{
    Body, Content, FileType, Identity, Kind, Mode, Object, Owner, Pmsg, PosixFile, PosixName, Psem,
};
use crate::sources::Gap;
use crate::sys::directory::{Directory, FileLook};
use crate::sys::ids::caller_owner;
use crate::sys::{Errno, errno_of, is_permission, mqueue};

/// Whether a file with this name may be an object of a kind. The rest is seen in the file.
pub fn file_names(kind: Kind, file: &[u8]) -> bool {
    kind != Kind::Pshm || !PosixName::is_of_semaphore(file)
}

/// The object of a kind with this file. `None`: there is no such file, or it is an object of another
/// kind.
///
/// # Errors
/// It cannot be read, for another reason than missing permission.
pub fn examine(directory: &Directory, kind: Kind, file: &[u8]) -> Result<Option<Object>, Gap> {
    let name = PosixName::of_file(kind, file);
    let gap = |error| Gap::Posix { kind, name: name.clone(), error };
    let look = match directory.look(file) {
        Ok(look) => look,
        Err(Errno::ENOENT) => return Ok(None),
        Err(error) => return Err(gap(error)),
    };
    let body = match kind {
        Kind::Pmsg => queue_body(directory, file, &look).map(Body::Pmsg),
        _ => shm_body(directory, file, &look),
    };
    match body {
        Ok(body) => Ok(object(kind, name, &look, body)),
        // It was removed meanwhile.
        Err(Errno::ENOENT) => Ok(None),
        Err(error) => Err(gap(error)),
    }
}

/// The object, unless its file turned out to be of another kind.
fn object(kind: Kind, name: PosixName, look: &FileLook, body: Body) -> Option<Object> {
    let is_of_kind = matches!(
        (kind, &body),
        (Kind::Pshm, Body::Pshm(_)) | (Kind::Psem, Body::Psem(_)) | (Kind::Pmsg, Body::Pmsg(_))
    );
    is_of_kind.then(|| Object {
        identity: Identity::posix(kind, name),
        key: None,
        seq: None,
        owner: caller_owner(Owner { uid: look.uid, gid: look.gid }),
        creator: None,
        mode: Mode(look.perms),
        // Reading a queue's file sets its ctime.
        ctime: if kind == Kind::Pmsg { look.file.mtime } else { look.file.changed.0 },
        body,
    })
}

/// Shared memory or a semaphore.
fn shm_body(directory: &Directory, file: &[u8], look: &FileLook) -> nix::Result<Body> {
    let is_named_so = PosixName::is_of_semaphore(file);
    let PosixFile { file_type, size, .. } = look.file;
    let may_be = file_type == FileType::Regular && size == semaphore::SIZE as u64;
    // musl's semaphores have no names of their own.
    if !is_named_so && !may_be {
        return Ok(Body::Pshm(look.file));
    }
    let content = match may_be {
        false => Content::Foreign,
        true => content(directory, file, look)?,
    };
    match content {
        Content::Semaphore { .. } => Ok(Body::Psem(Psem { file: look.file, content })),
        _ if is_named_so => Ok(Body::Psem(Psem { file: look.file, content })),
        _ => Ok(Body::Pshm(look.file)),
    }
}

fn content(directory: &Directory, file: &[u8], look: &FileLook) -> nix::Result<Content> {
    let opened = match directory.open_file(file) {
        Err(errno) if is_permission(errno) => return Ok(Content::Unknown),
        // Its owner has a lease on it (fcntl(2)), which opening would have to wait for.
        Err(Errno::EAGAIN) => return Ok(Content::Unknown),
        opened => opened?,
    };
    let mut bytes = Vec::with_capacity(semaphore::SIZE);
    // One more byte shows that it has grown meanwhile.
    let limit = semaphore::SIZE as u64;
    let read = opened.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| errno_of(&error))?;
    Ok(semaphore::parse(file, &bytes, look.file.allocated > 0))
}

/// A queue. What may not be read is unknown.
fn queue_body(directory: &Directory, file: &[u8], look: &FileLook) -> nix::Result<Pmsg> {
    // Reading a queue's file sets its ctime.
    let of_file = PosixFile { changed: (look.file.mtime, 0), ..look.file };
    let mut pmsg = Pmsg {
        file: of_file,
        qnum: None,
        cbytes: None,
        maxmsg: None,
        msgsize: None,
        notify_pid: None,
        notify_signal: None,
    };
    let mut opened = match directory.open_file(file) {
        Err(errno) if is_permission(errno) => return Ok(pmsg),
        opened => opened?,
    };
    let attributes = mqueue::attributes(&opened)?;
    let text = mqueue::read_text(&mut opened).map_err(|error| errno_of(&error))?;
    let text = queue::parse(&text);
    pmsg.qnum = Some(attributes.curmsgs);
    pmsg.maxmsg = Some(attributes.maxmsg);
    pmsg.msgsize = Some(attributes.msgsize);
    pmsg.cbytes = text.qsize;
    pmsg.notify_pid = text.notify_pid;
    pmsg.notify_signal = text.signal;
    Ok(pmsg)
}
