//! The library as `dialscript sounds` shows it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::format::{self, Home};
use super::{SoundLibrary, is_language};
use crate::config::fault::Fault;
use crate::voice::settings::SoundFormat;

/// Files that people put beside sounds.
const NOTES: [&str; 3] = ["md", "txt", "csv"];

/// A library of sounds.
#[derive(Debug)]
pub struct Inventory {
    /// Where it lies.
    pub folder: PathBuf,
    /// What the daemon makes sounds as.
    pub format: SoundFormat,
    /// All sounds, by name.
    pub sounds: Vec<Listed>,
}

/// A sound of the library: all files of one name in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// As `play` takes it.
    pub name: String,
    /// The language whose folder it lies in.
    pub language: Option<String>,
    /// Its files from the library's folder on, those that a switch plays first, the best of them at the very first.
    pub files: Vec<PathBuf>,
    /// The files of the scripts that play it.
    pub played_by: BTreeSet<String>,
    /// Whether a switch plays at least one of the files, by their names.
    plays: bool,
}

impl SoundLibrary {
    /// Everything that is in it.
    pub(crate) fn inventory(&self, format: SoundFormat) -> Inventory {
        let sounds = self.files.iter().map(|(known, files)| self.listed(known, files));
        let mut sounds: Vec<_> = sounds.filter(|sound| !sound.files.is_empty()).collect();
        sounds.sort_by(|a, b| (&a.name, &a.language).cmp(&(&b.name, &b.language)));
        Inventory { folder: self.folder.clone(), format, sounds }
    }

    fn listed(&self, known: &str, files: &BTreeSet<PathBuf>) -> Listed {
        let (language, name) = match known.split_once('/') {
            Some((language, name)) if self.languages.contains(language) => (Some(language), name),
            _ => (None, known),
        };
        let mut files: Vec<_> = files.iter().filter(|path| is_sound(path)).cloned().collect();
        files.sort_by_key(|path| format::rank(path).unwrap_or(usize::MAX));
        let played = self.played.borrow();
        let by_name = [name, known].into_iter().filter_map(|name| played.get(name)).flatten();
        Listed {
            name: name.to_owned(),
            language: language.map(str::to_owned),
            played_by: by_name.cloned().collect(),
            plays: files.first().is_some_and(|path| format::rank(path).is_some()),
            files,
        }
    }
}

impl Inventory {
    /// Every file that a switch would not play, with the way out. What lies beside a sound that is played, such as the
    /// MP3 that it was made of, is in nobody's way.
    pub fn faults(&self) -> Vec<Fault> {
        let faulty = self.sounds.iter().flat_map(|sound| sound.faults(&self.folder));
        faulty.collect()
    }

    /// The files of a sound that a switch may play.
    pub fn files(&self, name: &str, language: Option<&str>) -> Vec<PathBuf> {
        let is_it = |sound: &&Listed| sound.name == name && sound.language.as_deref() == language;
        let files = self.sounds.iter().filter(is_it).flat_map(|sound| &sound.files);
        let plays = files.filter(|path| format::rank(path).is_some());
        plays.map(|path| self.folder.join(path)).collect()
    }

    /// Where a file lies in the library, as a name and its language; `None` for one from elsewhere.
    pub fn place(&self, file: &Path) -> Option<(String, Option<String>)> {
        let (file, folder) = (file.canonicalize().ok()?, self.folder.canonicalize().ok()?);
        let name = file.strip_prefix(folder).ok()?.with_extension("");
        let name = name.to_str()?;
        Some(match name.split_once('/') {
            Some((language, name)) if is_language(language) => (name.into(), Some(language.into())),
            _ => (name.to_owned(), None),
        })
    }

    /// Whether a folder of this name would be a language's.
    pub fn is_language(name: &str) -> bool {
        is_language(name)
    }
}

impl Listed {
    fn faults(&self, folder: &Path) -> Vec<Fault> {
        let judged = self.files.iter().filter(|path| !self.plays || format::rank(path).is_some());
        let fault = |path: &PathBuf| {
            let path = folder.join(path);
            let (what, help) = format::check(&path, Home::Library).err()?;
            Some(Fault::of_path(path.display().to_string(), what, &help))
        };
        judged.filter_map(fault).collect()
    }
}

/// Hidden files and notes are none.
fn is_sound(path: &Path) -> bool {
    let hidden =
        |path: &Path| path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
    let extension = path.extension().and_then(|extension| extension.to_str());
    !hidden(path) && extension.is_some_and(|extension| !NOTES.contains(&extension))
}
