//! Rows from the text of /proc/sysvipc.

use std::io;

use super::Gap;
use super::chunks::{CHUNK, Chunk, Outcome, Take, ahead};
use crate::model::Id;
use crate::proc::sysvipc::SysvipcRow;
use crate::proc::{ParseError, ProcRoot};

/// Reads the file of one kind, in another thread if that pays. An empty file (not even a header)
/// is a masked one, and no source.
pub(super) fn read<T: SysvipcRow + Send>(
    proc: &ProcRoot,
    in_thread: bool,
    take: Take<'_, T>,
) -> io::Result<Outcome> {
    if !in_thread {
        return read_here(proc, take);
    }
    ahead(
        |sender| {
            let read = read_here(proc, &mut |chunk| {
                // Nobody listens any more: the output could not be written.
                let sent = sender.send(chunk);
                sent.map(|()| Outcome::Done).map_err(|_| io::ErrorKind::BrokenPipe.into())
            });
            read.unwrap_or(Outcome::Done)
        },
        take,
    )
}

fn read_here<T: SysvipcRow>(proc: &ProcRoot, take: Take<'_, T>) -> io::Result<Outcome> {
    let Ok(mut lines) = proc.lines(T::file()) else { return Ok(Outcome::UseOther) };
    let mut number = 0;
    let mut chunk = Chunk::default();
    loop {
        match lines.next_line() {
            Ok(Some(_)) if number == 0 => number = 1,
            Ok(Some(line)) => {
                number += 1;
                match T::parse(line) {
                    Ok(row) => chunk.rows.push(row),
                    Err(error) => chunk.gaps.push(row_gap(proc, T::file(), number, error)),
                }
                if chunk.rows.len() == CHUNK {
                    take(std::mem::take(&mut chunk))?;
                }
            }
            Ok(None) | Err(_) if number == 0 => return Ok(Outcome::UseOther),
            Ok(None) => break,
            Err(error) => {
                let path = proc.path(T::file()).display().to_string();
                chunk.gaps.push(Gap::Read { path, error });
                break;
            }
        }
    }
    take(chunk)?;
    Ok(Outcome::Done)
}

/// The row with an id, if there is one.
pub(super) fn find<T: SysvipcRow>(proc: &ProcRoot, id: Id, gaps: &mut Vec<Gap>) -> Option<T> {
    let mut found = None;
    let mut take = |mut chunk: Chunk<T>| {
        gaps.append(&mut chunk.gaps);
        found = found.or_else(|| chunk.rows.into_iter().find(|row| row.perm().id == id));
        Ok(Outcome::Done)
    };
    // Taking cannot fail.
    let _ = read_here(proc, &mut take);
    found
}

fn row_gap(proc: &ProcRoot, file: &str, line: usize, error: ParseError) -> Gap {
    Gap::Row { path: proc.path(file).display().to_string(), line, error }
}
