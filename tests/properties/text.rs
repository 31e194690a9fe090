//! Times, sizes, durations and numbers: what is printed can be typed.

use ipcs::cli::numbers::{parse_decimal_id, parse_id, parse_key};
use ipcs::cli::values::{parse_duration, parse_least_size, parse_mode, parse_size};
use ipcs::model::{Id, Key};
use ipcs::render::size::human;
use ipcs::render::time::{LocalTime, TimeFormat, duration, rfc3339_utc};
use proptest::prelude::*;

use super::arbitrary::TIMES;

/// Seconds since the epoch of a time as RFC 3339 has it.
pub fn seconds(text: &str) -> i64 {
    let number = |from, to| -> i64 { text[from..to].parse().expect("a number") };
    let [year, month, day] = [number(0, 4), number(5, 7), number(8, 10)];
    let clock = number(11, 13) * 3600 + number(14, 16) * 60 + number(17, 19);
    let offset = match &text[19..] {
        "Z" => 0,
        offset => {
            let minutes = number(20, 22) * 60 + number(23, 25);
            if offset.starts_with('-') { -60 * minutes } else { 60 * minutes }
        }
    };
    days(year, month, day) * 86_400 + clock - offset
}

/// Days since the epoch, counted month by month.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let before =
        |year: i64| (year - 1) * 365 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let months: i64 = lengths[..usize::try_from(month - 1).expect("a month")].iter().sum();
    before(year) - before(1970) + months + day - 1
}

proptest! {
    #[test]
    fn times_are_read_back(time in TIMES, minutes in -14 * 60..=14 * 60i64) {
        let text = rfc3339_utc(time).expect("a date");
        prop_assert_eq!(seconds(text.as_str()), time, "{}", text.as_str());
        // Within the calendar in the other zone too.
        let time = time.clamp(*TIMES.start() + 86_400, *TIMES.end() - 86_400);
        let text = LocalTime::fixed(minutes * 60).format(time, TimeFormat::Iso, 0);
        prop_assert_eq!(seconds(text.as_str()), time, "{}", text.as_str());
    }

    #[test]
    fn sizes_for_people_are_read_back_within_a_rounding(
        bytes in prop_oneof![any::<u64>(), 0..1u64 << 20, (0..64u32).prop_map(|bit| 1 << bit)]
    ) {
        let text = human(bytes).to_string();
        let typed = text.strip_suffix('B').unwrap_or(&text);
        let unit = 1u64 << (bytes.max(1).ilog2() / 10 * 10);
        match parse_size(typed.as_bytes()) {
            // The first ten bits of the fraction decide how it is rounded.
            Ok(parsed) => {
                let most = unit / 20 + unit / 1024 + 1;
                prop_assert!(parsed.abs_diff(bytes) <= most, "{}: {}", text, parsed);
            }
            // 16E is one more than 64 bits hold.
            Err(error) => prop_assert!(bytes > u64::MAX - (1 << 60) / 19, "{}: {}", text, error),
        }
    }

    #[test]
    fn sizes_mean_the_same_in_every_spelling(number in 0..1u64 << 14, power in 1..=5u32) {
        let letter = char::from(b"KMGTP"[power as usize - 1]);
        let (binary, decimal) = (number * 1024u64.pow(power), number * 1000u64.pow(power));
        let lower = letter.to_ascii_lowercase();
        for (text, bytes) in [
            (binary.to_string(), binary),
            (format!("{binary:#x}"), binary),
            (format!("0{binary:o}"), binary),
            (format!("+{number}{letter}"), binary),
            (format!("{number}{lower}iB"), binary),
            (format!("{number:#x}{letter}iB"), binary),
            (format!("{number}{letter}B"), decimal),
        ] {
            // A leading zero means octal.
            prop_assert_eq!(parse_size(text.as_bytes()), Ok(bytes), "{}", text);
            prop_assert_eq!(parse_least_size(text.as_bytes()), Ok(bytes), "{}", text);
        }
    }

    #[test]
    fn durations_are_read_back(time in prop_oneof![0..200_000i64, 0..i64::MAX]) {
        let text = duration(time, "");
        let parsed = parse_duration(text.as_bytes()).expect("a duration").as_secs();
        let lost = time.unsigned_abs() - parsed;
        // The largest unit and the next smaller one are printed.
        let next = match time {
            ..3_600 => 1,
            3_600..86_400 => 60,
            86_400.. => 3_600,
        };
        prop_assert!(lost < next, "{}: {} is {} more", text, time, lost);
    }

    #[test]
    fn durations_are_the_sum_of_their_parts(parts in any::<[Option<u16>; 4]>()) {
        let units = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
        let (mut text, mut sum) = (String::new(), 0);
        for (part, (unit, size)) in parts.into_iter().zip(units) {
            if let Some(part) = part {
                text += &format!("{part}{unit}");
                sum += u64::from(part) * size;
            }
        }
        let parsed = parse_duration(text.as_bytes()).map(|time| time.as_secs());
        prop_assert_eq!(parsed.ok(), (!text.is_empty()).then_some(sum), "{}", text);
    }

    #[test]
    fn ids_keys_and_permissions_are_read_back(id in 0..=i32::MAX, key in any::<u32>(), mode in 0..=0o7777u16) {
        prop_assert_eq!(parse_decimal_id(Id(id).to_string().as_bytes()), Ok(Id(id)));
        for text in [id.to_string(), format!("{id:#x}"), format!(" +{id}"), format!("0{id}")] {
            prop_assert_eq!(parse_id(text.as_bytes()), Ok(Id(id)), "{}", text);
        }
        let signed = Key(key).raw().to_string();
        for text in [Key(key).to_string(), key.to_string(), signed, format!("0{key:o}"), format!("{key:#X}")] {
            prop_assert_eq!(parse_key(text.as_bytes()), Ok(Key(key)), "{}", text);
        }
        for text in [format!("{mode:o}"), format!("{mode:04o}"), format!("+{mode:o}")] {
            prop_assert_eq!(parse_mode(text.as_bytes()), Ok(mode), "{}", text);
        }
    }
}
