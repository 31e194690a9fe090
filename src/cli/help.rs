//! `-h`: what is used most, on one screen. `--help` has everything.

use clap::CommandFactory;
use clap::builder::StyledStr;

/// A program with a short help.
pub trait ShortHelp: CommandFactory {
    /// The ids of the options that are used most, in the order of the help.
    const MOST_USED: &'static [&'static str];
    /// Command lines to begin with, and what they do.
    const EXAMPLES: &'static str;
}

/// The short help. The texts are those of the definitions, so both helps say the same.
#[must_use]
pub fn short_help<T: ShortHelp>() -> StyledStr {
    T::command()
        .mut_args(|arg| {
            let order = T::MOST_USED.iter().position(|id| arg.get_id() == id);
            let arg = arg.hide(order.is_none()).help_heading(None::<&str>);
            arg.display_order(order.unwrap_or_default())
        })
        .help_template("{about}\n\n{usage-heading} {usage}\n\n{options}{after-help}")
        .after_help(T::EXAMPLES)
        .render_help()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ipcmk::Ipcmk;
    use crate::cli::ipcrm::Ipcrm;
    use crate::cli::ipcs::IpcsArgs;

    fn assert_fits(text: &str) {
        let wide: Vec<_> = text.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "wider than 80 columns: {wide:#?}");
    }

    fn check<T: ShortHelp>() {
        let text = short_help::<T>().to_string();
        assert_fits(&text);
        assert!(text.lines().count() <= 22, "{} lines:\n{text}", text.lines().count());
        for id in T::MOST_USED {
            let command = T::command();
            let arg = command.get_arguments().find(|arg| arg.get_id() == id);
            let help = arg.and_then(|arg| arg.get_help()).unwrap().to_string();
            let lines = text.lines().filter(|line| line.ends_with(&help));
            assert_eq!(lines.count(), 1, "{id} has one line in\n{text}");
        }
        for line in T::EXAMPLES.lines() {
            assert!(text.lines().any(|other| other == line), "{line} is in\n{text}");
        }
    }

    #[test]
    fn the_short_help_fits_one_screen_and_has_the_options_that_are_used_most() {
        check::<IpcsArgs>();
        check::<Ipcrm>();
    }

    #[test]
    fn each_option_has_one_line_in_the_whole_help() {
        for mut command in [IpcsArgs::command(), Ipcrm::command(), Ipcmk::command()] {
            let text = command.render_help().to_string();
            assert_fits(&text);
            for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
                let help = arg.get_help().unwrap().to_string();
                assert!(text.lines().any(|line| line.ends_with(&help)), "{help:?} is on one line");
            }
        }
    }

    #[test]
    fn the_help_of_ipcmk_is_short_enough() {
        let lines = Ipcmk::command().render_help().to_string().lines().count();
        assert!(lines <= 23, "{lines} lines");
    }
}
