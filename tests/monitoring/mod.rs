//! Monitoring and diagnosis.

mod explain;
