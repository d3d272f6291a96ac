//! The samples of an utterance. Engines never get the switch's file. They get the samples, or a new file with them.

use std::io::Cursor;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use crate::script::voice::AsrError;
use crate::voice::recordings::SpeechRecording;

/// Accepted sample rates of a recording, in Hz.
const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 8000..=48_000;

pub(super) struct UtteranceAudio {
    /// In Hz.
    pub(super) sample_rate: u32,
    /// Mono.
    pub(super) samples: Vec<i16>,
}

impl UtteranceAudio {
    pub(super) fn read(recording: &SpeechRecording) -> Result<Self, AsrError> {
        Self::from_wav(&recording.read()?)
    }

    /// Reads the samples that the file contains, even if the header announces more: the file may be truncated.
    fn from_wav(wav: &[u8]) -> Result<Self, AsrError> {
        let not_wav = |_| AsrError("the recording is not a WAV file".into());
        let reader = WavReader::new(Cursor::new(wav)).map_err(not_wav)?;
        let WavSpec { channels, sample_rate, bits_per_sample, sample_format } = reader.spec();
        let is_pcm = bits_per_sample == 16 && sample_format == SampleFormat::Int;
        if !is_pcm || !(1..=2).contains(&channels) || !SAMPLE_RATES.contains(&sample_rate) {
            return Err(AsrError("the recording is not 16-bit PCM at 8 to 48 kHz".into()));
        }
        let samples: Vec<i16> = reader.into_samples().map_while(Result::ok).collect();
        Ok(Self { sample_rate, samples: mix_to_mono(samples, channels) })
    }

    /// 16-bit little-endian PCM.
    pub(super) fn to_pcm(&self) -> Vec<u8> {
        self.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
    }

    pub(super) fn to_wav(&self) -> Result<Vec<u8>, AsrError> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: self.sample_rate,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut file = Cursor::new(Vec::new());
        self.write_wav(&mut file, spec)
            .map_err(|error| AsrError(format!("could not write a WAV file: {error}")))?;
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

/// Mixes two channels into one. A switch that records both directions puts the caller into one of them.
fn mix_to_mono(samples: Vec<i16>, channels: u16) -> Vec<i16> {
    if channels == 1 {
        return samples;
    }
    samples.chunks_exact(2).map(|frame| frame[0].midpoint(frame[1])).collect()
}
