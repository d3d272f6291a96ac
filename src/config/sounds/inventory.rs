//! The list of sounds for `dialscript sounds`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::playable::{self, SoundLocation};
use super::{SoundLibrary, is_language};
use crate::config::diagnostic::Diagnostic;
use crate::voice::settings::SoundFormat;

/// Extensions of notes about sounds. These files are not listed.
const NOTES: [&str; 3] = ["md", "txt", "csv"];

#[derive(Debug)]
pub(crate) struct SoundInventory {
    /// The folder of the library.
    pub(crate) folder: PathBuf,
    /// The format of the sounds that the daemon creates.
    pub(crate) format: SoundFormat,
    /// All sounds, sorted by name.
    pub(crate) sounds: Vec<LibrarySound>,
}

/// All files of the library with one name in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LibrarySound {
    /// The name for `play`.
    pub(crate) name: String,
    /// The language, if the files are in the folder of a language.
    pub(crate) language: Option<String>,
    /// The files, relative to the folder of the library. The best comes first; those that no switch plays come last.
    pub(crate) files: Vec<PathBuf>,
    /// The script files that play the sound.
    pub(crate) played_by: BTreeSet<String>,
    /// Whether a switch plays at least one of the files, judging by their extensions.
    plays: bool,
}

impl SoundLibrary {
    /// Lists all sounds. `format` is the format of the sounds that the daemon creates.
    pub(crate) fn inventory(&self, format: SoundFormat) -> SoundInventory {
        let sounds = self.files.iter().map(|(known, files)| self.listed(known, files));
        let mut sounds: Vec<_> = sounds.filter(|sound| !sound.files.is_empty()).collect();
        sounds.sort_by(|a, b| (&a.name, &a.language).cmp(&(&b.name, &b.language)));
        SoundInventory { folder: self.folder.clone(), format, sounds }
    }

    fn listed(&self, known: &str, files: &BTreeSet<PathBuf>) -> LibrarySound {
        let (language, name) = match known.split_once('/') {
            Some((language, name)) if self.languages.contains(language) => (Some(language), name),
            _ => (None, known),
        };
        let mut files: Vec<_> = files.iter().filter(|path| is_listed(path)).cloned().collect();
        files.sort_by_key(|path| playable::rank(path).unwrap_or(usize::MAX));
        let played = self.played.borrow();
        let by_name = [name, known].into_iter().filter_map(|name| played.get(name)).flatten();
        LibrarySound {
            name: name.to_owned(),
            language: language.map(str::to_owned),
            played_by: by_name.cloned().collect(),
            plays: files.first().is_some_and(|path| playable::rank(path).is_some()),
            files,
        }
    }
}

impl SoundInventory {
    /// An error for each file that a switch cannot play. A file with another extension, such as MP3, is accepted if the
    /// same sound also has a file with a playable extension.
    pub(crate) fn errors(&self) -> Vec<Diagnostic> {
        self.sounds.iter().flat_map(|sound| sound.errors(&self.folder)).collect()
    }

    /// The files of a sound that a switch plays, judging by their extensions.
    pub(crate) fn files(&self, name: &str, language: Option<&str>) -> Vec<PathBuf> {
        let matches =
            |sound: &&LibrarySound| sound.name == name && sound.language.as_deref() == language;
        let files = self.sounds.iter().filter(matches).flat_map(|sound| &sound.files);
        let playable_files = files.filter(|path| playable::rank(path).is_some());
        playable_files.map(|path| self.folder.join(path)).collect()
    }

    /// The name and the language of a file in the library; `None` for a file outside of it.
    pub(crate) fn name_and_language(&self, file: &Path) -> Option<(String, Option<String>)> {
        let (file, folder) = (file.canonicalize().ok()?, self.folder.canonicalize().ok()?);
        let name = file.strip_prefix(folder).ok()?.with_extension("");
        let name = name.to_str()?;
        Some(match name.split_once('/') {
            Some((language, name)) if is_language(language) => (name.into(), Some(language.into())),
            _ => (name.to_owned(), None),
        })
    }

    /// Whether `name` is a language, such as `en` or `pt_BR`.
    pub(crate) fn is_language(name: &str) -> bool {
        is_language(name)
    }
}

impl LibrarySound {
    fn errors(&self, folder: &Path) -> Vec<Diagnostic> {
        let files = self.files.iter().filter(|path| !self.plays || playable::rank(path).is_some());
        let error = |path: &PathBuf| {
            let path = folder.join(path);
            let e = playable::check(&path, SoundLocation::Library).err()?;
            Some(Diagnostic::of_path(path.display().to_string(), e.message, &e.help))
        };
        files.filter_map(error).collect()
    }
}

/// Whether a file is listed. Hidden files, notes, and files without an extension are not.
fn is_listed(path: &Path) -> bool {
    let hidden =
        |path: &Path| path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
    let extension = path.extension().and_then(|extension| extension.to_str());
    !hidden(path) && extension.is_some_and(|extension| !NOTES.contains(&extension))
}
