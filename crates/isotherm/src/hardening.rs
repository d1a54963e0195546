//! What the process forbids itself at its start: a core file, or a debugger of the same user, would hold what lives in
//! memory for milliseconds, such as visitors' addresses.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// No core file, and no attaching or reading of memory by other processes of the same user; root still can. A build with
/// the feature `faults`, which is for tests that search memory, stays open.
///
/// # Errors
/// In one sentence, where the system refuses it: then nothing should start.
pub(crate) fn forbid_dumps() -> Result<(), String> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).map_err(|error| format!("core files cannot be forbidden: {error}"))?;
    if cfg!(feature = "faults") {
        return Ok(());
    }
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|error| format!("reading this process's memory cannot be forbidden: {error}"))
}

#[cfg(test)]
mod tests {
    use rustix::process::{dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn this_process_leaves_no_core_and_is_not_readable_by_its_user() {
        forbid_dumps().expect("allowed everywhere");
        let core = getrlimit(Resource::Core);
        assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
        let dumpable = dumpable_behavior().expect("readable");
        assert_eq!(dumpable == DumpableBehavior::NotDumpable, !cfg!(feature = "faults"));
    }
}
