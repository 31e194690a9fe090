//! Ids, keys, sizes, durations, counts, permissions and filters as users type them.
#![no_main]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use ipcs::app::filters;
use ipcs::cli::filters::FilterArgs;
use ipcs::cli::numbers::{parse_decimal_id, parse_id, parse_key};
use ipcs::cli::values::{
    parse_count, parse_duration, parse_least_size, parse_mode, parse_percent, parse_size,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let ids = [parse_id(data), parse_decimal_id(data)];
    assert!(ids.iter().flatten().all(|id| id.0 >= 0));
    if let Ok(mode) = parse_mode(data) {
        assert!(mode <= 0o7777);
    }
    if let Ok(key) = parse_key(data) {
        assert_eq!(parse_key(key.to_string().as_bytes()), Ok(key), "a printed key is parsed back");
    }
    let _ = parse_count(data);
    let _ = parse_size(data);
    let (size, duration) = (parse_least_size(data), parse_duration(data));
    // Without users and groups, which would be looked up on the machine.
    let typed = || vec![OsString::from_vec(data.to_vec())];
    let filter = |args: FilterArgs| match filters::resolve(&args) {
        Ok(_) => true,
        Err(error) => {
            let good = |line: &String| !line.contains(char::is_control);
            assert!(error.lines.iter().all(good), "{error:?}");
            false
        }
    };
    filter(FilterArgs { key: typed(), ..FilterArgs::default() });
    let passes = filter(FilterArgs { min_size: typed(), ..FilterArgs::default() });
    assert_eq!(passes, size.is_ok());
    let passes = filter(FilterArgs { max_size: typed(), ..FilterArgs::default() });
    assert_eq!(passes, parse_size(data).is_ok());
    let passes = filter(FilterArgs { full: typed(), ..FilterArgs::default() });
    assert_eq!(passes, parse_percent(data).is_ok());
    filter(FilterArgs { used_by: typed(), ..FilterArgs::default() });
    let passes = filter(FilterArgs { older: typed(), ..FilterArgs::default() });
    assert_eq!(passes, duration.is_ok());
    let passes = filter(FilterArgs { idle: typed(), ..FilterArgs::default() });
    assert_eq!(passes, duration.is_ok());
});
