//! Samples of one rate into samples of another, without what the new rate can't carry.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler as _};

use super::AudioError;

/// Samples of the lower of both rates in one block of the filter. A longer block cuts more sharply: with this one, at
/// 8 kHz, what is below 3.8 kHz stays and what is above 4 kHz is gone.
const BLOCK_SAMPLES: usize = 512;

/// A sound on its way to another rate.
pub(super) struct SoundResampler {
    from_hz: u32,
    to_hz: u32,
    filter: Option<ResampleFilter>,
    samples_in: u64,
    output: Vec<i16>,
}

/// None where the rates are the same: samples are passed on as they are then.
struct ResampleFilter {
    fft: Fft<f32>,
    /// Samples that do not fill a block yet.
    pending: Vec<f32>,
    block: Vec<f32>,
    /// Samples of the filter's own delay that are still to be dropped.
    remaining_delay: usize,
}

impl SoundResampler {
    /// From one rate to another, both in Hz.
    pub(super) fn new(from: u32, to: u32) -> Result<Self, AudioError> {
        let filter =
            if from == to { None } else { Some(ResampleFilter::new(from as usize, to as usize)?) };
        Ok(Self { from_hz: from, to_hz: to, filter, samples_in: 0, output: Vec::new() })
    }

    /// Takes samples.
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

    /// The whole sound, exactly as long as it was.
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

    fn push(&mut self, samples: &[f32], made: &mut Vec<i16>) -> Result<(), AudioError> {
        self.pending.extend_from_slice(samples);
        let whole = self.fft.input_frames_next();
        let mut done = 0;
        while self.pending.len() - done >= whole {
            self.process(done, whole, made)?;
            done += whole;
        }
        self.pending.drain(..done);
        Ok(())
    }

    /// The last samples, and silence behind them.
    fn flush(&mut self, made: &mut Vec<i16>) -> Result<(), AudioError> {
        self.process(0, self.pending.len(), made)?;
        self.pending.clear();
        Ok(())
    }

    fn process(&mut self, at: usize, number: usize, made: &mut Vec<i16>) -> Result<(), AudioError> {
        let samples = &self.pending[at..at + number];
        let input = SequentialSlice::new(samples, 1, number).map_err(|_| AudioError::Damaged)?;
        let room = self.block.len();
        let output = SequentialSlice::new_mut(&mut self.block, 1, room);
        let mut output = output.map_err(|_| AudioError::Damaged)?;
        let indexing = Indexing::new().partial_len(number);
        let resampled = self.fft.process_into_buffer(&input, &mut output, Some(&indexing));
        let (_, number) = resampled.map_err(|_| AudioError::Damaged)?;
        let dropped = self.remaining_delay.min(number);
        self.remaining_delay -= dropped;
        made.extend(self.block[dropped..number].iter().copied().map(to_i16));
        Ok(())
    }
}

/// A filter makes peaks a little higher than they were: they are cut, since a number that runs over cracks loudly.
fn to_i16(sample: f32) -> i16 {
    (sample * 32768.0).round() as i16
}
