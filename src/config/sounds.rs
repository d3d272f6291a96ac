//! The sound library: the files that the names in scripts refer to.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use url::Url;

use super::file::TomlFile;
use super::value::TextOrList;
use crate::channel::Sound;
use crate::script::definition::{HoldMusicSource, Playlist, PromptPart, RecordedSounds};
use crate::script::language_code::primary_language;

pub(super) mod inventory;
mod playable;
mod switch_stream;
mod unknown;

use playable::{SoundFileError, SoundLocation};
use switch_stream::{STREAM_HELP, is_stream, is_valid_stream};

/// All files in the folder of the library, up to 8 folders deep.
#[derive(Debug, Default)]
pub(crate) struct SoundLibrary {
    folder: PathBuf,
    on_switch: Option<PathBuf>,
    /// The files by their names, including the folder of a language: `en/hello`.
    files: BTreeMap<String, BTreeSet<PathBuf>>,
    /// The names of the folders that are languages.
    languages: BTreeSet<String>,
    /// The script files that play a sound. The key is the name of the sound as written in these files.
    played: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

impl SoundLibrary {
    /// Lists the files. A missing folder is an empty library.
    pub(crate) fn scan(folder: PathBuf, on_switch: Option<PathBuf>) -> Self {
        let mut library = Self { folder, on_switch, ..Self::default() };
        library.scan_folder(PathBuf::new(), 0);
        library
    }

    /// `relative` is a path inside the folder of the library.
    fn scan_folder(&mut self, relative: PathBuf, depth: usize) {
        let Ok(entries) = std::fs::read_dir(self.folder.join(&relative)) else { return };
        for entry in entries.flatten() {
            let path = relative.join(entry.file_name());
            match entry.path().is_dir() {
                // Without a limit, a loop of symbolic links would be followed without end.
                true if depth < 8 => self.scan_language(path, depth),
                true => {}
                false => self.add(path),
            }
        }
    }

    fn scan_language(&mut self, path: PathBuf, depth: usize) {
        if let Some(name) = path.to_str().filter(|name| depth == 0 && is_language(name)) {
            self.languages.insert(name.to_owned());
        }
        self.scan_folder(path, depth + 1);
    }

    fn add(&mut self, path: PathBuf) {
        if let Some(name) = path.with_extension("").to_str() {
            self.files.entry(name.to_owned()).or_default().insert(path);
        }
    }

    /// Reads an item of `play`: the name, the path or the URL of a sound.
    pub(crate) fn part(&self, file: &TomlFile, name: &str, at: Range<usize>) -> Option<PromptPart> {
        let part = match is_url(name) {
            true => url(name).map(PromptPart::Url),
            false => self.sound(name).map(PromptPart::Recorded),
        };
        let mut played = self.played.borrow_mut();
        played.entry(name.to_owned()).or_default().insert(file.name().to_owned());
        part.map_err(|e| file.error_with_help(at, e.message, e.help)).ok()
    }

    /// Reads `music`: sounds, a stream of FreeSWITCH, or a music-on-hold class of the switch if the value does not look
    /// like a sound.
    pub(crate) fn music(&self, file: &TomlFile, given: &TextOrList) -> HoldMusicSource {
        match given {
            TextOrList::One(stream) if is_stream(stream.get_ref()) => {
                if !is_valid_stream(stream.get_ref()) {
                    file.error_with_help(stream.span(), "not a valid stream", STREAM_HELP);
                }
                HoldMusicSource::Class(stream.get_ref().as_str().into())
            }
            TextOrList::One(class) if !self.is_sound(class.get_ref()) => {
                let name = class.get_ref().as_str();
                if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
                    let help = "write a music-on-hold class of the switch, such as \"default\", or a \
                                sound as in `play`";
                    file.error_with_help(class.span(), "not a valid music-on-hold class", help);
                }
                HoldMusicSource::Class(name.into())
            }
            sounds => {
                let sounds = sounds.as_slice().iter();
                let parts = sounds.filter_map(|name| self.part(file, name.get_ref(), name.span()));
                HoldMusicSource::Sounds(Playlist { parts: parts.collect() })
            }
        }
    }

    fn is_sound(&self, name: &str) -> bool {
        let begins = |with| name.starts_with(with);
        // A name with the extension of a sound file.
        let is_file = playable::rank(Path::new(name)).is_some();
        begins("/")
            || begins("switch:")
            || is_url(name)
            || is_file
            || !self.by_language(name).is_empty()
    }

    fn sound(&self, name: &str) -> Result<RecordedSounds, SoundFileError> {
        if name.contains(['{', '}']) || name.contains(char::is_control) {
            return Err(SoundFileError::new(
                "the name of a sound cannot contain braces or control characters",
                "name a sound of the library",
            ));
        }
        match name.strip_prefix("switch:") {
            _ if name.is_empty() => Err(SoundFileError::new(
                "the name of the sound is missing",
                "name a sound of the library",
            )),
            Some("") => Err(SoundFileError::new(
                "the name of the sound is missing",
                "write it as `switch:NAME`",
            )),
            Some(name) => Ok(single_sound(Sound::Named(name.into()))),
            None if name.starts_with('/') => self.absolute(Path::new(name)),
            None => self.named(name),
        }
    }

    fn absolute(&self, path: &Path) -> Result<RecordedSounds, SoundFileError> {
        if path.extension().is_none() {
            let help = format!("add the extension, such as `{}.wav`", path.display());
            let message = format!("`{}` has no extension", path.display());
            return Err(SoundFileError::new(message, help));
        }
        let in_folder = path.starts_with(&self.folder);
        let location = if in_folder { SoundLocation::Library } else { SoundLocation::Elsewhere };
        playable::check_extension(path, location)?;
        // The file is on the host of the switch and cannot be checked here.
        if self.on_switch.is_none() {
            playable::check(path, location)?;
        }
        Ok(single_sound(Sound::File(path.to_string_lossy().into())))
    }

    fn named(&self, name: &str) -> Result<RecordedSounds, SoundFileError> {
        let mut by_language = BTreeMap::new();
        let mut default = None;
        for (language, files) in self.by_language(name) {
            let sound: Arc<[Sound]> = Arc::new([self.best(files)?]);
            default.get_or_insert(sound.clone());
            if let Some(language) = language {
                by_language.insert(language.to_ascii_lowercase().replace('-', "_"), sound);
            }
        }
        let default = default.ok_or_else(|| self.unknown(name))?;
        Ok(RecordedSounds { library_name: Some(name.into()), default, by_language })
    }

    /// The files with a name: first those outside of language folders, then those of each language.
    fn by_language(&self, name: &str) -> Vec<(Option<&str>, &BTreeSet<PathBuf>)> {
        let plain = self.files.get(name).map(|files| (None, files));
        let in_languages = self.languages.iter().filter_map(|language| {
            Some((Some(language.as_str()), self.files.get(&format!("{language}/{name}"))?))
        });
        plain.into_iter().chain(in_languages).collect()
    }

    /// Chooses the file with the best format for the switch from the files with one name.
    fn best(&self, files: &BTreeSet<PathBuf>) -> Result<Sound, SoundFileError> {
        let playable_files = files.iter().filter(|path| playable::rank(path).is_some());
        let best = playable_files.min_by_key(|path| playable::rank(path)).or_else(|| files.first());
        let Some(best) = best else {
            return Err(SoundFileError::new("this sound has no file", "add one"));
        };
        playable::check(&self.folder.join(best), SoundLocation::Library)?;
        let path = match &self.on_switch {
            Some(folder) => folder.join(best),
            None => self.absolute_of(best)?,
        };
        Ok(Sound::File(path.to_string_lossy().into()))
    }

    fn absolute_of(&self, file: &Path) -> Result<PathBuf, SoundFileError> {
        let path = std::path::absolute(self.folder.join(file));
        let message = |e| format!("this sound has no absolute path: {e}");
        path.map_err(|e| SoundFileError::new(message(e), ""))
    }

    /// Whether there is a folder for a language such as `pt-BR`, or for `pt`.
    pub(crate) fn has_language(&self, language: &str) -> bool {
        let language = language.to_ascii_lowercase().replace('-', "_");
        let folders = self.languages.iter().map(|name| name.to_ascii_lowercase().replace('-', "_"));
        let mut folders =
            folders.filter(|folder| *folder == language || *folder == primary_language(&language));
        folders.next().is_some()
    }

    fn without_language<'a>(&self, known: &'a str) -> &'a str {
        match known.split_once('/') {
            Some((language, name)) if self.languages.contains(language) => name,
            _ => known,
        }
    }
}

fn is_url(name: &str) -> bool {
    name.contains("://") && !name.starts_with("switch:")
}

/// Checks the URL of a sound in a script. Any host is allowed, because the operator wrote the URL.
fn url(text: &str) -> Result<Arc<str>, SoundFileError> {
    let plain =
        !text.contains(|c: char| matches!(c, '{' | '}') || c.is_whitespace() || c.is_control());
    match Url::parse(text) {
        Ok(url) if plain && matches!(url.scheme(), "http" | "https") && url.has_host() => {
            Ok(text.into())
        }
        _ => {
            let help = "write it as `https://shop.example/hello.mp3`; to play a URL from the answer, \
                        write `{play:$path}` in `say`";
            Err(SoundFileError::new("not a valid URL of a sound", help))
        }
    }
}

fn single_sound(sound: Sound) -> RecordedSounds {
    RecordedSounds { default: Arc::new([sound]), ..RecordedSounds::default() }
}

/// Whether the name of a folder is a language, such as `en`, `pt_BR`, `en-GB` or `en_US_f_Allison`.
fn is_language(folder: &str) -> bool {
    let mut parts = folder.split(['_', '-']);
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}
