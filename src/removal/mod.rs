//! Removing objects.
//!
//! A [`Request`] says which objects: a [`Plan`] of named ones, or a [`Selection`] by a filter. Both
//! are carried out by one engine, for real or as a dry run. They differ in the origin of the
//! objects and in the rules. Named objects are removed as requested, in use or not. A selected
//! object is checked again right before its removal. It stays if it is in use, no longer passes the
//! filter, or is another object with the same id.
//!
//! Nothing here prints or prompts: a [`Handler`] follows the run.

mod all;
mod cause;
mod engine;
mod event;
mod explain;
mod failure;
mod files;
mod fresh_scan;
mod keep_reason;
mod look;
mod named;
mod other_file;
mod privilege;
mod request;
mod run;
mod selected;

pub use cause::Cause;
pub use event::{Blocked, Candidate, Decision, Event, Handler, Outcome};
pub use failure::Failure;
pub use keep_reason::{Change, KeepReason};
pub use other_file::OtherFile;
pub use privilege::Privilege;
pub use request::{NamedBy, Options, Plan, Request, Selection, Step};
pub use run::run;
