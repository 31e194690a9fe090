//! Failing system calls and odd environments.
//!
//! A run has to answer as usual, or to name what is missing and exit with 1. It must not crash or
//! hang, print invalid JSON or a false value, or remove what the usual run leaves. Processes of
//! others that one has no right to look at do not change the exit status.
//!
//! * `matrix`: the calls of many command lines fail, one after the other. The usual tests try a
//!   sample; `tests/faults.sh --full` tries all of them.
//! * `mounts`, `limits`: /proc, /dev and /etc that are masked; small limits, few rights.
//! * `single`: single failures that were once answered wrongly.
//! * `exceptions`: what the matrix leaves out.

mod compare;
mod environments;
mod exceptions;
mod inject;
mod judge;
mod limits;
mod lines;
mod matrix;
mod mounts;
mod scene;
mod single;
