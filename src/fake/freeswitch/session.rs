//! The session: what is queued begins, inside of what runs; keys are taken; sounds play.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::{FRAME_DURATION, FakeEslCommand, FakeEslMessage, FakeFreeSwitch, cause};
use crate::fake::phone::{CallEvent, Phone};

/// An application that is to run.
#[derive(Debug, Clone)]
pub(super) struct FakeExecute {
    pub(super) application: String,
    pub(super) argument: String,
    /// `Event-UUID`, or one that is made up.
    pub(super) uuid: String,
    /// `event-lock`: what comes later waits for its end.
    pub(super) event_lock: bool,
}

/// One that takes time.
pub(super) struct FakeRunningApplication {
    pub(super) execute: FakeExecute,
    pub(super) kind: FakeApplicationKind,
    /// Until it ends by itself; `None` is never.
    pub(super) frames_left: Option<u128>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FakeApplicationKind {
    Sound,
    /// `speak` and `say`
    Speech,
    Music,
    Record,
    Sleep,
}

/// How long the channel must have been parked for a sound to be a new question, where no key came.
const NEW_QUESTION_PAUSE: Duration = Duration::from_millis(100);

/// What a caller was asked last, as far as a caller can tell: sounds at once after another are one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FakeEslQuestion {
    None,
    /// A sound, and whether a key came in it.
    Sound(bool),
    /// Silence, and since when.
    Silence(Instant),
}

impl FakeExecute {
    pub(super) fn from_command(packet: &FakeEslCommand) -> Option<Self> {
        let locked = packet.header("event-lock") == Some("true");
        let uuid = packet
            .header("Event-UUID")
            .unwrap_or(super::events::SOCKET_APPLICATION_UUID)
            .to_owned();
        let application = packet.header("execute-app-name")?.to_owned();
        Some(Self { application, argument: packet.argument().to_owned(), uuid, event_lock: locked })
    }
}

impl FakeRunningApplication {
    pub(super) fn new(
        execute: FakeExecute,
        kind: FakeApplicationKind,
        time: Option<Duration>,
    ) -> Self {
        let frames_left =
            time.map(|time| time.as_millis().div_ceil(FRAME_DURATION.as_millis()).max(1));
        Self { execute, kind, frames_left }
    }

    pub(super) fn report_end(&self, phone: &mut Phone, to_its_end: bool) {
        match self.kind {
            FakeApplicationKind::Sound | FakeApplicationKind::Speech => {
                phone.sound_ended(to_its_end)
            }
            // It does not end: the caller does.
            FakeApplicationKind::Music
            | FakeApplicationKind::Record
            | FakeApplicationKind::Sleep => {}
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> FakeFreeSwitch<S> {
    /// 20 ms of the session's thread.
    pub(super) async fn run_frame(&mut self) -> io::Result<()> {
        if self.channel.cause.is_some() {
            return Ok(());
        }
        self.parked = true;
        self.take_key().await?;
        self.advance_playback().await?;
        self.run_queued_messages().await?;
        self.announce_silence();
        Ok(())
    }

    /// The application that runs, or `park`, takes one key off the channel; `sleep` ends at it and leaves it there.
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
        if let FakeEslQuestion::Sound(_) = self.question {
            self.question = FakeEslQuestion::Sound(true);
        }
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

    /// The application that runs ends.
    pub(super) async fn end_application(&mut self, to_its_end: bool) -> io::Result<()> {
        let Some(running) = self.running_applications.pop() else { return Ok(()) };
        running.report_end(&mut self.phone, to_its_end);
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

    /// What is queued begins, unless what runs has locked it out; a `break` ends what runs at once.
    async fn run_queued_messages(&mut self) -> io::Result<()> {
        while self.channel.cause.is_none()
            && !self.running_applications.iter().any(|running| running.execute.event_lock)
        {
            let Some(message) = self.queue.pop_front() else { break };
            match message {
                FakeEslMessage::HangUp(given) => self.hang_up(&given).await?,
                FakeEslMessage::Execute(execute) => self.run_application(execute).await?,
            }
            if !self.running_applications.is_empty() && std::mem::take(&mut self.break_requested) {
                self.end_application(false).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn hang_up(&mut self, given: &str) -> io::Result<()> {
        let (name, number) = cause::parse_cause(given);
        self.phone.hang_up(number);
        self.end_call(name).await
    }

    /// Silence is a question too, as far as a caller can tell.
    fn announce_silence(&mut self) {
        let silent = matches!(self.question, FakeEslQuestion::Silence(_));
        if self.running_applications.is_empty()
            && !silent
            && self.channel.answered
            && self.channel.cause.is_none()
        {
            self.phone.digits_expected(self.question == FakeEslQuestion::None);
            self.question = FakeEslQuestion::Silence(Instant::now());
        }
    }

    pub(super) fn announce_question(&mut self) {
        let anew = match self.question {
            FakeEslQuestion::None => true,
            FakeEslQuestion::Sound(key) => key,
            FakeEslQuestion::Silence(since) => since.elapsed() > NEW_QUESTION_PAUSE,
        };
        self.phone.digits_expected(anew);
        self.question = FakeEslQuestion::Sound(false);
    }
}
