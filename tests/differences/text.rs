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

/// util-linux prints the same text for both.
#[test]
fn the_short_help_fits_one_screen() {
    isolated(|| {
        for name in ["ipcs", "ipcrm", "ipcmk"] {
            let print = |option: &str| {
                let run = ours(name, [option]).run();
                assert_eq!((run.status, run.err()), (Some(0), ""), "{name} {option}");
                run.out().to_owned()
            };
            let (short, long) = (print("-h"), print("--help"));
            assert!(short.lines().count() <= 23, "{short}");
            for text in [&short, &long] {
                let wide = text.lines().find(|line| line.chars().count() > 80);
                assert_eq!(wide, None, "{name}");
            }
            for abbreviation in ["--h", "--he", "--hel"] {
                if (name, abbreviation) != ("ipcs", "--h") {
                    assert_eq!(print(abbreviation), long, "{name} {abbreviation}");
                }
            }
            let is_listed = |line: &&str| line.trim_start().starts_with('-');
            let listed: Vec<_> = short.lines().filter(is_listed).collect();
            assert!(listed.len() >= 7, "{short}");
            let commented = |line: &str| line.rsplit("  ").next().unwrap_or_default().to_owned();
            for line in listed {
                assert!(long.contains(&commented(line)), "{line:?} is not in {name} --help");
            }
            assert_eq!(short == long, name == "ipcmk", "{name}");
            // Clusters and what follows.
            if name == "ipcs" {
                assert_eq!(ours(name, ["-mh", "--nosuch"]).run().out(), short);
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
