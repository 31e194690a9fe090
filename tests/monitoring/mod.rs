//! Monitoring and diagnosis.

mod check;
