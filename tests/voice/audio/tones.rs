//! Tones, WAV files of tones, and the amplitude of a tone in a file.

use std::f64::consts::TAU;
use std::io::Cursor;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

/// A tone at an amplitude of 1.
pub(crate) fn tone(hertz: f64, rate: u32, seconds: f64) -> Vec<f64> {
    let samples = (seconds * f64::from(rate)).round() as usize;
    (0..samples).map(|n| (TAU * hertz * n as f64 / f64::from(rate)).sin()).collect()
}

/// The format of a WAV file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WavFormat {
    pub(crate) channels: u16,
    pub(crate) rate: u32,
    /// 8, 16, 24, 32, or 0 for floating point.
    pub(crate) bits: u16,
}

/// A WAV file with the same samples in every channel.
pub(crate) fn wav(samples: &[f64], format: WavFormat) -> Vec<u8> {
    let many = usize::from(format.channels);
    let frames = samples.iter().flat_map(|sample| std::iter::repeat_n(*sample, many));
    wav_of_frames(frames, format)
}

/// A WAV file of interleaved samples.
pub(crate) fn wav_of_frames(samples: impl Iterator<Item = f64>, format: WavFormat) -> Vec<u8> {
    let (bits_per_sample, sample_format) = match format.bits {
        0 => (32, SampleFormat::Float),
        bits => (bits, SampleFormat::Int),
    };
    let (channels, sample_rate) = (format.channels, format.rate);
    let spec = WavSpec { channels, sample_rate, bits_per_sample, sample_format };
    let mut file = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut file, spec).unwrap();
    for sample in samples {
        match format.bits {
            0 => writer.write_sample(sample as f32).unwrap(),
            bits => {
                let most = f64::from(1u32 << (bits - 1));
                let whole = (sample * most).round().clamp(-most, most - 1.0);
                writer.write_sample(whole as i32).unwrap();
            }
        }
    }
    writer.finalize().unwrap();
    file.into_inner()
}

/// The samples of a converted file, which must be 16-bit mono at `rate`.
pub(crate) fn samples(file: &[u8], rate: u32) -> Vec<i16> {
    let mut reader = WavReader::new(file).unwrap();
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (1, rate, 16));
    assert_eq!(spec.sample_format, SampleFormat::Int);
    reader.samples::<i16>().map(Result::unwrap).collect()
}

/// The amplitude of a tone, 1 being full scale: a single line of the Fourier transform, with a window that lets no
/// other tone leak into it. The first and last tenth, where a tone begins and ends, are left out.
pub(crate) fn amplitude(samples: &[i16], hertz: f64, rate: u32) -> f64 {
    let margin = samples.len() / 10;
    let middle = &samples[margin..samples.len() - margin];
    let (mut real, mut imaginary, mut weight) = (0.0, 0.0, 0.0);
    for (n, sample) in middle.iter().enumerate() {
        let at = TAU * n as f64 / middle.len() as f64;
        let window = 0.42 - 0.5 * at.cos() + 0.08 * (2.0 * at).cos();
        let phase = TAU * hertz * n as f64 / f64::from(rate);
        real += f64::from(*sample) * window * phase.cos();
        imaginary += f64::from(*sample) * window * phase.sin();
        weight += window;
    }
    2.0 * real.hypot(imaginary) / weight / 32768.0
}

/// The loudest sample, 1 being full scale, the first and last tenth left out.
pub(crate) fn loudest(samples: &[i16]) -> f64 {
    let margin = samples.len() / 10;
    let middle = &samples[margin..samples.len() - margin];
    middle.iter().map(|sample| f64::from(*sample).abs()).fold(0.0, f64::max) / 32768.0
}
