//! Decoding of a sound file to mono samples.

use std::io::Cursor;
use std::time::Duration;

use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;

use super::error::AudioError;

const MAX_CHANNELS: usize = 8;
/// Longer sounds are refused.
const MAX_SOUND_TIME: Duration = Duration::from_secs(15 * 60);
/// In Hz.
const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 4000..=192_000;
/// Limit on the samples of all channels: the longest sound in stereo at 96 kHz.
const MAX_SAMPLES: u64 = MAX_SOUND_TIME.as_secs() * 2 * 96_000;
/// This many unreadable packets are skipped. Above that, decoding stops when there are more unreadable packets than
/// readable ones.
const TOLERATED_BAD_PACKETS: u64 = 8;

pub(super) struct SoundDecoder {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track_id: u32,
    mixer: Downmixer,
    good_packets: u64,
    bad_packets: u64,
}

impl SoundDecoder {
    /// Detects the format and sets up its decoder.
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, AudioError> {
        let opus = is_opus(&bytes);
        let or_opus = |error| if opus { AudioError::Opus } else { error };
        let format = probe_format(bytes).map_err(|_| or_opus(AudioError::UnknownFormat))?;
        let track = format.default_track(TrackType::Audio);
        let parameters = track.and_then(|track| Some((track.id, track.codec_params.as_ref()?)));
        let (track_id, parameters) =
            parameters.ok_or_else(|| or_opus(AudioError::UnsupportedCodec))?;
        let parameters = parameters.audio().ok_or(AudioError::UnsupportedCodec)?;
        // A decoder allocates memory for every channel that the header announces.
        check_channels(parameters.channels.as_ref().map_or(0, |channels| channels.count()))?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|_| or_opus(AudioError::UnsupportedCodec))?;
        let mixer = Downmixer::default();
        Ok(Self { format, decoder, track_id, mixer, good_packets: 0, bad_packets: 0 })
    }

    /// Returns the sample rate in Hz and at least one sample. `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u32, &[f32])>, AudioError> {
        while let Some(packet) = self.next_packet()? {
            match self.decoder.decode(&packet) {
                Ok(decoded) => {
                    self.good_packets += 1;
                    self.mixer.mix(&decoded)?;
                    if !self.mixer.mono.is_empty() {
                        let rate = self.mixer.sample_rate;
                        return Ok(rate.map(|rate| (rate, self.mixer.mono.as_slice())));
                    }
                }
                Err(_) => self.count_bad_packet()?,
            }
        }
        Ok(None)
    }

    /// Treats a truncated file as complete: `espeak-ng --stdout` writes a header that announces more samples than
    /// follow.
    fn next_packet(&mut self) -> Result<Option<Packet>, AudioError> {
        loop {
            match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id != self.track_id => {}
                Ok(packet) => return Ok(packet),
                Err(Error::IoError(_)) => return Ok(None),
                Err(Error::ResetRequired) => return Err(AudioError::SampleRateChanged),
                Err(_) => return Err(AudioError::Damaged),
            }
        }
    }

    fn count_bad_packet(&mut self) -> Result<(), AudioError> {
        self.bad_packets += 1;
        if self.bad_packets > TOLERATED_BAD_PACKETS && self.bad_packets > self.good_packets {
            Err(AudioError::Damaged)
        } else {
            Ok(())
        }
    }
}

fn probe_format(bytes: Vec<u8>) -> Result<Box<dyn FormatReader>, Error> {
    let source = Box::new(ReadOnlySource::new(Cursor::new(without_riff_length(bytes))));
    let source = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    let (formats, metadata) = (FormatOptions::default(), MetadataOptions::default());
    symphonia::default::get_probe().probe(&Hint::new(), source, formats, metadata)
}

/// Sets the length in the RIFF header to "unknown". A program that writes WAV to a pipe does not know the length in
/// advance, and writes an arbitrary number there.
fn without_riff_length(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(b"RIFF")
        && let Some(length) = bytes.get_mut(4..8)
    {
        length.fill(0xff);
    }
    bytes
}

/// The first packet of Opus in Ogg begins with `OpusHead`.
fn is_opus(bytes: &[u8]) -> bool {
    bytes.starts_with(b"OggS") && bytes[..bytes.len().min(512)].windows(8).any(|w| w == b"OpusHead")
}

fn check_channels(channels: usize) -> Result<(), AudioError> {
    if channels > MAX_CHANNELS { Err(AudioError::TooManyChannels(channels)) } else { Ok(()) }
}

/// Mixes packets down to mono, and checks the rate and the length of the sound.
#[derive(Default)]
struct Downmixer {
    /// The rate of the first samples. All other samples must have the same rate.
    sample_rate: Option<u32>,
    mono: Vec<f32>,
    interleaved: Vec<f32>,
    frames: u64,
    samples: u64,
}

impl Downmixer {
    fn mix(&mut self, decoded: &GenericAudioBufferRef<'_>) -> Result<(), AudioError> {
        self.mono.clear();
        let channels = decoded.spec().channels().count();
        if decoded.frames() == 0 || channels == 0 {
            return Ok(());
        }
        check_channels(channels)?;
        self.check_rate(decoded.spec().rate())?;
        self.count_samples(decoded.frames() as u64, channels as u64)?;
        decoded.copy_to_vec_interleaved(&mut self.interleaved);
        let frames = self.interleaved.chunks_exact(channels);
        self.mono.extend(
            frames.map(|frame| {
                frame.iter().copied().map(clamp_sample).sum::<f32>() / channels as f32
            }),
        );
        Ok(())
    }

    fn check_rate(&mut self, rate: u32) -> Result<(), AudioError> {
        match self.sample_rate {
            Some(first) if first != rate => Err(AudioError::SampleRateChanged),
            Some(_) => Ok(()),
            None if !SAMPLE_RATES.contains(&rate) => Err(AudioError::SampleRate(rate)),
            None => {
                self.sample_rate = Some(rate);
                Ok(())
            }
        }
    }

    fn count_samples(&mut self, frames: u64, channels: u64) -> Result<(), AudioError> {
        self.frames += frames;
        self.samples += frames * channels;
        let max_frames = MAX_SOUND_TIME.as_secs() * u64::from(self.sample_rate.unwrap_or_default());
        let too_long = self.frames > max_frames || self.samples > MAX_SAMPLES;
        if too_long { Err(AudioError::TooLong) } else { Ok(()) }
    }
}

/// Floating-point samples may be NaN or infinite, which the resampler would spread to their neighbours.
fn clamp_sample(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) }
}
