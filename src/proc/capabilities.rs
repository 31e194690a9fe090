//! The capabilities of a process: the `CapEff` line of /proc/PID/status (proc_pid_status(5)).

/// Removing objects of others (capabilities(7)).
pub const CAP_SYS_ADMIN: u32 = 21;

/// The effective set, a bit per capability; `None` when the text has no such line.
#[must_use]
pub fn parse_effective(status: &[u8]) -> Option<u64> {
    let line = status.split(|byte| *byte == b'\n').find_map(|l| l.strip_prefix(b"CapEff:"))?;
    u64::from_str_radix(std::str::from_utf8(line).ok()?.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effective_set_is_hex() {
        let status = b"Name:\tx\nCapPrm:\t0000000000000001\nCapEff:\t000001ffffffffff\n";
        assert_eq!(parse_effective(status), Some(0x1ff_ffff_ffff));
        assert_eq!(parse_effective(b"Name:\tx\n"), None);
        assert_eq!(parse_effective(b"CapEff:\tx\n"), None);
    }
}
