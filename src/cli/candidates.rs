//! `--list-candidates`: what the completions of the shells ask for.

use std::str::FromStr;

use clap::ValueEnum;

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CandidateKind {
    /// IDs of segments
    Shm,
    /// IDs of queues
    Msg,
    /// IDs of sets
    Sem,
    /// Names of POSIX shared memory
    Pshm,
    /// Names of POSIX queues
    Pmsg,
    /// Names of POSIX semaphores
    Psem,
    /// Names of POSIX objects
    Name,
    /// Keys of segments
    ShmKey,
    /// Keys of queues
    MsgKey,
    /// Keys of sets
    SemKey,
    /// IDs of the only chosen kind
    Id,
    /// Keys of the chosen kinds
    Key,
    /// Process IDs
    Pid,
    /// IPC namespaces, by the process ID of the oldest process of each, and the word all
    Namespace,
    /// The same without the word all
    OneNamespace,
    /// Columns of the chosen kinds, for -o
    Column,
    /// Columns of the chosen kinds, for --sort
    SortColumn,
}

/// The value of `--list-candidates`: `KIND` or `KIND:PREFIX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidates {
    /// What is listed.
    pub kind: CandidateKind,
    /// The beginning of the values that are listed.
    pub prefix: String,
}

/// The text before the colon is not a kind of candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of candidates; valid values: {}", kinds())]
pub struct UnknownCandidates;

fn kinds() -> String {
    let values =
        CandidateKind::value_variants().iter().filter_map(CandidateKind::to_possible_value);
    values.map(|value| value.get_name().to_owned()).collect::<Vec<_>>().join(", ")
}

impl FromStr for Candidates {
    type Err = UnknownCandidates;

    fn from_str(text: &str) -> Result<Candidates, UnknownCandidates> {
        let (kind, prefix) = text.split_once(':').unwrap_or((text, ""));
        let kind = CandidateKind::from_str(kind, false).map_err(|_| UnknownCandidates)?;
        Ok(Candidates { kind, prefix: prefix.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_follows_the_first_colon() {
        let parse = |text: &str| text.parse::<Candidates>().map(|it| (it.kind, it.prefix));
        assert_eq!(parse("shm-key"), Ok((CandidateKind::ShmKey, String::new())));
        assert_eq!(parse("id:98"), Ok((CandidateKind::Id, "98".to_owned())));
        assert_eq!(parse("pid:a:b"), Ok((CandidateKind::Pid, "a:b".to_owned())));
        for wrong in ["", ":", "SHM", "sh", "shm 1"] {
            assert_eq!(parse(wrong), Err(UnknownCandidates), "{wrong:?}");
        }
    }
}
