//! What all checks are given.

use std::path::{Path, PathBuf};

use super::host::DoctorHost;
use crate::config::Config;

/// Everything that the checks know.
pub(super) struct DoctorContext<'a> {
    pub(super) config: &'a Config,
    /// The daemon's file.
    pub(super) path: &'a Path,
    pub(super) host: &'a DoctorHost,
    /// The dialplans that the command line names.
    pub(super) dialplans: &'a [PathBuf],
}
