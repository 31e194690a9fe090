//! Points in time as text: ctime(3) for the classic views, RFC 3339 for JSON.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

const WEEKDAYS: &[u8] = b"MonTueWedThuFriSatSun";
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
}

/// A text that is short and has no place on the heap.
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

    fn put_year(&mut self, year: i16, width: usize) {
        if year < 0 {
            self.put_byte(b'-');
        }
        self.put_number(u32::from(year.unsigned_abs()), width, b'0');
    }

    fn put_clock(&mut self, at: DateTime) {
        for (number, separator) in [(at.hour(), b':'), (at.minute(), b':'), (at.second(), 0)] {
            self.put_number(u32::from(number.unsigned_abs()), 2, b'0');
            if separator != 0 {
                self.put_byte(separator);
            }
        }
    }

    fn put_month(&mut self, month: i8) {
        let at = usize::from(month.unsigned_abs()) * 3;
        self.put(&MONTHS[at - 3..at]);
    }

    fn put_short(&mut self, at: DateTime, today: Option<DateTime>) {
        if today.is_some_and(|today| today.date() == at.date()) {
            self.put_number(u32::from(at.hour().unsigned_abs()), 2, b'0');
            self.put_byte(b':');
            self.put_number(u32::from(at.minute().unsigned_abs()), 2, b'0');
            return;
        }
        let this_year = today.is_some_and(|today| today.year() == at.year());
        let separator = if this_year { b' ' } else { b'-' };
        if !this_year {
            self.put_year(at.year(), 4);
            self.put_byte(separator);
        }
        self.put_month(at.month());
        self.put_byte(separator);
        self.put_number(u32::from(at.day().unsigned_abs()), 2, b'0');
    }

    fn put_offset(&mut self, offset: Offset) {
        let minutes = offset.seconds() / 60;
        self.put_byte(if minutes < 0 { b'-' } else { b'+' });
        self.put_number(minutes.unsigned_abs() / 60, 2, b'0');
        self.put_byte(b':');
        self.put_number(minutes.unsigned_abs() % 60, 2, b'0');
    }

    fn put_date(&mut self, at: DateTime) {
        self.put_year(at.year(), 4);
        for number in [at.month(), at.day()] {
            self.put_byte(b'-');
            self.put_number(u32::from(number.unsigned_abs()), 2, b'0');
        }
    }
}

/// Seconds since the epoch as RFC 3339 in UTC; `None` where a calendar has no such day.
#[must_use]
pub fn rfc3339_utc(seconds: i64) -> Option<TimeText> {
    let at = Offset::UTC.to_datetime(Timestamp::from_second(seconds).ok()?);
    let mut text = TimeText::EMPTY;
    text.put_date(at);
    text.put_byte(b'T');
    text.put_clock(at);
    text.put_byte(b'Z');
    Some(text)
}

/// The local time zone, with the last answer kept: objects made together share their seconds.
#[derive(Debug)]
pub struct LocalTime {
    zone: TimeZone,
    last: Option<(i64, TimeText)>,
}

impl LocalTime {
    /// A clock of one zone.
    #[must_use]
    pub fn new(zone: TimeZone) -> LocalTime {
        LocalTime { zone, last: None }
    }

    /// The zone of the machine, or of TZ.
    #[must_use]
    pub fn system() -> LocalTime {
        LocalTime::new(TimeZone::system())
    }

    fn local(&self, seconds: i64) -> Option<(DateTime, Offset)> {
        let instant = Timestamp::from_second(seconds).ok()?;
        let offset = self.zone.to_offset(instant);
        Some((offset.to_datetime(instant), offset))
    }

    /// Seconds since the epoch in one of the formats; `now` decides what today is.
    pub fn format(&mut self, seconds: i64, format: TimeFormat, now: i64) -> TimeText {
        if format == TimeFormat::Utc {
            return rfc3339_utc(seconds).unwrap_or(TimeText::EMPTY);
        }
        let mut text = TimeText::EMPTY;
        let Some((at, offset)) = self.local(seconds) else { return text };
        match format {
            TimeFormat::Short => {
                let today = self.local(now).map(|(today, _)| today);
                text.put_short(at, today);
            }
            TimeFormat::Full => {
                text.put_date(at);
                text.put_byte(b' ');
                text.put_clock(at);
            }
            TimeFormat::Iso | TimeFormat::Utc => {
                text.put_date(at);
                text.put_byte(b'T');
                text.put_clock(at);
                text.put_offset(offset);
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
        if let Some((at, _)) = self.local(seconds) {
            let day = usize::from(at.weekday().to_monday_zero_offset().unsigned_abs()) * 3;
            text.put(&WEEKDAYS[day..day + 3]);
            text.put_byte(b' ');
            text.put_month(at.month());
            text.put_byte(b' ');
            text.put_number(u32::from(at.day().unsigned_abs()), 2, b' ');
            text.put_byte(b' ');
            text.put_clock(at);
            text.put_byte(b' ');
            text.put_year(at.year(), 1);
        }
        self.last = Some((seconds, text));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ctime_pads_the_day_with_a_blank() {
        let mut utc = LocalTime::new(TimeZone::UTC);
        assert_eq!(utc.ctime(1_795_413_386).as_str(), "Mon Nov 23 05:56:26 2026");
        assert_eq!(utc.ctime(0).as_str(), "Thu Jan  1 00:00:00 1970");
    }

    #[test]
    fn short_times_say_no_more_than_is_needed() {
        let mut zone = LocalTime::new(TimeZone::fixed(Offset::from_hours(-3).unwrap()));
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
