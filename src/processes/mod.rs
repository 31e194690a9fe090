//! Who uses an object: processes that have it attached, wait on it, or made it.
//!
//! [`Inspector`] answers. It has a cheap part, which asks the kernel about recorded pids and
//! semaphores (about 1 us a semaphore, no look at /proc for a pid that has gone), and a dear part,
//! one [`Scan`] over all processes for what a [`Request`] names. Whatever could not be looked at is
//! said: a [`Gap`] in a [`Report`], an unknown [`Verdict`].
//!
//! ```no_run
//! use ipcs::model::Kinds;
//! use ipcs::proc::ProcRoot;
//! use ipcs::processes::{Inspector, Request};
//! # fn segments() -> Vec<ipcs::model::Shm> { Vec::new() }
//!
//! let mut inspector = Inspector::new(ProcRoot::default());
//! inspector.scan(Request::processes(Kinds::SHM));
//! for shm in segments() {
//!     let report = inspector.report(&shm);
//!     let verdict = inspector.orphaned(&shm);
//! }
//! ```
//!
//! Scan first, read the objects after: a process that attaches in between is then found to be
//! missing (`nattch` tells), rather than overlooked.

mod alive;
mod attach;
mod deadlock;
mod inspect;
mod inspector;
mod pass;
mod people;
mod report;
mod resolve;
mod scan;
mod semaphores;
mod verdict;
mod visibility;
mod waits;

pub use alive::{Alive, Doubt, Liveness, Times};
pub use attach::{Access, Mapping, MapsSource};
pub use deadlock::{WaitGraph, WaitsOn};
pub use inspect::Inspect;
pub use inspector::Inspector;
pub use people::Process;
pub use report::{Report, Role, User};
pub use resolve::Attached;
pub use scan::{Attachment, Request, Scan};
pub use semaphores::{SemState, SemUnreadable, semaphores};
pub use verdict::{Gap, PidField, Reason, Recorded, Verdict};
pub use visibility::{Hidden, Visibility};
pub use waits::{SemOp, Wait, Waiter};
