//! Files that are not sounds, and hostile files.

use std::time::{Duration, Instant};

use dialscript::voice::audio::{AudioError, MAX_FILE_BYTES, convert};
use dialscript::voice::settings::SoundFormat;
use proptest::prelude::*;

use super::tones::{WavFormat, tone, wav};

const SAMPLES: [&[u8]; 4] = [
    include_bytes!("../../data/sounds/stereo-44100.mp3"),
    include_bytes!("../../data/sounds/stereo-44100.ogg"),
    include_bytes!("../../data/sounds/mono-22050.flac"),
    include_bytes!("../../data/sounds/mono-22050.mp3"),
];

fn short() -> Vec<u8> {
    wav(&tone(1000.0, 22050, 0.1), WavFormat { channels: 2, rate: 22050, bits: 16 })
}

fn narrow(file: &[u8]) -> Result<(), AudioError> {
    convert(file.to_vec(), SoundFormat::Narrow).map(drop)
}

#[test]
fn a_file_that_is_not_a_sound_is_an_error_with_a_clear_message() {
    assert_eq!(narrow(b""), Err(AudioError::UnknownFormat));
    assert_eq!(narrow(b"<!doctype html><title>Not found</title>"), Err(AudioError::UnknownFormat));
    assert_eq!(narrow(&[0; 100_000]), Err(AudioError::UnknownFormat));
    assert_eq!(narrow(&short()[..44]), Err(AudioError::Empty));
    assert_eq!(
        convert(vec![0; MAX_FILE_BYTES + 1], SoundFormat::Narrow),
        Err(AudioError::TooLarge)
    );
    let text = AudioError::UnknownFormat.to_string();
    assert_eq!(text, "not a supported sound file: use MP3, Ogg Vorbis, FLAC or WAV");
}

#[test]
fn an_opus_file_is_named_in_the_error() {
    let mut page = b"OggS\0\x02".to_vec();
    page.extend([0; 20]);
    page.extend(b"\x01\x13OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0");
    assert_eq!(narrow(&page), Err(AudioError::Opus));
}

#[test]
fn rates_and_channel_counts_out_of_range_are_refused_before_conversion() {
    let with = |at: usize, bytes: &[u8]| {
        let mut file = short();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        narrow(&file)
    };
    for rate in [1u32, 3999, 192_001, u32::MAX] {
        assert_eq!(with(24, &rate.to_le_bytes()), Err(AudioError::SampleRate(rate)), "{rate} Hz");
    }
    assert!(with(24, &0u32.to_le_bytes()).is_err());
    assert_eq!(with(22, &9u16.to_le_bytes()), Err(AudioError::TooManyChannels(9)));
    // The last of these makes symphonia's reader panic in builds with overflow checks.
    for channels in [0u16, 65535] {
        let began = Instant::now();
        assert!(with(22, &channels.to_le_bytes()).is_err(), "{channels} channels");
        assert!(began.elapsed() < Duration::from_secs(2));
    }
    let odd = wav(&tone(1000.0, 191_999, 0.1), WavFormat { channels: 1, rate: 191_999, bits: 16 });
    let began = Instant::now();
    assert_eq!(narrow(&odd), Ok(()), "a rate with no divisor");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_damaged_file_is_converted_in_part_or_refused() {
    for sample in SAMPLES.into_iter().chain([short().as_slice()]) {
        for step in [3, 17, 101] {
            let mut file = sample.to_vec();
            for at in (50..file.len()).step_by(step) {
                file[at] ^= 0x55;
            }
            drop(narrow(&file));
        }
    }
}

fn in_time(file: Vec<u8>) -> Result<(), TestCaseError> {
    let began = Instant::now();
    drop(convert(file, SoundFormat::Both));
    prop_assert!(began.elapsed() < Duration::from_secs(5));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_conversion_of_random_bytes_ends_in_time(file in prop::collection::vec(any::<u8>(), 0..4096)) {
        in_time(file)?;
    }

    #[test]
    fn the_conversion_of_random_bytes_after_a_valid_header_ends_in_time(
        beginning in prop::sample::select(vec![
            &b"RIFF\xff\xff\xff\x7fWAVEfmt "[..], b"fLaC\0\0\0\x22", b"OggS\0\x02", b"ID3\x04\0\0", b"\xff\xfb\x90\x64",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..4096),
    ) {
        in_time([beginning, &rest].concat())?;
    }

    #[test]
    fn the_conversion_of_a_file_with_a_few_wrong_bytes_ends_in_time(
        sample in prop::sample::select(SAMPLES.to_vec()),
        wrong in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut file = sample.to_vec();
        for (at, byte) in wrong {
            let at = at.index(file.len().min(600));
            file[at] = byte;
        }
        in_time(file)?;
    }
}
