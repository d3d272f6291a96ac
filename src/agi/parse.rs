//! The grammar of a message from Asterisk.
//!
//! The input is a complete frame without its last newline. So nom's *complete* parsers are used: a frame that ends
//! early is invalid, not incomplete. Two replies are not parsed, since none of our commands gets them: `100 result=0
//! Trying...` and `200 result=0 Gosub complete` (GOSUB).

use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_till, take_until};
use nom::character::complete::{i64 as decimal, u32 as count};
use nom::combinator::{all_consuming, eof, map, opt, recognize, rest, value};
use nom::error::{Error, ErrorKind};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// Last line of a `520-` block (`agi_handle_command`).
const END_OF_USAGE: &[u8] = b"520 End of proper usage.";

/// The content of a frame that follows the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AgiFrame<'a> {
    /// `HANGUP`: the caller has hung up (`run_agi`).
    Hangup,
    /// `200 result=…`
    Success(AgiSuccess<'a>),
    /// `200 result=1 (speech) endpos=… results=N …`: the most likely text; empty if the engine recognized nothing
    /// (`handle_speechrecognize`).
    Speech(&'a [u8]),
    /// `200 result=1 (digit) digit=… endpos=…`: a key ended the recognition (`handle_speechrecognize`).
    Digit(u8),
    /// `510 …`: there is no such command.
    Unknown,
    /// `511 …`: the command needs a channel that is not hung up.
    Dead,
    /// `520 …`: the text after the code, or the lines between the first and the last of a block.
    Usage(&'a [u8]),
}

/// The parts of `200 result=RESULT (NOTE) endpos=ENDPOS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AgiSuccess<'a> {
    /// The text between `result=` and the next space: empty, `0`, `-1`, `12*4`.
    pub(super) result: &'a [u8],
    /// The text in parentheses. Asterisk escapes nothing in it.
    pub(super) note: Option<&'a [u8]>,
    /// Number of samples. CONTROL STREAM FILE counts milliseconds instead, and its `-1` ("to the end") is `None` here.
    pub(super) endpos: Option<u64>,
}

/// A message of several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AgiBlock {
    /// `200 result=1 (` without the closing parenthesis: a value that contains newlines.
    Value,
    /// `520-`
    Usage,
}

impl AgiBlock {
    /// The block that the line begins, or `None` if the line is a complete message.
    pub(super) fn opened_by(line: &[u8]) -> Option<Self> {
        if line.starts_with(b"520-") {
            return Some(Self::Usage);
        }
        if recognition(line).is_ok() {
            return None;
        }
        let (note, _) = (result, tag(" (")).parse(line).ok()?;
        note_to_end(note).is_err().then_some(Self::Value)
    }

    /// Whether the line is the last of the block.
    ///
    /// Asterisk does not escape a value. If a line in the value ends with `)`, it is taken for the last line. The rest
    /// of the value is then an invalid message, and the connection can no longer be used.
    pub(super) fn closed_by(self, line: &[u8]) -> bool {
        match self {
            Self::Value => note_to_end(line).is_ok(),
            Self::Usage => line.ends_with(END_OF_USAGE),
        }
    }
}

/// Parses a frame: one line, or all lines of a block. `None` if Asterisk sends no such message.
pub(super) fn parse_frame(input: &[u8]) -> Option<AgiFrame<'_>> {
    let parsed = all_consuming(alt((
        value(AgiFrame::Hangup, (tag("HANGUP"), eof)),
        recognition,
        map(success, AgiFrame::Success),
        value(AgiFrame::Unknown, status_code("510")),
        value(AgiFrame::Dead, status_code("511")),
        map(usage, AgiFrame::Usage),
    )))
    .parse(input);
    parsed.ok().map(|(_, frame)| frame)
}

/// Splits `agi_key: value` at the first `: ` and removes `agi_`. `None` if the line has another form.
///
/// Asterisk does not escape the value (`setup_env`). It may be empty, and it may contain `: `.
pub(super) fn parse_environment_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let key = terminated(take_till(|byte| byte == b':'), tag(": "));
    let (_, pair) = preceded(tag("agi_"), (key, rest::<_, Error<_>>)).parse(line).ok()?;
    Some(pair)
}

fn success(input: &[u8]) -> IResult<&[u8], AgiSuccess<'_>> {
    let (input, result) = result(input)?;
    let nothing = value((None, None), eof);
    let position = map(terminated(endpos, eof), |endpos| (None, endpos));
    let note = map(preceded(tag(" ("), note_to_end), |(note, endpos)| (Some(note), endpos));
    let (input, (note, endpos)) = alt((nothing, position, note)).parse(input)?;
    Ok((input, AgiSuccess { result, note, endpos }))
}

fn result(input: &[u8]) -> IResult<&[u8], &[u8]> {
    preceded(tag("200 result="), take_till(|byte| byte == b' ')).parse(input)
}

/// ` endpos=N` (`handle_streamfile`, `handle_recordfile`).
fn endpos(input: &[u8]) -> IResult<&[u8], Option<u64>> {
    preceded(tag(" endpos="), map(decimal, |number| u64::try_from(number).ok())).parse(input)
}

/// `note)` or `note) endpos=N`, up to the end of the input. The note may contain parentheses itself, so it ends at the
/// last one.
fn note_to_end(input: &[u8]) -> IResult<&[u8], (&[u8], Option<u64>)> {
    let close = input.iter().rposition(|&byte| byte == b')').ok_or_else(|| parse_error(input))?;
    let (note, after) = (&input[..close], &input[close + 1..]);
    let (after, endpos) = terminated(opt(endpos), eof).parse(after)?;
    Ok((after, (note, endpos.flatten())))
}

fn parse_error(input: &[u8]) -> nom::Err<Error<&[u8]>> {
    nom::Err::Error(Error::new(input, ErrorKind::Char))
}

/// The replies that only SPEECH RECOGNIZE sends. A variable's value could look like one of them, but we request no
/// value that comes from outside.
fn recognition(input: &[u8]) -> IResult<&[u8], AgiFrame<'_>> {
    let speech = preceded((endpos, tag(" results="), count, tag(" ")), map(rest, best_hypothesis));
    let key = delimited(tag(" digit="), take(1_usize), (endpos, eof));
    alt((
        map(preceded(tag("200 result=1 (speech)"), speech), AgiFrame::Speech),
        map(preceded(tag("200 result=1 (digit)"), key), |key: &[u8]| AgiFrame::Digit(key[0])),
    ))
    .parse(input)
}

/// The text with the highest score; the first if several have the same score. Asterisk truncates a list of more than
/// 4,096 bytes; the incomplete last entry is ignored.
fn best_hypothesis(mut list: &[u8]) -> &[u8] {
    let mut best: Option<(i64, &[u8])> = None;
    while let Ok((after, (score, text))) = hypothesis(list) {
        if best.is_none_or(|(highest, _)| score > highest) {
            best = Some((score, text));
        }
        list = after;
    }
    best.map_or(b"", |(_, text)| text)
}

/// `score0=… text0="…" grammar0=…`. Asterisk escapes nothing in the text, so it ends where `grammar` follows.
fn hypothesis(input: &[u8]) -> IResult<&[u8], (i64, &[u8])> {
    let score = preceded((tag("score"), count, tag("=")), decimal);
    let text =
        delimited((tag(" text"), count, tag("=\"")), take_until("\" grammar"), tag("\" grammar"));
    let grammar = alt((recognize((take_until(" score"), tag(" "))), rest));
    terminated((score, text), grammar).parse(input)
}

/// A status code with any text after it. The texts differ between versions, and some contain `result=`.
fn status_code<'a>(
    code: &'static str,
) -> impl Parser<&'a [u8], Output = &'a [u8], Error = Error<&'a [u8]>> {
    preceded(tag(code), recognize(alt((eof, preceded(tag(" "), rest)))))
}

fn usage(input: &[u8]) -> IResult<&[u8], &[u8]> {
    alt((usage_block, preceded(tag("520 "), rest))).parse(input)
}

fn usage_block(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (input, _) = (tag("520-"), take_till(|byte| byte == b'\n'), tag("\n")).parse(input)?;
    let text = input.strip_suffix(END_OF_USAGE).ok_or_else(|| parse_error(input))?;
    Ok((b"", text.strip_suffix(b"\n").unwrap_or(text)))
}
