//! Monitoring and diagnosis.

mod check;
mod check_errors;
mod plugin;
