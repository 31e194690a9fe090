//! Removes from the output of examples what differs between runs.

/// The keys that the scene or a command sets; other keys are random.
const KEYS: [&str; 6] =
    ["0x0052e2c1", "0x00000000", "0x0000beef", "0x41021c7a", "0x0000a11c", "0x00007001"];

/// The text before a process ID or a time in seconds.
const BEFORE_NUMBER: [&str; 7] =
    ["\"pid\":", "\"cpid\":", "\"lpid\":", "\"tid\":", "pid ", "creator ", "idle "];

/// The text without parts that differ between runs.
pub fn mask(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", mask_line(line))).collect()
}

fn mask_line(line: &str) -> String {
    if let Some(masked) = process(line) {
        return masked;
    }
    let mut masked = String::new();
    let mut rest = line;
    while let Some(char) = rest.chars().next() {
        let key = rest.get(..10).filter(|text| is_key(text));
        if let Some(key) = key {
            masked += if KEYS.contains(&key) { key } else { "KEY" };
            rest = &rest[10..];
        } else if let Some(pid) = BEFORE_NUMBER.iter().find(|pid| rest.starts_with(**pid)) {
            masked += pid;
            rest = rest[pid.len()..].trim_start_matches(|c: char| c.is_ascii_digit());
        } else if let Some(length) = time(rest) {
            masked += "TIME";
            rest = &rest[length..];
        } else {
            masked.push(char);
            rest = &rest[char.len_utf8()..];
        }
    }
    // The last column of a semaphore is a process ID, unless it is 0.
    let semaphore = line.split_whitespace().count() == 5 && line.ends_with(char::is_numeric);
    if semaphore && !line.ends_with(" 0") {
        let kept = masked.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        masked.truncate(kept);
        masked += "PID";
    }
    masked
}

/// The line of a process below its object in a table, also in a picture: `  4711  root  rw`. The
/// width of its columns depends on the process IDs.
fn process(line: &str) -> Option<String> {
    let start = line.find("preserve\">").map_or(0, |at| at + 10);
    let (before, content) = line.split_at(start);
    let rest = content.strip_prefix("  ")?.trim_start_matches(' ');
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let after = rest[digits..].strip_prefix("  ").filter(|_| digits > 1)?;
    let words: Vec<_> = after.split_whitespace().collect();
    Some(format!("{before}  PID  {}", words.join(" ")))
}

fn is_key(text: &str) -> bool {
    text.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Returns the length of a time at the start of the text: `2026-11-23T05:56:26Z` or
/// `Mon Nov 23 05:56:26 2026`.
fn time(text: &str) -> Option<usize> {
    let like = |pattern: &str| {
        let bytes = text.as_bytes().get(..pattern.len())?;
        let fits = bytes.iter().zip(pattern.bytes()).all(|(byte, like)| match like {
            b'9' => byte.is_ascii_digit() || *byte == b' ',
            b'a' => byte.is_ascii_alphabetic(),
            _ => *byte == like,
        });
        fits.then_some(pattern.len())
    };
    like("9999-99-99T99:99:99Z").or_else(|| like("aaa aaa 99 99:99:99 9999"))
}

#[test]
fn masks_only_varying_parts() {
    let shown = "0x0052e2c1 0x1234abcd 56 {\"pid\":12,\"id\":12} Mon Nov 23 05:56:26 2026 2026-11-23T05:56:26Z\n1          0          1          0          4711\n 2  alice  2G\n   4711  root    rw  a b\n";
    assert_eq!(
        mask(shown),
        "0x0052e2c1 KEY 56 {\"pid\":,\"id\":12} TIME TIME\n1          0          1          0          PID\n 2  alice  2G\n  PID  root rw a b\n"
    );
}
