//! The IPC namespace that a source reads.

use crate::model::Namespace;

/// A namespace whose objects can be read. The kernel's calls and /proc/sysvipc are those of the
/// calling thread's namespace (ipc_namespaces(7)), so all reading goes through [`Self::enter`].
#[derive(Clone, Debug, Default)]
pub struct NamespaceHandle {
    namespace: Namespace,
}

impl NamespaceHandle {
    /// The namespace of the calling thread.
    #[must_use]
    pub fn current() -> NamespaceHandle {
        NamespaceHandle { namespace: Namespace::Current }
    }

    /// Which namespace it is.
    #[must_use]
    pub fn namespace(&self) -> Namespace {
        self.namespace
    }

    /// Runs `work` inside the namespace.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }
}
