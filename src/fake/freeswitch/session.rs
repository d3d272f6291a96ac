//! The session: what is queued begins, inside of what runs; keys are taken; sounds play.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::{FRAME, FreeSwitch, Message, Packet, cause};
use crate::fake::phone::{Happening, Phone};

/// An application that is to run.
#[derive(Debug, Clone)]
pub(super) struct Execute {
    pub(super) application: String,
    pub(super) argument: String,
    /// `Event-UUID`, or one that is made up.
    pub(super) uuid: String,
    /// `event-lock`: what comes later waits for its end.
    pub(super) locked: bool,
}

/// One that takes time.
pub(super) struct Running {
    pub(super) execute: Execute,
    pub(super) what: What,
    /// Until it ends by itself; `None` is never.
    pub(super) frames: Option<u128>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Sound,
    /// `speak` and `say`
    Speech,
    Music,
    Record,
    Sleep,
}

/// How long the channel must have been parked for a sound to be a new question, where no key came.
const PAUSE: Duration = Duration::from_millis(100);

/// What a caller was asked last, as far as a caller can tell: sounds at once after another are one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    None,
    /// A sound, and whether a key came in it.
    Sound(bool),
    /// Silence, and since when.
    Silence(Instant),
}

impl Execute {
    pub(super) fn of(packet: &Packet) -> Option<Self> {
        let locked = packet.get("event-lock") == Some("true");
        let uuid = packet.get("Event-UUID").unwrap_or(super::events::OF_SOCKET).to_owned();
        let application = packet.get("execute-app-name")?.to_owned();
        Some(Self { application, argument: packet.argument().to_owned(), uuid, locked })
    }
}

impl Running {
    pub(super) fn lasting(execute: Execute, what: What, time: Option<Duration>) -> Self {
        let frames = time.map(|time| time.as_millis().div_ceil(FRAME.as_millis()).max(1));
        Self { execute, what, frames }
    }

    pub(super) fn is_over(&self, phone: &mut Phone, to_its_end: bool) {
        match self.what {
            What::Sound | What::Speech => phone.heard(to_its_end),
            // It does not end: the caller does.
            What::Music | What::Record | What::Sleep => {}
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> FreeSwitch<S> {
    /// 20 ms of the session's thread.
    pub(super) async fn frame(&mut self) -> io::Result<()> {
        if self.leg.cause.is_some() {
            return Ok(());
        }
        self.parked = true;
        self.key().await?;
        self.plays().await?;
        self.messages().await?;
        self.parks();
        Ok(())
    }

    /// The application that runs, or `park`, takes one key off the channel; `sleep` ends at it and leaves it there.
    async fn key(&mut self) -> io::Result<()> {
        match self.running.last().map(|running| running.what) {
            Some(What::Sleep) if !self.keys.is_empty() => return self.ends(true).await,
            Some(What::Sleep) => return Ok(()),
            _ => {}
        }
        let Some(key) = self.keys.pop_front() else { return Ok(()) };
        self.phone.tell(Happening::Presses(key));
        if let Question::Sound(_) = self.question {
            self.question = Question::Sound(true);
        }
        self.pressed(key).await?;
        if !self.running.is_empty() && self.terminates(key) {
            self.leg.set("playback_terminator_used", &key.to_string());
            return self.ends(false).await;
        }
        Ok(())
    }

    /// `on_dtmf` in `mod_dptools.c`
    fn terminates(&self, key: char) -> bool {
        match self.leg.get("playback_terminators").unwrap_or("*") {
            "none" => false,
            "any" => true,
            keys => keys.contains(key),
        }
    }

    async fn plays(&mut self) -> io::Result<()> {
        let Some(running) = self.running.last_mut() else { return Ok(()) };
        if running.what == What::Record {
            return self.records().await;
        }
        let Some(frames) = &mut running.frames else { return Ok(()) };
        *frames -= 1;
        if *frames == 0 { self.ends(true).await } else { Ok(()) }
    }

    /// The application that runs ends.
    pub(super) async fn ends(&mut self, to_its_end: bool) -> io::Result<()> {
        let Some(running) = self.running.pop() else { return Ok(()) };
        running.is_over(&mut self.phone, to_its_end);
        match running.what {
            What::Record => self.recorded()?,
            What::Sleep | What::Speech => {}
            What::Music => self.phone.music_off(),
            What::Sound => {}
        }
        match running.what {
            What::Sound | What::Music => self.responds(&running.execute, "FILE PLAYED").await,
            What::Speech | What::Record | What::Sleep => self.completes(&running.execute).await,
        }
    }

    /// What is queued begins, unless what runs has locked it out; a `break` ends what runs at once.
    async fn messages(&mut self) -> io::Result<()> {
        while self.leg.cause.is_none() && !self.running.iter().any(|running| running.execute.locked)
        {
            let Some(message) = self.queue.pop_front() else { break };
            match message {
                Message::HangUp(given) => self.hangs_up(&given).await?,
                Message::Execute(execute) => self.execute(execute).await?,
            }
            if !self.running.is_empty() && std::mem::take(&mut self.breaks) {
                self.ends(false).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn hangs_up(&mut self, given: &str) -> io::Result<()> {
        let (name, number) = cause::cause(given);
        self.phone.is_hung_up(number);
        self.hung_up(name).await
    }

    /// Silence is a question too, as far as a caller can tell.
    fn parks(&mut self) {
        let silent = matches!(self.question, Question::Silence(_));
        if self.running.is_empty() && !silent && self.leg.answered && self.leg.cause.is_none() {
            self.phone.is_asked(self.question == Question::None);
            self.question = Question::Silence(Instant::now());
        }
    }

    pub(super) fn asks(&mut self) {
        let anew = match self.question {
            Question::None => true,
            Question::Sound(key) => key,
            Question::Silence(since) => since.elapsed() > PAUSE,
        };
        self.phone.is_asked(anew);
        self.question = Question::Sound(false);
    }
}
