//! Removing objects.
//!
//! A [`Request`] says which objects: a [`Plan`] of named ones, or a [`Selection`] by a filter. Both
//! are carried out by one engine, for real or as a dry run. They differ in where the objects come
//! from and in the rules that hold: named objects are removed as asked, in use or not, while a
//! selected object is looked at again right before its removal and stays when it is in use, no
//! longer passes the filter, or is another object under the same id.
//!
//! Nothing here prints or asks: a [`Handler`] follows the run.

mod cause;
mod engine;
mod event;
mod explain;
mod failure;
mod fresh_scan;
mod keep_reason;
mod privilege;
mod request;

pub use cause::Cause;
pub use engine::run;
pub use event::{Candidate, Decision, Event, Handler, Outcome};
pub use failure::Failure;
pub use keep_reason::{Change, KeepReason};
pub use privilege::Privilege;
pub use request::{NamedBy, Options, Plan, Request, Selection, Step};
