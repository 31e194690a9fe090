//! The recipes for containers in the manual and in README.md, with namespaces in place of containers.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::manual::RECIPES;
use super::markup::blocks_under;
use super::scene::run;
use crate::support::actor::Actor;
use crate::support::leftovers::{absent_user, left_by};
use crate::support::namespace::{another, cover_by, isolated};

/// The numbers in the recipes.
const NUMBER: &str = "4026532240";

/// A namespace with a process, and objects that were left behind.
struct Container {
    actor: Actor,
    file: File,
    inode: u64,
    uid: u32,
}

fn start() -> Container {
    let uid = absent_user();
    another(|| {
        left_by(uid, &["segment 8388608", "set 4"]);
        let actor = Actor::start();
        let file = File::open("/proc/thread-self/ns/ipc").expect("a namespace");
        let inode = file.metadata().expect("its number").ino();
        Container { actor, file, inode, uid }
    })
}

/// Runs a recipe. `docker` has one container.
fn try_recipe(recipe: &str, container: &Container) -> String {
    let pid = container.actor.pid();
    let recipe = recipe.replace(NUMBER, &container.inode.to_string());
    // The objects were made just now.
    let recipe = recipe.replace("--idle 1d", "--idle 0s").replace("--idle 1h", "--idle 0s");
    // Other tests have namespaces at the same time, which may have more objects.
    let recipe = recipe.replace(" --top 5", "").replace(" --top 10", "").replace(".[:5][]", ".[]");
    // Their objects must not be removed.
    let is_harmless = |line: &&str| {
        !line.starts_with("ipcrm") || line.contains(" -n ") || line.contains(" --dry-run ")
    };
    let recipe: Vec<_> = recipe.lines().filter(is_harmless).collect();
    let recipe = recipe.join("\n");
    let output = run(&format!("docker() {{ echo {pid}; }}; {recipe}"));
    for error in ["Try '", "command not found", "jq: ", "parse error", "no process", "not an "] {
        assert!(!output.contains(error), "{recipe}\n{output}");
    }
    output
}

#[test]
fn recipes_for_containers_find_what_they_are_for() {
    isolated(|| {
        let container = start();
        let (number, uid) = (container.inode.to_string(), container.uid.to_string());
        let pid = container.actor.pid().to_string();
        let directory = tempfile::tempdir().expect("a directory");
        let mount = directory.path().join("namespace");
        fs::write(&mount, "").expect("a file");
        let source = format!("/proc/self/fd/{}", container.file.as_raw_fd());
        cover_by(mount.to_str().expect("a path in UTF-8"), Path::new(&source));
        let open = format!("-> ipc:[{number}]");
        let headings = [
            "Which container or pod leaks",
            "Look into one container",
            "Clean up all containers of a node",
            "What keeps a namespace",
        ];
        let recipes: Vec<_> =
            headings.iter().flat_map(|heading| blocks_under(RECIPES, heading)).collect();
        // What each block shows.
        let expected: [&[&str]; 8] = [
            &[&number, &uid, "IPC namespace "],
            &[&number, &uid],
            &[&number, " 8M "],
            &["an actor"],
            &[&number, &uid, "shmmni"],
            &["would remove"],
            &[&pid, "an actor"],
            &["/mountinfo", &open],
        ];
        assert_eq!(recipes.len(), expected.len(), "{recipes:?}");
        for (recipe, expected) in recipes.iter().zip(expected) {
            let output = try_recipe(recipe, &container);
            for text in expected {
                assert!(output.contains(text), "{text:?} is missing:\n{recipe}\n{output}");
            }
        }
    });
}

/// Each command of the recipe in README.md.
#[test]
fn the_recipe_in_the_readme_finds_the_container_that_leaks() {
    isolated(|| {
        let container = start();
        let (number, uid) = (container.inode.to_string(), container.uid.to_string());
        let commands = super::tour::recipe("Which container leaks?");
        let expected: [&[&str]; 4] = [
            &[&number, "an actor"],
            &[&number, &uid, "8388608"],
            &[&number, &uid, "8M"],
            &["would remove "],
        ];
        assert_eq!(commands.len(), expected.len(), "{commands:?}");
        for (command, expected) in commands.iter().zip(expected) {
            let output = try_recipe(command, &container);
            for text in expected {
                assert!(output.contains(text), "{text:?} is missing:\n{command}\n{output}");
            }
        }
    });
}
