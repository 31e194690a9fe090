//! /proc/PID/stat, which contains a name of arbitrary bytes, and the boot time in /proc/stat.
#![no_main]

use ipcs::proc::stat::{Stat, parse_btime};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = parse_btime(data);
    let Ok(stat) = Stat::parse(data) else { return };
    let _ = stat.is_kernel_thread() || stat.is_zombie();
    // The name does not change the other fields.
    let line = [b"1 (".as_slice(), data, b") Z 1 1 1 0 -1 7 0 0 0 0 0 0 0 0 20 0 3 0 9"].concat();
    let stat = Stat::parse(&line).expect("a whole line");
    assert_eq!((stat.comm.as_slice(), stat.state, stat.flags), (data, b'Z', 7));
    assert_eq!((stat.num_threads, stat.starttime), (3, 9));
});
