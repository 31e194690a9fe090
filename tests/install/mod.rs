//! `install.sh` on directories of its own: what it replaces, keeps, refuses and removes. Whether
//! shells, man and sudo find what it has installed is checked by `.ci/packages`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const PROGRAMS: [&str; 3] = ["ipcs", "ipcrm", "ipcmk"];

/// An unpacked release and a prefix to install it to. The paths have blanks and quotes.
struct Scene {
    directory: TempDir,
}

/// What a run printed.
struct Run {
    is_success: bool,
    out: String,
    err: String,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        for directory in ["bin", "man", "completions"] {
            fs::create_dir_all(scene.release().join(directory)).expect("making a directory");
        }
        scene.copy("install.sh");
        for name in PROGRAMS {
            scene.write_program(name, "1");
            for file in [
                format!("man/{name}.1"),
                format!("completions/{name}.bash"),
                format!("completions/_{name}"),
                format!("completions/{name}.fish"),
            ] {
                scene.copy(&file);
            }
        }
        scene
    }

    /// Copies a file of the project into the release.
    fn copy(&self, file: &str) {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::copy(project.join(file), self.release().join(file)).expect("copying a file");
    }

    fn release(&self) -> PathBuf {
        self.directory.path().join("a 'new' release")
    }

    fn prefix(&self) -> PathBuf {
        self.directory.path().join("its \"own\" $prefix")
    }

    fn write_program(&self, name: &str, version: &str) {
        let path = self.release().join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\necho {version}\n")).expect("writing a program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
    }

    fn run(&self, args: &[&str]) -> Run {
        let output = Command::new("/bin/sh")
            .arg(self.release().join("install.sh"))
            .args(args)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", self.directory.path().join("home"))
            .output()
            .expect("running sh");
        Run {
            is_success: output.status.success(),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// Runs it with the prefix, which has to succeed without a message.
    #[track_caller]
    fn succeed(&self, args: &[&str]) -> String {
        let prefix = self.prefix();
        let run = self.run(&[&["--prefix", prefix.to_str().expect("text")], args].concat());
        assert!(run.is_success && run.err.is_empty(), "{args:?}: {}{}", run.out, run.err);
        run.out
    }

    /// Runs it with the prefix, which has to fail. Returns its messages.
    #[track_caller]
    fn refuse(&self, args: &[&str]) -> String {
        let prefix = self.prefix();
        let run = self.run(&[&["--prefix", prefix.to_str().expect("text")], args].concat());
        assert!(!run.is_success, "{args:?}: {}", run.out);
        assert!(run.err.lines().all(|line| line.starts_with("install.sh: ")), "{}", run.err);
        run.err
    }

    fn program(&self, name: &str) -> PathBuf {
        self.prefix().join("bin").join(name)
    }

    /// What the installed program prints.
    fn version(&self, name: &str) -> String {
        let output = Command::new(self.program(name)).output().expect("the installed program");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// Every path below the prefix, with the content of files.
    fn tree(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let mut tree = BTreeMap::new();
        add(&self.prefix(), &mut tree);
        tree
    }
}

fn add(path: &Path, tree: &mut BTreeMap<PathBuf, Option<Vec<u8>>>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a directory") {
            add(&entry.expect("an entry").path(), tree);
        }
    }
    if path.exists() {
        tree.insert(path.to_owned(), fs::read(path).ok());
    }
}

#[test]
fn installs_and_removes_everything() {
    let scene = Scene::new();
    let planned = scene.succeed(&["--dry-run"]);
    assert!(scene.tree().is_empty());
    let done = scene.succeed(&[]);
    for name in PROGRAMS {
        let path = scene.program(name);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o755);
        assert!(planned.contains(&format!("would install {}\n", path.display())), "{planned}");
        assert!(done.contains(&format!("\ninstalled {}\n", path.display())), "{done}");
    }
    let files = scene.tree().values().flatten().count();
    assert_eq!(files, PROGRAMS.len() * 5 + 1, "programs, manuals, completions and the list");
    scene.succeed(&["--uninstall"]);
    assert!(scene.tree().is_empty(), "{:?}", scene.tree().keys());
    let again = scene.refuse(&["--uninstall"]);
    assert!(again.starts_with("install.sh: nothing to remove: there is no "), "{again}");
}

#[test]
fn keeps_what_was_there_before() {
    let scene = Scene::new();
    let other = scene.prefix().join("share/man/man1/other.1");
    fs::create_dir_all(other.parent().unwrap()).unwrap();
    fs::create_dir_all(scene.prefix().join("bin")).unwrap();
    fs::write(&other, "other").unwrap();
    let before = scene.tree();
    scene.succeed(&[]);
    scene.succeed(&["--uninstall", "--dry-run"]);
    assert_eq!(scene.version("ipcs"), "1");
    scene.succeed(&["--uninstall"]);
    assert_eq!(scene.tree(), before);
}

#[test]
fn refuses_to_replace_files_of_others() {
    let scene = Scene::new();
    fs::create_dir_all(scene.prefix().join("bin")).unwrap();
    fs::write(scene.program("ipcs"), "mine").unwrap();
    symlink("/nowhere", scene.program("ipcrm")).unwrap();
    fs::create_dir(scene.program("ipcmk")).unwrap();
    let before = scene.tree();
    for args in [&["--dry-run"][..], &[]] {
        let message = scene.refuse(args);
        for name in PROGRAMS {
            let line = format!(
                "install.sh: {} exists, but not from this script; move it away first\n",
                scene.program(name).display()
            );
            assert!(message.contains(&line), "{message}");
        }
        assert!(message.ends_with("install.sh: nothing was changed\n"), "{message}");
        assert_eq!(scene.tree(), before);
    }
}

#[test]
fn an_upgrade_replaces_programs_and_removes_old_files() {
    let scene = Scene::new();
    let page = scene.release().join("man/ipc-old.7");
    fs::write(&page, "old").unwrap();
    scene.succeed(&[]);
    let old_page = scene.prefix().join("share/man/man7/ipc-old.7");
    assert!(old_page.exists());
    let inode = fs::metadata(scene.program("ipcs")).unwrap().ino();
    fs::remove_file(page).unwrap();
    scene.write_program("ipcs", "2");
    let report = scene.succeed(&[]);
    assert_eq!((scene.version("ipcs"), scene.version("ipcrm")), ("2".to_owned(), "1".to_owned()));
    // A program that runs keeps its file.
    assert_ne!(fs::metadata(scene.program("ipcs")).unwrap().ino(), inode);
    assert!(!old_page.exists());
    assert!(report.contains(&format!("replaced {}\n", scene.program("ipcs").display())));
    assert!(report.contains(&format!("unchanged {}\n", scene.program("ipcrm").display())));
    assert!(report.contains(&format!("removed {}\n", old_page.display())), "{report}");
    scene.succeed(&["--uninstall"]);
    assert!(scene.tree().is_empty(), "{:?}", scene.tree().keys());
}

#[test]
fn keeps_files_that_were_changed() {
    let scene = Scene::new();
    scene.succeed(&[]);
    let (changed, linked) = (scene.program("ipcs"), scene.program("ipcmk"));
    fs::write(&changed, "changed").unwrap();
    // The same content, but another file.
    let elsewhere = scene.directory.path().join("elsewhere");
    fs::rename(&linked, &elsewhere).unwrap();
    symlink(&elsewhere, &linked).unwrap();
    for name in PROGRAMS {
        scene.write_program(name, "2");
    }
    for args in [&[][..], &["--uninstall"]] {
        let report = scene.succeed(args);
        for path in [&changed, &linked] {
            let kept = format!("kept {}, which was changed after it was installed", path.display());
            assert!(report.lines().any(|line| line == kept), "{report}");
        }
        assert_eq!(fs::read(&changed).unwrap(), b"changed");
        assert_eq!(fs::read_link(&linked).unwrap(), elsewhere);
    }
    let left: Vec<_> = scene.tree().into_keys().collect();
    assert_eq!(left, [scene.prefix(), scene.prefix().join("bin"), linked, changed]);
}

#[test]
fn an_interrupted_installation_can_be_repeated_and_removed() {
    let scene = Scene::new();
    // The second program cannot be read, so that the run ends after the first files.
    let program = scene.release().join("bin/ipcrm");
    let fails_in_the_middle = || {
        let away = scene.release().join("bin/away");
        fs::rename(&program, &away).unwrap();
        fs::create_dir(&program).unwrap();
        let prefix = scene.prefix();
        let run = scene.run(&["--prefix", prefix.to_str().unwrap()]);
        fs::remove_dir(&program).unwrap();
        fs::rename(&away, &program).unwrap();
        run.is_success
    };
    assert!(!fails_in_the_middle());
    scene.succeed(&[]);
    assert_eq!(scene.version("ipcrm"), "1");
    scene.write_program("ipcs", "2");
    assert!(!fails_in_the_middle());
    scene.succeed(&["--uninstall"]);
    assert!(scene.tree().is_empty(), "{:?}", scene.tree().keys());
}

#[test]
fn removes_only_files_that_it_can_have_installed() {
    let scene = Scene::new();
    scene.succeed(&[]);
    let list = scene.prefix().join("share/ipcs/manifest");
    let innocent = scene.directory.path().join("innocent");
    fs::write(&innocent, "").unwrap();
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for path in [innocent.clone(), scene.prefix().join("bin/../../innocent")] {
        let before = fs::read_to_string(&list).unwrap();
        fs::write(&list, format!("{before}file\t{empty}\t{}\n", path.display())).unwrap();
        for args in [&["--uninstall"][..], &[]] {
            let message = scene.refuse(args);
            assert!(message.ends_with(&format!(" names {}\n", path.display())), "{message}");
        }
        fs::write(&list, before).unwrap();
    }
    assert!(innocent.exists());
}

#[test]
fn installs_below_another_root() {
    let scene = Scene::new();
    let root = scene.directory.path().join("root");
    let script = scene.release().join("install.sh");
    let run = |args: &[&str]| {
        let mut command = Command::new("/bin/sh");
        command.arg(&script).args(args).env("DESTDIR", &root);
        let output = command.output().expect("running sh");
        assert!(output.status.success(), "{output:?}");
    };
    run(&["--prefix", "/usr"]);
    assert!(root.join("usr/bin/ipcs").exists());
    let list = fs::read_to_string(root.join("usr/share/ipcs/manifest")).unwrap();
    assert!(list.contains("\t/usr/bin/ipcs\n"), "{list}");
    run(&["--prefix", "/usr", "--uninstall"]);
    assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
}

#[test]
fn reports_what_is_wrong_with_a_command_line() {
    let scene = Scene::new();
    for (args, message) in [
        (&["--prefix"][..], "--prefix needs a directory"),
        (&["--prefix", ""], "the prefix is empty"),
        (&["--prefix=//"], "the prefix cannot be /"),
        (&["--prefix", "/a/../b"], "write the prefix without '..'"),
        (&["--prefix", "/a\tb"], "the prefix has a tab or a line break"),
        (&["--prefix", "/a", "--user"], "--prefix and --user exclude each other"),
        (&["--uninstal"], "unknown argument '--uninstal'; see ./install.sh --help"),
    ] {
        let run = scene.run(args);
        assert_eq!((run.is_success, run.out.as_str()), (false, ""), "{args:?}");
        assert_eq!(run.err, format!("install.sh: {message}\n"), "{args:?}");
    }
    assert!(scene.run(&["--help"]).out.starts_with("Usage: ./install.sh "));
}
