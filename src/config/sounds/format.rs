//! Which files a switch plays.
//!
//! Asterisk's `format_*` modules go by the extension alone; `format_wav.c` refuses at the first sound of a call whatever
//! is not 16-bit mono PCM at the one rate of its extension, so that is looked at here.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use hound::{SampleFormat, WavReader, WavSpec};

/// Best first: where a name has several files the first kind is played.
const EXTENSIONS: [&str; 18] = [
    "wav", "wav16", "sln16", "sln", "sln12", "sln24", "sln32", "sln44", "sln48", "sln96", "g722",
    "ulaw", "ul", "pcm", "alaw", "al", "au", "gsm",
];

/// GSM in a WAV: Asterisk tells it by the capital letters.
const GSM_WAV: &str = "WAV";

/// How good a file's kind is, lower being better; `None` where no switch plays it.
pub(super) fn rank(path: &Path) -> Option<usize> {
    let extension = path.extension()?.to_str()?;
    let known = EXTENSIONS.iter().position(|known| *known == extension);
    known.or((extension == GSM_WAV).then_some(EXTENSIONS.len()))
}

/// Where a file lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// In the library.
    Library,
    /// Anywhere else.
    Elsewhere,
}

/// Whether a switch plays files of this kind; the reason and the way out where not.
pub(super) fn check_kind(path: &Path, home: Home) -> Result<(), (String, String)> {
    let what = || format!("`{}` is in no format that a switch plays", path.display());
    rank(path).map(drop).ok_or_else(|| (what(), import(path, home)))
}

/// Whether a switch plays the file; the reason and the way out where not.
pub(super) fn check(path: &Path, home: Home) -> Result<(), (String, String)> {
    check_kind(path, home)?;
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("wav") => check_wav(path, home, 8000),
        Some("wav16") => check_wav(path, home, 16000),
        _ => File::open(path).map(drop).map_err(|e| unreadable(path, &e.to_string())),
    }
}

fn check_wav(path: &Path, home: Home, rate: u32) -> Result<(), (String, String)> {
    let extension = if rate == 8000 { "wav" } else { "wav16" };
    let file = File::open(path).map_err(|e| unreadable(path, &e.to_string()))?;
    let what = match WavReader::new(BufReader::new(file)).map(|wav| wav.spec()) {
        Ok(spec) if plays(spec, rate) => return Ok(()),
        Ok(spec) => unplayable(path, spec, extension, rate),
        Err(_) => format!("`{}` is no WAV file that a switch plays", path.display()),
    };
    Err((what, import(path, home)))
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

fn unreadable(path: &Path, reason: &str) -> (String, String) {
    let help = "name a file that is there and that this user can read".to_owned();
    (format!("`{}` can't be read: {reason}", path.display()), help)
}

fn import(path: &Path, home: Home) -> String {
    // What is made of it would have its own name.
    let same = home == Home::Library && rank(path).is_some();
    let force = if same { "--force " } else { "" };
    let then = if home == Home::Elsewhere { ", then play it by its name" } else { "" };
    format!("convert it: dialscript sounds import {force}{}{then}", quoted(path))
}

/// As a shell takes it.
fn quoted(path: &Path) -> String {
    let name = path.display().to_string();
    let is_plain = |sign: char| sign.is_alphanumeric() || "/._-+,:@".contains(sign);
    if name.chars().all(is_plain) { name } else { format!("'{}'", name.replace('\'', "'\\''")) }
}
