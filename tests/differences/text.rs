//! Versions and languages.

use crate::compat::states;
use crate::support::namespace::isolated;
use crate::support::programs::ours;

#[test]
fn prints_the_version_of_this_package() {
    isolated(|| {
        for name in ["ipcs", "ipcrm", "ipcmk"] {
            for option in ["-V", "--version", "--vers"] {
                let run = ours(name, [option]).run();
                let expected = format!("{name} {}\n", env!("CARGO_PKG_VERSION"));
                assert_eq!(
                    (run.status, run.out(), run.err()),
                    (Some(0), &*expected, ""),
                    "{name} {option}"
                );
            }
        }
    });
}

/// util-linux translates headings and uses the decimal separator of the locale.
#[test]
fn ignores_the_language() {
    isolated(|| {
        let _held = states::private_and_keyed();
        for args in [&["-a"][..], &["--human"], &["-l", "--human"], &["-t"], &["-m", "-i", "5"]] {
            let plain = ours("ipcs", args).run();
            for locale in ["fr_FR.UTF-8", "de_DE.UTF-8", "ja_JP.UTF-8", "tr_TR"] {
                let run = ours("ipcs", args)
                    .env("LC_ALL", locale)
                    .env("LANG", locale)
                    .env("LANGUAGE", locale);
                assert_eq!(run.run(), plain, "{args:?} in {locale}");
            }
        }
    });
}
