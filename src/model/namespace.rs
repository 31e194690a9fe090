//! What is known about the programs of a namespace.

/// A container, as the name of its control group says. All texts are untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The program that made it: `docker`, `podman`, `lxc`. It is `kubernetes` where only the pod is
    /// known.
    pub engine: &'static str,
    /// Its identifier, in hexadecimal digits.
    pub id: Option<String>,
    /// Its name, for engines that use it in place of an identifier.
    pub name: Option<String>,
    /// The uid of its Kubernetes pod.
    pub pod: Option<String>,
}
