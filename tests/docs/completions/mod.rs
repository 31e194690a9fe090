//! The completions, from the definitions of the command lines.
//!
//! The scripts for zsh and fish are those of clap_complete, which knows options and single words.
//! It does not know comma lists (`-o key,size`, `--owner a,b`), optional values, which must be
//! joined to their option (`--all=shm`; `--all shm` means something else), and values that only the
//! running system has. The module of each shell adds these, and fails when the script is not as
//! expected. The scripts ask `ipcs --list-candidates` for objects, processes and columns.

mod bash;
mod fish;
mod objects;
mod values;
mod zsh;

use self::objects::assert_completes_objects;
use self::values::{Candidates, Words};
use super::scene::SYSTEM;
use super::{PROGRAMS, check, check_directory};
use crate::support::programs::path_of_ours;

#[test]
fn completions_are_up_to_date() {
    let mut files = Vec::new();
    for program in &PROGRAMS {
        for (name, script) in [
            (bash::file_name(program), bash::script(program)),
            (zsh::file_name(program), zsh::script(program)),
            (fish::file_name(program), fish::script(program)),
        ] {
            check(&format!("completions/{name}"), &script);
            files.push(name);
        }
    }
    check_directory("completions", files);
}

/// Replaces a text that must occur `count` times.
fn replace(script: &str, count: usize, from: &str, to: &str) -> String {
    assert_eq!(script.matches(from).count(), count, "{from:?} in clap_complete's script");
    script.replace(from, to)
}

/// A PATH with our programs first.
fn programs() -> String {
    let program = path_of_ours("ipcs");
    format!("{}:{SYSTEM}", program.parent().expect("a directory").display())
}

/// What a shell offers in the place of a word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Offer {
    value: String,
    /// Empty if the shell shows none.
    description: String,
}

/// Returns what a shell with this PATH offers for a line that ends at the cursor.
type Offers = fn(line: &str, programs: &str) -> Vec<Offer>;

/// Checks completions that every shell must offer.
fn assert_completes(offers: Offers) {
    let offers = |line: &str| -> Vec<String> {
        offers(line, &programs()).into_iter().map(|offer| offer.value).collect()
    };
    let all = |line: &str, expected: &[&str]| {
        let offered = offers(line);
        assert_eq!(offered, expected, "after {line:?}");
    };
    all("ipcs --sem", &["--semaphores"]);
    all("ipcrm --dry", &["--dry-run"]);
    all("ipcmk --sh", &["--shmem"]);
    // A kind as a word, and a kind joined to its option.
    all("ipcrm s", &["sem", "shm"]);
    all("ipcrm p", &["pmsg", "psem", "pshm"]);
    let kinds = ["msg", "pmsg", "psem", "pshm", "sem", "shm"].map(|kind| format!("--all={kind}"));
    all("ipcrm --all=", &kinds.each_ref().map(String::as_str));
    all("ipcrm --all=s", &["--all=sem", "--all=shm"]);
    for line in ["ipcrm --all ", "ipcrm -a "] {
        let offered = offers(line);
        assert!(offered.iter().all(|word| !word.starts_with("--all=")), "{line:?}: {offered:?}");
    }
    // A number does not complete to file names.
    for line in ["ipcs --older ", "ipcmk -M ", "ipcmk -p "] {
        all(line, &[]);
    }
    for program in &PROGRAMS {
        for value in values::options(program) {
            let long = value.long;
            match value.words {
                Words::Free => {}
                Words::File => {
                    let offered = offers(&format!("{} --{long} /etc/passw", program.name));
                    assert!(offered.iter().any(|word| word.ends_with("passwd")), "{offered:?}");
                }
                Words::One(words) => {
                    let (first, name) = (&words[0], program.name);
                    let start = &first[..first.len() - 1];
                    let line = format!("{name} --{long}={start}");
                    assert!(offers(&line).contains(&format!("--{long}={first}")), "{line:?}");
                }
                Words::Candidates(Candidates { signs, each, list: true, .. })
                    if !signs.is_empty() =>
                {
                    all(&format!("ipcs --{long} nat"), &["nattch"]);
                    all(&format!("ipcs --{long} key,nat"), &["key,nattch"]);
                    all(&format!("ipcs --{long}=key,nat"), &[&format!("--{long}=key,nattch")]);
                    for sign in signs.chars() {
                        // fish takes a word that begins with - for an option unless it is joined.
                        let start = format!("--{long}={sign}");
                        all(&format!("ipcs {start}nat"), &[&format!("{start}nattch")]);
                        let repeated = if each { sign.to_string() } else { String::new() };
                        let start = format!("{start}key,{repeated}");
                        all(&format!("ipcs {start}nat"), &[&format!("{start}nattch")]);
                    }
                }
                // `objects` has them.
                Words::Candidates(_) => {}
                Words::Users | Words::Groups => {
                    let line = format!("{} --{long} ", program.name);
                    all(&format!("{line}daem"), &["daemon"]);
                    all(&format!("{line}bin,daem"), &["bin,daemon"]);
                }
            }
        }
    }
}
