//! Any bytes are a sound, or none: what is made of them is never longer than a sound may be.
//!
//! `cargo fuzz run --fuzz-dir integration/fuzz -s none audio`. Begin with a folder of real sounds.
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
