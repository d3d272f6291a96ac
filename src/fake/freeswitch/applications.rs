//! The dialplan applications that the server can execute.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use super::execution::{FakeApplicationKind, FakeExecute, FakeRunningApplication};
use super::text::{expand, split};
use super::{FakeFreeSwitch, cause};
use crate::fake::phone::CallEvent;

const MAX_MULTISET_PARTS: usize = 256;
/// Variables that control the switch. They are not reported as events, since the dialplan does not use them.
const INTERNAL_VARIABLES: [&str; 4] =
    [PLAYBACK_TIMEOUT_VARIABLE, "playback_terminators", "record_fill_cng", "socket_resume"];
/// The limit of each `playback`, in seconds (`switch_ivr_play_file`).
const PLAYBACK_TIMEOUT_VARIABLE: &str = "playback_timeout_sec";

impl<S: AsyncRead + AsyncWrite + Unpin> FakeFreeSwitch<S> {
    /// Runs an application. An unknown one hangs up the call, and there is no CHANNEL_EXECUTE for it
    /// (`switch_core_session_execute_application`).
    pub(super) async fn run_application(&mut self, mut execute: FakeExecute) -> io::Result<()> {
        let name = execute.application.to_ascii_lowercase();
        if !APPLICATIONS.contains(&&*name) {
            return self.hang_up(cause::DESTINATION_OUT_OF_ORDER).await;
        }
        if !self.channel.is_true("app_disable_expand_variables") {
            execute.argument = self.expand_variables(&execute.argument);
        }
        self.break_requested = false;
        self.send_execute(&execute).await?;
        match &*name {
            "playback" => return self.playback(execute).await,
            "sleep" => {
                let duration = execute.argument.trim().parse().unwrap_or(0);
                return self.start_application(
                    execute,
                    FakeApplicationKind::Sleep,
                    Some(Duration::from_millis(duration)),
                );
            }
            "answer" => self.answer().await?,
            "set" => self.set(&execute.argument),
            "unset" => self.channel.set(execute.argument.trim(), ""),
            "multiset" => self.multiset(&execute.argument),
            "break" => self.break_requested = true,
            "record" => return self.record(execute).await,
            "record_session" => self.record_session(&execute.argument),
            "stop_record_session" => self.stop_record_session(&execute.argument),
            "say" => return self.say(execute).await,
            "speak" => return self.speak(execute).await,
            "play_and_detect_speech" => {
                return self.complete_with_response(&execute, "ASR INIT ERROR").await;
            }
            "transfer" => return self.transfer(&execute).await,
            "hangup" => return self.hangup(&execute).await,
            _ => {}
        }
        self.send_execute_complete(&execute).await
    }

    fn expand_variables(&self, text: &str) -> String {
        expand(text, |name| self.channel.get(name).map(str::to_owned))
    }

    pub(super) fn start_application(
        &mut self,
        execute: FakeExecute,
        kind: FakeApplicationKind,
        duration: Option<Duration>,
    ) -> io::Result<()> {
        self.running_applications.push(FakeRunningApplication::new(execute, kind, duration));
        Ok(())
    }

    async fn answer(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.channel.answered, true) {
            return Ok(());
        }
        self.phone.pick_up();
        self.send_event("CHANNEL_ANSWER", &[]).await
    }

    async fn playback(&mut self, execute: FakeExecute) -> io::Result<()> {
        let name = execute.argument.clone();
        if name.is_empty() {
            return self.complete_with_response(&execute, "PLAYBACK ERROR").await;
        }
        if let Some(class) = name.strip_prefix("local_stream://") {
            self.phone.start_music(class);
            let timeout = self.playback_timeout();
            return self.start_application(execute, FakeApplicationKind::Music, timeout);
        }
        let Some(duration) = self.playback_duration(&name) else {
            return self.complete_with_response(&execute, "FILE NOT FOUND").await;
        };
        let timeout = self.playback_timeout();
        // A sound with a time limit is not a prompt, so the caller is not asked for keys.
        if timeout.is_none() {
            self.announce_question(&name);
        }
        self.phone.sound_started(&name, duration);
        let play_time = timeout.map_or(duration, |timeout| timeout.min(duration));
        self.start_application(execute, FakeApplicationKind::Sound, Some(play_time))
    }

    /// The length of a file or of a list of files. Missing files of a list are skipped (`next_file` in
    /// `mod_dptools.c`).
    fn playback_duration(&mut self, name: &str) -> Option<Duration> {
        let names = match name.strip_prefix("file_string://") {
            Some(names) => split(names, '!'),
            None => vec![name.to_owned()],
        };
        let mut duration = None;
        for name in names {
            match self.sounds.length_with_extension(&name) {
                Some(length) => {
                    duration =
                        Some(duration.unwrap_or_default() + length.duration_of(length.samples));
                }
                None => self.phone.emit(CallEvent::SoundMissing { sound: name }),
            }
        }
        duration
    }

    fn playback_timeout(&self) -> Option<Duration> {
        self.channel.get(PLAYBACK_TIMEOUT_VARIABLE)?.parse().ok().map(Duration::from_secs)
    }

    /// `base_set`: expands the value a second time.
    fn set(&mut self, assignment: &str) {
        let (name, value) = assignment.split_once('=').unwrap_or((assignment, ""));
        let value = self.expand_variables(value);
        self.set_variable(name, &value);
    }

    pub(super) fn set_variable(&mut self, name: &str, value: &str) {
        self.channel.set(name, value);
        if !INTERNAL_VARIABLES.contains(&&*name.to_ascii_lowercase()) {
            let (name, value) = (name.to_owned(), value.to_owned());
            self.phone.emit(CallEvent::VariableSet { name, value });
        }
    }

    /// `multiset_function`: assignments are separated by the character after a leading `^^`, else by spaces.
    fn multiset(&mut self, assignments: &str) {
        let other = assignments.strip_prefix("^^").and_then(|rest| {
            let separator = rest.chars().next()?;
            Some((separator, &rest[separator.len_utf8()..]))
        });
        let (separator, assignments) = other.unwrap_or((' ', assignments));
        for assignment in split(assignments, separator).iter().take(MAX_MULTISET_PARTS) {
            self.set(assignment);
        }
    }

    /// Transfers the channel, which ends all running applications.
    async fn transfer(&mut self, execute: &FakeExecute) -> io::Result<()> {
        let mut words = execute.argument.split(' ').filter(|word| !word.is_empty());
        let target = (words.next(), words.nth(1));
        if let (Some(extension), context) = target {
            self.channel.transfer(extension, context);
        }
        self.send_execute_complete(execute).await?;
        if target.0.is_none() {
            return Ok(());
        }
        self.end_transferred().await
    }

    /// Ends the applications of a channel that was transferred.
    pub(super) async fn end_transferred(&mut self) -> io::Result<()> {
        while let Some(running) = self.running_applications.pop() {
            running.report_end(&mut self.phone, false);
            self.complete_with_response(&running.execute, "FILE PLAYED").await?;
        }
        self.phone.stop_music();
        self.unpark().await
    }

    /// The application counts as running while the call ends: its CHANNEL_EXECUTE_COMPLETE comes after CHANNEL_HANGUP.
    async fn hangup(&mut self, execute: &FakeExecute) -> io::Result<()> {
        let cause_text = execute.argument.clone();
        self.running_applications.push(FakeRunningApplication::new(
            execute.clone(),
            FakeApplicationKind::Sleep,
            None,
        ));
        self.hang_up(&cause_text).await
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
