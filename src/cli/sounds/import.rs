//! `dialscript sounds import`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::{exit_with, print_failure, print_line};
use crate::cli::ConfigFile;
use crate::config::{self, Diagnostic, SoundInventory};
use crate::voice::audio::{self, AudioError, EncodedSound, convert};
use crate::voice::settings::SoundFormat;

/// What becomes a sound, and under which name.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dialscript sounds import welcome.mp3
      makes the sound that a script plays by: play = \"welcome\"
  dialscript sounds import --language de ansagen/*.wav
      makes sounds for German callers, each with the name of its file
  dialscript sounds import --name menu/main --force take7.flac
      replaces the sound `menu/main`")]
pub(super) struct ImportArgs {
    /// MP3, Ogg Vorbis, FLAC or WAV, of any sample rate; at most 15 minutes long
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The language that is spoken in it, such as `de` or `pt_BR`; without one it is played in all languages
    #[arg(short, long)]
    language: Option<String>,
    /// The name by which scripts play it, such as `menu/main` [default: the file's name without its extension]
    #[arg(short, long)]
    name: Option<String>,
    /// Replace sounds that are there already
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// Why a file became no sound, and the way out.
type ImportFailure = (String, String);

/// Converts all files, and tells of each what was made of it.
pub(super) fn import(options: &ImportArgs) -> ExitCode {
    let inventory = match config::inventory(&options.config.clone().resolve_path()) {
        Ok(inventory) => inventory,
        Err(faults) => return print_failure(&faults),
    };
    let mut importer = Importer { options, inventory, written: BTreeSet::new() };
    let faults = options.files.iter().filter_map(|file| {
        let (what, help) = importer.import(file).err()?;
        Some(Diagnostic::of_path(file.display().to_string(), what, &help))
    });
    exit_with(faults.collect())
}

struct Importer<'a> {
    options: &'a ImportArgs,
    inventory: SoundInventory,
    written: BTreeSet<PathBuf>,
}

/// Where a sound goes.
struct ImportTarget {
    name: String,
    language: Option<String>,
}

impl Importer<'_> {
    fn import(&mut self, file: &Path) -> Result<(), ImportFailure> {
        let place = self.target(file)?;
        let there = self.inventory.files(&place.name, place.language.as_deref());
        let bytes = read_file(file)?;
        let encoded =
            convert(bytes, self.target_format(&there)).map_err(|bad| audio_failure(&bad))?;
        let paths: Vec<_> = encoded.iter().map(|sound| self.target_path(&place, sound)).collect();
        self.ensure_free(&place, &there, &paths)?;
        for (path, sound) in paths.iter().zip(&encoded) {
            write_atomically(path, &sound.bytes).map_err(|error| write_failure(path, &error))?;
        }
        print_imported(&place, &encoded, file, &paths);
        self.written.extend(paths);
        Ok(())
    }

    /// FreeSWITCH plays narrow sounds as well, and by the same name. A wide file that is there must not stay behind: on
    /// some channels Asterisk would play it instead.
    fn target_format(&self, there: &[PathBuf]) -> SoundFormat {
        let is_wide =
            |path: &PathBuf| path.extension().is_some_and(|extension| extension == "wav16");
        match self.inventory.format {
            SoundFormat::Narrow if !there.iter().any(is_wide) => SoundFormat::Narrow,
            _ => SoundFormat::Both,
        }
    }

    fn target(&self, file: &Path) -> Result<ImportTarget, ImportFailure> {
        let known = self.inventory.place(file);
        let (name, language) = known.unwrap_or_else(|| (stem(file), None));
        let name = match &self.options.name {
            Some(_) if self.options.files.len() > 1 => {
                let help = "import the files one by one, or leave `--name` out";
                return Err(("several files can't have one name".into(), help.into()));
            }
            Some(name) => name.clone(),
            None => name,
        };
        check_name(&name)?;
        let language = self.options.language.clone().or(language);
        match language.as_deref().filter(|language| !SoundInventory::is_language(language)) {
            Some(wrong) => Err((
                format!("`{wrong}` is no language"),
                "write it as `de`, `pt_BR` or `en-GB`".into(),
            )),
            None => Ok(ImportTarget { name, language }),
        }
    }

    fn target_path(&self, place: &ImportTarget, sound: &EncodedSound) -> PathBuf {
        let folder = self.inventory.folder.join(place.language.as_deref().unwrap_or_default());
        folder.join(format!("{}.{}", place.name, sound.extension))
    }

    fn ensure_free(
        &self,
        place: &ImportTarget,
        there: &[PathBuf],
        paths: &[PathBuf],
    ) -> Result<(), ImportFailure> {
        let name = &place.name;
        if paths.iter().any(|path| self.written.contains(path)) {
            let help = "import it alone, with another name: --name NAME";
            return Err((format!("another of these files became `{name}`"), help.into()));
        }
        let is_in_the_way = |path: &&PathBuf| !self.options.force || !paths.contains(path);
        let Some(path) = there.iter().find(is_in_the_way) else { return Ok(()) };
        let help = match paths.contains(path) {
            true => "replace it with `--force`, or give this one another name with `--name`",
            false => "remove that file, or give this one another name with `--name`",
        };
        Err((format!("there is a sound `{name}` already: {}", path.display()), help.into()))
    }
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Names go into scripts, URLs and the commands of switches.
fn check_name(name: &str) -> Result<(), ImportFailure> {
    let is_plain = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '-');
    if name.split('/').all(|part| !part.is_empty() && part.chars().all(is_plain)) {
        return Ok(());
    }
    let plain: String =
        name.chars().map(|c| if is_plain(c) || c == '/' { c } else { '-' }).collect();
    let parts = plain.split('/').map(|part| part.trim_matches('-'));
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    let near = if parts.is_empty() { "NAME".to_owned() } else { parts.join("/") };
    let what = format!(
        "`{name}` can't be a sound's name: letters, digits, _ and - alone, / between folders"
    );
    Err((what, format!("name it otherwise: --name {near}")))
}

fn read_file(file: &Path) -> Result<Vec<u8>, ImportFailure> {
    let unreadable = |error: io::Error| {
        let help = "name a file that is there and that this user can read";
        (format!("this file can't be read: {error}"), help.to_owned())
    };
    let metadata = fs::metadata(file).map_err(unreadable)?;
    if metadata.is_dir() {
        let help = format!("name the files in it: {}/*", file.display());
        return Err(("this is a folder".into(), help));
    }
    if metadata.len() > audio::MAX_FILE_BYTES as u64 {
        return Err(self::audio_failure(&AudioError::TooLarge));
    }
    fs::read(file).map_err(unreadable)
}

fn audio_failure(bad: &AudioError) -> ImportFailure {
    let help = match bad {
        AudioError::TooLong | AudioError::TooLarge => "cut it to what callers are to hear",
        AudioError::Empty => "nothing was made of it: listen to the file",
        _ => "open it in a sound editor and save it as WAV",
    };
    (bad.to_string(), help.to_owned())
}

fn write_failure(path: &Path, error: &io::Error) -> ImportFailure {
    let what = format!("{} can't be written: {error}", path.display());
    (what, "let this user write to the library's folder".to_owned())
}

/// Under another name first: a switch may be about to play it.
fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    let written = write_draft(&draft, bytes).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        drop(fs::remove_file(&draft));
    }
    written
}

fn write_draft(draft: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(draft)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn print_imported(place: &ImportTarget, encoded: &[EncodedSound], file: &Path, paths: &[PathBuf]) {
    let length = encoded.first().map(|sound| format_length(sound.duration)).unwrap_or_default();
    let language = place.language.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
    let paths = paths.iter().map(|path| path.display().to_string());
    let paths = paths.collect::<Vec<_>>().join(", ");
    let (name, file) = (&place.name, file.display());
    print_line(&format!("play = \"{name}\"{language}: {length}, made from {file}: {paths}"));
}

/// A length for people.
pub(super) fn format_length(length: Duration) -> String {
    match length.as_secs() {
        0..60 => format!("{:.1} s", length.as_secs_f64()),
        seconds => format!("{}:{:02} min", seconds / 60, seconds % 60),
    }
}
