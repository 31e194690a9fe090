//! Monitoring and diagnosis.

mod check;
mod explain;
