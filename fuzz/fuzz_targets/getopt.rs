//! Command lines, one word per line: normalising twice is the same as once, and every error message
//! is one line.
#![no_main]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use clap::{CommandFactory, FromArgMatches};
use ipcs::cli::ipcmk::{self, Ipcmk};
use ipcs::cli::ipcrm::{self, Ipcrm};
use ipcs::cli::ipcs::{self as listing, IpcsArgs};
use ipcs::cli::{normalise, parse_in_order};
use libfuzzer_sys::fuzz_target;

/// Turns off the leak checker, because the programs do not free what clap allocates.
#[unsafe(no_mangle)]
extern "C" fn __lsan_is_turned_off() -> i32 {
    1
}

fn read<T: CommandFactory + FromArgMatches>(old: &[&str], argv: &[OsString]) {
    let command = T::command();
    let error = match normalise(&command, old, argv.to_vec()) {
        Ok(once) => {
            let twice = normalise(&command, old, once.clone());
            assert_eq!(twice.as_ref(), Ok(&once), "{argv:?}");
            if command.try_get_matches_from(once).is_ok() {
                return;
            }
            parse_in_order::<T>(old, &[], argv.to_vec())
                .map(drop)
                .expect_err("clap refuses this command line")
        }
        Err(error) => error,
    };
    let good = |line: &String| !line.contains(char::is_control);
    assert!(error.lines.iter().all(good), "{argv:?}: {error:?}");
}

fuzz_target!(|data: &[u8]| {
    let words = data.split(|byte| *byte == b'\n');
    // An argument cannot contain a NUL byte.
    let words = words.map(|word| word.iter().copied().filter(|byte| *byte != 0).collect());
    let mut argv = vec![OsString::from("program")];
    argv.extend(words.map(OsString::from_vec));
    read::<IpcsArgs>(listing::UTIL_LINUX_OPTIONS, &argv);
    read::<Ipcrm>(&ipcrm::UTIL_LINUX_OPTIONS, &argv);
    read::<Ipcmk>(&ipcmk::UTIL_LINUX_OPTIONS, &argv);
});
