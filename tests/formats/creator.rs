//! A process with a chosen command line that has made a segment.

use crate::support::actor::Actor;

/// The process lives as long as this value.
pub struct Creator {
    actor: Actor,
    /// The id of its segment.
    pub segment: i32,
}

impl Creator {
    /// Starts a process with this command line, including its name.
    pub fn named(argv: &[&[u8]]) -> Creator {
        let mut actor = Actor::named(argv);
        let segment = actor.make_segment(4096).id;
        Creator { actor, segment }
    }

    /// Attaches its segment.
    pub fn attach(&mut self) {
        self.actor.attach(self.segment, "rw");
    }
}
