//! /proc/PID/cgroup (cgroups(7)): the container and the unit that a process belongs to, as the names
//! of its control groups say.

use super::text::lines;
use crate::model::Container;

/// What is after the prefix and before the suffix of a component.
#[derive(Clone, Copy)]
enum Part {
    /// A container's identifier.
    Id,
    /// The same with all its 64 digits.
    WholeId,
    /// A container's name.
    Name,
    /// A name, and after its last hyphen the number of an instance.
    NameAndInstance,
    /// A name that ends at the first dot.
    NameBeforeDot,
    /// The engine's own processes, which are outside the container.
    Host,
}

/// What a component has to be below.
#[derive(Clone, Copy)]
enum Below {
    /// Anything.
    Any,
    /// These components, the last one directly above.
    Path(&'static [&'static str]),
    /// The component of a Kubernetes pod.
    Pod,
    /// One of these components or, without any, every single one, at the end of the path. Neither is
    /// a systemd unit.
    Top(&'static [&'static str]),
}

/// How an engine names the control group of a container.
struct Rule {
    engine: &'static str,
    below: Below,
    prefix: &'static [u8],
    suffix: &'static [u8],
    part: Part,
}

/// The first rule that fits a component decides.
#[rustfmt::skip]
const RULES: &[Rule] = &[
    rule("docker", Below::Any, "docker-", ".scope", Part::Id),
    rule("docker", Below::Path(&["docker"]), "", "", Part::Id),
    rule("podman", Below::Any, "libpod-conmon-", "", Part::Host),
    rule("podman", Below::Any, "libpod-payload-", "", Part::Id),
    rule("podman", Below::Any, "libpod-", ".scope", Part::Id),
    rule("podman", Below::Any, "libpod-", "", Part::Id),
    rule("podman", Below::Any, "conmon", "", Part::Host),
    rule("containerd", Below::Any, "cri-containerd-", ".scope", Part::Id),
    rule("cri-o", Below::Any, "crio-conmon-", "", Part::Host),
    rule("cri-o", Below::Any, "crio-", ".scope", Part::Id),
    rule("cri-o", Below::Any, "crio-", "", Part::Id),
    rule("nerdctl", Below::Any, "nerdctl-", ".scope", Part::Id),
    rule("kubernetes", Below::Pod, "", "", Part::Id),
    rule("lxc", Below::Any, "lxc.monitor", "", Part::Host),
    rule("lxc", Below::Any, "lxc.payload.", "", Part::Name),
    rule("libvirt-lxc", Below::Path(&["libvirt", "lxc"]), "", "", Part::Name),
    rule("lxc", Below::Path(&["lxc"]), "", "", Part::Name),
    rule("libvirt-lxc", Below::Any, r"machine-lxc\x2d", ".scope", Part::Name),
    // A virtual machine, whose processes are the host's.
    rule("qemu", Below::Any, r"machine-qemu\x2d", ".scope", Part::Host),
    rule("nspawn", Below::Any, "machine-", ".scope", Part::Name),
    rule("nspawn", Below::Any, "systemd-nspawn@", ".service", Part::Name),
    rule("flatpak", Below::Any, "app-flatpak-", ".scope", Part::NameAndInstance),
    rule("snap", Below::Any, "snap.", "", Part::NameBeforeDot),
    // containerd's own tools use the names of its namespace and of the container. Others have groups
    // of two levels too, so a name counts only in the namespace that it has by default.
    rule("containerd", Below::Top(&[]), "", "", Part::WholeId),
    rule("containerd", Below::Top(&["default"]), "", "", Part::Name),
];

/// How many hexadecimal digits engines use for an identifier.
const WHOLE_ID: usize = 64;
/// How many digits of it they show, and the least that count as one here.
const SHORT_ID: usize = 12;

/// The names of systemd's units that are control groups.
const UNITS: [&[u8]; 3] = [b".service", b".scope", b".slice"];

const fn rule(
    engine: &'static str,
    below: Below,
    prefix: &'static str,
    suffix: &'static str,
    part: Part,
) -> Rule {
    Rule { engine, below, prefix: prefix.as_bytes(), suffix: suffix.as_bytes(), part }
}

/// The innermost container that a process is in, from the content of its /proc/PID/cgroup.
///
/// Only the last component that is known counts: what is above it can be chosen freely. A path
/// outside the reader's cgroup namespace has no names.
#[must_use]
pub fn container(cgroup: &[u8]) -> Option<Container> {
    paths(cgroup).find_map(|path| {
        let components = components(path);
        let known = (1..=components.len()).rev().find_map(|count| {
            let (path, inside) = components.split_at_checked(count)?;
            decide(path, inside)
        });
        known?
    })
}

/// The systemd service or scope that a process is in, without systemd's escapes.
#[must_use]
pub fn unit(cgroup: &[u8]) -> Option<String> {
    paths(cgroup).find_map(|path| {
        let is_unit =
            |name: &&&[u8]| [b".service".as_slice(), b".scope"].iter().any(|s| name.ends_with(s));
        components(path).iter().rev().find(is_unit).map(|name| unescaped(name))
    })
}

/// The paths in the hierarchies, systemd's first: of cgroup v2, or the one that has no controllers.
fn paths(cgroup: &[u8]) -> impl Iterator<Item = &[u8]> {
    let of = |systemd: bool| {
        lines(cgroup).filter_map(move |line| {
            let mut fields = line.splitn(3, |byte| *byte == b':');
            let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            let path = path.strip_suffix(b" (deleted)").unwrap_or(path);
            (matches!(controllers, b"" | b"name=systemd") == systemd).then_some(path)
        })
    };
    let is_inside = |path: &&[u8]| !path.split(|byte| *byte == b'/').any(|name| name == b"..");
    of(true).chain(of(false)).filter(is_inside)
}

fn components(path: &[u8]) -> Vec<&[u8]> {
    path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).collect()
}

/// What the last component of a path says, from the components above it and those inside it.
/// `Some(None)`: the process is outside of a container.
fn decide(path: &[&[u8]], inside: &[&[u8]]) -> Option<Option<Container>> {
    let (last, above) = path.split_last()?;
    // A single component in place of three: SLICE:ENGINE:ID.
    let parts: Vec<_> = last.split(|byte| *byte == b':').collect();
    if let [slice, b"cri-containerd", id] = parts[..] {
        let made = made(Part::Id, id)?;
        return Some(Some(Container { engine: "containerd", pod: pod(slice), ..made }));
    }
    RULES.iter().find_map(|rule| {
        let part = last.strip_prefix(rule.prefix)?.strip_suffix(rule.suffix)?;
        if !is_below(rule.below, path, inside) {
            return None;
        }
        if matches!(rule.part, Part::Host) {
            return Some(None);
        }
        let made = made(rule.part, part)?;
        let pod = above.iter().rev().find_map(|name| pod(name));
        Some(Some(Container { engine: rule.engine, pod, ..made }))
    })
}

fn is_below(below: Below, path: &[&[u8]], inside: &[&[u8]]) -> bool {
    let above = path.split_last().map(|(_, above)| above).unwrap_or_default();
    match below {
        Below::Any => true,
        Below::Path(names) => {
            let names: Vec<_> = names.iter().map(|name| name.as_bytes()).collect();
            above.ends_with(&names)
        }
        Below::Pod => above.last().is_some_and(|name| pod(name).is_some()),
        Below::Top(names) => {
            let is_unit = |name: &&[u8]| UNITS.iter().any(|suffix| name.ends_with(suffix));
            let is_named = |top: &[u8]| names.iter().any(|name| name.as_bytes() == top);
            let fits = matches!(above, [top] if names.is_empty() || is_named(top));
            fits && inside.is_empty() && !path.iter().any(is_unit)
        }
    }
}

/// A container with what a part of its name says.
fn made(part: Part, text: &[u8]) -> Option<Container> {
    let mut made = Container { engine: "", id: None, name: None, pod: None };
    let name = match part {
        Part::WholeId if text.len() != WHOLE_ID => return None,
        Part::Id | Part::WholeId => {
            made.id = Some(id(text)?);
            return Some(made);
        }
        Part::Host => return None,
        Part::Name => text,
        Part::NameAndInstance => text.rsplitn(2, |byte| *byte == b'-').nth(1)?,
        Part::NameBeforeDot => text.split(|byte| *byte == b'.').next()?,
    };
    made.name = Some(unescaped(name)).filter(|name| !name.is_empty());
    made.name.is_some().then_some(made)
}

/// An identifier. It may be shorter where users give their own.
fn id(text: &[u8]) -> Option<String> {
    let is_id =
        (SHORT_ID..=WHOLE_ID).contains(&text.len()) && text.iter().all(u8::is_ascii_hexdigit);
    is_id.then(|| unescaped(text))
}

/// The uid of the pod that a component is for: `pod<uid>`, or `kubepods-burstable-pod<uid>.slice`,
/// where a hyphen of the uid is an underscore.
fn pod(component: &[u8]) -> Option<String> {
    let uid = match component.strip_suffix(b".slice") {
        Some(slice) if slice.starts_with(b"kubepods") => {
            slice.rsplit(|byte| *byte == b'-').next()?.strip_prefix(b"pod")?
        }
        _ => component.strip_prefix(b"pod")?,
    };
    let is_uid = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b'-' | b'_');
    // That of a static pod has no hyphens.
    let fits = uid.len() >= 32 && uid.iter().all(is_uid);
    fits.then(|| unescaped(uid).replace('_', "-"))
}

/// Undoes the escapes of a unit's name (systemd.unit(5)): `\x2d` is a hyphen.
fn unescaped(name: &[u8]) -> String {
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name;
    loop {
        let (byte, tail) = match rest {
            [b'\\', b'x', high, low, tail @ ..] => match digit(high).zip(digit(low)) {
                Some((high, low)) => (high << 4 | low, tail),
                None => (b'\\', rest.get(1..).unwrap_or_default()),
            },
            [byte, tail @ ..] => (*byte, tail),
            [] => return String::from_utf8_lossy(&bytes).into_owned(),
        };
        bytes.push(byte);
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "8f1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";
    const OUTER: &str = "00001111222233334444555566667777888899990000111122223333444455ff";
    const POD: &str = "3f2504e0-4f89-11d3-9a0c-0305e82c3301";

    fn text(path: &str) -> String {
        let path = path.replace("ID", ID).replace("OUTER", OUTER);
        path.replace("P_D", &POD.replace('-', "_")).replace("POD", POD)
    }

    /// The container of a process with this path in the unified hierarchy, and in those of v1.
    fn container_at(path: &str) -> Option<Container> {
        let path = text(path);
        let v2 = container(format!("0::{path}\n").as_bytes());
        let v1 = format!("12:cpu,cpuacct:{path}\n3:memory:{path}\n1:name=systemd:{path}\n0::/\n");
        assert_eq!(container(v1.as_bytes()), v2, "{path}");
        v2
    }

    fn with_id(engine: &'static str) -> Option<Container> {
        Some(Container { engine, id: Some(ID.to_owned()), name: None, pod: None })
    }

    fn in_pod(engine: &'static str) -> Option<Container> {
        with_id(engine).map(|found| Container { pod: Some(POD.to_owned()), ..found })
    }

    fn named(engine: &'static str, name: &str) -> Option<Container> {
        Some(Container { engine, id: None, name: Some(name.to_owned()), pod: None })
    }

    #[test]
    fn docker() {
        assert_eq!(container_at("/system.slice/docker-ID.scope"), with_id("docker"));
        assert_eq!(container_at("/docker/ID"), with_id("docker"));
        // --cgroup-parent
        assert_eq!(container_at("/jobs.slice/docker-ID.scope"), with_id("docker"));
        assert_eq!(container_at("/docker/ID/system.slice/cron.service"), with_id("docker"));
    }

    #[test]
    fn podman() {
        assert_eq!(container_at("/machine.slice/libpod-ID.scope"), with_id("podman"));
        assert_eq!(container_at("/machine.slice/libpod-ID.scope/container"), with_id("podman"));
        let user = "/user.slice/user-7.slice/user@7.service/user.slice/libpod-ID.scope";
        assert_eq!(container_at(user), with_id("podman"));
        assert_eq!(container_at("/a.slice/a.service/libpod-payload-ID"), with_id("podman"));
        assert_eq!(container_at("/libpod_parent/libpod-ID"), with_id("podman"));
    }

    #[test]
    fn the_monitor_of_a_container_is_outside() {
        assert_eq!(container_at("/machine.slice/libpod-conmon-ID.scope"), None);
        assert_eq!(container_at("/libpod_parent/conmon"), None);
        assert_eq!(
            container_at("/kubepods.slice/kubepods-podP_D.slice/crio-conmon-ID.scope"),
            None
        );
        assert_eq!(container_at("/lxc.monitor.web"), None);
        assert_eq!(container_at("/machine.slice/machine-qemu\\x2d1\\x2dvm.scope"), None);
    }

    #[test]
    fn kubernetes_with_containerd() {
        let slices = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podP_D.slice";
        let path = format!("{slices}/cri-containerd-ID.scope");
        assert_eq!(container_at(&path), in_pod("containerd"));
        let path = "/kubepods.slice/kubepods-podP_D.slice/cri-containerd-ID.scope";
        assert_eq!(container_at(path), in_pod("containerd"));
        let path =
            "/system.slice/containerd.service/kubepods-besteffort-podP_D.slice:cri-containerd:ID";
        assert_eq!(container_at(path), in_pod("containerd"));
        assert_eq!(container_at("/kubepods/besteffort/podPOD/ID"), in_pod("kubernetes"));
        assert_eq!(container_at("/kubepods/podPOD/ID"), in_pod("kubernetes"));
        // The uid of a static pod is a hash.
        let found = container_at("/kubepods/pod0123456789abcdef0123456789abcdef/ID").unwrap();
        assert_eq!(found.pod.as_deref(), Some("0123456789abcdef0123456789abcdef"));
        assert_eq!(container_at("/kubepods/besteffort/podPOD/x"), None);
    }

    #[test]
    fn kubernetes_with_other_engines() {
        let slices = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podP_D.slice";
        assert_eq!(container_at(&format!("{slices}/crio-ID.scope")), in_pod("cri-o"));
        assert_eq!(container_at(&format!("{slices}/docker-ID.scope")), in_pod("docker"));
        assert_eq!(container_at("/kubepods/burstable/podPOD/crio-ID"), in_pod("cri-o"));
    }

    #[test]
    fn nerdctl_and_ctr() {
        assert_eq!(container_at("/system.slice/nerdctl-ID.scope"), with_id("nerdctl"));
        assert_eq!(container_at("/default/redis"), named("containerd", "redis"));
        assert_eq!(container_at("/k8s.io/ID"), with_id("containerd"));
        assert_eq!(container_at("/batch/5978b7c285486dc0017e08d4fdb0ec78"), None);
        assert_eq!(container_at("/default/a.scope"), None);
        for path in
            ["/a.slice/redis", "/a/b.service", "/a/b.scope", "/a/b.slice", "/a", "/a/b/c", "/a/b"]
        {
            assert_eq!(container_at(path), None, "{path}");
        }
    }

    #[test]
    fn lxc_and_nspawn() {
        assert_eq!(container_at("/lxc.payload.web"), named("lxc", "web"));
        assert_eq!(container_at("/lxc.payload.web/system.slice/a.service"), named("lxc", "web"));
        assert_eq!(container_at("/lxc/web"), named("lxc", "web"));
        let scope = "/machine.slice/machine-web\\x2dtest.scope/init.scope";
        assert_eq!(container_at(scope), named("nspawn", "web-test"));
        let service = "/machine.slice/systemd-nspawn@web.service/payload";
        assert_eq!(container_at(service), named("nspawn", "web"));
    }

    #[test]
    fn libvirt() {
        let scope = "/machine.slice/machine-lxc\\x2d812\\x2dweb.scope";
        assert_eq!(container_at(scope), named("libvirt-lxc", "812-web"));
        assert_eq!(container_at("/libvirt/lxc/web"), named("libvirt-lxc", "web"));
    }

    #[test]
    fn flatpak_and_snap() {
        let user = "/user.slice/user-7.slice/user@7.service/app.slice";
        let path = format!("{user}/app-flatpak-org.gnome.Maps-4711.scope");
        assert_eq!(container_at(&path), named("flatpak", "org.gnome.Maps"));
        let path = format!("{user}/snap.firefox.firefox-3f2504e0.scope");
        assert_eq!(container_at(&path), named("snap", "firefox"));
        assert_eq!(container_at("/system.slice/snap.lxd.daemon.service"), named("snap", "lxd"));
    }

    #[test]
    fn the_innermost_container_counts() {
        assert_eq!(container_at("/docker/OUTER/kubepods/podPOD/ID"), in_pod("kubernetes"));
        assert_eq!(
            container_at("/lxc.payload.web/system.slice/docker-ID.scope"),
            with_id("docker")
        );
    }

    #[test]
    fn a_process_of_the_host_is_in_none() {
        for path in ["/", "/init.scope", "/system.slice/cron.service", "/docker", "/a/docker/x"] {
            assert_eq!(container_at(path), None, "{path}");
        }
        assert_eq!(container(b""), None);
        assert_eq!(container(b"0:/docker"), None);
    }

    #[test]
    fn outside_of_the_cgroup_namespace_there_is_no_name() {
        for path in ["/..", "/../..", "/../../docker/ID", "/../x/docker-ID.scope"] {
            assert_eq!(container_at(path), None, "{path}");
            assert_eq!(unit(text(&format!("0::{path}/a.service")).as_bytes()), None, "{path}");
        }
    }

    #[test]
    fn a_removed_group_keeps_its_name() {
        assert_eq!(container_at("/system.slice/docker-ID.scope (deleted)"), with_id("docker"));
        assert_eq!(unit(b"0::/a.slice/b.service (deleted)\n").as_deref(), Some("b.service"));
    }

    #[test]
    fn the_last_service_or_scope_is_the_unit() {
        for (path, expected) in [
            ("0::/system.slice/cron.service", Some("cron.service")),
            ("0::/user.slice/user-7.slice/session-3.scope", Some("session-3.scope")),
            ("0::/user.slice/user@7.service/app.slice/a\\x2db.service/x", Some("a-b.service")),
            ("4:cpu:/\n1:name=systemd:/system.slice/ssh.service", Some("ssh.service")),
            ("4:pids:/system.slice/ssh.service\n0::/", Some("ssh.service")),
            ("0::/system.slice", None),
            ("0::/", None),
            ("", None),
        ] {
            assert_eq!(unit(path.as_bytes()).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn only_complete_escapes_are_undone() {
        assert_eq!(unescaped(br"a\x2db\x2f\xZZ\x2"), r"a-b/\xZZ\x2");
        assert_eq!(unescaped(br"\xff\\x41"), "\u{fffd}\\A");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = (container(&text), unit(&text));
        }

        #[test]
        fn any_name_is_read_back(name in "[a-z][a-z0-9-]{0,30}") {
            let escaped = name.replace('-', r"\x2d");
            let text = format!("0::/machine.slice/systemd-nspawn@{escaped}.service/payload\n");
            prop_assert_eq!(container(text.as_bytes()), named("nspawn", &name));
            let expected = format!("systemd-nspawn@{name}.service");
            prop_assert_eq!(unit(text.as_bytes()), Some(expected));
        }
    }
}
