//! The commands SAY: what Asterisk says with its own sounds.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::AgiChannel;
use crate::agi::aborted_command::AgiCommandKind;
use crate::agi::command::AgiCommand;
use crate::agi::quote::AgiCommandError;
use crate::channel::digits::DigitCollector;
use crate::channel::{Interruption, KeySet, MomentForm, Sound};

/// Maximum number of characters of one SAY. No other command interrupts a SAY, and it must end within the timeout of a
/// hand-over. A character takes up to 0.9 s in Asterisk's own sounds.
const MAX_CHARACTERS_PER_SAY: usize = 5;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiChannel<S> {
    /// The reply to SAY does not tell how much was said. So if a key must not end the prompt, each character and each
    /// part of a date is sent as a separate command: a key cuts off only that one, and the others are still said.
    /// Otherwise one command says several.
    pub(super) async fn say(
        &mut self,
        sound: &Sound,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let barge_in = collector.as_ref().is_none_or(|collector| collector.allows_barge_in());
        for piece in say_pieces(sound, barge_in, &self.language) {
            self.connection.ensure_alive()?;
            let keys =
                collector.as_ref().map_or(KeySet::NONE, |collector| collector.accepted_keys());
            let command = piece.command(keys)?;
            let reply = self.connection.run_until_call_ends(command, AgiCommandKind::Other).await?;
            if reply.is_failure() {
                return self.diagnose_playback_failure(sound).await;
            }
            if let (Some(key), Some(collector)) = (reply.key(), collector.as_mut()) {
                collector.push_key(key, Instant::now());
                if collector.ends_prompt() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// What one command says.
enum SayPiece<'a> {
    Digits(&'a str),
    Letters(&'a str),
    /// The parts of a time in seconds that the format names.
    Moment(i64, &'static str),
}

impl SayPiece<'_> {
    fn command(&self, keys: KeySet) -> Result<AgiCommand, AgiCommandError> {
        match self {
            Self::Letters(letters) => AgiCommand::say_alpha(letters, keys),
            Self::Digits(digits) => match AgiCommand::say_digits(digits, keys) {
                Err(AgiCommandError::NotDigits) => AgiCommand::say_alpha(digits, keys),
                command => command,
            },
            Self::Moment(seconds, format) => AgiCommand::say_datetime(*seconds, format, keys),
        }
    }
}

fn say_pieces<'a>(sound: &'a Sound, barge_in: bool, language: &str) -> Vec<SayPiece<'a>> {
    match sound {
        Sound::Digits(digits) => split(digits, barge_in).map(SayPiece::Digits).collect(),
        Sound::Letters(letters) => split(letters, barge_in).map(SayPiece::Letters).collect(),
        Sound::Moment(moment) => {
            let formats = moment_formats(moment.form, barge_in, is_english(language));
            formats.map(|format| SayPiece::Moment(moment.clock_seconds, format)).collect()
        }
        Sound::File(_) | Sound::Named(_) | Sound::Url(_) | Sound::Tts(_) => Vec::new(),
    }
}

fn split(characters: &str, barge_in: bool) -> impl Iterator<Item = &str> {
    let (per_command, mut count) = (if barge_in { MAX_CHARACTERS_PER_SAY } else { 1 }, 0);
    characters.split_inclusive(move |_| {
        count += 1;
        count % per_command == 0
    })
}

/// The formats of the commands that say a date, a time or both: the weekday (`A`), the month (`B`), the day (`d`) and
/// the year; the hour of 24 (`H`) or of 12 (`I`, with `p` for the half of the day) and the minute. A year takes as long
/// as the rest of a date.
fn moment_formats(
    form: MomentForm,
    barge_in: bool,
    is_english: bool,
) -> impl Iterator<Item = &'static str> {
    let (date, time): (&[_], &[_]) = match (barge_in, is_english) {
        (true, true) => (&["ABd", "Y"], &["IMp"]),
        (true, false) => (&["AdB", "Y"], &["HM"]),
        (false, true) => (&["A", "B", "d", "Y"], &["I", "M", "p"]),
        (false, false) => (&["A", "d", "B", "Y"], &["H", "M"]),
    };
    let (date, time): (&[_], &[_]) = match form {
        MomentForm::Date => (date, &[]),
        MomentForm::Time => (&[], time),
        MomentForm::DateTime => (date, time),
    };
    date.iter().chain(time).copied()
}

fn is_english(language: &str) -> bool {
    language.split(['-', '_']).next().is_some_and(|code| code.eq_ignore_ascii_case("en"))
}
