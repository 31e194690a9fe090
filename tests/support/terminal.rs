//! Programs whose standard output is a terminal.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::thread;

use nix::pty::{Winsize, openpty};

/// The lines that a program prints on a terminal of this width. It has to succeed.
pub fn lines_on(width: u16, command: &mut Command) -> Vec<String> {
    let size = Winsize { ws_row: 50, ws_col: width, ws_xpixel: 0, ws_ypixel: 0 };
    let pty = openpty(&size, None).expect("a terminal");
    let mut master = File::from(pty.master);
    // Read while the program writes, because a terminal buffers only a few kilobytes.
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        // After the last byte a read fails, because the other end is closed.
        let _ = master.read_to_end(&mut text);
        text
    });
    command
        .stdin(Stdio::null())
        .stdout(Stdio::from(pty.slave.as_fd().try_clone_to_owned().expect("a copy")));
    let mut child = command.spawn().unwrap_or_else(|error| panic!("starting {command:?}: {error}"));
    // The reader waits until no descriptor of the terminal is open.
    command.stdout(Stdio::null());
    drop(pty.slave);
    let status = child.wait().expect("the end of a program");
    assert!(status.success(), "{command:?}: {status}");
    let text = String::from_utf8(reader.join().expect("the reader")).expect("UTF-8");
    text.lines().map(|line| line.trim_end_matches('\r').to_owned()).collect()
}
