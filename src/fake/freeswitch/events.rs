//! What is told unasked.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncRead, AsyncWrite};

use super::FreeSwitch;
use super::leg::lines;
use super::session::{Execute, What};

/// Of an application that tells none.
pub(super) const NO_RESPONSE: &str = "_none_";

/// Those of `myevents` that are made here.
const MY_EVENTS: [&str; 7] = [
    "CHANNEL_ANSWER",
    "CHANNEL_EXECUTE",
    "CHANNEL_EXECUTE_COMPLETE",
    "CHANNEL_HANGUP",
    "CHANNEL_HANGUP_COMPLETE",
    "CHANNEL_UNPARK",
    "DTMF",
];

/// The `Application-UUID` of the `socket` application itself: FreeSWITCH makes one up.
pub(super) const OF_SOCKET: &str = "00000000-0000-4000-8000-000000000000";

impl<S: AsyncRead + AsyncWrite + Unpin> FreeSwitch<S> {
    /// The headers that every event begins with.
    pub(super) fn head(&mut self, name: &str) -> String {
        self.sequence += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        lines(&[
            ("Event-Name", name),
            ("FreeSWITCH-Hostname", "fake"),
            ("Event-Date-Timestamp", &now.as_micros().to_string()),
            ("Event-Sequence", &self.sequence.to_string()),
        ])
    }

    /// An event, if somebody asked for it.
    pub(super) async fn tell(&mut self, name: &str, more: &[(&str, &str)]) -> io::Result<()> {
        let mine = self.listener.my_events && MY_EVENTS.contains(&name);
        let wanted = mine || self.listener.events.contains(name);
        if self.listener.closed || !wanted {
            return Ok(());
        }
        let mut event = self.head(name) + &self.leg.headers();
        if name != "DTMF" {
            event.push_str(&self.leg.variable_headers());
        }
        event.push_str(&lines(more));
        event.push('\n');
        let length = event.len();
        let head = format!("Content-Length: {length}\nContent-Type: text/event-plain\n\n");
        self.wire.say(&(head + &event)).await
    }

    pub(super) async fn begins(&mut self, execute: &Execute) -> io::Result<()> {
        self.response = NO_RESPONSE;
        self.tell("CHANNEL_EXECUTE", &execute.headers(None)).await
    }

    /// An application ends that tells how.
    pub(super) async fn responds(
        &mut self,
        execute: &Execute,
        response: &'static str,
    ) -> io::Result<()> {
        self.response = response;
        self.completes(execute).await
    }

    pub(super) async fn completes(&mut self, execute: &Execute) -> io::Result<()> {
        let response = self.response;
        self.tell("CHANNEL_EXECUTE_COMPLETE", &execute.headers(Some(response))).await
    }

    /// `park`, and `socket` around it, end.
    pub(super) async fn unparks(&mut self) -> io::Result<()> {
        self.tell("CHANNEL_UNPARK", &[]).await?;
        let line = self.leg.get("current_application_data").unwrap_or_default().to_owned();
        let socket = Execute {
            application: "socket".into(),
            argument: line,
            uuid: OF_SOCKET.into(),
            locked: false,
        };
        self.completes(&socket).await
    }

    pub(super) async fn pressed(&mut self, key: char) -> io::Result<()> {
        let key = key.to_string();
        let headers = [("DTMF-Digit", &*key), ("DTMF-Duration", "2000"), ("DTMF-Source", "RTP")];
        self.tell("DTMF", &headers).await
    }

    /// The call is over: all that runs ends, without a word of what is queued.
    pub(super) async fn hung_up(&mut self, cause: &'static str) -> io::Result<()> {
        if self.leg.cause.is_some() {
            return Ok(());
        }
        self.leg.cause = Some(cause);
        self.queue.clear();
        self.phone.is_not_asked();
        self.tell("CHANNEL_HANGUP", &[]).await?;
        while let Some(running) = self.running.pop() {
            running.is_over(&mut self.phone, false);
            match running.what {
                What::Sound | What::Music => {
                    self.responds(&running.execute, "PLAYBACK ERROR").await?;
                }
                What::Record => {
                    // The call is over: whether its file can be written changes nothing for it.
                    drop(self.recorded());
                    self.completes(&running.execute).await?;
                }
                What::Speech | What::Sleep => self.completes(&running.execute).await?,
            }
        }
        if !self.leg.has_moved() {
            self.unparks().await?;
        }
        self.tell("CHANNEL_HANGUP_COMPLETE", &[]).await?;
        self.lingers().await
    }
}

impl Execute {
    fn headers<'a>(&'a self, response: Option<&'a str>) -> Vec<(&'static str, &'a str)> {
        let mut headers = vec![("Application", &*self.application)];
        headers
            .extend((!self.argument.is_empty()).then_some(("Application-Data", &*self.argument)));
        headers.extend(response.map(|response| ("Application-Response", response)));
        headers.push(("Application-UUID", &self.uuid));
        headers
    }
}
