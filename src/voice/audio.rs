//! Any sound file into what switches play: 16-bit mono WAV.
//!
//! ```text
//! bytes ─▶ decode (container, coding, channels mixed down) ─▶ resample, a rate each ─▶ WAV
//! ```
//!
//! Files come from strangers: what a header says is believed as far as the bytes bear it out, and every length is
//! bounded.

mod decode;
mod resample;

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::voice::settings::SoundFormat;

use decode::SoundDecoder;
use resample::SoundResampler;

/// Longest sound that is converted.
pub const MAX_SOUND_TIME: Duration = Duration::from_secs(15 * 60);
/// Largest file that is converted, in bytes.
pub const MAX_FILE_BYTES: usize = 256 << 20;

/// Sample rates of what switches play, in Hz.
const NARROWBAND_HZ: u32 = 8000;
const WIDEBAND_HZ: u32 = 16000;
/// Frames in a second, of 20 ms each. Asterisk's timestamps step around a last one that is shorter.
const FRAMES_PER_SECOND: u32 = 50;

/// A sound as a switch plays it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedSound {
    /// The file's extension, by which switches tell the rate.
    pub extension: &'static str,
    /// The whole file.
    pub bytes: Vec<u8>,
    /// How long it plays.
    pub duration: Duration,
}

/// Why a file can't be converted, for people. Nothing of the file is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    /// Nothing that is known.
    #[error("it is no sound file: MP3, Ogg Vorbis, FLAC and WAV can be read")]
    UnknownFormat,
    /// A known container of something else.
    #[error(
        "its sound is coded in a way that can't be read: MP3, Vorbis, FLAC and plain WAV can be"
    )]
    UnsupportedCodec,
    /// Very common, so that it has a word of its own.
    #[error("it is Opus, which can't be read: save it as MP3, Ogg Vorbis, FLAC or WAV")]
    Opus,
    /// It breaks the rules of its format.
    #[error("it is damaged")]
    Damaged,
    /// It has no samples.
    #[error("there is no sound in it")]
    Empty,
    /// No usual rate, in Hz.
    #[error("its sample rate of {0} Hz is out of bounds: 4000 to 192000 Hz can be read")]
    SampleRate(u32),
    /// Several sounds that were joined.
    #[error("its sample rate changes on the way: save it anew as one sound")]
    SampleRateChanged,
    /// More than anybody listens to.
    #[error("it has {0} channels, and at most 8 can be mixed")]
    TooManyChannels(usize),
    /// Beyond [`LONGEST`].
    #[error("it is longer than 15 minutes")]
    TooLong,
    /// Beyond [`LARGEST`].
    #[error("it is larger than 256 MiB")]
    TooLarge,
}

/// Converts a whole file. Peaks are cut, never wrapped; what is broken off plays as far as it goes; silence fills up the
/// last 20 ms. It takes processor time in proportion to the length of the sound: some milliseconds for a sentence, seconds for the longest.
///
/// # Errors
///
/// Where the file is no sound that can be read, or beyond a bound.
pub fn convert(bytes: Vec<u8>, format: SoundFormat) -> Result<Vec<EncodedSound>, AudioError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(AudioError::TooLarge);
    }
    // A decoder that loses its way in a hostile file costs that file alone.
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
    let encoded: Result<Vec<_>, _> = outputs.into_iter().map(encode).collect();
    encoded
        .and_then(|encoded| if encoded.is_empty() { Err(AudioError::Empty) } else { Ok(encoded) })
}

/// One file of a sound.
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
    samples.resize(
        samples.len().next_multiple_of((output.sample_rate / FRAMES_PER_SECOND) as usize),
        0,
    );
    let bytes = wav_file(&samples, output.sample_rate).map_err(|_| AudioError::TooLong)?;
    let length = Duration::from_secs_f64(samples.len() as f64 / f64::from(output.sample_rate));
    Ok(EncodedSound { extension: output.extension, bytes, duration: length })
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
