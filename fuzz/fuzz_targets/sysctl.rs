//! The files of limits in /proc/sys/kernel: numbers that are printed again are the same.
#![no_main]

use std::fmt::Display;
use std::str::FromStr;

use ipcs::proc::sysctl::parse_numbers;
use libfuzzer_sys::fuzz_target;

fn check<T: FromStr + Display + PartialEq>(data: &[u8]) {
    let Some(numbers) = parse_numbers::<T>(data) else { return };
    let words: Vec<String> = numbers.iter().map(T::to_string).collect();
    let again = parse_numbers::<T>(words.join("\t").as_bytes());
    assert!(again.as_ref() == Some(&numbers), "{words:?}");
}

fuzz_target!(|data: &[u8]| {
    check::<u64>(data);
    check::<i64>(data);
});
