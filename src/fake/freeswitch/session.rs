//! The session: runs queued messages, takes keys, and plays sounds.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

use super::execution::FakeApplicationKind;
use super::{FakeEslMessage, FakeFreeSwitch, cause};
use crate::fake::phone::CallEvent;

impl<S: AsyncRead + AsyncWrite + Unpin> FakeFreeSwitch<S> {
    pub(super) async fn run_frame(&mut self) -> io::Result<()> {
        if self.channel.cause.is_some() {
            return Ok(());
        }
        self.parked = true;
        self.apply_break().await?;
        self.take_key().await?;
        self.advance_playback().await?;
        self.run_queued_messages().await?;
        self.announce_silence();
        Ok(())
    }

    /// An application looks for `CF_BREAK` before it takes messages and keys.
    async fn apply_break(&mut self) -> io::Result<()> {
        if !self.running_applications.is_empty() && std::mem::take(&mut self.break_requested) {
            self.end_application(false).await?;
        }
        Ok(())
    }

    /// The running application, or `park`, takes one key from the channel. A key ends `sleep`, but stays in the
    /// channel.
    async fn take_key(&mut self) -> io::Result<()> {
        match self.running_applications.last().map(|running| running.kind) {
            Some(FakeApplicationKind::Sleep) if !self.keys.is_empty() => {
                return self.end_application(true).await;
            }
            Some(FakeApplicationKind::Sleep) => return Ok(()),
            _ => {}
        }
        let Some(key) = self.keys.pop_front() else { return Ok(()) };
        self.phone.emit(CallEvent::KeyPressed(key));
        self.question.key_pressed();
        self.send_dtmf(key).await?;
        if !self.running_applications.is_empty() && self.is_terminator(key) {
            self.channel.set("playback_terminator_used", &key.to_string());
            return self.end_application(false).await;
        }
        Ok(())
    }

    /// `on_dtmf` in `mod_dptools.c`
    fn is_terminator(&self, key: char) -> bool {
        match self.channel.get("playback_terminators").unwrap_or("*") {
            "none" => false,
            "any" => true,
            keys => keys.contains(key),
        }
    }

    async fn advance_playback(&mut self) -> io::Result<()> {
        let Some(running) = self.running_applications.last_mut() else { return Ok(()) };
        if running.kind == FakeApplicationKind::Record {
            return self.advance_recording().await;
        }
        let Some(frames) = &mut running.frames_left else { return Ok(()) };
        *frames -= 1;
        if *frames == 0 { self.end_application(true).await } else { Ok(()) }
    }

    pub(super) async fn end_application(&mut self, completed: bool) -> io::Result<()> {
        let Some(running) = self.running_applications.pop() else { return Ok(()) };
        running.report_end(&mut self.phone, completed);
        if !completed {
            self.question.sound_interrupted();
        }
        match running.kind {
            FakeApplicationKind::Record => self.finish_recording()?,
            FakeApplicationKind::Sleep | FakeApplicationKind::Speech => {}
            FakeApplicationKind::Music => self.phone.stop_music(),
            FakeApplicationKind::Sound => {}
        }
        match running.kind {
            FakeApplicationKind::Sound | FakeApplicationKind::Music => {
                self.complete_with_response(&running.execute, "FILE PLAYED").await
            }
            FakeApplicationKind::Speech
            | FakeApplicationKind::Record
            | FakeApplicationKind::Sleep => self.send_execute_complete(&running.execute).await,
        }
    }

    /// Runs queued messages, nested in the running application. They wait while an application with `event-lock` runs.
    /// `break` ends the running application at once.
    async fn run_queued_messages(&mut self) -> io::Result<()> {
        while self.channel.cause.is_none()
            && !self.running_applications.iter().any(|running| running.execute.event_lock)
        {
            let Some(message) = self.queue.pop_front() else { break };
            match message {
                FakeEslMessage::HangUp(cause_text) => self.hang_up(&cause_text).await?,
                FakeEslMessage::Execute(execute) => self.run_application(execute).await?,
            }
            self.apply_break().await?;
        }
        Ok(())
    }

    pub(super) async fn hang_up(&mut self, cause_text: &str) -> io::Result<()> {
        let (name, number) = cause::parse_cause(cause_text);
        self.phone.hang_up(number);
        self.end_call(name).await
    }

    /// A caller who hears silence also assumes that keys are expected.
    fn announce_silence(&mut self) {
        if self.running_applications.is_empty()
            && !self.question.is_silent()
            && self.channel.answered
            && self.channel.cause.is_none()
        {
            let is_new = self.question.start_silence();
            self.phone.digits_expected(is_new);
        }
    }

    pub(super) fn announce_question(&mut self, sound: &str) {
        let is_new = self.question.start_sound(sound);
        self.phone.digits_expected(is_new);
    }
}
