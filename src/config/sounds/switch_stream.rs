//! Streams of FreeSWITCH as music: `local_stream://NAME`, `tone_stream://TONES`.

/// Maximum length of the name or of the tones, in bytes.
const MAX_STREAM_BYTES: usize = 200;

/// What to write, for error messages.
pub(super) const STREAM_HELP: &str = "write `local_stream://NAME` with letters, digits and _ - . in the name, or tones \
                                      such as `tone_stream://%(2000,4000,440,480)`; only FreeSWITCH plays them";

/// Whether a value of `music` is meant as a stream of FreeSWITCH.
pub(super) fn is_stream(music: &str) -> bool {
    allowed_characters(music).is_some()
}

/// Whether the stream has nothing that FreeSWITCH interprets: it expands `${…}` and `%[…]`, reads parameters from
/// `{…}`, and reads tones from a file after `path=` (`tone_stream_file_open` in `mod_tone_stream.c`).
pub(super) fn is_valid_stream(music: &str) -> bool {
    let Some((rest, is_allowed)) = allowed_characters(music) else { return false };
    let reads_file = rest.to_ascii_lowercase().contains("path");
    let has_valid_length = (1..=MAX_STREAM_BYTES).contains(&rest.len());
    has_valid_length && !reads_file && rest.chars().all(is_allowed)
}

type CharacterTest = fn(char) -> bool;

/// The part of a stream after its scheme, and which characters it may have.
fn allowed_characters(music: &str) -> Option<(&str, CharacterTest)> {
    let (scheme, rest) = music.split_once("://")?;
    match scheme {
        "local_stream" => Some((rest, |c| c.is_ascii_alphanumeric() || "_-.".contains(c))),
        "tone_stream" => Some((rest, |c| c.is_ascii_alphanumeric() || "%(),.;=+->".contains(c))),
        _ => None,
    }
}
