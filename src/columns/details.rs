//! Rows within a cell: the semaphores of a set, the processes of an object, the mappings of a
//! process. Each format writes all of them in the same way.

use super::value::{Details, Field, Inline, Shape, Value};
use crate::model::{Kind, Semaphore};
use crate::processes::{Mapping, Process, Recorded, RecordedPids, Role, User, Users, Wait, Waiter};

const fn field(name: &'static str, inline: Inline) -> Field {
    Field { name, heading: name, inline, optional: false }
}

const fn optional(name: &'static str) -> Field {
    Field { name, heading: name, inline: Inline::No, optional: true }
}

/// The value of a field.
fn nth<const N: usize>(values: [Value<'_>; N], field: usize) -> Value<'_> {
    values.into_iter().nth(field).unwrap_or(Value::Null)
}

static SEMAPHORE: [Field; 5] = [
    Field { heading: "semnum", ..field("num", Inline::Always("")) },
    field("value", Inline::Always("=")),
    field("ncount", Inline::NotEmpty("/ncount:")),
    field("zcount", Inline::NotEmpty("/zcount:")),
    field("pid", Inline::NotEmpty("/pid:")),
];

impl Details for Vec<Semaphore> {
    fn fields(&self) -> &'static [Field] {
        &SEMAPHORE
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn value(&self, row: usize, field: usize) -> Value<'_> {
        let Some(&Semaphore { num, value, ncount, zcount, pid }) = self.get(row) else {
            return Value::Null;
        };
        let numbers = [num.into(), value.into(), ncount.into(), zcount.into(), pid.into()];
        nth(numbers.map(Value::Int), field)
    }
}

/// The fields of a process that every kind has, and those that only some have.
macro_rules! user_fields {
    ($($more:expr),+) => {
        [
            field("pid", Inline::Always("")),
            field("uid", Inline::No),
            field("user", Inline::No),
            field("command", Inline::No),
            field("roles", Inline::Always(":")),
            $($more),+
        ]
    };
}

static ATTACHED_USER: [Field; 7] =
    user_fields![field("access", Inline::NotEmpty(":")), field("mappings", Inline::No)];
static WAITING_USER: [Field; 6] = user_fields![field("waits", Inline::No)];

impl Details for Users {
    fn fields(&self) -> &'static [Field] {
        if has_memory(self.kind) { &ATTACHED_USER } else { &WAITING_USER }
    }

    fn len(&self) -> usize {
        self.list.len()
    }

    fn value(&self, row: usize, field: usize) -> Value<'_> {
        let Some(User { process, roles, access, mappings, waits }) = self.list.get(row) else {
            return Value::Null;
        };
        match (field, has_memory(self.kind)) {
            (0, _) => Value::Int(process.pid.into()),
            (1, _) => Value::Uint(process.uid.into()),
            (2, _) => Value::User(process.uid),
            (3, _) => Value::Text(&process.command),
            (4, _) => Value::Details(roles),
            (5, true) => access.map_or(Value::Null, |access| Value::Word(access.word())),
            (_, true) => Value::Details(mappings),
            _ => Value::Details(waits),
        }
    }
}

/// Whether a process uses objects of a kind as memory that it maps.
fn has_memory(kind: Kind) -> bool {
    matches!(kind, Kind::Shm | Kind::Pshm | Kind::Psem)
}

static KEEPER: [Field; 4] = [
    field("pid", Inline::Always("")),
    field("uid", Inline::No),
    field("user", Inline::No),
    field("command", Inline::No),
];

impl Details for Vec<Process> {
    fn fields(&self) -> &'static [Field] {
        &KEEPER
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn value(&self, row: usize, field: usize) -> Value<'_> {
        let Some(Process { pid, uid, command }) = self.get(row) else { return Value::Null };
        let values = [
            Value::Int((*pid).into()),
            Value::Uint((*uid).into()),
            Value::User(*uid),
            Value::Text(command),
        ];
        nth(values, field)
    }
}

static ROLE: [Field; 1] = [field("role", Inline::Always(""))];

impl Details for Vec<Role> {
    fn fields(&self) -> &'static [Field] {
        &ROLE
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn value(&self, row: usize, _field: usize) -> Value<'_> {
        self.get(row).map_or(Value::Null, |role| Value::Word(role.word()))
    }

    fn shape(&self) -> Shape {
        Shape::Scalars
    }
}

static MAPPING: [Field; 3] =
    [field("address", Inline::No), field("size", Inline::No), field("access", Inline::No)];

impl Details for Vec<Mapping> {
    fn fields(&self) -> &'static [Field] {
        &MAPPING
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn value(&self, row: usize, field: usize) -> Value<'_> {
        let Some(&Mapping { address, size, access, .. }) = self.get(row) else {
            return Value::Null;
        };
        nth([Value::Address(address), Value::Uint(size), Value::Word(access.word())], field)
    }
}

static WAIT: [Field; 8] = [
    field("tid", Inline::No),
    field("op", Inline::No),
    optional("num"),
    optional("sem_op"),
    optional("msgtyp"),
    optional("except"),
    optional("timed"),
    optional("stopped"),
];

/// One row for each operation of a blocked semop, or one without numbers if they could not be read.
impl Details for Vec<Waiter> {
    fn fields(&self) -> &'static [Field] {
        &WAIT
    }

    fn len(&self) -> usize {
        self.iter().map(operations).sum()
    }

    fn value(&self, row: usize, field: usize) -> Value<'_> {
        let mut at = row;
        for waiter in self {
            match at.checked_sub(operations(waiter)) {
                Some(rest) => at = rest,
                None => return wait_field(waiter, at, field),
            }
        }
        Value::Null
    }
}

fn operations(waiter: &Waiter) -> usize {
    match &waiter.wait {
        Wait::Semop { ops, .. } => ops.len().max(1),
        _ => 1,
    }
}

fn wait_field(waiter: &Waiter, operation: usize, field: usize) -> Value<'static> {
    let flag = |set: bool| if set { Value::Bool(true) } else { Value::Null };
    let (op, timed) = match &waiter.wait {
        Wait::Semop { timed, .. } => ("semop", *timed),
        Wait::Msgsnd => ("msgsnd", false),
        Wait::Msgrcv { .. } => ("msgrcv", false),
        Wait::MqSend { timed } => ("mq_send", *timed),
        Wait::MqReceive { timed } => ("mq_receive", *timed),
    };
    let sop = match &waiter.wait {
        Wait::Semop { ops, .. } => ops.get(operation),
        _ => None,
    };
    let (msgtyp, except) = match waiter.wait {
        Wait::Msgrcv { msgtyp, except } => (Some(msgtyp), except),
        _ => (None, false),
    };
    let values = [
        Value::Int(waiter.tid.into()),
        Value::Word(op),
        sop.map_or(Value::Null, |sop| Value::Uint(sop.num.into())),
        sop.map_or(Value::Null, |sop| Value::Int(sop.sem_op.into())),
        msgtyp.map_or(Value::Null, Value::Int),
        flag(except),
        flag(timed),
        flag(waiter.stopped),
    ];
    nth(values, field)
}

static RECORDED: [Field; 3] = [
    field("field", Inline::Always("")),
    field("pid", Inline::Always(":")),
    field("alive", Inline::Always(":")),
];

impl Details for RecordedPids {
    fn fields(&self) -> &'static [Field] {
        &RECORDED
    }

    fn len(&self) -> usize {
        self.list.len()
    }

    fn value(&self, row: usize, field: usize) -> Value<'_> {
        let Some(&Recorded { field: recorded, pid, alive, .. }) = self.list.get(row) else {
            return Value::Null;
        };
        nth([Value::Word(recorded.name()), Value::Int(pid.into()), Value::Alive(alive)], field)
    }

    /// By field; for a set by pid, because each semaphore has one.
    fn shape(&self) -> Shape {
        match (self.kind, self.complete) {
            (Kind::Sem, true) => Shape::Map { key: 1, value: 2, within: Some("pids") },
            (Kind::Sem, false) => Shape::Unknown { within: "pids" },
            _ => Shape::Map { key: 0, value: 2, within: None },
        }
    }
}
