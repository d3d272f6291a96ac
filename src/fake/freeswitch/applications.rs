//! The applications.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use super::session::{Execute, Running, What};
use super::text::{expand, split};
use super::{FreeSwitch, cause};
use crate::fake::phone::Happening;

/// Most parts of a `multiset`.
const PARTS: usize = 256;
/// Variables that steer the switch itself: the dialplan has no interest in them.
const INNER: [&str; 4] = [LIMIT, "playback_terminators", "record_fill_cng", "socket_resume"];
/// Seconds after which any `playback` ends (`switch_ivr_play_file`).
const LIMIT: &str = "playback_timeout_sec";

impl<S: AsyncRead + AsyncWrite + Unpin> FreeSwitch<S> {
    /// One that is not there hangs the call up, without a word of itself (`switch_core_session_execute_application`).
    pub(super) async fn execute(&mut self, mut execute: Execute) -> io::Result<()> {
        let name = execute.application.to_ascii_lowercase();
        if !APPLICATIONS.contains(&&*name) {
            return self.hangs_up(cause::DESTINATION_OUT_OF_ORDER).await;
        }
        if !self.leg.is_true("app_disable_expand_variables") {
            execute.argument = self.expanded(&execute.argument);
        }
        self.breaks = false;
        self.begins(&execute).await?;
        match &*name {
            "playback" => return self.playback(execute).await,
            "sleep" => {
                let time = execute.argument.trim().parse().unwrap_or(0);
                return self.starts(execute, What::Sleep, Some(Duration::from_millis(time)));
            }
            "answer" => self.answer().await?,
            "set" => self.set(&execute.argument),
            "unset" => self.leg.set(execute.argument.trim(), ""),
            "multiset" => self.multiset(&execute.argument),
            "break" => self.breaks = true,
            "record" => return self.record(execute).await,
            "record_session" => self.record_session(&execute.argument),
            "stop_record_session" => self.stop_record_session(&execute.argument),
            "say" => return self.say(execute).await,
            "speak" => return self.speak(execute).await,
            "play_and_detect_speech" => return self.responds(&execute, "ASR INIT ERROR").await,
            "transfer" => return self.transfer(&execute).await,
            "hangup" => return self.hangup(&execute).await,
            _ => {}
        }
        self.completes(&execute).await
    }

    fn expanded(&self, text: &str) -> String {
        expand(text, |name| self.leg.get(name).map(str::to_owned))
    }

    pub(super) fn starts(
        &mut self,
        execute: Execute,
        what: What,
        time: Option<Duration>,
    ) -> io::Result<()> {
        self.running.push(Running::lasting(execute, what, time));
        Ok(())
    }

    async fn answer(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.leg.answered, true) {
            return Ok(());
        }
        self.phone.is_picked_up();
        self.tell("CHANNEL_ANSWER", &[]).await
    }

    async fn playback(&mut self, execute: Execute) -> io::Result<()> {
        let name = execute.argument.clone();
        if name.is_empty() {
            return self.responds(&execute, "PLAYBACK ERROR").await;
        }
        if let Some(class) = name.strip_prefix("local_stream://") {
            self.phone.music_on(class);
            let limit = self.limit();
            return self.starts(execute, What::Music, limit);
        }
        let Some(lasts) = self.lasts(&name) else {
            return self.responds(&execute, "FILE NOT FOUND").await;
        };
        let limit = self.limit();
        // A sound that is not heard to its end asks nothing.
        if limit.is_none() {
            self.asks();
        }
        self.phone.hears(&name, lasts);
        let ends = limit.map_or(lasts, |limit| limit.min(lasts));
        self.starts(execute, What::Sound, Some(ends))
    }

    /// How long a file lasts, or several in a row; of those the ones that are not there are passed over
    /// (`next_file` in `mod_dptools.c`).
    fn lasts(&mut self, name: &str) -> Option<Duration> {
        let names = match name.strip_prefix("file_string://") {
            Some(names) => split(names, '!'),
            None => vec![name.to_owned()],
        };
        let mut lasts = None;
        for name in names {
            match self.sounds.length_of_file(&name) {
                Some(length) => {
                    lasts = Some(lasts.unwrap_or_default() + length.time(length.samples));
                }
                None => self.phone.tell(Happening::Missing { sound: name }),
            }
        }
        lasts
    }

    fn limit(&self) -> Option<Duration> {
        self.leg.get(LIMIT)?.parse().ok().map(Duration::from_secs)
    }

    /// `base_set`: the value is expanded once more.
    fn set(&mut self, assignment: &str) {
        let (name, value) = assignment.split_once('=').unwrap_or((assignment, ""));
        let value = self.expanded(value);
        self.leg.set(name, &value);
        if !INNER.contains(&&*name.to_ascii_lowercase()) {
            self.phone.tell(Happening::Variable { name: name.to_owned(), value });
        }
    }

    /// `multiset_function`: `^^` and a character say what separates them, else it is a space.
    fn multiset(&mut self, assignments: &str) {
        let other = assignments.strip_prefix("^^").and_then(|rest| {
            let separator = rest.chars().next()?;
            Some((separator, &rest[separator.len_utf8()..]))
        });
        let (separator, assignments) = other.unwrap_or((' ', assignments));
        for assignment in split(assignments, separator).iter().take(PARTS) {
            self.set(assignment);
        }
    }

    /// The channel moves on, and with it ends what ran on it.
    async fn transfer(&mut self, execute: &Execute) -> io::Result<()> {
        let mut words = execute.argument.split(' ').filter(|word| !word.is_empty());
        let place = (words.next(), words.nth(1));
        if let (Some(extension), context) = place {
            self.leg.transfer(extension, context);
        }
        self.completes(execute).await?;
        if place.0.is_none() {
            return Ok(());
        }
        while let Some(running) = self.running.pop() {
            running.is_over(&mut self.phone, false);
            self.responds(&running.execute, "FILE PLAYED").await?;
        }
        self.phone.music_off();
        self.unparks().await
    }

    /// Its end is told after the call's, with the call's last words before.
    async fn hangup(&mut self, execute: &Execute) -> io::Result<()> {
        let given = execute.argument.clone();
        self.running.push(Running::lasting(execute.clone(), What::Sleep, None));
        self.hangs_up(&given).await
    }
}

const APPLICATIONS: [&str; 18] = [
    "answer",
    "break",
    "detect_speech",
    "eval",
    "hangup",
    "multiset",
    "noop",
    "play_and_detect_speech",
    "playback",
    "record",
    "record_session",
    "say",
    "set",
    "sleep",
    "speak",
    "stop_record_session",
    "transfer",
    "unset",
];
