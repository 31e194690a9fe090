//! How much of a limit is used.

use std::cmp::Ordering;

/// The used part of a limit.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    used: u64,
    /// Never 0.
    limit: u64,
}

impl Share {
    /// Everything used.
    pub const FULL: Share = Share { used: 1, limit: 1 };
    /// Nothing used.
    pub const NOTHING: Share = Share { used: 0, limit: 1 };

    /// The used part of a limit; `None` if the limit is 0.
    #[must_use]
    pub fn of(used: u64, limit: u64) -> Option<Share> {
        (limit > 0).then_some(Share { used, limit })
    }

    /// In hundredths of a percent, rounded down, so that a limit is full only when it is reached.
    #[must_use]
    pub fn hundredths(self) -> u64 {
        self.parts(10_000)
    }

    /// In thousandths, rounded down.
    #[must_use]
    pub fn permille(self) -> u64 {
        self.parts(1_000)
    }

    /// The same part of another whole, rounded down.
    #[must_use]
    pub fn part_of(self, whole: u64) -> u64 {
        self.parts(whole)
    }

    /// Whether nothing is used.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.used == 0
    }

    fn parts(self, whole: u64) -> u64 {
        let parts = u128::from(self.used).saturating_mul(whole.into());
        let parts = parts.checked_div(self.limit.into()).unwrap_or(u128::MAX);
        u64::try_from(parts).unwrap_or(u64::MAX)
    }
}

impl PartialEq for Share {
    fn eq(&self, other: &Share) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Share {}

impl PartialOrd for Share {
    fn partial_cmp(&self, other: &Share) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Share {
    /// Both shares are multiplied by both limits.
    fn cmp(&self, other: &Share) -> Ordering {
        let product = |used: u64, limit: u64| u128::from(used).saturating_mul(limit.into());
        product(self.used, other.limit).cmp(&product(other.used, self.limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_down() {
        let share = Share::of(3, 4096).unwrap();
        assert_eq!((share.hundredths(), share.permille()), (7, 0));
        assert!(!share.is_zero());
        assert_eq!(Share::of(2, 3).unwrap().permille(), 666);
        assert_eq!(Share::of(u64::MAX, u64::MAX).unwrap().hundredths(), 10_000);
        assert_eq!(Share::of(u64::MAX, 1).unwrap().permille(), u64::MAX);
        assert_eq!(Share::of(5, 0), None);
    }

    #[test]
    fn compares_shares_of_different_limits() {
        let share = |used, limit| Share::of(used, limit).unwrap();
        assert!(share(1, 2) > share(1, 3));
        assert!(share(u64::MAX, u64::MAX) < share(u64::MAX, 1));
        assert!(share(u64::MAX - 1, u64::MAX) < Share::FULL);
        assert_eq!(share(0, 7), share(0, 1));
        assert_eq!(share(2, 4), share(1, 2));
    }
}
