//! Which file systems may have POSIX objects.

use std::collections::HashSet;

use crate::model::Device;
use crate::proc::ProcRoot;
use crate::proc::mountinfo::other_devices;

/// Which file systems may have POSIX objects.
#[derive(Debug, Default)]
pub(super) struct FileDevices {
    others: HashSet<Device>,
}

impl FileDevices {
    /// Those that are mounted, except for other types of file systems. One that is not mounted here
    /// may be mounted elsewhere, or nowhere like that of queues.
    pub(super) fn read(root: &ProcRoot) -> FileDevices {
        let mounts = root.read("thread-self/mountinfo").unwrap_or_default();
        FileDevices { others: other_devices(&mounts) }
    }

    /// Whether a file system may have objects. Those in memory have no device with a major number.
    pub(super) fn may_have_objects(&self, device: Device) -> bool {
        device.major == 0 && !self.others.contains(&device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_on_devices_and_other_mounted_ones_have_no_objects() {
        let device = |major, minor| Device { major, minor };
        let devices = FileDevices { others: HashSet::from([device(0, 5)]) };
        assert!(devices.may_have_objects(device(0, 7)));
        assert!(!devices.may_have_objects(device(0, 5)));
        assert!(!devices.may_have_objects(device(8, 1)));
    }
}
