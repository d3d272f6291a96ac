//! WAV files of 16-bit samples.

use std::io::Cursor;

use hound::{SampleFormat, WavSpec, WavWriter};

/// A file with these samples. With several channels, the samples are interleaved.
pub(crate) fn wav(rate: u32, channels: u16, samples: impl IntoIterator<Item = i16>) -> Vec<u8> {
    let (bits_per_sample, sample_format) = (16, SampleFormat::Int);
    let spec = WavSpec { channels, sample_rate: rate, bits_per_sample, sample_format };
    let mut file = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut file, spec).unwrap();
    samples.into_iter().for_each(|sample| writer.write_sample(sample).unwrap());
    writer.finalize().unwrap();
    file.into_inner()
}

/// A tone of this length, in the format that a switch plays.
pub(crate) fn tone(milliseconds: u32) -> Vec<u8> {
    wav(8000, 1, (0..milliseconds * 8).map(|n| if n % 16 < 8 { 8000 } else { -8000 }))
}

/// Silence of this length, with one channel.
pub(crate) fn silence(rate: u32, seconds: u32) -> Vec<u8> {
    wav(rate, 1, std::iter::repeat_n(0, (rate * seconds) as usize))
}
