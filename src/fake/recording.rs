//! A recording: a tone where the caller spoke, else silence.

use std::f32::consts::TAU;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::mouth::Speech;

/// Samples a second.
pub const RATE: u32 = 8_000;
const PITCH: f32 = 440.0;
const LOUDNESS: f32 = 8_000.0;

/// What a switch records, while it does.
pub struct Recording {
    began: Instant,
    spoken: Vec<(Duration, Duration)>,
    quiet_since: Instant,
}

impl Recording {
    /// A recording that begins.
    pub fn begin(now: Instant) -> Self {
        Self { began: now, spoken: Vec::new(), quiet_since: now }
    }

    /// How long it has lasted.
    pub fn lasts(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }

    /// From when on nothing is said: in the future while somebody speaks.
    pub fn quiet_since(&self) -> Instant {
        self.quiet_since
    }

    /// Takes in what is being said; whether that is new.
    pub fn takes(&mut self, speech: &Speech) -> bool {
        let begins = speech.begins.saturating_duration_since(self.began);
        let ends = speech.ends.saturating_duration_since(self.began);
        let is_new = self.spoken.last() != Some(&(begins, ends));
        if is_new {
            self.spoken.push((begins, ends));
            self.quiet_since = speech.ends;
        }
        is_new
    }

    /// Writes its beginning as a WAV file of 16 bits, unless that was deleted meanwhile; how many samples that were.
    ///
    /// # Errors
    ///
    /// Where the file can't be written.
    pub fn write(&self, file: &Path, lasts: Duration) -> io::Result<u64> {
        let sample_format = hound::SampleFormat::Int;
        let spec =
            hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format };
        let samples = samples(lasts);
        if !file.exists() {
            return Ok(samples);
        }
        let mut wav = hound::WavWriter::create(file, spec).map_err(io::Error::other)?;
        for at in 0..samples {
            wav.write_sample(self.sample(at)).map_err(io::Error::other)?;
        }
        wav.finalize().map_err(io::Error::other)?;
        Ok(samples)
    }

    fn sample(&self, at: u64) -> i16 {
        let time = Duration::from_micros(at * 1_000_000 / u64::from(RATE));
        match self.spoken.iter().any(|(begins, ends)| (*begins..*ends).contains(&time)) {
            true => (LOUDNESS * (TAU * PITCH * time.as_secs_f32()).sin()) as i16,
            false => 0,
        }
    }
}

fn samples(time: Duration) -> u64 {
    u64::try_from(time.as_micros() * u128::from(RATE) / 1_000_000).unwrap_or_default()
}
