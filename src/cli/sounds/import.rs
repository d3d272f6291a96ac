//! `dialscript sounds import`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::{ended, failed, say};
use crate::cli::ConfigFile;
use crate::config::{self, Diagnostic, SoundInventory};
use crate::voice::audio::{self, BadAudio, Encoded, convert};
use crate::voice::settings::Format;

/// What becomes a sound, and under which name.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dialscript sounds import welcome.mp3
      makes the sound that a script plays by: play = \"welcome\"
  dialscript sounds import --language de ansagen/*.wav
      makes sounds for German callers, each with the name of its file
  dialscript sounds import --name menu/main --force take7.flac
      replaces the sound `menu/main`")]
pub(super) struct Options {
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
type Failure = (String, String);

/// Converts all files, and tells of each what was made of it.
pub(super) fn import(options: &Options) -> ExitCode {
    let inventory = match config::inventory(&options.config.clone().path()) {
        Ok(inventory) => inventory,
        Err(faults) => return failed(&faults),
    };
    let mut importer = Importer { options, inventory, made: BTreeSet::new() };
    let faults = options.files.iter().filter_map(|file| {
        let (what, help) = importer.import(file).err()?;
        Some(Diagnostic::of_path(file.display().to_string(), what, &help))
    });
    ended(faults.collect())
}

struct Importer<'a> {
    options: &'a Options,
    inventory: SoundInventory,
    made: BTreeSet<PathBuf>,
}

/// Where a sound goes.
struct Place {
    name: String,
    language: Option<String>,
}

impl Importer<'_> {
    fn import(&mut self, file: &Path) -> Result<(), Failure> {
        let place = self.place(file)?;
        let there = self.inventory.files(&place.name, place.language.as_deref());
        let bytes = read(file)?;
        let encoded = convert(bytes, self.format(&there)).map_err(|bad| unreadable(&bad))?;
        let paths: Vec<_> = encoded.iter().map(|sound| self.path(&place, sound)).collect();
        self.check_free(&place, &there, &paths)?;
        for (path, sound) in paths.iter().zip(&encoded) {
            write(path, &sound.bytes).map_err(|error| unwritable(path, &error))?;
        }
        tell(&place, &encoded, file, &paths);
        self.made.extend(paths);
        Ok(())
    }

    /// FreeSWITCH plays narrow sounds as well, and by the same name. A wide file that is there must not stay behind: on
    /// some channels Asterisk would play it instead.
    fn format(&self, there: &[PathBuf]) -> Format {
        let is_wide =
            |path: &PathBuf| path.extension().is_some_and(|extension| extension == "wav16");
        match self.inventory.format {
            Format::Narrow if !there.iter().any(is_wide) => Format::Narrow,
            _ => Format::Both,
        }
    }

    fn place(&self, file: &Path) -> Result<Place, Failure> {
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
            None => Ok(Place { name, language }),
        }
    }

    fn path(&self, place: &Place, sound: &Encoded) -> PathBuf {
        let folder = self.inventory.folder.join(place.language.as_deref().unwrap_or_default());
        folder.join(format!("{}.{}", place.name, sound.extension))
    }

    fn check_free(
        &self,
        place: &Place,
        there: &[PathBuf],
        paths: &[PathBuf],
    ) -> Result<(), Failure> {
        let name = &place.name;
        if paths.iter().any(|path| self.made.contains(path)) {
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
fn check_name(name: &str) -> Result<(), Failure> {
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

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: io::Error| {
        let help = "name a file that is there and that this user can read";
        (format!("this file can't be read: {error}"), help.to_owned())
    };
    let metadata = fs::metadata(file).map_err(unreadable)?;
    if metadata.is_dir() {
        let help = format!("name the files in it: {}/*", file.display());
        return Err(("this is a folder".into(), help));
    }
    if metadata.len() > audio::LARGEST as u64 {
        return Err(self::unreadable(&BadAudio::Large));
    }
    fs::read(file).map_err(unreadable)
}

fn unreadable(bad: &BadAudio) -> Failure {
    let help = match bad {
        BadAudio::Long | BadAudio::Large => "cut it to what callers are to hear",
        BadAudio::Empty => "nothing was made of it: listen to the file",
        _ => "open it in a sound editor and save it as WAV",
    };
    (bad.to_string(), help.to_owned())
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let what = format!("{} can't be written: {error}", path.display());
    (what, "let this user write to the library's folder".to_owned())
}

/// Under another name first: a switch may be about to play it.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder.join(format!(".{name}.{}", std::process::id()));
    let written = drafted(&draft, bytes).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        drop(fs::remove_file(&draft));
    }
    written
}

fn drafted(draft: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(draft)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn tell(place: &Place, encoded: &[Encoded], file: &Path, paths: &[PathBuf]) {
    let length = encoded.first().map(|sound| seconds(sound.length)).unwrap_or_default();
    let language = place.language.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
    let paths = paths.iter().map(|path| path.display().to_string());
    let paths = paths.collect::<Vec<_>>().join(", ");
    let (name, file) = (&place.name, file.display());
    say(&format!("play = \"{name}\"{language}: {length}, made from {file}: {paths}"));
}

/// A length for people.
pub(super) fn seconds(length: Duration) -> String {
    match length.as_secs() {
        0..60 => format!("{:.1} s", length.as_secs_f64()),
        seconds => format!("{}:{:02} min", seconds / 60, seconds % 60),
    }
}
