//! Pages that do not come: of a file whose server has stopped (FUSE), and of memory whose fault
//! handler never answers (userfaultfd).
//!
//! Measured on Linux 6.18: a read of /proc/PID/mem waits for the page of the file and cannot be
//! killed until the server's descriptor is closed; for the page of the memory it fails with EIO
//! at once. /proc/PID/cmdline leaves out pages of files, and ends before one of memory.
#![allow(unsafe_code)] // Memory maps, FUSE and userfaultfd.

use std::fs::File;
use std::io::{BufRead, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::{ptr, thread};

use nix::errno::Errno;
use nix::libc;

use super::acts::{become_who, child, pause};
use super::counted;
use crate::support::actor::until;
use crate::support::namespace;
use crate::support::sys;

const PAGE: usize = 4096;
/// A directory that every system has, and that is covered in mounts of this process alone.
const PLACE: &str = "/dev/shm";

/// A child waits for an increase of a set's first semaphore, and its sembuf is in a page of a file
/// whose server answered once and never does again. Returns the numbers of server and child.
pub fn wait_in_lost_file_page(set: &str, user: &str) -> String {
    namespace::private_mounts().unwrap();
    namespace::cover_directory(PLACE);
    let path = format!("{PLACE}/lost");
    File::create(&path).unwrap();
    let device = File::options().read(true).write(true).open("/dev/fuse").expect("this needs FUSE");
    let options =
        format!("fd={},rootmode=100644,user_id=0,group_id=0,allow_other", device.as_raw_fd());
    sys::mount("lost", &path, Some("fuse"), libc::MS_NOSUID | libc::MS_NODEV, Some(&options))
        .expect("mounting FUSE");
    let (server, _) = child("0", |_| serve_one_read(&device));
    // Only the server has it: with the server it closes, and whoever waits for the page gets EIO.
    drop(device);
    let set: i32 = set.parse().unwrap();
    let (waiter, mut reader) = child(user, |out| {
        let file = File::open(&path).unwrap();
        // Asks for the size, without which every page is behind the end.
        assert_eq!(file.metadata().unwrap().len(), PAGE as u64);
        let (null, fd) = (ptr::null_mut(), file.as_raw_fd());
        // SAFETY: a null address lets the kernel choose a free range.
        let page = unsafe { libc::mmap(null, PAGE, libc::PROT_READ, libc::MAP_PRIVATE, fd, 0) };
        assert!(page != libc::MAP_FAILED);
        wait_with(set, page);
        forget(page);
        // SAFETY: no pointer is passed.
        assert_eq!(unsafe { libc::posix_fadvise(fd, 0, 0, libc::POSIX_FADV_DONTNEED) }, 0);
        writeln!(out, "{}", page.addr()).unwrap();
        pause()
    });
    let mut address = String::new();
    reader.read_line(&mut address).unwrap();
    format!("{server} {waiter} {}", address.trim_end())
}

/// As [`wait_in_lost_file_page`] with a page of memory that a fault handler would have to bring.
pub fn wait_in_unanswered_page(set: &str, user: &str) -> String {
    let set: i32 = set.parse().unwrap();
    let (waiter, mut reader) = child("0", |out| {
        // It belongs to the memory of who opens it, and only root may.
        let handler = open_handler();
        become_who(user);
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a null address lets the kernel choose a free range.
        let page = unsafe { libc::mmap(ptr::null_mut(), PAGE, access, flags, -1, 0) };
        assert!(page != libc::MAP_FAILED);
        // SAFETY: the page is new, writable and large enough.
        unsafe { page.cast::<libc::sembuf>().write(decrease()) };
        wait_with(set, page);
        take_over(&handler, page.addr());
        forget(page);
        writeln!(out, "{}", page.addr()).unwrap();
        pause()
    });
    let mut address = String::new();
    assert!(reader.read_line(&mut address).unwrap() > 0, "the child has gone");
    format!("{waiter} {}", address.trim_end())
}

/// Gives away a page of this process' own arguments, of which one has to be longer than two.
pub fn lose_arguments() -> String {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat[stat.rfind(')').unwrap() + 2..].split_whitespace().collect();
    // arg_start and arg_end, of which the state is the third of proc(5).
    let [start, end]: [usize; 2] = [fields[45], fields[46]].map(|text| text.parse().unwrap());
    let page = start.next_multiple_of(PAGE);
    assert!(page + PAGE <= end, "the arguments are too short");
    take_over(&open_handler(), page);
    forget(ptr::with_exposed_provenance_mut(page));
    (page - start).to_string()
}

fn decrease() -> libc::sembuf {
    libc::sembuf { sem_num: 0, sem_op: -1, sem_flg: 0 }
}

/// A thread waits with the sembuf at this address; returns once the kernel counts it.
fn wait_with(set: i32, page: *mut libc::c_void) {
    let before = counted(set, 0);
    let address = page.expose_provenance();
    thread::spawn(move || {
        // SAFETY: the address is that of a page which stays mapped and holds one sembuf.
        unsafe { libc::semop(set, ptr::with_exposed_provenance_mut(address), 1) };
    });
    until("the kernel counts it", || counted(set, 0) == before + 1);
}

/// Takes a page out of memory; what was in it is asked for again.
fn forget(page: *mut libc::c_void) {
    // SAFETY: the whole page is mapped, and nobody holds a reference into it: what is in it are
    // the operations of a call that has copied them, or arguments that nobody reads again.
    Errno::result(unsafe { libc::madvise(page, PAGE, libc::MADV_DONTNEED) }).unwrap();
}

/// A fault handler that nobody serves.
fn open_handler() -> File {
    // Faults in the kernel too: a number of userfaultfd(2), which asks for root.
    // SAFETY: the call takes numbers, and nobody else owns the new descriptor.
    unsafe {
        let fd = Errno::result(libc::syscall(libc::SYS_userfaultfd, libc::O_CLOEXEC));
        File::from_raw_fd(fd.expect("this needs userfaultfd") as i32)
    }
}

/// Has the handler asked for the page from now on. It is never closed: that would answer.
fn take_over(handler: &File, address: usize) {
    /// `struct uffdio_api` and `struct uffdio_register` of linux/userfaultfd.h.
    const UFFDIO_API: libc::Ioctl = 0xc018_aa3f_u32 as libc::Ioctl;
    const UFFDIO_REGISTER: libc::Ioctl = 0xc020_aa00_u32 as libc::Ioctl;
    let mut api = [0xaa_u64, 0, 0];
    let mut register = [address as u64, PAGE as u64, 1, 0];
    let fd = handler.as_raw_fd();
    // SAFETY: the numbers hold the sizes of the structures, three and four numbers of 64 bits.
    unsafe {
        Errno::result(libc::ioctl(fd, UFFDIO_API, api.as_mut_ptr())).unwrap();
        Errno::result(libc::ioctl(fd, UFFDIO_REGISTER, register.as_mut_ptr())).unwrap();
        libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 100);
    }
}

/// A file system of one file and one page, as linux/fuse.h has it; the second read waits for ever.
fn serve_one_read(device: &File) {
    let (mut device, mut reads) = (device, 0);
    let mut request = vec![0_u8; 135_168];
    loop {
        assert!(device.read(&mut request).unwrap() >= 40, "half a request");
        let opcode = u32::from_ne_bytes(request[4..8].try_into().unwrap());
        let unique: [u8; 8] = request[8..16].try_into().unwrap();
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let (error, body): (i32, Vec<u8>) = match opcode {
            // FUSE_INIT: version, and writes of at most a page.
            26 => (0, words(&[7, 31, 0, 0, 0, 4096, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
            // FUSE_GETATTR: valid for long; inode 1, one page, a file that all may read.
            3 => {
                let valid = [1000, 0, 0, 0];
                let numbers = [1, 0, 4096, 0, 8, 0, 0, 0, 0, 0, 0, 0];
                let rest = [0, 0, 0, 0o100_644, 1, 0, 0, 0, 4096, 0];
                (0, words(&[&valid[..], &numbers, &rest].concat()))
            }
            // FUSE_OPEN: any handle.
            14 => (0, words(&[0, 0, 0, 0])),
            // FUSE_READ.
            15 => {
                reads += 1;
                if reads > 1 {
                    continue;
                }
                let mut page = vec![0; PAGE];
                page[2..4].copy_from_slice(&decrease().sem_op.to_ne_bytes());
                (0, page)
            }
            // FUSE_FORGET and FUSE_INTERRUPT want no answer.
            2 | 36 => continue,
            _ => (-libc::ENOSYS, vec![]),
        };
        let length = u32::try_from(16 + body.len()).unwrap();
        let head = [&length.to_ne_bytes()[..], &error.to_ne_bytes(), &unique].concat();
        // One that was interrupted has no place any more.
        let _ = device.write_all(&[head, body].concat());
    }
}
