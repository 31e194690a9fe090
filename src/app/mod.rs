//! One function per program, and what the three share at the edge.

pub mod edge;
pub mod filters;
pub mod ipcmk;
pub mod ipcrm;
pub mod ipcs;
