//! Features of `ipcrm` that util-linux' does not have.

mod answers;
mod dry_run;
mod filters;
mod injected_errors;
pub mod interactive;
mod json;
mod many;
mod order_and_exit;
mod posix;
mod receivers;
mod recheck;
mod recipes;
mod reused_ids;
mod unsure;
