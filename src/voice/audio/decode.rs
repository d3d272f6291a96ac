//! Files into samples, mixed down to one channel.

use std::io::Cursor;

use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;

use super::{BadAudio, LONGEST};

/// More channels than any sound for people has.
const MOST_CHANNELS: usize = 8;
/// Rates that sounds are made at, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 4000..=192_000;
/// Most samples of all channels: the longest sound in stereo at 96 kHz.
const MOST_SAMPLES: u64 = LONGEST.as_secs() * 2 * 96_000;
/// So many packets that can't be read are passed over; more only where most can.
const FEW: u64 = 8;

/// A file that is being read.
pub(super) struct Decoder {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    mixer: Mixer,
    /// Packets that could be read, and that could not.
    packets: (u64, u64),
}

impl Decoder {
    /// Finds out what a file is.
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, BadAudio> {
        let opus = is_opus(&bytes);
        let or_opus = |otherwise| if opus { BadAudio::Opus } else { otherwise };
        let format = probed(bytes).map_err(|_| or_opus(BadAudio::Unknown))?;
        let track = format.default_track(TrackType::Audio);
        let parameters = track.and_then(|track| Some((track.id, track.codec_params.as_ref()?)));
        let (track, parameters) = parameters.ok_or_else(|| or_opus(BadAudio::Coding))?;
        let parameters = parameters.audio().ok_or(BadAudio::Coding)?;
        // A decoder takes memory for every channel, however little sound follows.
        check_channels(parameters.channels.as_ref().map_or(0, |channels| channels.count()))?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|_| or_opus(BadAudio::Coding))?;
        Ok(Self { format, decoder, track, mixer: Mixer::default(), packets: (0, 0) })
    }

    /// The next samples, with their rate in Hz; never none. `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u32, &[f32])>, BadAudio> {
        while let Some(packet) = self.packet()? {
            match self.decoder.decode(&packet) {
                Ok(decoded) => {
                    self.packets.0 += 1;
                    self.mixer.mix(&decoded)?;
                    if !self.mixer.mono.is_empty() {
                        return Ok(self.mixer.rate.map(|rate| (rate, self.mixer.mono.as_slice())));
                    }
                }
                Err(_) => self.unreadable()?,
            }
        }
        Ok(None)
    }

    /// The next packet of the sound. A header may promise more than there is: `espeak-ng --stdout` does.
    fn packet(&mut self) -> Result<Option<Packet>, BadAudio> {
        loop {
            match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id != self.track => {}
                Ok(packet) => return Ok(packet),
                Err(Error::IoError(_)) => return Ok(None),
                Err(Error::ResetRequired) => return Err(BadAudio::Joined),
                Err(_) => return Err(BadAudio::Damaged),
            }
        }
    }

    fn unreadable(&mut self) -> Result<(), BadAudio> {
        let (read, unreadable) = &mut self.packets;
        *unreadable += 1;
        if *unreadable > FEW && *unreadable > *read { Err(BadAudio::Damaged) } else { Ok(()) }
    }
}

fn probed(bytes: Vec<u8>) -> Result<Box<dyn FormatReader>, Error> {
    let source = Box::new(ReadOnlySource::new(Cursor::new(without_length(bytes))));
    let source = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    let (formats, metadata) = (FormatOptions::default(), MetadataOptions::default());
    symphonia::default::get_probe().probe(&Hint::new(), source, formats, metadata)
}

/// A program that writes a WAV to a pipe can't know its length, and each puts another number there: this one is known
/// to mean nothing.
fn without_length(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(b"RIFF")
        && let Some(length) = bytes.get_mut(4..8)
    {
        length.fill(0xff);
    }
    bytes
}

/// The first packet of Opus in Ogg begins with its name.
fn is_opus(bytes: &[u8]) -> bool {
    bytes.starts_with(b"OggS") && bytes[..bytes.len().min(512)].windows(8).any(|w| w == b"OpusHead")
}

fn check_channels(channels: usize) -> Result<(), BadAudio> {
    if channels > MOST_CHANNELS { Err(BadAudio::Channels(channels)) } else { Ok(()) }
}

/// Mixes channels down, and counts.
#[derive(Default)]
struct Mixer {
    /// Of the first samples: a sound has one.
    rate: Option<u32>,
    mono: Vec<f32>,
    interleaved: Vec<f32>,
    frames: u64,
    samples: u64,
}

impl Mixer {
    fn mix(&mut self, decoded: &GenericAudioBufferRef<'_>) -> Result<(), BadAudio> {
        self.mono.clear();
        let channels = decoded.spec().channels().count();
        if decoded.frames() == 0 || channels == 0 {
            return Ok(());
        }
        check_channels(channels)?;
        self.check_rate(decoded.spec().rate())?;
        self.count(decoded.frames() as u64, channels as u64)?;
        decoded.copy_to_vec_interleaved(&mut self.interleaved);
        let frames = self.interleaved.chunks_exact(channels);
        self.mono.extend(
            frames.map(|frame| frame.iter().copied().map(bounded).sum::<f32>() / channels as f32),
        );
        Ok(())
    }

    fn check_rate(&mut self, rate: u32) -> Result<(), BadAudio> {
        match self.rate {
            Some(first) if first != rate => Err(BadAudio::Joined),
            Some(_) => Ok(()),
            None if !RATES.contains(&rate) => Err(BadAudio::Rate(rate)),
            None => {
                self.rate = Some(rate);
                Ok(())
            }
        }
    }

    fn count(&mut self, frames: u64, channels: u64) -> Result<(), BadAudio> {
        self.frames += frames;
        self.samples += frames * channels;
        let longest = LONGEST.as_secs() * u64::from(self.rate.unwrap_or_default());
        let long = self.frames > longest || self.samples > MOST_SAMPLES;
        if long { Err(BadAudio::Long) } else { Ok(()) }
    }
}

/// Samples of floating point may be anything, and one endless sample would spoil its neighbours.
fn bounded(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) }
}
