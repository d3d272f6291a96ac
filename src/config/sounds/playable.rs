//! Which sound files a switch can play.
//!
//! Asterisk chooses the `format_*` module by the extension alone. `format_wav.c` accepts only 16-bit mono PCM at the
//! rate of the extension. Asterisk finds a wrong file only when a call plays it, so the header is checked here.

use std::io::BufReader;
use std::path::Path;

use hound::{SampleFormat, WavReader, WavSpec};

use crate::file_access::{regular_file, shell_quoted};

/// Extensions of playable files, best first. Of several files with one name, the best is played.
const EXTENSIONS: [&str; 18] = [
    "wav", "wav16", "sln16", "sln", "sln12", "sln24", "sln32", "sln44", "sln48", "sln96", "g722",
    "ulaw", "ul", "pcm", "alaw", "al", "au", "gsm",
];

/// GSM in a WAV file. Only the capital letters distinguish it from `wav` in Asterisk.
const GSM_WAV: &str = "WAV";

/// Why a sound cannot be played, and how to fix it.
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

/// Where a file is. The help of an error depends on it: a file in the library is played by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SoundLocation {
    Library,
    Elsewhere,
}

/// The rank of a file's format, where 0 is the best; `None` if no switch plays it.
pub(super) fn rank(path: &Path) -> Option<usize> {
    let extension = path.extension()?.to_str()?;
    let known = EXTENSIONS.iter().position(|known| *known == extension);
    known.or((extension == GSM_WAV).then_some(EXTENSIONS.len()))
}

/// Checks the extension of a file.
pub(super) fn check_extension(path: &Path, location: SoundLocation) -> Result<(), SoundFileError> {
    let message = || format!("`{}` has a format that no switch plays", path.display());
    rank(path).map(drop).ok_or_else(|| SoundFileError::new(message(), import_help(path, location)))
}

/// Checks the extension of a file and, if it is a WAV file, its header.
pub(super) fn check(path: &Path, location: SoundLocation) -> Result<(), SoundFileError> {
    check_extension(path, location)?;
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("wav") => check_wav(path, location, 8000),
        Some("wav16") => check_wav(path, location, 16000),
        _ => regular_file::open(path).map(drop).map_err(|e| unreadable(path, &e.to_string())),
    }
}

fn check_wav(path: &Path, location: SoundLocation, rate: u32) -> Result<(), SoundFileError> {
    let extension = if rate == 8000 { "wav" } else { "wav16" };
    let file = regular_file::open(path).map_err(|e| unreadable(path, &e.to_string()))?;
    let message = match WavReader::new(BufReader::new(file)).map(|wav| wav.spec()) {
        Ok(spec) if plays(spec, rate) => return Ok(()),
        Ok(spec) => unplayable(path, spec, extension, rate),
        Err(_) => format!("`{}` is not a WAV file that a switch plays", path.display()),
    };
    Err(SoundFileError::new(message, import_help(path, location)))
}

fn plays(spec: WavSpec, rate: u32) -> bool {
    let bits = (spec.bits_per_sample, spec.sample_format);
    (spec.channels, spec.sample_rate, bits) == (1, rate, (16, SampleFormat::Int))
}

fn unplayable(path: &Path, spec: WavSpec, extension: &str, rate: u32) -> String {
    let channels = crate::config::counted(spec.channels.into(), "channel");
    format!(
        "`{}` has {channels}, {} Hz and {} bits: a .{extension} file must have 1 channel, {rate} Hz \
         and 16 bits",
        path.display(),
        spec.sample_rate,
        spec.bits_per_sample,
    )
}

fn unreadable(path: &Path, reason: &str) -> SoundFileError {
    let help = "name an existing file that this user can read";
    SoundFileError::new(format!("cannot read `{}`: {reason}", path.display()), help)
}

fn import_help(path: &Path, location: SoundLocation) -> String {
    // The imported file has the same name as this one and replaces it.
    let replaces = location == SoundLocation::Library && rank(path).is_some();
    let force = if replaces { "--force " } else { "" };
    let then = if location == SoundLocation::Elsewhere { ", then play it by its name" } else { "" };
    format!("convert it: dialscript sounds import {force}{}{then}", shell_quoted(path))
}
