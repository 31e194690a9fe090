//! `--namespace`: the same removals in other IPC namespaces.
//!
//! A namespace is opened once and entered through its file, so that another one which gets its
//! number or its process id meanwhile is never taken for it.

use std::io::Write;

use super::Run;
use super::report::Place;
use super::tally::Tally;
use crate::app::namespaces::{NamespaceScope, cannot_enter, enter, find_all, run_in_open};
use crate::app::shm_files;
use crate::namespaces::{self, EnterError, Found, IpcNamespace, Scope};
use crate::proc::file_id;
use crate::render::namespaces::title;
use crate::sources::ShmFiles;

impl Run<'_> {
    /// Removes in one namespace.
    ///
    /// # Errors
    /// It does not exist or cannot be entered.
    pub(super) fn within(&mut self, scope: &Scope) -> anyhow::Result<()> {
        let file = namespaces::open(&self.proc, scope)?;
        let id = file_id(&file.metadata()?);
        let place = Place { number: id.inode, title: None };
        let proc = self.proc.clone();
        let files = shm_files::of_one(&proc, self.job.request.kinds(), scope, id);
        self.tally =
            self.visit(place, files.for_changes(), |work| run_in_open(&proc, &file, work))?;
        Ok(())
    }

    /// Removes in every namespace that is found.
    pub(super) fn within_all(&mut self) {
        let Found { namespaces, gaps, .. } = find_all(&self.proc);
        for gap in &gaps {
            match gap.is_failure() {
                true => self.tally.fail(self.session, gap.to_string()),
                false => self.tally.warn_of_gap(self.session, gap.to_string()),
            }
        }
        let kinds = self.job.request.kinds();
        let files = shm_files::of_each(&self.proc, kinds, &NamespaceScope::All, &namespaces);
        for namespace in &namespaces {
            let files = files.get(&namespace.id).cloned().unwrap_or_default();
            match self.enter(namespace, files) {
                Ok(()) => {}
                Err(error) if error.is_gone() => {}
                Err(error) => {
                    let text = cannot_enter(namespace, error).to_string();
                    self.tally.fail(self.session, text);
                }
            }
            if self.tally.stopped || self.tally.terminal_error.is_some() {
                break;
            }
        }
    }

    fn enter(&mut self, namespace: &IpcNamespace, files: ShmFiles) -> Result<(), EnterError> {
        let place = Place { number: namespace.id.inode, title: Some(title(namespace)) };
        self.tally = self.visit(place, files.for_changes(), |work| enter(namespace, work))?;
        Ok(())
    }

    /// Removes in a namespace that `enter` enters; returns the tally of the run so far.
    fn visit<E>(
        &mut self,
        place: Place,
        files: ShmFiles,
        enter: impl FnOnce(&mut (dyn FnMut() -> Tally + Send)) -> Result<Tally, E>,
    ) -> Result<Tally, E> {
        // A child process has a copy of what is not written yet, and its own output ends with it.
        // An error of either is repeated by the last line of the run.
        let _ = self.session.out().flush();
        enter(&mut || {
            self.here(Some(place.clone()), files.clone());
            let _ = self.session.out().flush();
            std::mem::take(&mut self.tally)
        })
    }
}
