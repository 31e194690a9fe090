//! The text of a queue's file (mq_overview(7)): `QSIZE:5 NOTIFY:0 SIGNO:10 NOTIFY_PID:13090`.

/// What the file says that mq_getattr(3) does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueText {
    /// Bytes of all messages.
    pub qsize: Option<u64>,
    /// The process that asked to be notified.
    pub notify_pid: Option<i32>,
    /// The signal that it gets, if it asked for one.
    pub signal: Option<i32>,
}

/// Reads the text. What is missing or not a number is unknown.
pub fn parse(text: &[u8]) -> QueueText {
    /// `SIGEV_SIGNAL` (include/uapi/asm-generic/siginfo.h).
    const BY_SIGNAL: i64 = 0;
    let field = |name: &str| -> Option<i64> {
        let mut words = std::str::from_utf8(text).ok()?.split_ascii_whitespace();
        words.find_map(|word| word.strip_prefix(name)?.strip_prefix(':'))?.parse().ok()
    };
    let pid = field("NOTIFY_PID").and_then(|pid| i32::try_from(pid).ok()).filter(|pid| *pid > 0);
    let signal = pid.and(field("SIGNO")).filter(|_| field("NOTIFY") == Some(BY_SIGNAL));
    QueueText {
        qsize: field("QSIZE").and_then(|size| u64::try_from(size).ok()),
        notify_pid: pid,
        signal: signal.and_then(|signal| i32::try_from(signal).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_text_of_the_kernel() {
        let text = |text: &str| parse(text.as_bytes());
        let none = QueueText { qsize: Some(0), ..QueueText::default() };
        assert_eq!(text("QSIZE:0          NOTIFY:0     SIGNO:0     NOTIFY_PID:0     \n"), none);
        assert_eq!(
            text("QSIZE:5          NOTIFY:0     SIGNO:10    NOTIFY_PID:13090 \n"),
            QueueText { qsize: Some(5), notify_pid: Some(13090), signal: Some(10) }
        );
        // By a thread instead of a signal.
        assert_eq!(
            text("QSIZE:5 NOTIFY:2 SIGNO:0 NOTIFY_PID:7\n"),
            QueueText { qsize: Some(5), notify_pid: Some(7), signal: None }
        );
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        for text in ["", "QSIZE:x", "QSIZE", "\0\u{fffd}", "QSIZE:-1 NOTIFY_PID:-3"] {
            assert_eq!(parse(text.as_bytes()), QueueText::default(), "{text:?}");
        }
    }
}
