//! Playback: the command for each kind of sound, and what happens if a key interrupts it.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::warn;

use super::AgiChannel;
use crate::agi::aborted_command::AgiCommandKind;
use crate::agi::command::AgiCommand;
use crate::agi::reply::AgiReply;
use crate::channel::digits::DigitCollector;
use crate::channel::{Interruption, KeySet, Sound};
use crate::file_access::FileNeed;
use crate::file_access::explain::explain_in_background;

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
            Sound::Digits(_) | Sound::Letters(_) | Sound::Moment(_) => {
                self.say(sound, collector).await
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

    /// STREAM FILE and SAY reply -1 both for a missing sound and for a hang-up (`handle_streamfile`, `say_filenames`).
    /// On a dead channel the next command is answered with 511.
    pub(super) async fn diagnose_playback_failure(
        &mut self,
        sound: &Sound,
    ) -> Result<(), Interruption> {
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

/// The name for STREAM FILE: a file name without its extension, but a URL with it, because the extension tells the
/// format (`res_http_media_cache`).
pub(super) fn sound_name(sound: &Sound) -> &str {
    match sound {
        Sound::Named(name) | Sound::Url(name) => name,
        Sound::File(file) => without_extension(file),
        Sound::Digits(_) | Sound::Letters(_) | Sound::Moment(_) | Sound::Tts(_) => "",
    }
}

pub(super) fn without_extension(file: &str) -> &str {
    match file.rsplit_once('.') {
        Some((name, extension)) if !extension.contains('/') => name,
        _ => file,
    }
}
