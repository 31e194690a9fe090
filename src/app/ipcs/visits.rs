//! Visits to many namespaces by few threads.

use crate::namespaces::IpcNamespace;
use crate::processes::gather;
use crate::sys::namespace::{enter, in_thread};

/// Does `work` within each namespace, as far as a thread can enter it; `None` for the others.
///
/// The threads go from one namespace to the next, and the calling thread stays in its own.
pub fn visit<T: Send>(
    namespaces: &[IpcNamespace],
    work: impl Fn(&IpcNamespace) -> T + Sync,
) -> Vec<Option<T>> {
    let indexes: Vec<usize> = (0..namespaces.len()).collect();
    let visit_one = |done: &mut Vec<(usize, T)>, at: &usize| {
        let Some(namespace) = namespaces.get(*at) else { return };
        let file = namespace.file.as_ref().filter(|_| namespace.error.is_none());
        if file.is_some_and(|file| enter(file).is_ok()) {
            done.push((*at, work(namespace)));
        }
    };
    let done = in_thread(|| gather(&indexes, visit_one)).unwrap_or_default();
    let mut answers: Vec<Option<T>> = namespaces.iter().map(|_| None).collect();
    for (at, answer) in done.into_iter().flatten() {
        if let Some(place) = answers.get_mut(at) {
            *place = Some(answer);
        }
    }
    answers
}
