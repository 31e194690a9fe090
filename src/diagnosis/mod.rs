//! Why a call for IPC fails: a table of causes, what the system says of each now, and what follows.
//!
//! A [`Question`] is read from what a user typed. [`Readings`] are plain data: [`explain`] judges
//! each cause in the table by them.

mod advice;
mod causes;
mod explain;
mod failure;
mod figures;
mod question;
mod readings;
mod system;
mod verdict;

pub use advice::Place;
pub use causes::{CAUSES, Cause};
pub use explain::{Commands, Finding, Holder, about_limit, cause_of, explain};
pub use failure::Failure;
pub use figures::{Figure, IpcFigures, Queues};
pub use question::{Question, QuestionError};
pub use readings::Readings;
pub use system::System;
pub use verdict::{State, Verdict};
