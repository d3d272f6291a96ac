//! Samples of one rate into samples of another, without what the new rate can't carry.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler as _};

use super::BadAudio;

/// Samples of the lower of both rates in one block of the filter. A longer block cuts more sharply: with this one, at
/// 8 kHz, what is below 3.8 kHz stays and what is above 4 kHz is gone.
const BLOCK: usize = 512;

/// A sound on its way to another rate.
pub(super) struct Resampler {
    from: u32,
    to: u32,
    filter: Option<Filter>,
    taken: u64,
    made: Vec<i16>,
}

/// None where the rates are the same: samples are passed on as they are then.
struct Filter {
    fft: Fft<f32>,
    /// Samples that do not fill a block yet.
    waiting: Vec<f32>,
    block: Vec<f32>,
    /// Samples of the filter's own delay that are still to be dropped.
    delay: usize,
}

impl Resampler {
    /// From one rate to another, both in Hz.
    pub(super) fn new(from: u32, to: u32) -> Result<Self, BadAudio> {
        let filter = if from == to { None } else { Some(Filter::new(from as usize, to as usize)?) };
        Ok(Self { from, to, filter, taken: 0, made: Vec::new() })
    }

    /// Takes samples.
    pub(super) fn push(&mut self, samples: &[f32]) -> Result<(), BadAudio> {
        self.taken += samples.len() as u64;
        match &mut self.filter {
            Some(filter) => filter.push(samples, &mut self.made),
            None => {
                self.made.extend(samples.iter().copied().map(whole));
                Ok(())
            }
        }
    }

    /// The whole sound, exactly as long as it was.
    pub(super) fn finish(mut self) -> Result<Vec<i16>, BadAudio> {
        let length = (self.taken * u64::from(self.to)).div_ceil(u64::from(self.from)) as usize;
        if let Some(filter) = &mut self.filter {
            while self.made.len() < length {
                filter.flush(&mut self.made)?;
            }
        }
        self.made.truncate(length);
        Ok(self.made)
    }
}

impl Filter {
    fn new(from: usize, to: usize) -> Result<Self, BadAudio> {
        let chunk = if from > to { BLOCK * from / to } else { BLOCK };
        let fft = Fft::new_custom(
            from,
            to,
            chunk,
            1,
            1,
            rubato::WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        );
        let fft = fft.map_err(|_| BadAudio::Rate(from as u32))?;
        let block = vec![0.0; fft.output_frames_max()];
        Ok(Self { delay: fft.output_delay(), waiting: Vec::new(), block, fft })
    }

    fn push(&mut self, samples: &[f32], made: &mut Vec<i16>) -> Result<(), BadAudio> {
        self.waiting.extend_from_slice(samples);
        let whole = self.fft.input_frames_next();
        let mut done = 0;
        while self.waiting.len() - done >= whole {
            self.process(done, whole, made)?;
            done += whole;
        }
        self.waiting.drain(..done);
        Ok(())
    }

    /// The last samples, and silence behind them.
    fn flush(&mut self, made: &mut Vec<i16>) -> Result<(), BadAudio> {
        self.process(0, self.waiting.len(), made)?;
        self.waiting.clear();
        Ok(())
    }

    fn process(&mut self, at: usize, number: usize, made: &mut Vec<i16>) -> Result<(), BadAudio> {
        let samples = &self.waiting[at..at + number];
        let input = SequentialSlice::new(samples, 1, number).map_err(|_| BadAudio::Damaged)?;
        let room = self.block.len();
        let output = SequentialSlice::new_mut(&mut self.block, 1, room);
        let mut output = output.map_err(|_| BadAudio::Damaged)?;
        let indexing = Indexing::new().partial_len(number);
        let resampled = self.fft.process_into_buffer(&input, &mut output, Some(&indexing));
        let (_, number) = resampled.map_err(|_| BadAudio::Damaged)?;
        let dropped = self.delay.min(number);
        self.delay -= dropped;
        made.extend(self.block[dropped..number].iter().copied().map(whole));
        Ok(())
    }
}

/// A filter makes peaks a little higher than they were: they are cut, since a number that runs over cracks loudly.
fn whole(sample: f32) -> i16 {
    (sample * 32768.0).round() as i16
}
