//! The version of a script file.

use std::fmt;

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

/// A short hash of the content of a script file, shown as eight hexadecimal digits: those that `sha256sum` prints first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ScriptVersion([u8; 4]);

impl ScriptVersion {
    /// The version of a file with this content.
    pub fn of(content: &str) -> Self {
        let hash = digest(&SHA256, content.as_bytes());
        let mut version = Self::default();
        version.0.iter_mut().zip(hash.as_ref()).for_each(|(byte, hash)| *byte = *hash);
        version
    }
}

impl fmt::Display for ScriptVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEXLOWER.encode_mut_str(&self.0, &mut [0; 8]))
    }
}
