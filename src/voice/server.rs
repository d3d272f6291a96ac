//! Sounds for a switch on another host.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::channel::Sound;
use crate::voice::settings::{Folder, SoundServer};

/// Where a switch fetches sounds.
pub struct Urls(String);

impl Urls {
    /// The URLs of a server.
    ///
    /// # Errors
    ///
    /// None here.
    pub fn new(server: &SoundServer, _: &Folder, _: &Path) -> io::Result<Self> {
        Ok(Self(server.url.clone()))
    }

    /// A file of the cache folder.
    pub fn of_cache(&self, file: &str) -> Arc<str> {
        format!("{}/{file}", self.0).into()
    }

    /// A recorded sound as the switch reaches it.
    pub fn reachable(&self, sound: &Sound) -> Sound {
        sound.clone()
    }
}
