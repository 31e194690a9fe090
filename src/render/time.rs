//! Points in time as text: ctime(3) for the classic views, RFC 3339 for JSON.

use crate::sys::clock::{self, CalendarTime};

const WEEKDAYS: &[u8] = b"SunMonTueWedThuFriSat";
const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

/// How times are written in the new formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFormat {
    /// `HH:MM` today, `Mon DD` this year, `YYYY-Mon-DD` otherwise; local.
    Short,
    /// `2026-11-23 05:56:26`; local.
    Full,
    /// RFC 3339 with the local offset.
    Iso,
    /// RFC 3339 in UTC, as in JSON.
    Utc,
    /// The time since then in one unit: `3d`.
    Age,
}

/// A short text that is stored without a heap allocation.
#[derive(Clone, Copy, Debug)]
pub struct TimeText {
    bytes: [u8; 40],
    len: usize,
}

impl TimeText {
    const EMPTY: TimeText = TimeText { bytes: [0; 40], len: 0 };

    /// The text, ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    fn put(&mut self, text: &[u8]) {
        self.bytes[self.len..self.len + text.len()].copy_from_slice(text);
        self.len += text.len();
    }

    fn put_byte(&mut self, byte: u8) {
        self.put(&[byte]);
    }

    /// A number with at least `width` digits, filled up with `fill`.
    fn put_number(&mut self, number: u32, width: usize, fill: u8) {
        let mut digits = [fill; 10];
        let (mut at, mut rest) = (10, number);
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.put(&digits[at.min(10 - width)..]);
    }

    fn put_year(&mut self, year: i64, width: usize) {
        if year < 0 {
            self.put_byte(b'-');
        }
        // A year that comes from `struct tm` fits 32 bits.
        self.put_number(u32::try_from(year.unsigned_abs()).unwrap_or(u32::MAX), width, b'0');
    }

    fn put_clock(&mut self, at: CalendarTime) {
        for (number, separator) in [(at.hour, b':'), (at.minute, b':'), (at.second, 0)] {
            self.put_number(u32::from(number), 2, b'0');
            if separator != 0 {
                self.put_byte(separator);
            }
        }
    }

    fn put_month(&mut self, month: u8) {
        let at = usize::from(month) * 3;
        self.put(&MONTHS[at - 3..at]);
    }

    fn put_short(&mut self, at: CalendarTime, today: Option<CalendarTime>) {
        if today.is_some_and(|today| {
            (today.year, today.month, today.day) == (at.year, at.month, at.day)
        }) {
            self.put_number(u32::from(at.hour), 2, b'0');
            self.put_byte(b':');
            self.put_number(u32::from(at.minute), 2, b'0');
            return;
        }
        let this_year = today.is_some_and(|today| today.year == at.year);
        let separator = if this_year { b' ' } else { b'-' };
        if !this_year {
            self.put_year(at.year, 4);
            self.put_byte(separator);
        }
        self.put_month(at.month);
        self.put_byte(separator);
        self.put_number(u32::from(at.day), 2, b'0');
    }

    fn put_offset(&mut self, offset: i64) {
        let minutes = i32::try_from(offset / 60).unwrap_or(0);
        self.put_byte(if minutes < 0 { b'-' } else { b'+' });
        self.put_number(minutes.unsigned_abs() / 60, 2, b'0');
        self.put_byte(b':');
        self.put_number(minutes.unsigned_abs() % 60, 2, b'0');
    }

    fn put_date(&mut self, at: CalendarTime) {
        self.put_year(at.year, 4);
        for number in [at.month, at.day] {
            self.put_byte(b'-');
            self.put_number(u32::from(number), 2, b'0');
        }
    }
}

/// Seconds since the epoch as RFC 3339 in UTC; `None` where a calendar has no such day.
#[must_use]
pub fn rfc3339_utc(seconds: i64) -> Option<TimeText> {
    let at = clock::utc(seconds)?;
    let mut text = TimeText::EMPTY;
    text.put_date(at);
    text.put_byte(b'T');
    text.put_clock(at);
    text.put_byte(b'Z');
    Some(text)
}

const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// Seconds in the largest unit that fits and the next smaller one, with a separator between the
/// two: `3d4h`, `12m5s`; `0s` for zero and for negative values.
#[must_use]
pub fn duration(seconds: i64, between: &str) -> String {
    let mut left = u64::try_from(seconds).unwrap_or(0);
    let Some(first) = UNITS.iter().position(|(_, size)| left >= *size) else {
        return "0s".to_owned();
    };
    let mut words = Vec::new();
    for (unit, size) in UNITS.iter().skip(first).take(2) {
        if left >= *size {
            words.push(format!("{}{unit}", left / size));
        }
        left %= size;
    }
    words.join(between)
}

/// The seconds since a point in time; 0 if it is in the future.
#[must_use]
pub fn seconds_since(then: i64, now: i64) -> u64 {
    u64::try_from(now.saturating_sub(then)).unwrap_or(0)
}

/// The time since a point in time, in the largest unit that fits: `40s`, `12m`, `5h`, `3d`.
#[must_use]
pub fn age(then: i64, now: i64) -> String {
    let seconds = seconds_since(then, now);
    let unit = UNITS.iter().find(|(_, size)| seconds >= *size);
    let (name, size) = unit.unwrap_or(&("s", 1));
    format!("{}{name}", seconds / size)
}

/// Times in UTC, with the last results cached: the columns of a row often share them.
#[derive(Debug, Default)]
pub struct UtcTimes {
    known: [Option<(i64, TimeText)>; 8],
}

impl UtcTimes {
    /// As [`rfc3339_utc`].
    pub fn of(&mut self, seconds: i64) -> Option<TimeText> {
        let place = &mut self.known[seconds.rem_euclid(8) as usize];
        match place {
            Some((known, text)) if *known == seconds => Some(*text),
            place => {
                let text = rfc3339_utc(seconds)?;
                *place = Some((seconds, text));
                Some(text)
            }
        }
    }
}

/// A time zone, with the last result cached: objects created together share their seconds.
#[derive(Debug)]
pub struct LocalTime {
    zone: Zone,
    last: Option<(i64, TimeText)>,
}

#[derive(Debug)]
enum Zone {
    System,
    /// Seconds east of Greenwich.
    Fixed(i64),
}

impl LocalTime {
    /// The zone of the machine, or of TZ.
    #[must_use]
    pub fn system() -> LocalTime {
        LocalTime { zone: Zone::System, last: None }
    }

    /// A zone with a fixed offset, in seconds east of Greenwich.
    #[must_use]
    pub fn fixed(offset: i64) -> LocalTime {
        LocalTime { zone: Zone::Fixed(offset), last: None }
    }

    fn local(&self, seconds: i64) -> Option<CalendarTime> {
        match self.zone {
            Zone::System => clock::local(seconds),
            Zone::Fixed(offset) => {
                clock::utc(seconds.checked_add(offset)?).map(|at| CalendarTime { offset, ..at })
            }
        }
    }

    /// Seconds since the epoch in one of the formats; `now` decides which day is today.
    pub fn format(&mut self, seconds: i64, format: TimeFormat, now: i64) -> TimeText {
        if format == TimeFormat::Utc {
            return rfc3339_utc(seconds).unwrap_or(TimeText::EMPTY);
        }
        let mut text = TimeText::EMPTY;
        let Some(at) = self.local(seconds) else { return text };
        match format {
            TimeFormat::Short => {
                let today = self.local(now);
                text.put_short(at, today);
            }
            TimeFormat::Full => {
                text.put_date(at);
                text.put_byte(b' ');
                text.put_clock(at);
            }
            TimeFormat::Iso | TimeFormat::Utc | TimeFormat::Age => {
                text.put_date(at);
                text.put_byte(b'T');
                text.put_clock(at);
                text.put_offset(at.offset);
            }
        }
        text
    }

    /// Seconds since the epoch as ctime(3) without its newline: `Mon Nov 23 05:56:26 2026`.
    pub fn ctime(&mut self, seconds: i64) -> TimeText {
        if let Some((last, text)) = self.last
            && last == seconds
        {
            return text;
        }
        let mut text = TimeText::EMPTY;
        if let Some(at) = self.local(seconds) {
            let day = usize::from(at.weekday) * 3;
            text.put(&WEEKDAYS[day..day + 3]);
            text.put_byte(b' ');
            text.put_month(at.month);
            text.put_byte(b' ');
            text.put_number(u32::from(at.day), 2, b' ');
            text.put_byte(b' ');
            text.put_clock(at);
            text.put_byte(b' ');
            text.put_year(at.year, 1);
        }
        self.last = Some((seconds, text));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_times_are_those_of_their_seconds() {
        let mut times = UtcTimes::default();
        // Some share a place in the cache.
        for seconds in [5, 13, 5, 5, -3, 6, 14, 13] {
            let text = |time: Option<TimeText>| time.map(|time| time.as_str().to_owned());
            assert_eq!(text(times.of(seconds)), text(rfc3339_utc(seconds)), "{seconds}");
        }
    }

    #[test]
    fn durations_have_two_units_at_most() {
        for (seconds, text) in [
            (-5, "0s"),
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3_605, "1h"),
            (7_384, "2h 3m"),
            (86_400 + 59, "1d"),
            (3 * 86_400 + 4 * 3_600 + 5, "3d 4h"),
        ] {
            assert_eq!(duration(seconds, " "), text, "{seconds}");
        }
    }

    #[test]
    fn ages_have_one_unit() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (119, "1m"),
            (86_399, "23h"),
            (400 * 86_400, "400d"),
            (-5, "0s"),
        ] {
            assert_eq!(age(1_000_000_000 - seconds, 1_000_000_000), text, "{seconds}");
        }
        assert_eq!(age(i64::MIN, i64::MAX), "106751991167300d");
    }

    #[test]
    fn ctime_pads_the_day_with_a_blank() {
        let mut utc = LocalTime::fixed(0);
        assert_eq!(utc.ctime(1_795_413_386).as_str(), "Mon Nov 23 05:56:26 2026");
        assert_eq!(utc.ctime(0).as_str(), "Thu Jan  1 00:00:00 1970");
    }

    #[test]
    fn short_times_omit_the_day_today_and_the_year_this_year() {
        let mut zone = LocalTime::fixed(-3 * 3600);
        let now = 1_795_413_386;
        let mut short = |seconds| zone.format(seconds, TimeFormat::Short, now).as_str().to_owned();
        assert_eq!(short(now), "02:56");
        assert_eq!(short(now - 86_400), "Nov 22");
        assert_eq!(short(now - 400 * 86_400), "2025-Oct-19");
        assert_eq!(short(1_767_236_400), "Jan 01");
        let mut long = |format| zone.format(now, format, now).as_str().to_owned();
        assert_eq!(long(TimeFormat::Full), "2026-11-23 02:56:26");
        assert_eq!(long(TimeFormat::Iso), "2026-11-23T02:56:26-03:00");
        assert_eq!(long(TimeFormat::Utc), "2026-11-23T05:56:26Z");
    }

    #[test]
    fn rfc3339_is_what_jq_reads() {
        assert_eq!(rfc3339_utc(1_795_413_386).unwrap().as_str(), "2026-11-23T05:56:26Z");
        assert_eq!(rfc3339_utc(-1).unwrap().as_str(), "1969-12-31T23:59:59Z");
        assert!(rfc3339_utc(i64::MAX).is_none());
    }
}
