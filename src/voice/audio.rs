//! Conversion of sound files to 16-bit mono WAV, which every switch plays.
//!
//! ```text
//! bytes ─▶ decode (container, codec, mix down to mono) ─▶ resample to each output rate ─▶ WAV
//! ```
//!
//! Files are untrusted: lengths in headers may be wrong, and there is a limit on every length.

mod decode;
mod error;
mod resample;

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::voice::settings::SoundFormat;

use decode::SoundDecoder;
use resample::SoundResampler;

pub use error::AudioError;

/// Larger files are refused.
pub const MAX_FILE_BYTES: usize = 256 << 20;

const NARROWBAND_HZ: u32 = 8000;
const WIDEBAND_HZ: u32 = 16_000;
/// A sound is padded to whole frames of 20 ms: Asterisk's timestamps jump if the last frame is shorter.
const FRAMES_PER_SECOND: u32 = 50;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedSound {
    /// The file name's extension. It tells the switch the sample rate.
    pub extension: &'static str,
    /// The whole file.
    pub bytes: Vec<u8>,
    pub duration: Duration,
}

/// Converts a whole file. Clips peaks. Converts a truncated file up to its end. Fills the last frame with silence.
///
/// This takes processor time in proportion to the length of the sound: milliseconds for a sentence, seconds for the
/// longest sound.
///
/// # Errors
///
/// If the file is not a supported sound, or exceeds a limit.
pub fn convert(bytes: Vec<u8>, format: SoundFormat) -> Result<Vec<EncodedSound>, AudioError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(AudioError::TooLarge);
    }
    // If a malformed file makes a decoder panic, only that file fails.
    catch_unwind(AssertUnwindSafe(|| decode_and_encode(bytes, format)))
        .unwrap_or(Err(AudioError::Damaged))
}

fn decode_and_encode(bytes: Vec<u8>, format: SoundFormat) -> Result<Vec<EncodedSound>, AudioError> {
    let mut decoder = SoundDecoder::open(bytes)?;
    let mut outputs = Vec::new();
    while let Some((rate, samples)) = decoder.next()? {
        if outputs.is_empty() {
            for output in wav_outputs(format) {
                outputs.push((*output, SoundResampler::new(rate, output.sample_rate)?));
            }
        }
        for (_, resampler) in &mut outputs {
            resampler.push(samples)?;
        }
    }
    if outputs.is_empty() {
        return Err(AudioError::Empty);
    }
    outputs.into_iter().map(encode).collect()
}

/// A WAV file to write.
#[derive(Clone, Copy)]
struct WavOutput {
    extension: &'static str,
    sample_rate: u32,
}

fn wav_outputs(format: SoundFormat) -> &'static [WavOutput] {
    match format {
        SoundFormat::Narrow => &[WavOutput { extension: "wav", sample_rate: NARROWBAND_HZ }],
        SoundFormat::Wide => &[WavOutput { extension: "wav", sample_rate: WIDEBAND_HZ }],
        SoundFormat::Both => &[
            WavOutput { extension: "wav", sample_rate: NARROWBAND_HZ },
            WavOutput { extension: "wav16", sample_rate: WIDEBAND_HZ },
        ],
    }
}

fn encode((output, resampler): (WavOutput, SoundResampler)) -> Result<EncodedSound, AudioError> {
    let mut samples = resampler.finish()?;
    let frame_samples = (output.sample_rate / FRAMES_PER_SECOND) as usize;
    samples.resize(samples.len().next_multiple_of(frame_samples), 0);
    let bytes = wav_file(&samples, output.sample_rate).map_err(|_| AudioError::TooLong)?;
    let duration = Duration::from_secs_f64(samples.len() as f64 / f64::from(output.sample_rate));
    Ok(EncodedSound { extension: output.extension, bytes, duration })
}

fn wav_file(samples: &[i16], rate: u32) -> Result<Vec<u8>, hound::Error> {
    let (bits_per_sample, sample_format) = (16, SampleFormat::Int);
    let spec = WavSpec { channels: 1, sample_rate: rate, bits_per_sample, sample_format };
    let mut file = Cursor::new(Vec::with_capacity(samples.len() * 2 + 64));
    let mut writer = WavWriter::new(&mut file, spec)?;
    let mut block = writer.get_i16_writer(samples.len() as u32);
    samples.iter().for_each(|sample| block.write_sample(*sample));
    block.flush()?;
    writer.finalize()?;
    Ok(file.into_inner())
}
