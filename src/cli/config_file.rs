//! The option that names the configuration file.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::config;

#[derive(Debug, Clone, Args)]
pub(super) struct ConfigFile {
    /// Configuration file [default: ./dialscript.toml, else /etc/dialscript/dialscript.toml]
    #[arg(short, long, value_name = "FILE", env = "DIALSCRIPT_CONFIG")]
    config: Option<PathBuf>,
}

impl ConfigFile {
    /// Whether the command line or the environment names a file.
    pub(super) fn is_named(&self) -> bool {
        self.config.is_some()
    }

    pub(super) fn resolve_path(self) -> PathBuf {
        let here = Path::new(config::LOCAL_FILE);
        let fallback = if here.exists() { here } else { Path::new(config::SYSTEM_FILE) };
        self.config.unwrap_or_else(|| fallback.to_owned())
    }
}
