//! `dialscript sounds import`.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::cli::check::{report_all, report_failure};
use crate::cli::config_file::ConfigFile;
use crate::cli::terminal::print_line;
use crate::config::{self, Diagnostic, SoundInventory};
use crate::file_access::regular_file;
use crate::voice::audio::{self, AudioError, EncodedSound, convert};
use crate::voice::settings::SoundFormat;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dialscript sounds import welcome.mp3
      creates the sound for play = \"welcome\"
  dialscript sounds import --language de ansagen/*.wav
      creates German sounds, named after their files
  dialscript sounds import --name menu/main --force take7.flac
      replaces the sound `menu/main`")]
pub(super) struct ImportArgs {
    /// MP3, Ogg Vorbis, FLAC or WAV, of any sample rate; at most 15 minutes long
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Language of the sound, such as `de` or `pt_BR`; without it the sound is used for every language
    #[arg(short, long)]
    language: Option<String>,
    /// Name of the sound in scripts, such as `menu/main` [default: file name without extension]
    #[arg(short, long)]
    name: Option<String>,
    /// Replace existing sounds
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// The mode of the files before the umask is applied. The switch runs as another user and must be able to read them.
const FILE_MODE: u32 = 0o666;

/// Why a file was not imported, and how to fix this.
type ImportFailure = (String, String);

/// Converts all files, and prints a line for each.
pub(super) fn import(options: &ImportArgs) -> ExitCode {
    let inventory = match config::inventory(&options.config.clone().resolve_path()) {
        Ok(inventory) => inventory,
        Err(errors) => return report_failure(&errors),
    };
    let mut importer = Importer { options, inventory, written: BTreeSet::new() };
    let errors = options.files.iter().filter_map(|file| {
        let (error, help) = importer.import(file).err()?;
        Some(Diagnostic::of_path(file.display().to_string(), error, &help))
    });
    report_all(errors.collect())
}

struct Importer<'a> {
    options: &'a ImportArgs,
    inventory: SoundInventory,
    written: BTreeSet<PathBuf>,
}

/// The name and the language that a sound gets in the library.
struct ImportTarget {
    name: String,
    language: Option<String>,
}

impl Importer<'_> {
    fn import(&mut self, file: &Path) -> Result<(), ImportFailure> {
        let target = self.target(file)?;
        let existing = self.inventory.files(&target.name, target.language.as_deref());
        let bytes = read_file(file)?;
        let encoded =
            convert(bytes, self.target_format(&existing)).map_err(|error| audio_failure(&error))?;
        let paths: Vec<_> = encoded.iter().map(|sound| self.target_path(&target, sound)).collect();
        self.ensure_free(&target, &existing, &paths)?;
        for (path, sound) in paths.iter().zip(&encoded) {
            write_atomically(path, &sound.bytes).map_err(|error| write_failure(path, &error))?;
        }
        print_imported(&target, &encoded, file, &paths);
        self.written.extend(paths);
        Ok(())
    }

    /// The format of the new files: only narrow (8 kHz) if that is the configured format, else narrow and wide (16
    /// kHz). If a wide file exists, it is always replaced: Asterisk would still play it on some channels.
    fn target_format(&self, existing: &[PathBuf]) -> SoundFormat {
        let is_wide =
            |path: &PathBuf| path.extension().is_some_and(|extension| extension == "wav16");
        match self.inventory.format {
            SoundFormat::Narrow if !existing.iter().any(is_wide) => SoundFormat::Narrow,
            _ => SoundFormat::Both,
        }
    }

    fn target(&self, file: &Path) -> Result<ImportTarget, ImportFailure> {
        let in_library = self.inventory.name_and_language(file);
        let (name, language) = in_library.unwrap_or_else(|| (stem(file), None));
        let name = match &self.options.name {
            Some(_) if self.options.files.len() > 1 => {
                let help = "import the files one by one, or omit `--name`";
                return Err(("`--name` can't be used with several files".into(), help.into()));
            }
            Some(name) => name.clone(),
            None => name,
        };
        check_name(&name)?;
        let language = self.options.language.clone().or(language);
        match language.as_deref().filter(|language| !SoundInventory::is_language(language)) {
            Some(invalid) => Err((
                format!("invalid language `{invalid}`"),
                "write it as `de`, `pt_BR` or `en-GB`".into(),
            )),
            None => Ok(ImportTarget { name, language }),
        }
    }

    fn target_path(&self, target: &ImportTarget, sound: &EncodedSound) -> PathBuf {
        let folder = self.inventory.folder.join(target.language.as_deref().unwrap_or_default());
        folder.join(format!("{}.{}", target.name, sound.extension))
    }

    fn ensure_free(
        &self,
        target: &ImportTarget,
        existing: &[PathBuf],
        paths: &[PathBuf],
    ) -> Result<(), ImportFailure> {
        let name = &target.name;
        if paths.iter().any(|path| self.written.contains(path)) {
            let help = "import it alone, with another name: --name NAME";
            return Err((format!("two of these files have the name `{name}`"), help.into()));
        }
        let must_not_exist = |path: &&PathBuf| !self.options.force || !paths.contains(path);
        let Some(path) = existing.iter().find(must_not_exist) else { return Ok(()) };
        let help = match paths.contains(path) {
            true => "replace it with `--force`, or choose another name with `--name`",
            false => "remove that file, or choose another name with `--name`",
        };
        Err((format!("sound `{name}` already exists: {}", path.display()), help.into()))
    }
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Names are used in scripts, URLs and commands of switches.
fn check_name(name: &str) -> Result<(), ImportFailure> {
    let is_plain = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-');
    if name.split('/').all(|part| !part.is_empty() && part.chars().all(is_plain)) {
        return Ok(());
    }
    let plain: String =
        name.chars().map(|char| if is_plain(char) || char == '/' { char } else { '-' }).collect();
    let parts = plain.split('/').map(|part| part.trim_matches('-'));
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    let suggestion = if parts.is_empty() { "NAME".to_owned() } else { parts.join("/") };
    let error = format!(
        "invalid sound name `{name}`: use letters, digits, _ and -, with / between folders"
    );
    Err((error, format!("choose another name: --name {suggestion}")))
}

fn read_file(file: &Path) -> Result<Vec<u8>, ImportFailure> {
    let unreadable = |error: io::Error| {
        let help = "check that the file exists and is readable";
        (format!("this file can't be read: {error}"), help.to_owned())
    };
    let metadata = fs::metadata(file).map_err(unreadable)?;
    if metadata.is_dir() {
        let help = format!("pass the files in it: {}/*", file.display());
        return Err(("this is a folder, not a file".into(), help));
    }
    let bytes = regular_file::read(file, audio::MAX_FILE_BYTES as u64 + 1).map_err(unreadable)?;
    let fits = bytes.len() <= audio::MAX_FILE_BYTES;
    if fits { Ok(bytes) } else { Err(audio_failure(&AudioError::TooLarge)) }
}

fn audio_failure(error: &AudioError) -> ImportFailure {
    let help = match error {
        AudioError::TooLong | AudioError::TooLarge => "shorten it",
        AudioError::Empty => "check that the file contains audio",
        _ => "open it in a sound editor and save it as WAV",
    };
    (error.to_string(), help.to_owned())
}

fn write_failure(path: &Path, error: &io::Error) -> ImportFailure {
    let error = format!("{} can't be written: {error}", path.display());
    (error, "give this user write access to the sounds folder".to_owned())
}

/// Writes a temporary file and renames it, so that a switch never plays an incomplete file.
fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut file = tempfile::Builder::new()
        .prefix(&format!(".{name}."))
        .permissions(Permissions::from_mode(FILE_MODE))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn print_imported(target: &ImportTarget, encoded: &[EncodedSound], file: &Path, paths: &[PathBuf]) {
    let length = encoded.first().map(|sound| format_length(sound.duration)).unwrap_or_default();
    let language = target.language.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
    let paths = paths.iter().map(|path| path.display().to_string());
    let paths = paths.collect::<Vec<_>>().join(", ");
    let (name, file) = (&target.name, file.display());
    print_line(&format!("play = \"{name}\"{language}: {length}, imported from {file}: {paths}"));
}

/// Formats a length, such as `2.5 s` or `1:05 min`.
pub(super) fn format_length(length: Duration) -> String {
    match length.as_secs() {
        0..60 => format!("{:.1} s", length.as_secs_f64()),
        seconds => format!("{}:{:02} min", seconds / 60, seconds % 60),
    }
}
