//! The length of converted sounds: that of the samples, rounded up to 20 ms, whatever the header says.

use std::time::{Duration, Instant};

use dialscript::voice::audio::{AudioError, convert};
use dialscript::voice::settings::SoundFormat;

use super::tones::{WavFormat, amplitude, loudest, samples, tone, wav};
use crate::support::data;

fn narrow(file: Vec<u8>) -> Vec<i16> {
    samples(&convert(file, SoundFormat::Narrow).unwrap()[0].bytes, 8000)
}

#[test]
fn the_length_is_kept_and_padded_with_silence_to_whole_frames() {
    for rate in [8000u32, 16000, 22050, 44100, 48000, 11027] {
        for frames in [1usize, 2, 80, 81, 8000, 22051] {
            let file = wav(&vec![0.25; frames], WavFormat { channels: 1, rate, bits: 16 });
            let made = convert(file, SoundFormat::Narrow).unwrap();
            let sound = (frames as f64 * 8000.0 / f64::from(rate)).ceil() as usize;
            let wanted = sound.next_multiple_of(160);
            let made_samples = samples(&made[0].bytes, 8000);
            assert_eq!(made_samples.len(), wanted, "{frames} at {rate} Hz");
            assert!(made_samples[sound..].iter().all(|sample| *sample == 0));
            let length = Duration::from_secs_f64(wanted as f64 / 8000.0);
            assert_eq!(made[0].duration, length);
        }
    }
}

#[test]
fn the_start_and_the_end_of_a_sound_do_not_move() {
    let mut clicks = vec![0.0; 44100];
    (clicks[100], clicks[44000]) = (1.0, -1.0);
    let made = narrow(wav(&clicks, WavFormat { channels: 1, rate: 44100, bits: 16 }));
    let first = made.iter().enumerate().max_by_key(|(_, sample)| **sample).unwrap().0;
    let last = made.iter().enumerate().min_by_key(|(_, sample)| **sample).unwrap().0;
    assert_eq!((first, last), (100 * 8000 / 44100, 44000 * 8000 / 44100 + 1));
}

/// `espeak-ng --stdout` can't know the length when it writes the header.
#[test]
fn a_length_in_the_header_beyond_the_file_is_ignored() {
    let whole = wav(&tone(1000.0, 22050, 1.0), WavFormat { channels: 1, rate: 22050, bits: 16 });
    for length in [0x7fff_f000u32, 0xffff_ffff, 0x7fff_ffff, 100_000] {
        let mut file = whole.clone();
        file[4..8].copy_from_slice(&length.wrapping_add(36).to_le_bytes());
        file[40..44].copy_from_slice(&length.to_le_bytes());
        let began = Instant::now();
        let made = narrow(file);
        assert_eq!(made.len(), 8000, "{length:#x}");
        assert!(amplitude(&made, 1000.0, 8000) > 0.98);
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn a_truncated_file_is_converted_up_to_its_end() {
    let whole = wav(&tone(1000.0, 44100, 2.0), WavFormat { channels: 2, rate: 44100, bits: 24 });
    let frames = 50_001;
    for ragged in 0..6 {
        let made = narrow(whole[..68 + frames * 6 + ragged].to_vec());
        let wanted = (frames * 8000).div_ceil(44100).next_multiple_of(160);
        assert_eq!(made.len(), wanted, "{ragged} bytes of the next");
        assert!((loudest(&made) - 1.0).abs() < 0.03);
    }
    // The Ogg file has all its sound in one page.
    for name in ["stereo-44100.mp3", "mono-22050.flac"] {
        let path = data::path(&format!("sounds/{name}"));
        let file = std::fs::read(path).unwrap();
        let made = narrow(file[..file.len() * 4 / 5].to_vec());
        assert!((1000..4000).contains(&made.len()), "{name}: {} samples", made.len());
    }
}

#[test]
fn metadata_around_a_sound_is_not_converted() {
    let file = include_bytes!("../../data/sounds/stereo-44100.mp3");
    let picture = [b"ID3\x03\0\0\0\0\x4e\x20", &[0xff; 10_016][..]].concat();
    let title = [b"TAG", &[b'x'; 125][..]].concat();
    assert_eq!(narrow([&picture, &file[..], &title].concat()), narrow(file.to_vec()));
}

#[test]
fn frames_of_odd_width_stay_aligned_in_long_files() {
    let format = WavFormat { channels: 1, rate: 16000, bits: 24 };
    let made = narrow(wav(&tone(1000.0, 16000, 20.0), format));
    assert_eq!(made.len(), 160_000);
    assert!((loudest(&made) - 1.0).abs() < 0.01);
    assert!(amplitude(&made, 1000.0, 8000) > 0.98);
}

#[test]
fn a_sound_longer_than_15_minutes_is_refused() {
    let samples = vec![0.0; 15 * 60 * 8000 + 1];
    let longer = wav(&samples, WavFormat { channels: 1, rate: 8000, bits: 8 });
    assert_eq!(convert(longer, SoundFormat::Narrow), Err(AudioError::TooLong));
}
