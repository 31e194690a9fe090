//! Calendar time: localtime_r(3) and gmtime_r(3).
//!
//! The C library is used because the classic views must print the same bytes as its ctime(3), for
//! every TZ value that it accepts: leap-second zones, POSIX strings, misspelt ones.

use std::mem::MaybeUninit;

use nix::libc;

/// A point in time in a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalendarTime {
    /// The year, such as 2026.
    pub year: i64,
    /// Month, from 1.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
    /// Hour.
    pub hour: u8,
    /// Minute.
    pub minute: u8,
    /// Second; 60 in a leap second.
    pub second: u8,
    /// Day of the week, Sunday is 0.
    pub weekday: u8,
    /// Seconds east of Greenwich.
    pub offset: i64,
}

type Convert = unsafe extern "C" fn(*const libc::time_t, *mut libc::tm) -> *mut libc::tm;

fn convert(seconds: i64, by: Convert) -> Option<CalendarTime> {
    let mut tm = MaybeUninit::<libc::tm>::uninit();
    // SAFETY: both pointers are valid for the call; on success (not NULL) all of `tm` is filled.
    let tm = unsafe {
        if by(&raw const seconds, tm.as_mut_ptr()).is_null() {
            return None;
        }
        tm.assume_init()
    };
    let small = |number: libc::c_int| u8::try_from(number).ok();
    Some(CalendarTime {
        year: i64::from(tm.tm_year).saturating_add(1900),
        month: small(tm.tm_mon)?.saturating_add(1),
        day: small(tm.tm_mday)?,
        hour: small(tm.tm_hour)?,
        minute: small(tm.tm_min)?,
        second: small(tm.tm_sec)?,
        weekday: small(tm.tm_wday)?,
        offset: tm.tm_gmtoff,
    })
}

/// Seconds since the epoch in the local time zone (TZ, /etc/localtime); `None` when the year does
/// not fit. The first call reads the zone.
#[must_use]
pub fn local(seconds: i64) -> Option<CalendarTime> {
    convert(seconds, libc::localtime_r)
}

/// Seconds since the epoch in UTC; `None` when the year does not fit.
#[must_use]
pub fn utc(seconds: i64) -> Option<CalendarTime> {
    convert(seconds, libc::gmtime_r)
}
