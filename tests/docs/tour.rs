//! The tour and the recipes in README.md.
//!
//! A `sh` block of the tour that has output is followed by a `text` block with this output on both
//! streams. `UPDATE_DOCS=1` replaces output that differs.

use std::fs;

use super::manual::RECIPES;
use super::mask::mask;
use super::scene::{SYSTEM, run, run_with};
use super::{UPDATE, file, read, updating};
use crate::support::actor::{Actor, until};
use crate::support::leftovers::{absent_user, left_by};
use crate::support::namespace::{EVERY_PROCESS, add_users, isolated, require_root, require_users};
use crate::support::objects::{Sems, Shm};
use crate::support::table::remaining;

const PATH: &str = "README.md";
const OUTPUT: &str = "```\n\n```text\n";

fn section(title: &str) -> String {
    let text = read(PATH);
    let (_, rest) = text.split_once(&format!("\n## {title}\n")).expect("a section");
    rest.split("\n## ").next().expect("its text").to_owned()
}

#[test]
fn the_tour_shows_the_real_output() {
    isolated(|| {
        let tour = section("A tour in 60 seconds");
        let mut steps = Vec::new();
        // All of it runs before anything is compared, because the last step ends the worker.
        for part in tour.split("```sh\n").skip(1) {
            let Some((commands, rest)) = part.split_once(OUTPUT) else { continue };
            let (shown, _) = rest.split_once("```\n").expect("the end of the output");
            steps.push((commands, shown, inspected(&run(&in_background(commands)))));
            if commands.contains("(perl ") {
                // On a busy machine, the second that the tour waits may be too short.
                until("the worker waits", || run("ipcs -s -i 0 --json").contains("\"ncount\":1"));
            }
        }
        assert_eq!(remaining(), "", "the tour removes what it has made");
        assert_eq!(steps.len(), 3, "the steps of the tour");
        let mut text = read(PATH);
        for (commands, shown, actual) in steps {
            let same = mask(shown) == mask(&actual);
            assert!(
                same || updating(),
                "{PATH} shows for\n{commands}\n{shown}\nbut the output is\n{actual}\n({UPDATE})"
            );
            if !same {
                let block = |output: &str| format!("```sh\n{commands}{OUTPUT}{output}```\n");
                text = text.replacen(&block(shown), &block(&actual), 1);
                fs::write(file(PATH), &text).expect("writing README.md");
            }
        }
    });
}

/// Without the pipe that the test reads to its end.
fn in_background(commands: &str) -> String {
    commands.replace(" &)", " >/dev/null 2>&1 &)")
}

/// The output without the line that only users other than root see, and without empty lines at its
/// end.
fn inspected(output: &str) -> String {
    let mut lines: Vec<&str> = output.lines().collect();
    if let Some(at) = lines.iter().position(|line| line.contains("could not be inspected: ")) {
        // An empty line comes before it.
        lines.drain(at - 1..=at);
    }
    while lines.pop_if(|line| line.is_empty()).is_some() {}
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// If a reader pastes the tour into a shell without a namespace, it must do no harm: objects are
/// named by the key of the tour.
#[test]
fn the_tour_removes_nothing_else() {
    isolated(|| {
        let (segment, set) = (Shm::private(10, 0o600), Sems::private(1, 0o600));
        let before = remaining();
        assert_eq!(before, format!("shm{} sem{}", segment.id, set.id));
        for part in section("A tour in 60 seconds").split("```sh\n").skip(1) {
            let (commands, _) = part.split_once("```\n").expect("the end of a block");
            if !commands.contains("unshare") {
                run(&in_background(commands));
            }
        }
        assert_eq!(remaining(), before);
    });
}

/// The command lines of the recipe whose paragraph begins with this.
pub fn recipe(question: &str) -> Vec<String> {
    let recipes = section("Recipes");
    let (_, rest) = recipes.split_once(&format!("\n**{question}")).expect("a recipe");
    let (_, rest) = rest.split_once("```sh\n").expect("its commands");
    let (commands, _) = rest.split_once("```\n").expect("their end");
    commands.lines().map(str::to_owned).collect()
}

/// Sets that a root process made and gave to the user of the server, as Apache does.
#[test]
fn the_recipe_for_apache_removes_the_sets_of_a_killed_server() {
    require_users("it gives objects to another user");
    isolated(|| {
        let uid = absent_user();
        add_users(&[("www-data", uid)]);
        let www_data = nix::unistd::User::from_name("www-data").expect("the users");
        let uid = www_data.expect("the user of the server").uid.as_raw();
        for _ in 0..3 {
            Sems::private(1, 0o600).set(uid, uid, 0o600);
        }
        let mut worker = Actor::start();
        worker.tell("operate 0 2");
        worker.end();
        let other = Sems::private(1, 0o600);
        let lines = recipe("\"No space left on device\", Apache");
        let [explain, dry, remove] = &lines[..] else { panic!("{lines:?}") };
        assert!(run(explain).starts_with("Why semget fails with ENOSPC:"));
        assert_eq!(run(remove), "nothing matched\n");
        let (dry, remove) = (dry.replace("1m", "0s"), remove.replace("1m", "0s"));
        assert!(run(&dry).ends_with("would remove 3 semaphore sets of www-data\n"));
        assert_eq!(run(&remove), "removed 3 semaphore sets of www-data\n");
        assert_eq!(remaining(), format!("sem{}", other.id));
    });
}

#[test]
fn the_recipe_after_a_crash_removes_only_what_was_left_behind() {
    require_root(EVERY_PROCESS);
    isolated(|| {
        let (gone, lives) = (absent_user(), absent_user());
        left_by(gone, &["segment 4096", "set 1"]);
        left_by(lives, &["keyed-segment 5 4096"]);
        let _process = Actor::of(lives);
        let lines = recipe("After a crash.");
        let [list, remove] = &lines[..] else { panic!("{lines:?}") };
        let listed = run(list);
        assert!(listed.contains(&format!(" {gone} ")) && !listed.contains(&format!(" {lives} ")));
        run(remove);
        assert_eq!(remaining(), "shm1");
    });
}

/// The other recipes are those of the manual, which are tested there.
#[test]
fn recipes_are_valid_command_lines() {
    require_users("the objects of the examples belong to several users");
    isolated(|| {
        let _held = super::scene::scene();
        let recipes = section("Recipes");
        let mut blocks = Vec::new();
        let mut text = String::new();
        for (index, part) in recipes.split("```").enumerate() {
            match part.strip_prefix("sh\n") {
                Some(commands) if index % 2 == 1 => blocks.push(commands),
                _ => text.push_str(part),
            }
        }
        let inline = text.split('`').skip(1).step_by(2);
        blocks
            .extend(inline.filter(|code| code.starts_with("ipcs ") || code.starts_with("ipcrm ")));
        assert!(blocks.len() >= recipes.matches("\n**").count(), "{blocks:#?}");
        for commands in blocks {
            let printed = run(&format!("docker() {{ echo $$; }}; {commands}"));
            for error in ["Try '", "error", "command not found", "failed", "no process"] {
                assert!(!printed.contains(error), "{commands}\n{printed}");
            }
        }
    });
}

/// A reader who has not installed our programs, or whose `sudo` does not find them, runs those of
/// util-linux.
#[test]
fn recipes_with_util_linux_remove_nothing() {
    require_users("the objects of the examples belong to several users");
    isolated(|| {
        let _held = super::scene::scene();
        let before = remaining();
        let recipes = section("Recipes");
        let commands = recipes.split('`').chain([RECIPES]).flat_map(str::lines);
        let commands: Vec<_> = commands.filter(|line| line.starts_with("ipcrm ")).collect();
        assert!(commands.len() > 20, "{commands:#?}");
        for command in commands {
            run_with(SYSTEM, command);
            assert_eq!(remaining(), before, "{command}");
        }
    });
}
