//! See, remove and make System V IPC objects on Linux.
