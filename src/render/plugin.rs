//! The line of a monitoring plugin, as the Monitoring Plugins Development Guidelines describe it:
//! the state, a text, and after `|` performance data.

use std::fmt;

use crate::escape::escaped;

/// The state of what is monitored. The greatest of several counts: what is critical is so whatever
/// else is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Nothing to report.
    Ok,
    /// It should be looked at.
    Warning,
    /// Something could not be read, so it may be worse than it looks.
    Unknown,
    /// It needs action now.
    Critical,
}

impl Status {
    /// The word at the beginning of the line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::Ok => "OK",
            Status::Warning => "WARNING",
            Status::Unknown => "UNKNOWN",
            Status::Critical => "CRITICAL",
        }
    }
}

/// A number to record, with its thresholds. The least value is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Perf {
    /// Its name. It has no quotes and no `=`.
    pub label: String,
    /// The number.
    pub value: u64,
    /// `B` for bytes, or nothing.
    pub unit: &'static str,
    /// From this value on it is a warning.
    pub warn: Option<u64>,
    /// From this value on it is critical.
    pub crit: Option<u64>,
    /// The greatest value.
    pub max: Option<u64>,
}

impl fmt::Display for Perf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'={}{}", self.label, self.value, self.unit)?;
        for number in [self.warn, self.crit] {
            f.write_str(";")?;
            number.map_or(Ok(()), |number| write!(f, "{number}"))?;
        }
        f.write_str(";0")?;
        self.max.map_or(Ok(()), |max| write!(f, ";{max}"))
    }
}

/// The line, without its end. The text may be untrusted.
#[must_use]
pub fn line(status: Status, text: &str, perf: &[Perf]) -> String {
    // A bar would begin the performance data.
    let text = escaped(text.as_bytes()).replace('|', "\\x7c");
    let mut line = format!("IPC {} - {text}", status.word());
    for (at, perf) in perf.iter().enumerate() {
        line.push_str(if at == 0 { " | " } else { " " });
        line.push_str(&perf.to_string());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn perf(max: Option<u64>) -> Perf {
        Perf { label: "a".into(), value: 3, unit: "", warn: Some(8), crit: Some(9), max }
    }

    #[test]
    fn unknown_numbers_are_empty() {
        assert_eq!(perf(Some(10)).to_string(), "'a'=3;8;9;0;10");
        let bytes = Perf { unit: "B", warn: None, crit: None, ..perf(None) };
        assert_eq!(bytes.to_string(), "'a'=3B;;;0");
    }

    #[test]
    fn the_text_is_one_line_without_bars() {
        let two = [perf(None), perf(Some(1))];
        assert_eq!(
            line(Status::Warning, "a|b\nc", &two),
            "IPC WARNING - a\\x7cb\\x0ac | 'a'=3;8;9;0 'a'=3;8;9;0;1"
        );
        assert_eq!(line(Status::Ok, "x", &[]), "IPC OK - x");
    }

    #[test]
    fn critical_outweighs_unknown() {
        let mut all = [Status::Critical, Status::Ok, Status::Unknown, Status::Warning];
        all.sort();
        assert_eq!(all.map(Status::word), ["OK", "WARNING", "UNKNOWN", "CRITICAL"]);
    }
}
