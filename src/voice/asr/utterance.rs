//! What was said, out of the file that the switch wrote: engines get a file of ours, whatever that one claims to be.

use std::io::Cursor;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use crate::script::voice::AsrError;
use crate::voice::recordings::SpeechRecording;

/// Rates that switches record at, in Hz.
const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 8000..=48_000;

/// An utterance.
pub(super) struct UtteranceAudio {
    /// In Hz.
    pub(super) sample_rate: u32,
    /// One channel.
    pub(super) samples: Vec<i16>,
}

impl UtteranceAudio {
    pub(super) fn read(recording: &SpeechRecording) -> Result<Self, AsrError> {
        Self::from_wav(&recording.read()?)
    }

    /// As many whole samples as are really there, however many the header promises.
    fn from_wav(wav: &[u8]) -> Result<Self, AsrError> {
        let broken = |_| AsrError("the recording is no WAV file".into());
        let reader = WavReader::new(Cursor::new(wav)).map_err(broken)?;
        let WavSpec { channels, sample_rate, bits_per_sample, sample_format } = reader.spec();
        let is_pcm = bits_per_sample == 16 && sample_format == SampleFormat::Int;
        if !is_pcm || !(1..=2).contains(&channels) || !SAMPLE_RATES.contains(&sample_rate) {
            return Err(AsrError("the recording is no 16-bit PCM of a rate that is known".into()));
        }
        let samples: Vec<i16> = reader.into_samples().map_while(Result::ok).collect();
        Ok(Self { sample_rate, samples: mix_to_mono(samples, channels) })
    }

    /// As little-endian PCM.
    pub(super) fn to_pcm(&self) -> Vec<u8> {
        self.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
    }

    /// As a WAV file.
    pub(super) fn to_wav(&self) -> Result<Vec<u8>, AsrError> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: self.sample_rate,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut file = Cursor::new(Vec::new());
        self.write_wav(&mut file, spec)
            .map_err(|error| AsrError(format!("no WAV file: {error}")))?;
        Ok(file.into_inner())
    }

    fn write_wav(&self, file: &mut Cursor<Vec<u8>>, spec: WavSpec) -> hound::Result<()> {
        let mut writer = WavWriter::new(file, spec)?;
        for sample in &self.samples {
            writer.write_sample(*sample)?;
        }
        writer.finalize()
    }
}

/// A switch that records both directions has the caller in one of two channels.
fn mix_to_mono(samples: Vec<i16>, channels: u16) -> Vec<i16> {
    if channels == 1 {
        return samples;
    }
    let both = samples.chunks_exact(2);
    both.map(|pair| pair[0].midpoint(pair[1])).collect()
}
