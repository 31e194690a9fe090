//! `ipcrm` on POSIX objects.

mod directory;
mod json;
mod messages;
mod odd_files;
mod odd_names;
mod recheck;
mod unseen;
mod users;
