//! Who uses an object, on real processes: see `ipcs::processes`.

mod actor;
mod scene;
mod segments;
