//! What `--explain` reads: any bytes have an answer.
#![no_main]

use ipcs::diagnosis::Question;
use ipcs::proc::limits::soft_limit;
use ipcs::proc::meminfo::Meminfo;
use ipcs::proc::memory_group::memory_group;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = Meminfo::parse(data);
    let _ = soft_limit(data, "Max open files");
    let half = data.len() / 2;
    if let Some(group) = memory_group(&data[..half], &data[half..]) {
        assert!(group.directory.starts_with(&group.top));
    }
    match Question::parse(data) {
        Ok(question) => assert!(question.causes().next().is_some()),
        Err(error) => assert!(!error.to_string().contains(char::is_control)),
    }
});
