//! Which limit refused a POSIX object, if its figures prove that.

use super::object::Object;
use super::posix::Place;
use crate::sys::{Errno, posix::inodes, posix::queue_memory_limit};

/// `HARD_MSGMAX` (include/linux/ipc_namespace.h), which privileges do not lift.
const MOST_MESSAGES: u64 = 65_536;
/// `HARD_MSGSIZEMAX`, likewise.
const LARGEST_MESSAGE: u64 = 16 * 1024 * 1024;

/// One line about the limit that refused an object with this error. The figures are read after the
/// refusal, so that they may have changed.
pub(super) fn limit(object: Object, errno: Errno, place: &Place) -> Option<String> {
    match (object, errno) {
        (Object::Pmsg { .. }, Errno::ENOSPC) => {
            let max = place.sysctl("queues_max")?;
            let count = place.queue_count().filter(|count| *count >= max);
            let count = count.map(|count| format!(", and {count} exist")).unwrap_or_default();
            Some(format!("fs.mqueue.queues_max allows {max} queues{count}"))
        }
        (Object::Pmsg { maxmsg, msgsize }, Errno::EINVAL) => {
            let (maxmsg, msgsize) = place.limits(maxmsg, msgsize)?;
            let limits = [place.sysctl("msg_max"), place.sysctl("msgsize_max")];
            too_large(maxmsg, msgsize, limits)
        }
        (Object::Pmsg { maxmsg, msgsize }, Errno::EMFILE) => {
            // A file can be opened, so it is not the number of open files.
            let defaults = (place.sysctl("msg_default")?, place.sysctl("msgsize_default")?);
            let (maxmsg, msgsize) = place.limits(maxmsg, msgsize).unwrap_or(defaults);
            memory(queue_memory_limit()?, maxmsg, msgsize)
        }
        (Object::Pshm(_) | Object::Psem(_), Errno::ENOSPC) => {
            let (all, free) = inodes(place.directory().ok()?)?;
            (free == 0).then(|| format!("/dev/shm allows {all} files, and has no more left"))
        }
        (_, Errno::EOVERFLOW) => {
            Some("the user namespace of this place has no such user or group as yours".to_owned())
        }
        _ => None,
    }
}

/// The limit that refused the figures of a queue. `limits`: those of the namespace for both, which a
/// privileged process may exceed.
fn too_large(maxmsg: u64, msgsize: u64, limits: [Option<u64>; 2]) -> Option<String> {
    if maxmsg == 0 || msgsize == 0 {
        return Some("a queue holds at least 1 message of at least 1 byte".to_owned());
    }
    let [messages, bytes] = limits;
    let line = |name, limit, what, typed| format!("{name} allows {limit} {what}, not {typed}");
    let (in_queue, in_message) = ("messages in a queue", "bytes in a message");
    if maxmsg > MOST_MESSAGES {
        return Some(line("the kernel", MOST_MESSAGES, in_queue, maxmsg));
    }
    if msgsize > LARGEST_MESSAGE {
        return Some(line("the kernel", LARGEST_MESSAGE, in_message, msgsize));
    }
    match (messages, bytes) {
        (Some(limit), _) if maxmsg > limit => {
            Some(line("fs.mqueue.msg_max", limit, in_queue, maxmsg))
        }
        (_, Some(limit)) if msgsize > limit => {
            Some(line("fs.mqueue.msgsize_max", limit, in_message, msgsize))
        }
        _ => None,
    }
}

/// A queue is charged for all its messages when it is made (getrlimit(2)).
fn memory(limit: u64, maxmsg: u64, msgsize: u64) -> Option<String> {
    /// `struct msg_msg`, and `struct posix_msg_tree_node` for each of at most `MQ_PRIO_MAX`
    /// priorities (ipc/mqueue.c).
    const NODE: u64 = 48;
    const PRIORITIES: u64 = 32_768;
    let nodes = maxmsg.checked_add(maxmsg.min(PRIORITIES))?.checked_mul(NODE)?;
    let bytes = maxmsg.checked_mul(msgsize)?.checked_add(nodes)?;
    Some(format!(
        "RLIMIT_MSGQUEUE (ulimit -q) allows {limit} bytes for all queues of a user; this one needs \
         {bytes}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_limit_of_a_queue() {
        let refused = |maxmsg, msgsize| {
            too_large(maxmsg, msgsize, [Some(10), Some(8192)]).unwrap_or_default()
        };
        assert_eq!(refused(10, 8192), "");
        assert_eq!(refused(11, 8192), "fs.mqueue.msg_max allows 10 messages in a queue, not 11");
        assert_eq!(
            refused(10, 8193),
            "fs.mqueue.msgsize_max allows 8192 bytes in a message, not 8193"
        );
        assert_eq!(refused(65_537, 1), "the kernel allows 65536 messages in a queue, not 65537");
        assert_eq!(
            refused(1, 16_777_217),
            "the kernel allows 16777216 bytes in a message, not 16777217"
        );
        for (maxmsg, msgsize) in [(0, 1), (1, 0)] {
            assert!(refused(maxmsg, msgsize).starts_with("a queue holds at least"));
        }
    }

    #[test]
    fn names_the_memory_that_a_queue_needs() {
        let needed = |maxmsg, msgsize| memory(5000, maxmsg, msgsize).unwrap();
        assert!(needed(10, 8192).ends_with(
            "allows 5000 bytes for all queues of a user; this one \
                                            needs 82880"
        ));
        // More messages than priorities.
        assert!(needed(65_536, 1).ends_with(" 4784128"), "{}", needed(65_536, 1));
        assert_eq!(memory(5000, u64::MAX, 1), None);
    }
}
