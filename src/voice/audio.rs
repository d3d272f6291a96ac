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

use crate::voice::settings::Format;

use decode::Decoder;
use resample::Resampler;

/// Longest sound that is converted.
pub const LONGEST: Duration = Duration::from_secs(15 * 60);
/// Largest file that is converted, in bytes.
pub const LARGEST: usize = 256 << 20;

/// Sample rates of what switches play, in Hz.
const NARROW: u32 = 8000;
const WIDE: u32 = 16000;
/// Frames in a second, of 20 ms each. Asterisk's timestamps step around a last one that is shorter.
const FRAMES: u32 = 50;

/// A sound as a switch plays it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The file's extension, by which switches tell the rate.
    pub extension: &'static str,
    /// The whole file.
    pub bytes: Vec<u8>,
    /// How long it plays.
    pub length: Duration,
}

/// Why a file can't be converted, for people. Nothing of the file is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAudio {
    /// Nothing that is known.
    #[error("it is no sound file: MP3, Ogg Vorbis, FLAC and WAV can be read")]
    Unknown,
    /// A known container of something else.
    #[error(
        "its sound is coded in a way that can't be read: MP3, Vorbis, FLAC and plain WAV can be"
    )]
    Coding,
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
    Rate(u32),
    /// Several sounds that were joined.
    #[error("its sample rate changes on the way: save it anew as one sound")]
    Joined,
    /// More than anybody listens to.
    #[error("it has {0} channels, and at most 8 can be mixed")]
    Channels(usize),
    /// Beyond [`LONGEST`].
    #[error("it is longer than 15 minutes")]
    Long,
    /// Beyond [`LARGEST`].
    #[error("it is larger than 256 MiB")]
    Large,
}

/// Converts a whole file. Peaks are cut, never wrapped; what is broken off plays as far as it goes; silence fills up the
/// last 20 ms. It takes processor time in proportion to the length of the sound: some milliseconds for a sentence, seconds for the longest.
///
/// # Errors
///
/// Where the file is no sound that can be read, or beyond a bound.
pub fn convert(bytes: Vec<u8>, format: Format) -> Result<Vec<Encoded>, BadAudio> {
    if bytes.len() > LARGEST {
        return Err(BadAudio::Large);
    }
    // A decoder that loses its way in a hostile file costs that file alone.
    catch_unwind(AssertUnwindSafe(|| converted(bytes, format))).unwrap_or(Err(BadAudio::Damaged))
}

fn converted(bytes: Vec<u8>, format: Format) -> Result<Vec<Encoded>, BadAudio> {
    let mut decoder = Decoder::open(bytes)?;
    let mut outputs = Vec::new();
    while let Some((rate, samples)) = decoder.next()? {
        if outputs.is_empty() {
            for output in outputs_of(format) {
                outputs.push((*output, Resampler::new(rate, output.rate)?));
            }
        }
        for (_, resampler) in &mut outputs {
            resampler.push(samples)?;
        }
    }
    let encoded: Result<Vec<_>, _> = outputs.into_iter().map(encode).collect();
    encoded.and_then(|encoded| if encoded.is_empty() { Err(BadAudio::Empty) } else { Ok(encoded) })
}

/// One file of a sound.
#[derive(Clone, Copy)]
struct Output {
    extension: &'static str,
    rate: u32,
}

fn outputs_of(format: Format) -> &'static [Output] {
    match format {
        Format::Narrow => &[Output { extension: "wav", rate: NARROW }],
        Format::Wide => &[Output { extension: "wav", rate: WIDE }],
        Format::Both => {
            &[Output { extension: "wav", rate: NARROW }, Output { extension: "wav16", rate: WIDE }]
        }
    }
}

fn encode((output, resampler): (Output, Resampler)) -> Result<Encoded, BadAudio> {
    let mut samples = resampler.finish()?;
    samples.resize(samples.len().next_multiple_of((output.rate / FRAMES) as usize), 0);
    let bytes = wav(&samples, output.rate).map_err(|_| BadAudio::Long)?;
    let length = Duration::from_secs_f64(samples.len() as f64 / f64::from(output.rate));
    Ok(Encoded { extension: output.extension, bytes, length })
}

fn wav(samples: &[i16], rate: u32) -> Result<Vec<u8>, hound::Error> {
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
