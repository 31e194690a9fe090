//! Shared code of the integration tests.
//!
//! * [`namespace`]: private IPC namespaces, so that no test touches the caller's
//!   objects.
//! * [`user_namespace`]: root of a user namespace, for tests without root.
//! * [`objects`]: real segments, queues and semaphore sets in every state.
//! * [`posix`]: POSIX objects.
//! * [`actor`]: child processes that use objects on command.
//! * [`leftovers`]: objects of users who have no processes.
//! * [`programs`]: util-linux' programs and ours, run the same way.
//! * [`compare`]: runs both on the same objects and reports every difference.
//! * [`inspection`]: asks the library about the processes of the tests themselves.
//! * [`json`], [`table`]: read JSON documents and the tables of /proc/sysvipc.
//! * [`terminal`]: runs a program on a terminal.
//! * [`strace`]: runs a program under strace, which may change its system calls.
//!
//! Two rules keep tests from disturbing each other: everything runs inside
//! [`namespace::isolated`], and no test forks this process (see [`programs`]).
//!
//! A test that makes objects looks like this:
//!
//! ```ignore
//! #[test]
//! fn lists_an_attached_segment() {
//!     namespace::isolated(|| {
//!         let segment = Shm::private(4096, 0o600);
//!         let _attached = segment.attach();
//!         let run = ours("ipcs", &["-m"]).run();
//!         assert_eq!(run.status, Some(0));
//!     });
//! }
//! ```

pub mod actor;
pub mod compare;
pub mod inspection;
pub mod json;
pub mod leftovers;
pub mod namespace;
pub mod objects;
pub mod posix;
pub mod programs;
pub mod strace;
pub mod sys;
pub mod table;
pub mod terminal;
pub mod user_namespace;
