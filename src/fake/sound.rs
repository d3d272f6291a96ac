//! Lengths of sounds.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoundLength {
    pub samples: u64,
    /// Samples per second.
    pub rate: u32,
}

/// The length of a sound whose file is not read: that of a short sentence.
const DEFAULT_LENGTH: SoundLength = SoundLength { samples: 12_000, rate: 8_000 };

/// The length of a digit or letter that the switch speaks.
const CHARACTER_LENGTH: SoundLength = SoundLength { samples: 5_600, rate: 8_000 };

/// Raw formats: extension, samples per second, and (bytes, samples): so many bytes contain so many samples.
const RAW_FORMATS: [(&str, u32, (u64, u64)); 16] = [
    ("sln", 8_000, (2, 1)),
    ("sln12", 12_000, (2, 1)),
    ("sln16", 16_000, (2, 1)),
    ("sln24", 24_000, (2, 1)),
    ("sln32", 32_000, (2, 1)),
    ("sln44", 44_100, (2, 1)),
    ("sln48", 48_000, (2, 1)),
    ("sln96", 96_000, (2, 1)),
    ("ulaw", 8_000, (1, 1)),
    ("ul", 8_000, (1, 1)),
    ("pcm", 8_000, (1, 1)),
    ("alaw", 8_000, (1, 1)),
    ("al", 8_000, (1, 1)),
    ("au", 8_000, (1, 1)),
    ("g722", 16_000, (1, 2)),
    ("gsm", 8_000, (33, 160)),
];

impl SoundLength {
    pub fn duration_of(self, samples: u64) -> Duration {
        Duration::from_micros(samples.saturating_mul(1_000_000) / u64::from(self.rate.max(1)))
    }

    pub(crate) fn samples_in(self, time: Duration) -> u64 {
        let samples = time.as_micros() * u128::from(self.rate) / 1_000_000;
        u64::try_from(samples).unwrap_or(u64::MAX)
    }

    fn read_wav(file: &Path) -> Option<Self> {
        let reader = hound::WavReader::open(file).ok()?;
        Some(Self { samples: reader.duration().into(), rate: reader.spec().sample_rate })
    }

    fn read_raw(file: &Path, rate: u32, (bytes, samples): (u64, u64)) -> Option<Self> {
        let size = std::fs::metadata(file).ok()?.len();
        Some(Self { samples: (size / bytes).saturating_mul(samples), rate })
    }
}

/// The sounds of a switch.
#[derive(Debug, Clone, Default)]
pub struct FakeSounds {
    lengths: HashMap<String, Option<SoundLength>>,
    /// The length of every sound that is not listed.
    default_length: Option<SoundLength>,
}

impl FakeSounds {
    /// Sets the length of a sound, by its name without extension; `None` if it does not exist.
    #[must_use]
    pub fn with(mut self, name: &str, length: Option<SoundLength>) -> Self {
        self.lengths.insert(name.to_owned(), length);
        self
    }

    /// Sets the length of every sound that [`with`](Self::with) does not name. Each of them exists.
    #[must_use]
    pub fn with_default(self, length: SoundLength) -> Self {
        Self { default_length: Some(length), ..self }
    }

    /// The length of a sound; `None` if it does not exist. An absolute path is looked up on the disk. Any other name is
    /// a sound of the switch, and exists unless [`with`](Self::with) has set it to `None`.
    pub fn length(&self, name: &str) -> Option<SoundLength> {
        match self.lengths.get(name) {
            Some(listed) => *listed,
            None if self.default_length.is_some() => self.default_length,
            None if name.starts_with('/') => file_length(name),
            None if name.starts_with("digits/") || name.starts_with("letters/") => {
                Some(CHARACTER_LENGTH)
            }
            None => Some(DEFAULT_LENGTH),
        }
    }

    /// Like [`length`](Self::length), but the name of a file has its extension.
    pub(crate) fn length_with_extension(&self, name: &str) -> Option<SoundLength> {
        match name.rsplit_once('.') {
            Some((stem, _)) if name.starts_with('/') && !self.lengths.contains_key(name) => {
                Path::new(name).is_file().then(|| file_length(stem).unwrap_or(DEFAULT_LENGTH))
            }
            _ => self.length(name),
        }
    }
}

/// The length of a file whose `name` has no extension. Files with the extension of each format are tried in order.
fn file_length(name: &str) -> Option<SoundLength> {
    let file = |extension: &str| {
        Some(PathBuf::from(format!("{name}.{extension}"))).filter(|f| f.is_file())
    };
    let wav = ["wav", "wav16", "WAV"].into_iter().find_map(file);
    if let Some(wav) = wav {
        return Some(SoundLength::read_wav(&wav).unwrap_or(DEFAULT_LENGTH));
    }
    RAW_FORMATS
        .iter()
        .find_map(|(extension, rate, per)| SoundLength::read_raw(&file(extension)?, *rate, *per))
}
