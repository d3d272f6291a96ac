//! `dialscript sounds list`.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::cli::terminal::{print_line, print_table};
use crate::config::{Diagnostic, LibrarySound, SoundInventory};

/// Prints all sounds as a table, one row per name.
pub(super) fn list(inventory: &SoundInventory) -> Vec<Diagnostic> {
    let names: BTreeSet<&str> = inventory.sounds.iter().map(|sound| sound.name.as_str()).collect();
    if names.is_empty() {
        print_line(&format!(
            "no sounds in {}; add some with: dialscript sounds import FILE...",
            inventory.folder.display()
        ));
        return Vec::new();
    }
    let head = ["NAME", "LANGUAGES", "LENGTH", "FILES", "PLAYED BY"].map(str::to_owned);
    let rows = names.into_iter().map(|name| sound_row(name, inventory));
    print_table(&std::iter::once(head).chain(rows).collect::<Vec<_>>());
    Vec::new()
}

fn sound_row(name: &str, inventory: &SoundInventory) -> [String; 5] {
    let all: Vec<&LibrarySound> =
        inventory.sounds.iter().filter(|sound| sound.name == name).collect();
    let languages = all.iter().map(|sound| sound.language.as_deref().unwrap_or("any"));
    let lengths =
        all.iter().filter_map(|sound| sound_length(&inventory.folder.join(sound.files.first()?)));
    let files = all.iter().flat_map(|sound| &sound.files).filter_map(|file| file.extension());
    let files: BTreeSet<_> = files.map(|extension| extension.to_string_lossy()).collect();
    let scripts = all.iter().flat_map(|sound| &sound.played_by);
    let scripts: BTreeSet<_> = scripts.filter_map(|file| Path::new(file).file_stem()).collect();
    let scripts = scripts.iter().map(|script| script.to_string_lossy());
    [
        name.to_owned(),
        or_dash(languages.collect::<Vec<_>>().join(", ")),
        or_dash(format_lengths(lengths)),
        or_dash(files.into_iter().collect::<Vec<_>>().join(", ")),
        or_dash(scripts.collect::<Vec<_>>().join(", ")),
    ]
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

/// The length of a sound; the range of lengths if its languages differ.
fn format_lengths(lengths: impl Iterator<Item = Duration>) -> String {
    let lengths: BTreeSet<_> = lengths.map(sortable_length).collect();
    match (lengths.first(), lengths.last()) {
        (Some((_, first)), Some((_, last))) if first != last => format!("{first} to {last}"),
        (Some((_, only)), _) => only.clone(),
        _ => String::new(),
    }
}

/// The length as a number, by which lengths are sorted, and as a text.
fn sortable_length(length: Duration) -> (u128, String) {
    (length.as_millis(), super::import::format_length(length))
}

/// The length of a file, computed from its format and size; `None` for formats where that is not possible.
fn sound_length(file: &Path) -> Option<Duration> {
    let bytes = std::fs::metadata(file).ok()?.len();
    let bytes_per_second = match file.extension()?.to_str()? {
        "wav" | "wav16" => return wav_length(file, bytes),
        "sln" => 16_000,
        "sln12" => 24_000,
        "sln16" => 32_000,
        "sln24" => 48_000,
        "sln32" => 64_000,
        "sln44" => 88_200,
        "sln48" => 96_000,
        "sln96" => 192_000,
        "ulaw" | "ul" | "pcm" | "alaw" | "al" | "g722" => 8000,
        "gsm" => 1650,
        _ => return None,
    };
    Some(Duration::from_secs_f64(bytes as f64 / f64::from(bytes_per_second)))
}

/// The length of a WAV file. The header can contain a larger number of frames than the file has.
fn wav_length(file: &Path, bytes: u64) -> Option<Duration> {
    let wav = hound::WavReader::open(file).ok()?;
    let spec = wav.spec();
    let bytes_per_frame = u64::from(spec.channels) * u64::from(spec.bits_per_sample.div_ceil(8));
    let frames = u64::from(wav.duration()).min(bytes.checked_div(bytes_per_frame)?);
    let seconds = frames as f64 / f64::from(spec.sample_rate);
    Duration::try_from_secs_f64(seconds).ok()
}
