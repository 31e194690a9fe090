//! One function for each program, and what the three share.

mod bytes;
pub mod filters;
pub mod ipcmk;
pub mod ipcrm;
pub mod ipcs;
pub mod namespaces;
mod replace_file;
pub mod session;
mod shm_files;
