//! Recordings. They contain a tone while the caller speaks, and silence in between.

use std::f32::consts::TAU;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::utterances::TimedUtterance;

/// Samples per second.
pub(crate) const SAMPLE_RATE: u32 = 8_000;
const TONE_HZ: f32 = 440.0;
const TONE_AMPLITUDE: f32 = 8_000.0;

pub(crate) struct FakeRecording {
    started_at: Instant,
    speech_spans: Vec<(Duration, Duration)>,
    silent_since: Instant,
}

impl FakeRecording {
    pub(crate) fn start(now: Instant) -> Self {
        Self { started_at: now, speech_spans: Vec::new(), silent_since: now }
    }

    pub(crate) fn duration(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started_at)
    }

    /// The end of the last utterance; in the future while the caller is speaking.
    pub(crate) fn silent_since(&self) -> Instant {
        self.silent_since
    }

    /// Adds an utterance, unless it was added before. Returns whether it was added.
    pub(crate) fn add_speech(&mut self, speech: &TimedUtterance) -> bool {
        let begins = speech.begins.saturating_duration_since(self.started_at);
        let ends = speech.ends.saturating_duration_since(self.started_at);
        let is_new = self.speech_spans.last() != Some(&(begins, ends));
        if is_new {
            self.speech_spans.push((begins, ends));
            self.silent_since = speech.ends;
        }
        is_new
    }

    /// Writes the recording as a 16-bit WAV file, cut to `duration`. If the file was deleted in the meantime, it is not
    /// created again. Returns the number of samples.
    pub(crate) fn write(&self, file: &Path, duration: Duration) -> io::Result<u64> {
        let sample_format = hound::SampleFormat::Int;
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 16,
            sample_format,
        };
        let samples = sample_count(duration);
        if !file.exists() {
            return Ok(samples);
        }
        let mut wav = hound::WavWriter::create(file, spec).map_err(io::Error::other)?;
        for index in 0..samples {
            wav.write_sample(self.sample(index)).map_err(io::Error::other)?;
        }
        wav.finalize().map_err(io::Error::other)?;
        Ok(samples)
    }

    fn sample(&self, index: u64) -> i16 {
        let time = Duration::from_micros(index * 1_000_000 / u64::from(SAMPLE_RATE));
        match self.speech_spans.iter().any(|(begins, ends)| (*begins..*ends).contains(&time)) {
            true => (TONE_AMPLITUDE * (TAU * TONE_HZ * time.as_secs_f32()).sin()) as i16,
            false => 0,
        }
    }
}

fn sample_count(time: Duration) -> u64 {
    u64::try_from(time.as_micros() * u128::from(SAMPLE_RATE) / 1_000_000).unwrap_or_default()
}
