//! Lists of columns as typed after `-o` and `--sort`: a list of the names found is the same list.
#![no_main]

use ipcs::columns::{Scope, parse_list};
use ipcs::model::Kinds;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(list) = std::str::from_utf8(data) else { return };
    for kinds in [Kinds::SYSTEM_V, Kinds::SHM, Kinds::MSG, Kinds::SEM] {
        for (processes, detail) in [(false, false), (true, true)] {
            let scope = Scope { kinds, processes, detail, namespaces: detail };
            let Ok(columns) = parse_list(list, scope) else { continue };
            let names: Vec<&str> = columns.columns.iter().map(|column| column.name).collect();
            let again = parse_list(&names.join(","), scope).expect("the names of columns");
            let same: Vec<&str> = again.columns.iter().map(|column| column.name).collect();
            assert_eq!(same, names);
        }
    }
});
