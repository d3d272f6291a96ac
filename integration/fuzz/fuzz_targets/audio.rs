//! Any bytes either convert to a sound or are rejected; no converted sound is longer than 15 minutes.
//!
//! `cargo fuzz run --fuzz-dir integration/fuzz -s none audio`. Use real sound files as the initial corpus.
#![no_main]

use std::time::Duration;

use dialscript::voice::audio::convert;
use dialscript::voice::settings::SoundFormat;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    for sound in convert(input.to_vec(), SoundFormat::Both).into_iter().flatten() {
        assert!(sound.duration <= Duration::from_secs(15 * 60), "{:?}", sound.duration);
    }
});
