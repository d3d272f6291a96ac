//! Which sound files a switch plays.
//!
//! Asterisk's `format_*` modules go by the file's extension alone. `format_wav.c` refuses, at the first call that plays it,
//! whatever is not 16-bit mono PCM at the one rate of its extension, so that is checked here.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use hound::{SampleFormat, WavReader, WavSpec};

/// Best first: where a name has several files, the one with the first of these extensions is played.
const EXTENSIONS: [&str; 18] = [
    "wav", "wav16", "sln16", "sln", "sln12", "sln24", "sln32", "sln44", "sln48", "sln96", "g722",
    "ulaw", "ul", "pcm", "alaw", "al", "au", "gsm",
];

/// GSM in a WAV file, for Asterisk by the capital letters.
const GSM_WAV: &str = "WAV";

/// Why a sound can't be played, and what to do about it.
#[derive(Debug)]
pub(super) struct SoundFileError {
    pub(super) message: String,
    pub(super) help: String,
}

impl SoundFileError {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

/// Whether a file is in the library, where its name counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InLibrary {
    Yes,
    No,
}

/// How good a file's format is, lower being better; `None` where no switch plays it.
pub(super) fn rank(path: &Path) -> Option<usize> {
    let extension = path.extension()?.to_str()?;
    let known = EXTENSIONS.iter().position(|known| *known == extension);
    known.or((extension == GSM_WAV).then_some(EXTENSIONS.len()))
}

/// Checks that switches play files with this extension.
pub(super) fn check_extension(path: &Path, library: InLibrary) -> Result<(), SoundFileError> {
    let message = || format!("`{}` is in no format that a switch plays", path.display());
    rank(path).map(drop).ok_or_else(|| SoundFileError::new(message(), import(path, library)))
}

/// Checks that switches play the file.
pub(super) fn check(path: &Path, library: InLibrary) -> Result<(), SoundFileError> {
    check_extension(path, library)?;
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("wav") => check_wav(path, library, 8000),
        Some("wav16") => check_wav(path, library, 16000),
        _ => File::open(path).map(drop).map_err(|e| unreadable(path, &e.to_string())),
    }
}

fn check_wav(path: &Path, library: InLibrary, rate: u32) -> Result<(), SoundFileError> {
    let extension = if rate == 8000 { "wav" } else { "wav16" };
    let file = File::open(path).map_err(|e| unreadable(path, &e.to_string()))?;
    let message = match WavReader::new(BufReader::new(file)).map(|wav| wav.spec()) {
        Ok(spec) if plays(spec, rate) => return Ok(()),
        Ok(spec) => unplayable(path, spec, extension, rate),
        Err(_) => format!("`{}` is no WAV file that a switch plays", path.display()),
    };
    Err(SoundFileError::new(message, import(path, library)))
}

fn plays(spec: WavSpec, rate: u32) -> bool {
    let bits = (spec.bits_per_sample, spec.sample_format);
    (spec.channels, spec.sample_rate, bits) == (1, rate, (16, SampleFormat::Int))
}

fn unplayable(path: &Path, spec: WavSpec, extension: &str, rate: u32) -> String {
    let channels = crate::config::counted(spec.channels.into(), "channel");
    format!(
        "`{}` has {channels} at {} Hz in {} bits: a .{extension} is played only as one channel at \
         {rate} Hz in 16 bits",
        path.display(),
        spec.sample_rate,
        spec.bits_per_sample,
    )
}

fn unreadable(path: &Path, reason: &str) -> SoundFileError {
    let help = "name a file that is there and that this user can read";
    SoundFileError::new(format!("`{}` can't be read: {reason}", path.display()), help)
}

fn import(path: &Path, library: InLibrary) -> String {
    // The import would have the same name as this file.
    let replaces = library == InLibrary::Yes && rank(path).is_some();
    let force = if replaces { "--force " } else { "" };
    let then = if library == InLibrary::No { ", then play it by its name" } else { "" };
    format!("convert it: dialscript sounds import {force}{}{then}", shell_quoted(path))
}

fn shell_quoted(path: &Path) -> String {
    let name = path.display().to_string();
    let is_plain = |sign: char| sign.is_alphanumeric() || "/._-+,:@".contains(sign);
    if name.chars().all(is_plain) { name } else { format!("'{}'", name.replace('\'', "'\\''")) }
}
