//! Streams of FreeSWITCH as music: `local_stream://NAME`, `tone_stream://…`.

/// Maximum length of the name or of the tones, in bytes.
const MAX_STREAM_BYTES: usize = 200;

/// What to write, for error messages.
pub(super) const STREAM_HELP: &str = "write `local_stream://NAME` with letters, digits and _ - . in the name, or tones such as \
                                     `tone_stream://%(2000,4000,440,480)`; only FreeSWITCH plays them";

/// Whether a value of `music` is meant as a stream of FreeSWITCH. `None` if it is something else, otherwise whether the
/// stream is valid.
///
/// FreeSWITCH expands `${…}` and `%[…]`, reads parameters from `{…}`, and reads tones from a file after `path=`
/// (`tone_stream_file_open` in `mod_tone_stream.c`). None of these is valid here.
pub(super) fn is_valid_stream(music: &str) -> Option<bool> {
    let (scheme, rest) = music.split_once("://")?;
    let is_allowed: fn(char) -> bool = match scheme {
        "local_stream" => |c| c.is_ascii_alphanumeric() || "_-.".contains(c),
        "tone_stream" => |c| c.is_ascii_alphanumeric() || "%(),.;=+->".contains(c),
        _ => return None,
    };
    let has_file = rest.to_ascii_lowercase().contains("path");
    let is_short = (1..=MAX_STREAM_BYTES).contains(&rest.len());
    Some(is_short && !has_file && rest.chars().all(is_allowed))
}
