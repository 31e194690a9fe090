//! What the integration tests stand on.
//!
//! * [`namespace`]: private IPC namespaces, so that no test ever touches the
//!   caller's objects.
//! * [`objects`]: real segments, queues and semaphore sets in every state.
//! * [`programs`]: util-linux' programs and ours, run the same way.
//! * [`compare`]: both on the same objects, with every difference reported.
//!
//! Two rules keep tests from disturbing each other: everything runs inside
//! [`namespace::isolated`], and no test forks this process (see [`programs`]).
//!
//! A test that makes objects looks like this:
//!
//! ```ignore
//! #[test]
//! fn an_attached_segment() {
//!     namespace::isolated(|| {
//!         let segment = Shm::private(4096, 0o600);
//!         let _attached = segment.attach();
//!         let run = ours("ipcs", &["-m"]).run();
//!         assert_eq!(run.status, Some(0));
//!     });
//! }
//! ```

pub mod compare;
pub mod namespace;
pub mod objects;
pub mod programs;
pub mod sys;
