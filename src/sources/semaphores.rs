//! The semaphores of one set.

use super::Gap;
use crate::model::{Object, Semaphore};
use crate::sys::sem::{self, Failed};

/// The value, waiters and last process of each semaphore.
///
/// # Errors
/// The call that failed; EACCES without read permission on the set.
pub fn read_semaphores(set: &Object) -> Result<Vec<Semaphore>, Gap> {
    let gap = |Failed { command, error }| Gap::Semaphores { command, error };
    sem::semaphores(set).collect::<Result<_, _>>().map_err(gap)
}
