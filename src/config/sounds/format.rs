//! Which files a switch plays.
//!
//! Asterisk's `format_*` modules go by the extension alone; `format_wav.c` refuses at the first sound of a call whatever
//! is not 16-bit mono PCM at the one rate of its extension, so that is looked at here.

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

/// Whether a switch plays files of this kind; the reason and the way out where not.
pub(super) fn check_kind(path: &Path) -> Result<(), (String, String)> {
    let what = || format!("`{}` is in no format that a switch plays", path.display());
    rank(path).map(drop).ok_or_else(|| (what(), convert(path, 8000, "wav")))
}

/// Whether a switch plays the file; the reason and the way out where not.
pub(super) fn check(path: &Path) -> Result<(), (String, String)> {
    check_kind(path)?;
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("wav") => check_wav(path, 8000),
        Some("wav16") => check_wav(path, 16000),
        _ => std::fs::File::open(path).map(drop).map_err(|e| unreadable(path, &e.to_string())),
    }
}

fn check_wav(path: &Path, rate: u32) -> Result<(), (String, String)> {
    let extension = if rate == 8000 { "wav" } else { "wav16" };
    let what = match WavReader::open(path).map(|wav| wav.spec()) {
        Ok(spec) if plays(spec, rate) => return Ok(()),
        Ok(spec) => unplayable(path, spec, extension, rate),
        Err(hound::Error::IoError(e)) => return Err(unreadable(path, &e.to_string())),
        Err(_) => format!("`{}` is no WAV file that a switch plays", path.display()),
    };
    Err((what, convert(path, rate, extension)))
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

fn convert(path: &Path, rate: u32, extension: &str) -> String {
    let out = path.with_extension("");
    // A file can't be converted into itself.
    let out = if path.extension().is_some_and(|e| e == extension) {
        format!("{}-{rate}.{extension}", out.display())
    } else {
        format!("{}.{extension}", out.display())
    };
    let kind = if extension == "wav16" { "-t wav " } else { "" };
    format!("convert it: sox {} -r {rate} -c 1 -b 16 {kind}{out}", path.display())
}
