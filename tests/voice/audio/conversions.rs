//! Tones, levels and channels of converted sounds.

use dialscript::voice::audio::{EncodedSound, convert};
use dialscript::voice::settings::SoundFormat;

use super::tones::{WavFormat, amplitude, loudest, samples, tone, wav, wav_of_frames};

fn narrow(file: Vec<u8>) -> Vec<i16> {
    let made = convert(file, SoundFormat::Narrow).unwrap();
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].extension, "wav");
    samples(&made[0].bytes, 8000)
}

fn assert_tone(made: &[i16], hertz: f64, rate: u32, wanted: f64, what: &str) {
    let heard = amplitude(made, hertz, rate);
    assert!((heard - wanted).abs() < 0.03, "{what}: {hertz} Hz at {heard} for {wanted}");
    // LAME lowers the level by 5 %.
    let alone = loudest(made);
    assert!(alone < wanted + 0.03, "{what}: something else is heard, {alone} at its peak");
}

#[test]
fn every_sample_rate_width_and_channel_count_gives_the_same_tone() {
    for rate in [8000, 11025, 16000, 22050, 24000, 44100, 48000, 96000] {
        for bits in [8, 16, 24, 32, 0] {
            for channels in [1, 2] {
                let format = WavFormat { channels, rate, bits };
                let half: Vec<_> = tone(1000.0, rate, 0.2).iter().map(|s| s * 0.5).collect();
                let made = narrow(wav(&half, format));
                assert_eq!(
                    made.len(),
                    (half.len() as u32 * 8000).div_ceil(rate) as usize,
                    "{format:?}"
                );
                assert_tone(&made, 1000.0, 8000, 0.5, &format!("{format:?}"));
            }
        }
    }
}

#[test]
fn compressed_files_keep_their_tone() {
    let files = [
        ("stereo-44100.mp3", include_bytes!("../../data/sounds/stereo-44100.mp3").to_vec()),
        ("mono-22050.mp3", include_bytes!("../../data/sounds/mono-22050.mp3").to_vec()),
        ("stereo-44100.ogg", include_bytes!("../../data/sounds/stereo-44100.ogg").to_vec()),
        ("mono-22050.flac", include_bytes!("../../data/sounds/mono-22050.flac").to_vec()),
    ];
    for (name, file) in files {
        let made = narrow(file);
        assert_eq!(made.len(), 4000, "{name} is half a second");
        assert_tone(&made, 1000.0, 8000, 0.5, name);
    }
}

#[test]
fn an_mp3_without_a_length_is_converted_completely() {
    let made = narrow(include_bytes!("../../data/sounds/untagged.mp3").to_vec());
    assert!((4000..4000 + 3 * 576 * 8000 / 22050 + 160).contains(&made.len()), "{}", made.len());
    assert_tone(&made[800..4000], 1000.0, 8000, 0.5, "untagged");
}

#[test]
fn samples_in_the_target_format_are_unchanged() {
    let format = WavFormat { channels: 1, rate: 8000, bits: 16 };
    let odd = (0..9120).map(|n| f64::from((n * 7919) % 65536 - 32768) / 32768.0);
    let file = wav_of_frames(odd, format);
    assert_eq!(narrow(file.clone()), samples(&file, 8000));
    assert_eq!(convert(file.clone(), SoundFormat::Narrow).unwrap()[0].bytes, file);
}

#[test]
fn tones_above_the_nyquist_frequency_are_removed_without_aliasing() {
    for (hertz, rate) in [(6000.0, 44100), (4200.0, 44100), (5000.0, 16000), (7000.0, 22050)] {
        let made = narrow(wav(&tone(hertz, rate, 0.5), WavFormat { channels: 1, rate, bits: 16 }));
        let heard = loudest(&made);
        assert!(heard < 0.001, "{hertz} Hz at {rate} Hz left {heard}");
    }
}

#[test]
fn tones_in_the_telephone_band_are_kept() {
    for rate in [16000, 22050, 44100, 48000] {
        for hertz in [50.0, 300.0, 1000.0, 2500.0, 3400.0, 3700.0] {
            let half: Vec<_> = tone(hertz, rate, 0.3).iter().map(|s| s * 0.5).collect();
            let made = narrow(wav(&half, WavFormat { channels: 1, rate, bits: 16 }));
            assert_tone(&made, hertz, 8000, 0.5, &format!("{rate}"));
        }
    }
}

#[test]
fn one_sound_gives_files_of_both_rates() {
    let file = wav(&tone(5000.0, 44100, 0.5), WavFormat { channels: 2, rate: 44100, bits: 16 });
    let made = convert(file.clone(), SoundFormat::Both).unwrap();
    let [first, second]: [EncodedSound; 2] = made.try_into().unwrap();
    assert_eq!((first.extension, second.extension), ("wav", "wav16"));
    assert_eq!(first.duration, second.duration);
    assert!(loudest(&samples(&first.bytes, 8000)) < 0.001);
    assert!(amplitude(&samples(&second.bytes, 16000), 5000.0, 16000) > 0.98);
    let wide = convert(file, SoundFormat::Wide).unwrap();
    assert_eq!((wide.len(), wide[0].extension), (1, "wav"));
    assert_eq!(wide[0].bytes, second.bytes);
}

#[test]
fn upsampling_adds_no_mirror_frequencies() {
    let half: Vec<_> = tone(1000.0, 8000, 0.5).iter().map(|s| s * 0.5).collect();
    let file = wav(&half, WavFormat { channels: 1, rate: 8000, bits: 16 });
    let made = samples(&convert(file, SoundFormat::Wide).unwrap()[0].bytes, 16000);
    assert_eq!(made.len(), 8000);
    assert_tone(&made, 1000.0, 16000, 0.5, "raised");
    assert!(amplitude(&made, 7000.0, 16000) < 0.001, "the mirror of the tone");
}

#[test]
fn channels_are_mixed_to_one() {
    let format = WavFormat { channels: 2, rate: 44100, bits: 16 };
    let (left, right) = (tone(700.0, 44100, 0.5), tone(1900.0, 44100, 0.5));
    let made = narrow(wav_of_frames(left.into_iter().zip(right).flat_map(|(l, r)| [l, r]), format));
    for hertz in [700.0, 1900.0] {
        let heard = amplitude(&made, hertz, 8000);
        assert!((heard - 0.5).abs() < 0.01, "{hertz} Hz at {heard}");
    }
}

#[test]
fn peaks_are_clipped_and_never_wrap() {
    // A full-scale square wave overshoots in every filter.
    let square = tone(437.0, 44100, 0.5).into_iter().map(f64::signum);
    let made = narrow(wav_of_frames(square, WavFormat { channels: 1, rate: 44100, bits: 16 }));
    assert_eq!(*made.iter().max().unwrap(), i16::MAX);
    assert_eq!(*made.iter().min().unwrap(), i16::MIN);
    let jumps =
        made.windows(2).filter(|pair| (i32::from(pair[0]) - i32::from(pair[1])).abs() > 50_000);
    assert!(jumps.count() < 2 * 437, "a wrapped peak is a jump of its own");
    let heard = amplitude(&made, 437.0, 8000);
    assert!((1.2..1.3).contains(&heard), "a square has 4/π of its first tone: {heard}");
}

#[test]
fn any_floating_point_sample_is_accepted() {
    let format = WavFormat { channels: 1, rate: 22050, bits: 0 };
    let strange = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e-300, 7.0];
    let quiet = tone(1000.0, 22050, 0.5).into_iter().map(|s| s * 0.25);
    let made = narrow(wav_of_frames(strange.into_iter().chain(quiet), format));
    assert_tone(&made, 1000.0, 8000, 0.25, "behind strange samples");
}

#[test]
fn silence_stays_silent() {
    for (rate, bits) in [(44100, 16), (22050, 8), (8000, 0), (48000, 24)] {
        let made = narrow(wav(&vec![0.0; rate as usize], WavFormat { channels: 2, rate, bits }));
        assert_eq!(made, vec![0; 8000], "{rate} Hz, {bits} bits");
    }
}
