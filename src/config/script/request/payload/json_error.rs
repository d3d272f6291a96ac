//! Why a JSON body is not valid, and where in the file.

use std::ops::Range;

use serde::de::IgnoredAny;

use crate::config::script::context::SpannedPiece;
use crate::script::template::TemplatePiece;

/// The message about a body that is not valid JSON, and the range in its text if that is known. `error` is about the
/// text after its placeholders were filled in.
pub(super) fn explain(
    text: &str,
    pieces: &[SpannedPiece],
    error: &serde_json::Error,
) -> (String, Option<Range<usize>>) {
    let sample = same_length(text, pieces);
    let Some(found) = serde_json::from_str::<IgnoredAny>(&sample).err() else {
        return (in_plain_words(error, "").to_owned(), None);
    };
    let at = position(&sample, &found);
    let before = sample[..at.start].trim_end();
    if before.ends_with(',') && sample[at.clone()].starts_with(['}', ']']) {
        let message = "there is a comma after the last item".to_owned();
        return (message, Some(before.len() - 1..before.len()));
    }
    (in_plain_words(&found, &sample[..at.end]).to_owned(), Some(at))
}

/// The text with the digit 1 in place of each byte of a placeholder, so that positions are those in the text.
fn same_length(text: &str, pieces: &[SpannedPiece]) -> String {
    let mut sample = text.to_owned();
    for (at, piece) in pieces {
        if matches!(piece, TemplatePiece::Placeholder(_)) {
            sample.replace_range(at.clone(), &"1".repeat(at.len()));
        }
    }
    sample
}

/// The character that the parser stumbled over. If the text ends too early, its last character.
fn position(text: &str, error: &serde_json::Error) -> Range<usize> {
    let line: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = line + error.column().saturating_sub(1);
    let last = text.trim_end().char_indices().next_back().map_or(0, |(at, _)| at);
    let start = text.floor_char_boundary(at.min(last));
    start..start + text[start..].chars().next().map_or(0, char::len_utf8)
}

/// `read` is the text that was read, with the character that is wrong.
fn in_plain_words(error: &serde_json::Error, read: &str) -> &'static str {
    let digits = &read[read.trim_end_matches(|c: char| c.is_ascii_digit()).len()..];
    let message = error.to_string();
    match message.split(" at line ").next().unwrap_or_default() {
        _ if error.is_eof() => "it ends too early: a quote or a closing bracket is missing",
        "invalid number" if digits.len() > 1 && digits.starts_with('0') => {
            "a number cannot begin with 0"
        }
        "trailing comma" => "there is a comma after the last item",
        "trailing characters" => "there is something after its end",
        "key must be a string" => "a name must be in double quotes",
        "expected value" | "expected ident" => {
            "a value is missing, or is a text without double quotes"
        }
        "expected `,` or `}`" => "a comma or the closing `}` is missing before this",
        "expected `,` or `]`" => "a comma or the closing `]` is missing before this",
        "expected `:`" => "a name is followed by `:` and a value",
        "invalid escape" => "a backslash begins an escape such as `\\n`",
        "invalid number" => "this is not a number of JSON",
        _ if message.starts_with("control character") => {
            "a line break or a tab in quotes is written as `\\n` or `\\t`"
        }
        _ => "it has a syntax error here",
    }
}
