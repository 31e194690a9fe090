//! Visits to many namespaces by few threads.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::namespaces::enter;
use crate::namespaces::{EnterError, IpcNamespace};
use crate::processes::gather;
use crate::sys::namespace::{self, in_thread};

/// Does `work` within each namespace.
///
/// A few threads go from one namespace to the next, and the calling thread stays in its own. What
/// they cannot enter is entered afterwards one by one, as [`enter`] does it.
///
/// # Errors
/// Of a namespace: those of [`enter`].
pub fn visit<T: Send + Serialize + DeserializeOwned>(
    namespaces: &[IpcNamespace],
    work: impl Fn(&IpcNamespace) -> T + Sync,
) -> Vec<Result<T, EnterError>> {
    let visited = visit_by_threads(namespaces, &work).into_iter();
    let both = namespaces.iter().zip(visited);
    both.map(|(namespace, done)| done.map_or_else(|| enter(namespace, || work(namespace)), Ok))
        .collect()
}

/// The answers of the namespaces that threads could enter.
fn visit_by_threads<T: Send>(
    namespaces: &[IpcNamespace],
    work: &(impl Fn(&IpcNamespace) -> T + Sync),
) -> Vec<Option<T>> {
    let indexes: Vec<usize> = (0..namespaces.len()).collect();
    let visit_one = |done: &mut Vec<(usize, T)>, at: &usize| {
        let Some(one) = namespaces.get(*at) else { return };
        let file = one.file.as_ref().filter(|_| one.error.is_none());
        if file.is_some_and(|file| namespace::enter(file).is_ok()) {
            done.push((*at, work(one)));
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
