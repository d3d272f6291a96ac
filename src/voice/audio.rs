//! Sounds into what switches play.

use std::io::Cursor;
use std::time::Duration;

use super::settings::Format;

/// A file that a switch plays.
pub struct Encoded {
    /// Of the file's name.
    pub extension: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// How long it is heard.
    pub length: Duration,
}

/// What is no sound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadAudio(String);

/// Passes 16-bit WAVs through.
///
/// # Errors
///
/// When it is none.
pub fn convert(bytes: Vec<u8>, format: Format) -> Result<Vec<Encoded>, BadAudio> {
    let wav = hound::WavReader::new(Cursor::new(&bytes)).map(|wav| wav.duration());
    let samples = wav.map_err(|_| BadAudio("it is no sound that can be read".into()))?;
    let length = Duration::from_secs_f64(f64::from(samples) / 8000.0);
    let narrow = Encoded { extension: "wav", bytes: bytes.clone(), length };
    let wide = Encoded { extension: "wav16", bytes, length };
    Ok(match format {
        Format::Both => vec![narrow, wide],
        _ => vec![narrow],
    })
}
