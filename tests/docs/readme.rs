//! README.md.
