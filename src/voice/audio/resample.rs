//! Resampling with a low-pass filter.

use std::ops::Range;

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler as _};

use super::error::AudioError;

/// Length of the filter's block, in samples at the lower of the two rates. A longer block gives a steeper filter: with
/// this one, at 8 kHz, frequencies below 3.8 kHz pass and those above 4 kHz are removed.
const BLOCK_SAMPLES: usize = 512;

pub(super) struct SoundResampler {
    from_hz: u32,
    to_hz: u32,
    /// `None` if both rates are the same: samples then pass unchanged.
    filter: Option<ResampleFilter>,
    samples_in: u64,
    output: Vec<i16>,
}

struct ResampleFilter {
    fft: Fft<f32>,
    /// Input samples that do not fill a block yet.
    pending: Vec<f32>,
    block: Vec<f32>,
    /// The filter delays the sound by some samples. This many samples are still to be dropped from its output.
    remaining_delay: usize,
}

impl SoundResampler {
    /// Both rates are in Hz.
    pub(super) fn new(from: u32, to: u32) -> Result<Self, AudioError> {
        let filter =
            if from == to { None } else { Some(ResampleFilter::new(from as usize, to as usize)?) };
        Ok(Self { from_hz: from, to_hz: to, filter, samples_in: 0, output: Vec::new() })
    }

    pub(super) fn push(&mut self, samples: &[f32]) -> Result<(), AudioError> {
        self.samples_in += samples.len() as u64;
        match &mut self.filter {
            Some(filter) => filter.push(samples, &mut self.output),
            None => {
                self.output.extend(samples.iter().copied().map(to_i16));
                Ok(())
            }
        }
    }

    /// Returns the whole sound. Its duration is exactly that of the input.
    pub(super) fn finish(mut self) -> Result<Vec<i16>, AudioError> {
        let length =
            (self.samples_in * u64::from(self.to_hz)).div_ceil(u64::from(self.from_hz)) as usize;
        if let Some(filter) = &mut self.filter {
            while self.output.len() < length {
                filter.flush(&mut self.output)?;
            }
        }
        self.output.truncate(length);
        Ok(self.output)
    }
}

impl ResampleFilter {
    fn new(from: usize, to: usize) -> Result<Self, AudioError> {
        let chunk = if from > to { BLOCK_SAMPLES * from / to } else { BLOCK_SAMPLES };
        let fft = Fft::new_custom(
            from,
            to,
            chunk,
            1,
            1,
            rubato::WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        );
        let fft = fft.map_err(|_| AudioError::SampleRate(from as u32))?;
        let block = vec![0.0; fft.output_frames_max()];
        Ok(Self { remaining_delay: fft.output_delay(), pending: Vec::new(), block, fft })
    }

    fn push(&mut self, samples: &[f32], output: &mut Vec<i16>) -> Result<(), AudioError> {
        self.pending.extend_from_slice(samples);
        let block_len = self.fft.input_frames_next();
        let mut start = 0;
        while self.pending.len() - start >= block_len {
            self.process(start..start + block_len, output)?;
            start += block_len;
        }
        self.pending.drain(..start);
        Ok(())
    }

    /// Processes the pending samples, followed by silence.
    fn flush(&mut self, output: &mut Vec<i16>) -> Result<(), AudioError> {
        self.process(0..self.pending.len(), output)?;
        self.pending.clear();
        Ok(())
    }

    /// Processes a range of the pending samples: a whole block, or less at the end of the sound.
    fn process(&mut self, range: Range<usize>, output: &mut Vec<i16>) -> Result<(), AudioError> {
        let samples = &self.pending[range];
        let indexing = Indexing::new().partial_len(samples.len());
        let input = SequentialSlice::new(samples, 1, samples.len());
        let input = input.map_err(|_| AudioError::Damaged)?;
        let block_len = self.block.len();
        let block = SequentialSlice::new_mut(&mut self.block, 1, block_len);
        let mut block = block.map_err(|_| AudioError::Damaged)?;
        let resampled = self.fft.process_into_buffer(&input, &mut block, Some(&indexing));
        let (_, written) = resampled.map_err(|_| AudioError::Damaged)?;
        let dropped = self.remaining_delay.min(written);
        self.remaining_delay -= dropped;
        output.extend(self.block[dropped..written].iter().copied().map(to_i16));
        Ok(())
    }
}

/// The filter raises peaks slightly. `as` clips them, because it saturates. A number that wraps around would be heard
/// as a click.
fn to_i16(sample: f32) -> i16 {
    (sample * 32768.0).round() as i16
}
