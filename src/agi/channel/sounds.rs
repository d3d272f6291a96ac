//! Sounds: what plays each kind, and what a key does to it.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::warn;

use super::AgiChannel;
use crate::agi::command::Command;
use crate::agi::link::Running;
use crate::agi::quote::Unsendable;
use crate::agi::reply::Reply;
use crate::channel::digits::Collector;
use crate::channel::{Interrupted, Sound};

/// Most signs of one SAY. No other command ends it, and they have to be said within the time to hand a call over: a sign
/// takes up to 0.9 s in Asterisk's own sounds.
const MOST_SIGNS: usize = 5;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiChannel<S> {
    /// Plays one sound; the keys that `collector` takes end it. Without barge-in it goes on where the key ended it.
    pub(super) async fn sound(
        &mut self,
        sound: &Sound,
        collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        match sound {
            Sound::File(_) | Sound::OfSwitch(_) | Sound::Served(_) => {
                self.stream(sound, collector).await
            }
            Sound::Digits(signs) | Sound::Letters(signs) => self.say(sound, signs, collector).await,
            Sound::Spoken(_) => {
                self.warn_of(sound, "Asterisk speaks no texts");
                Ok(())
            }
        }
    }

    async fn stream(
        &mut self,
        sound: &Sound,
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        let mut offset = None;
        loop {
            self.link.alive()?;
            let keys = collector.as_ref().map_or(String::new(), |collector| collector.keys());
            let command = Command::stream_file(name(sound), &keys, offset)?;
            let reply = self.link.run(command, Running::Stream, self.link.rest()).await?;
            if reply.is_failure() {
                return self.explain_failure(sound).await;
            }
            let (Some(key), Some(collector)) = (reply.key(), collector.as_mut()) else {
                return Ok(());
            };
            collector.key(key, Instant::now());
            if collector.ends_prompt() {
                return Ok(());
            }
            let Reply::Success { endpos, .. } = reply else { return Ok(()) };
            offset = endpos;
        }
    }

    /// Nothing tells how far a SAY came, so where a key must not end the prompt each sign is a command of its own: the
    /// key cuts that one short, and the rest is said. Elsewhere a command has a few of them.
    async fn say(
        &mut self,
        sound: &Sound,
        signs: &str,
        mut collector: Option<&mut Collector<'_>>,
    ) -> Result<(), Interrupted> {
        let barges_in = collector.as_ref().is_none_or(|collector| collector.barges_in());
        let (at_once, mut said) = (if barges_in { MOST_SIGNS } else { 1 }, 0);
        let ends_piece = |_| {
            said += 1;
            said % at_once == 0
        };
        for piece in signs.split_inclusive(ends_piece) {
            self.link.alive()?;
            let keys = collector.as_ref().map_or(String::new(), |collector| collector.keys());
            let command = saying(sound, piece, &keys)?;
            let reply = self.link.run(command, Running::Other, self.link.rest()).await?;
            if reply.is_failure() {
                return self.explain_failure(sound).await;
            }
            if let (Some(key), Some(collector)) = (reply.key(), collector.as_mut()) {
                collector.key(key, Instant::now());
                if collector.ends_prompt() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// STREAM FILE and SAY answer -1 both for a sound that is not there and for a hang-up (`handle_streamfile`,
    /// `say_filenames`); a dead channel answers the next command with 511.
    async fn explain_failure(&mut self, sound: &Sound) -> Result<(), Interrupted> {
        self.link.alive()?;
        self.link.command(Command::channel_status()).await?;
        self.link.alive()?;
        self.warn_of(sound, why_not(sound));
        Ok(())
    }

    fn warn_of(&self, sound: &Sound, reason: &str) {
        warn!(call_id = ?self.caller.call_id, sound = ?sound, reason, "the switch can't play a sound");
    }
}

/// `res_http_media_cache` writes what it fetches into `astcachedir`, and fails without that folder
/// (`ast_bucket_file_temporary_create` in main/bucket.c).
fn why_not(sound: &Sound) -> &'static str {
    match sound {
        Sound::Served(_) => {
            "not fetched: Asterisk needs res_http_media_cache, res_curl, and the folder astcachedir"
        }
        _ => "no such sound, or none that it can read",
    }
}

fn saying(sound: &Sound, signs: &str, keys: &str) -> Result<Command, Unsendable> {
    match (sound, Command::say_digits(signs, keys)) {
        (Sound::Letters(_), _) | (_, Err(Unsendable::NotDigits)) => Command::say_alpha(signs, keys),
        (_, digits) => digits,
    }
}

/// The name that STREAM FILE wants: without its extension, but the whole of a URL, whose extension tells the format
/// (`res_http_media_cache`).
pub(super) fn name(sound: &Sound) -> &str {
    match sound {
        Sound::OfSwitch(name) | Sound::Served(name) => name,
        Sound::File(file) => stem(file),
        Sound::Digits(_) | Sound::Letters(_) | Sound::Spoken(_) => "",
    }
}

/// A file without its extension.
pub(super) fn stem(file: &str) -> &str {
    match file.rsplit_once('.') {
        Some((name, extension)) if !extension.contains('/') => name,
        _ => file,
    }
}
