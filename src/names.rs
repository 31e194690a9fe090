//! Names of users and groups: NSS is asked once for each number.

use nix::unistd::{Gid, Group, Uid, User};

/// What was asked so far. Owners are few even where objects are many, so a list is enough.
#[derive(Debug, Default)]
pub struct Names {
    users: Vec<(u32, Option<Box<str>>)>,
    groups: Vec<(u32, Option<Box<str>>)>,
    numeric: bool,
}

impl Names {
    /// Names as NSS knows them.
    #[must_use]
    pub fn new() -> Names {
        Names::default()
    }

    /// No names at all: every look-up fails, so that numbers are shown.
    #[must_use]
    pub fn numeric() -> Names {
        Names { numeric: true, ..Names::default() }
    }

    /// The name of a user; `None` where there is none.
    pub fn user(&mut self, uid: u32) -> Option<&str> {
        if self.numeric {
            return None;
        }
        cached(&mut self.users, uid, |uid| {
            User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name)
        })
    }

    /// The name of a group; `None` where there is none.
    pub fn group(&mut self, gid: u32) -> Option<&str> {
        if self.numeric {
            return None;
        }
        cached(&mut self.groups, gid, |gid| {
            Group::from_gid(Gid::from_raw(gid)).ok().flatten().map(|group| group.name)
        })
    }
}

fn cached(
    known: &mut Vec<(u32, Option<Box<str>>)>,
    number: u32,
    ask: impl FnOnce(u32) -> Option<String>,
) -> Option<&str> {
    let at = match known.iter().position(|(key, _)| *key == number) {
        Some(at) => at,
        None => {
            known.push((number, ask(number).map(String::into_boxed_str)));
            known.len() - 1
        }
    };
    // What is asked for now is likely asked for next.
    known.swap(0, at);
    known[0].1.as_deref()
}
