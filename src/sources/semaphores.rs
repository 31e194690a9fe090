//! The semaphores of one set.

use super::Gap;
use crate::model::{Object, Semaphore};
use crate::sys::sem;

/// The value, waiters and last process of each semaphore: four calls a semaphore.
///
/// # Errors
/// The call that failed; EACCES without read permission on the set.
pub fn read_semaphores(set: &Object) -> Result<Vec<Semaphore>, Gap> {
    let Some(id) = set.id() else { return Ok(Vec::new()) };
    let gap = |command| move |error| Gap::Semaphores { command, error };
    // No set has more: the kernel counts its semaphores in 32 bits.
    (0..u32::try_from(set.size()).unwrap_or(u32::MAX))
        .map(|num| {
            let value = sem::value(id, num).map_err(gap("GETVAL"))?;
            let (ncount, zcount) = sem::waiters(id, num).map_err(gap("GETNCNT"))?;
            let pid = sem::last_pid(id, num).map_err(gap("GETPID"))?;
            Ok(Semaphore { num, value, ncount, zcount, pid })
        })
        .collect()
}
