//! Files that tests read.

use std::path::PathBuf;

/// A file or folder of `tests/data`.
pub(crate) fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/data", name].iter().collect()
}
