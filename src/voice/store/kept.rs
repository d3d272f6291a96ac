//! A sound of the folder.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::folder::{ABOUT, Folder};
use crate::channel::Sound;
use crate::script::voice::Made;
use crate::voice::fetch::origin::Origin;

/// The names of a sound's files.
pub(super) struct Files {
    /// Without the extension.
    pub(super) stem: String,
    /// Of its sounds.
    pub(super) extensions: Vec<&'static str>,
}

impl Files {
    pub(super) fn name(&self, extension: &str) -> String {
        format!("{}.{extension}", self.stem)
    }
}

/// A sound of the folder. Whoever has it keeps its files where they are.
pub struct Kept {
    folder: Arc<Folder>,
    files: Files,
    /// Of its sounds.
    pub(super) bytes: u64,
    sound: Sound,
    origin: Option<Origin>,
    /// Its files go with it.
    retired: AtomicBool,
}

impl Kept {
    pub(super) fn new(
        folder: Arc<Folder>,
        files: Files,
        bytes: u64,
        sound: Sound,
        origin: Option<Origin>,
    ) -> Self {
        Self { folder, files, bytes, sound, origin, retired: AtomicBool::new(false) }
    }

    /// As a script gets it.
    pub fn made(self: &Arc<Self>) -> Made {
        Made { sound: self.sound.clone(), hold: self.clone() }
    }

    /// Where it is from, where it was fetched.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    pub(super) fn file(&self, extension: &str) -> String {
        self.files.name(extension)
    }

    /// The names of its sounds.
    pub(super) fn sounds(&self) -> impl Iterator<Item = String> {
        self.files.extensions.iter().map(|extension| self.file(extension))
    }

    /// Writes down where it is from.
    pub(super) fn note(&self, folder: &Folder) -> io::Result<()> {
        match &self.origin {
            Some(origin) => folder.write(&self.file(ABOUT), &origin.written()),
            None => Ok(()),
        }
    }

    /// Its files go when nobody has it any more.
    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    pub(super) fn stay(&self) {
        self.retired.store(false, Ordering::Relaxed);
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if !*self.retired.get_mut() {
            return;
        }
        self.sounds().for_each(|file| self.folder.remove(&file));
        if self.origin.is_some() {
            self.folder.remove(&self.file(ABOUT));
        }
    }
}
