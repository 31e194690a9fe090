//! The output of `ipcrm`: descriptions of objects, the summary of a run, the JSON document.

pub mod describe;
mod document;
mod summary;

pub use document::Document;
pub use summary::Summary;
