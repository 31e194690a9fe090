//! The completions: clap_complete's scripts, extended from the same definitions.
//!
//! clap_complete supports options and single words. It does not support comma lists
//! (`-o key,size`, `--owner a,b`), values joined by `=` in bash, and optional values, which must be
//! joined to their option (`--all=shm`; `--all shm` means something else). The module of each shell
//! adds these to the script, and fails when the script is not as expected.

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

/// Replaces a text that must occur `count` times.
fn replace(script: &str, count: usize, from: &str, to: &str) -> String {
    assert_eq!(script.matches(from).count(), count, "{from:?} in clap_complete's script");
    script.replace(from, to)
}

/// Returns what a shell offers for a line that ends at the cursor.
type Offers = fn(line: &str) -> Vec<String>;

/// Checks completions that every shell must offer.
fn assert_completes(offers: Offers) {
    let all = |line: &str, expected: &[&str]| {
        let offered = offers(line);
        assert_eq!(offered, expected, "after {line:?}");
    };
    all("ipcs --sem", &["--semaphores"]);
    all("ipcrm --dry", &["--dry-run"]);
    all("ipcmk --sh", &["--shmem"]);
    // A kind as a word, and a kind joined to its option.
    all("ipcrm s", &["sem", "shm"]);
    all("ipcrm --all=", &["--all=msg", "--all=sem", "--all=shm"]);
    all("ipcrm --all=s", &["--all=sem", "--all=shm"]);
    for line in ["ipcrm --all ", "ipcrm -a "] {
        let offered = offers(line);
        assert!(offered.iter().all(|word| !word.starts_with("--all=")), "{line:?}: {offered:?}");
    }
    // An id does not complete to file names.
    for line in ["ipcs -i ", "ipcrm -m ", "ipcmk -M "] {
        let offered = offers(line);
        assert!(offered.iter().all(String::is_empty), "{line:?}: {offered:?}");
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
                        // fish takes a word that begins with - for an option unless it is joined.
                        let start = format!("--{long}={sign}");
                        all(&format!("ipcs {start}nat"), &[&format!("{start}nattch")]);
                        let repeated = if each { sign.to_string() } else { String::new() };
                        let start = format!("{start}key,{repeated}");
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
