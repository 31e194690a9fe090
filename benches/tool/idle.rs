//! Idle processes, for listings that scan all processes.
#![allow(unsafe_code)] // mmap and shmat have no safe wrapper that keeps the mapping.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::ptr;

use ipcs::model::Key;
use ipcs::sys::shm;
use nix::errno::Errno;
use nix::libc;

/// Starts processes, prints `ready`, and ends them when standard input ends.
pub fn start(processes: u32, mappings: u32, attached: u32) -> Result<(), String> {
    let failed = |error: io::Error| format!("starting an idle process: {error}");
    let segment = shm::get(Key::PRIVATE, 4096, 0o600)
        .map_err(|error| format!("making a segment: {error}"))?;
    let this = std::env::current_exe().map_err(failed)?;
    let mut sleepers = Vec::new();
    for number in 0..processes {
        let segment = if number < attached { segment.0 } else { -1 };
        let mut command = Command::new(&this);
        command.args(["sleeper", &mappings.to_string(), &segment.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        sleepers.push(command.spawn().map_err(failed)?);
    }
    for sleeper in &mut sleepers {
        wait_for_line(sleeper)?;
    }
    println!("ready");
    // The standard input of each sleeper ends with this process, even if it is killed.
    io::stdin().read_to_end(&mut Vec::new()).map_err(failed)?;
    for mut sleeper in sleepers {
        drop(sleeper.stdin.take());
        sleeper.wait().map_err(failed)?;
    }
    Ok(())
}

fn wait_for_line(sleeper: &mut Child) -> Result<(), String> {
    let Some(stdout) = sleeper.stdout.take() else { return Ok(()) };
    let mut line = String::new();
    let count = BufReader::new(stdout).read_line(&mut line).map_err(|error| error.to_string())?;
    if count == 0 { Err("an idle process ended".to_owned()) } else { Ok(()) }
}

/// Makes this number of mappings and waits for the end of standard input.
pub fn sleep(mappings: u32, segment: i32) -> Result<(), String> {
    let text = std::fs::read("/proc/self/maps").map_err(|error| error.to_string())?;
    let have = text.iter().filter(|byte| **byte == b'\n').count();
    for number in have..mappings as usize {
        map_page(number).map_err(|error| format!("mapping a page: {error}"))?;
    }
    if segment >= 0 {
        // SAFETY: with a null address the kernel chooses a free range, which is never accessed.
        let address = unsafe { libc::shmat(segment, ptr::null(), 0) };
        if address.addr() == usize::MAX {
            return Err(format!("attaching: {}", Errno::last()));
        }
    }
    println!("ready");
    io::stdin().read_to_end(&mut Vec::new()).map(drop).map_err(|error| error.to_string())
}

/// Maps a page. Neighbours have different rights, so that the kernel does not merge them.
fn map_page(number: usize) -> nix::Result<()> {
    let rights = if number.is_multiple_of(2) { libc::PROT_NONE } else { libc::PROT_READ };
    // SAFETY: a new anonymous mapping at an address that the kernel chooses replaces none, and is
    // never accessed.
    let address = unsafe {
        libc::mmap(ptr::null_mut(), 4096, rights, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
    };
    if address == libc::MAP_FAILED { Err(Errno::last()) } else { Ok(()) }
}
