//! Everything that causes are judged by.

use super::figures::IpcFigures;
use super::system::System;

/// What was read of the system.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    /// The IPC namespace.
    pub ipc: IpcFigures,
    /// Memory, and the limits of a process.
    pub system: System,
}
