//! The library, asked by the process that runs the tests.

use ipcs::proc::ProcRoot;
use ipcs::processes::{Inspector, Verdict, Visibility};

/// An inspector for which this process and its children count like all others.
///
/// [`Inspector::new`] leaves them out: they are the running program and its helpers.
pub fn inspector(root: ProcRoot) -> Inspector {
    let view = everybody(&root);
    Inspector::with_view(root, view)
}

/// The view of [`inspector`].
pub fn everybody(root: &ProcRoot) -> Visibility {
    Visibility { own_pid: None, ..Visibility::of(root) }
}

/// The reason of a verdict, with users as numbers.
pub fn reason(verdict: &Verdict) -> String {
    verdict.reason.text(&mut |uid| uid.to_string())
}
