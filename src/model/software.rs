//! Which software probably made a POSIX object, by its name.

/// What a name begins with, and what the rest of it must be.
struct Pattern {
    prefix: &'static str,
    rest: Rest,
    software: &'static str,
}

/// The part of a name after the prefix.
enum Rest {
    /// Anything.
    Any,
    /// This number of hexadecimal digits, and nothing else.
    Hex(usize),
    /// Decimal digits, and nothing else.
    Digits,
    /// Decimal digits and then this character; anything may follow.
    DigitsThen(u8),
    /// This number of letters, digits, `_` and `-`, and nothing else.
    Word(usize),
    /// Nothing.
    Nothing,
}

const fn pattern(prefix: &'static str, rest: Rest, software: &'static str) -> Pattern {
    Pattern { prefix, rest, software }
}

/// Names of well-known software. The first pattern that fits counts.
static PATTERNS: &[Pattern] = &[
    pattern("psm_", Rest::Hex(8), "Python shared_memory"),
    pattern("pym-", Rest::DigitsThen(b'-'), "Python multiprocessing"),
    pattern("sem.mp-", Rest::Any, "Python multiprocessing"),
    pattern("sem.loky-", Rest::DigitsThen(b'-'), "loky"),
    pattern("torch_", Rest::DigitsThen(b'_'), "PyTorch"),
    pattern("nccl-", Rest::Word(6), "NCCL"),
    pattern("sm_segment.", Rest::Any, "Open MPI"),
    // Before version 5.
    pattern("vader_segment.", Rest::Any, "Open MPI"),
    pattern("mpich_shm_", Rest::Any, "MPICH"),
    pattern("psm3_shm.", Rest::Any, "libfabric"),
    pattern("ucx_shm_posix_", Rest::Any, "UCX"),
    pattern("PostgreSQL.", Rest::Digits, "PostgreSQL"),
    pattern("ora_", Rest::Any, "Oracle"),
    pattern("pulse-shm-", Rest::Digits, "PulseAudio"),
    pattern(".org.chromium.Chromium.", Rest::Any, "Chromium"),
    pattern("fastdds", Rest::Any, "Fast-DDS"),
    pattern("sem.fastdds", Rest::Any, "Fast-DDS"),
    pattern("iox2_", Rest::Any, "iceoryx2"),
    pattern("aeron-", Rest::Any, "Aeron"),
    pattern("jack-shm-registry", Rest::Nothing, "JACK"),
    pattern("jack_sem.", Rest::Any, "JACK"),
    pattern("sem.jack_sem.", Rest::Any, "JACK"),
    pattern("lttng-ust-wait-", Rest::Any, "LTTng"),
];

impl Rest {
    fn fits(&self, rest: &[u8]) -> bool {
        let digits = || rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        match *self {
            Rest::Any => !rest.is_empty(),
            Rest::Hex(count) => rest.len() == count && rest.iter().all(u8::is_ascii_hexdigit),
            Rest::Digits => !rest.is_empty() && digits() == rest.len(),
            Rest::DigitsThen(next) => digits() > 0 && rest.get(digits()) == Some(&next),
            Rest::Word(count) => {
                let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
                rest.len() == count && rest.iter().all(is_word)
            }
            Rest::Nothing => rest.is_empty(),
        }
    }
}

/// The software whose objects have such names. It is only a hint: anybody can use any name. `file` is
/// the name of the file in /dev/shm.
#[must_use]
pub fn software(file: &[u8]) -> Option<&'static str> {
    let fits = |pattern: &&Pattern| {
        file.strip_prefix(pattern.prefix.as_bytes()).is_some_and(|rest| pattern.rest.fits(rest))
    };
    PATTERNS.iter().find(fits).map(|pattern| pattern.software)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_names_show_the_software() {
        for (name, expected) in [
            ("psm_0a1b2c3d", Some("Python shared_memory")),
            ("psm_0a1b2c3", None),
            ("psm_0a1b2c3g", None),
            ("pym-812-xyz", Some("Python multiprocessing")),
            ("pym-x-xyz", None),
            ("sem.loky-812-abc", Some("loky")),
            ("torch_812_9_0", Some("PyTorch")),
            ("torch_", None),
            ("nccl-a1B2c3", Some("NCCL")),
            ("nccl-a1B2c3d", None),
            ("sm_segment.host.1000.1", Some("Open MPI")),
            ("vader_segment.host.1000.1", Some("Open MPI")),
            ("mpich_shm_ab", Some("MPICH")),
            ("psm3_shm.1", Some("libfabric")),
            ("ucx_shm_posix_4e", Some("UCX")),
            ("PostgreSQL.1804289383", Some("PostgreSQL")),
            ("PostgreSQL.", None),
            ("PostgreSQL.18x", None),
            ("ora_orcl_1", Some("Oracle")),
            ("pulse-shm-1234", Some("PulseAudio")),
            (".org.chromium.Chromium.aB3", Some("Chromium")),
            ("fastdds_port7400", Some("Fast-DDS")),
            ("iox2_a", Some("iceoryx2")),
            ("aeron-www", Some("Aeron")),
            ("jack-shm-registry", Some("JACK")),
            ("jack-shm-registry2", None),
            ("jack_sem.1000_default", Some("JACK")),
            ("lttng-ust-wait-8", Some("LTTng")),
            ("my-object", None),
            ("", None),
        ] {
            assert_eq!(software(name.as_bytes()), expected, "{name}");
        }
    }
}
