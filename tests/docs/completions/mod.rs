//! The completions: the scripts of clap_complete, extended from the same definitions.
//!
//! clap_complete supports options and single words. It does not support comma-separated lists
//! (`-o key,size`, `--owner a,b`), values joined by `=` in bash, and options with an optional value,
//! which must be joined (`--all=shm`; `--all shm` means something else). The module of each shell
//! adds this to the script, and fails if the script is not as expected.

mod bash;
mod fish;
mod values;
mod zsh;

use super::{PROGRAMS, check, check_directory};

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

/// Replaces a text that must occur exactly `count` times.
fn replace(script: &str, count: usize, from: &str, to: &str) -> String {
    assert_eq!(script.matches(from).count(), count, "{from:?} in clap_complete's script");
    script.replace(from, to)
}

/// Returns the words that a shell offers for a line that ends at the cursor.
type Offers = fn(line: &str) -> Vec<String>;

/// Checks the words that every shell must offer.
fn completes(offers: Offers) {
    let all = |line: &str, expected: &[&str]| {
        let there = offers(line);
        assert_eq!(there, expected, "after {line:?}");
    };
    all("ipcs --sem", &["--semaphores"]);
    all("ipcrm --dry", &["--dry-run"]);
    all("ipcmk --sh", &["--shmem"]);
    // A kind word, and a kind that must be joined to its option.
    all("ipcrm s", &["sem", "shm"]);
    all("ipcrm --all=", &["--all=msg", "--all=sem", "--all=shm"]);
    all("ipcrm --all=s", &["--all=sem", "--all=shm"]);
    for line in ["ipcrm --all ", "ipcrm -a "] {
        let there = offers(line);
        assert!(there.iter().all(|word| !word.starts_with("--all=")), "{line:?}: {there:?}");
    }
    // An ID is not completed with file names.
    for line in ["ipcs -i ", "ipcrm -m ", "ipcmk -M "] {
        let there = offers(line);
        assert!(there.iter().all(String::is_empty), "{line:?}: {there:?}");
    }
    for program in &PROGRAMS {
        for value in values::options(program) {
            let long = value.long;
            match value.words {
                values::Words::Free => {}
                values::Words::One(words) => {
                    let (first, name) = (&words[0], program.name);
                    let start = &first[..first.len() - 1];
                    let line = format!("{name} --{long}={start}");
                    assert!(offers(&line).contains(&format!("--{long}={first}")), "{line:?}");
                }
                values::Words::Columns { signs, each, all: every } => {
                    all(&format!("ipcs --{long} nat"), &["nattch"]);
                    all(&format!("ipcs --{long} key,nat"), &["key,nattch"]);
                    all(&format!("ipcs --{long}=key,nat"), &[&format!("--{long}=key,nattch")]);
                    for sign in signs.chars() {
                        // fish treats a word that begins with "-" as an option, unless it is joined.
                        let start = format!("--{long}={sign}");
                        all(&format!("ipcs {start}nat"), &[&format!("{start}nattch")]);
                        let behind = if each { sign.to_string() } else { String::new() };
                        let start = format!("{start}key,{behind}");
                        all(&format!("ipcs {start}nat"), &[&format!("{start}nattch")]);
                    }
                    if every {
                        all(&format!("ipcs --{long} all"), &["all"]);
                    }
                }
                values::Words::Users => {
                    let line = format!("{} --{long} ", program.name);
                    all(&format!("{line}daem"), &["daemon"]);
                    all(&format!("{line}bin,daem"), &["bin,daemon"]);
                }
                values::Words::Groups => {
                    let line = format!("{} --{long} ", program.name);
                    all(&format!("{line}daem"), &["daemon"]);
                    all(&format!("{line}bin,daem"), &["bin,daemon"]);
                }
            }
        }
    }
}
