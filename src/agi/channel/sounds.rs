//! Playback: the command for each kind of sound, and what happens if a key interrupts it.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::warn;

use super::AgiChannel;
use crate::agi::aborted_command::AgiCommandKind;
use crate::agi::command::AgiCommand;
use crate::agi::quote::AgiCommandError;
use crate::agi::reply::AgiReply;
use crate::channel::digits::DigitCollector;
use crate::channel::{Interruption, KeySet, Sound};
use crate::file_access::FileNeed;
use crate::file_access::explain::explain_in_background;

/// Maximum number of characters of one SAY. No other command interrupts a SAY, and it must end within the timeout of a
/// hand-over. A character takes up to 0.9 s in Asterisk's own sounds.
const MAX_CHARACTERS_PER_SAY: usize = 5;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiChannel<S> {
    /// Plays one sound. A key that the collector accepts ends it if barge-in is allowed; otherwise the sound continues
    /// where the key interrupted it.
    pub(super) async fn play_sound(
        &mut self,
        sound: &Sound,
        collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        match sound {
            Sound::File(_) | Sound::Named(_) | Sound::Url(_) => {
                self.stream_file(sound, collector).await
            }
            Sound::Digits(characters) | Sound::Letters(characters) => {
                self.say(sound, characters, collector).await
            }
            Sound::Tts(_) => {
                let reason = "Asterisk has no text-to-speech of its own";
                warn!(
                    call_id = self.caller.call_id,
                    ?sound,
                    reason,
                    "the switch can't play a sound"
                );
                Ok(())
            }
        }
    }

    async fn stream_file(
        &mut self,
        sound: &Sound,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let mut offset = None;
        loop {
            self.connection.ensure_alive()?;
            let keys =
                collector.as_ref().map_or(KeySet::NONE, |collector| collector.accepted_keys());
            let command = AgiCommand::stream_file(sound_name(sound), keys, offset)?;
            let reply =
                self.connection.run_until_call_ends(command, AgiCommandKind::StreamFile).await?;
            if reply.is_failure() {
                return self.diagnose_playback_failure(sound).await;
            }
            let (Some(key), Some(collector)) = (reply.key(), collector.as_mut()) else {
                return Ok(());
            };
            collector.push_key(key, Instant::now());
            if collector.ends_prompt() {
                return Ok(());
            }
            let AgiReply::Success { endpos, .. } = reply else { return Ok(()) };
            offset = endpos;
        }
    }

    /// The reply to SAY does not tell how much was said. So if a key must not end the prompt, each character is sent as
    /// a separate command: a key cuts off only that character, and the others are still said. Otherwise one command
    /// says several characters.
    async fn say(
        &mut self,
        sound: &Sound,
        characters: &str,
        mut collector: Option<&mut DigitCollector<'_>>,
    ) -> Result<(), Interruption> {
        let barge_in = collector.as_ref().is_none_or(|collector| collector.allows_barge_in());
        let (per_command, mut count) = (if barge_in { MAX_CHARACTERS_PER_SAY } else { 1 }, 0);
        let ends_piece = |_| {
            count += 1;
            count % per_command == 0
        };
        for piece in characters.split_inclusive(ends_piece) {
            self.connection.ensure_alive()?;
            let keys =
                collector.as_ref().map_or(KeySet::NONE, |collector| collector.accepted_keys());
            let command = say_command(sound, piece, keys)?;
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

    /// STREAM FILE and SAY reply -1 both for a missing sound and for a hang-up (`handle_streamfile`, `say_filenames`).
    /// On a dead channel the next command is answered with 511.
    async fn diagnose_playback_failure(&mut self, sound: &Sound) -> Result<(), Interruption> {
        self.connection.ensure_alive()?;
        self.connection.run_command(AgiCommand::channel_status()).await?;
        self.connection.ensure_alive()?;
        warn_unplayable(&self.caller.call_id, sound).await;
        Ok(())
    }
}

/// Logs that a sound was not played. For a file, the permissions are looked at: they are the usual reason.
async fn warn_unplayable(call_id: &str, sound: &Sound) {
    let denied = match sound {
        Sound::File(file) => explain_in_background("asterisk", file, FileNeed::Read).await,
        _ => None,
    };
    let reason = denied.as_ref().map_or(unplayable_reason(sound), |denied| &denied.reason);
    let help = denied.as_ref().map(|denied| &*denied.fix);
    warn!(call_id, ?sound, reason, help, "the switch can't play a sound");
}

/// `res_http_media_cache` stores what it fetches in `astcachedir` and fails if that directory does not exist
/// (`ast_bucket_file_temporary_create` in `main/bucket.c`).
fn unplayable_reason(sound: &Sound) -> &'static str {
    match sound {
        Sound::Url(_) => {
            "not fetched: Asterisk needs res_http_media_cache, res_curl and the directory astcachedir"
        }
        _ => "the file does not exist or has no readable format",
    }
}

fn say_command(
    sound: &Sound,
    characters: &str,
    keys: KeySet,
) -> Result<AgiCommand, AgiCommandError> {
    match (sound, AgiCommand::say_digits(characters, keys)) {
        (Sound::Letters(_), _) | (_, Err(AgiCommandError::NotDigits)) => {
            AgiCommand::say_alpha(characters, keys)
        }
        (_, digits) => digits,
    }
}

/// The name for STREAM FILE: a file name without its extension, but a URL with it, because the extension tells the
/// format (`res_http_media_cache`).
pub(super) fn sound_name(sound: &Sound) -> &str {
    match sound {
        Sound::Named(name) | Sound::Url(name) => name,
        Sound::File(file) => without_extension(file),
        Sound::Digits(_) | Sound::Letters(_) | Sound::Tts(_) => "",
    }
}

pub(super) fn without_extension(file: &str) -> &str {
    match file.rsplit_once('.') {
        Some((name, extension)) if !extension.contains('/') => name,
        _ => file,
    }
}
