//! Events.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncRead, AsyncWrite};

use super::FakeFreeSwitch;
use super::channel::header_lines;
use super::execution::{FakeApplicationKind, FakeExecute, NO_RESPONSE, SOCKET_APPLICATION_UUID};

/// The events of `myevents` that this fake sends.
const MY_EVENTS: [&str; 7] = [
    "CHANNEL_ANSWER",
    "CHANNEL_EXECUTE",
    "CHANNEL_EXECUTE_COMPLETE",
    "CHANNEL_HANGUP",
    "CHANNEL_HANGUP_COMPLETE",
    "CHANNEL_UNPARK",
    "DTMF",
];

impl<S: AsyncRead + AsyncWrite + Unpin> FakeFreeSwitch<S> {
    /// The first headers of every event.
    pub(super) fn event_head(&mut self, name: &str) -> String {
        self.event_sequence += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        header_lines(&[
            ("Event-Name", name),
            ("FreeSWITCH-Hostname", "fake"),
            ("Event-Date-Timestamp", &now.as_micros().to_string()),
            ("Event-Sequence", &self.event_sequence.to_string()),
        ])
    }

    /// Sends an event if the server has subscribed to it.
    pub(super) async fn send_event(
        &mut self,
        name: &str,
        headers: &[(&str, &str)],
    ) -> io::Result<()> {
        let is_my_event = self.connection.my_events && MY_EVENTS.contains(&name);
        let is_enabled = is_my_event || self.connection.events.contains(name);
        if self.connection.closed || !is_enabled {
            return Ok(());
        }
        let mut event = self.event_head(name) + &self.channel.headers();
        if name != "DTMF" {
            event.push_str(&self.channel.variable_headers());
        }
        event.push_str(&header_lines(headers));
        event.push('\n');
        let length = event.len();
        let head = format!("Content-Length: {length}\nContent-Type: text/event-plain\n\n");
        self.stream.send(&(head + &event)).await
    }

    pub(super) async fn send_execute(&mut self, execute: &FakeExecute) -> io::Result<()> {
        self.application_response = NO_RESPONSE;
        self.send_event("CHANNEL_EXECUTE", &execute.headers(None)).await
    }

    /// Ends an application that sets a response.
    pub(super) async fn complete_with_response(
        &mut self,
        execute: &FakeExecute,
        response: &'static str,
    ) -> io::Result<()> {
        self.application_response = response;
        self.send_execute_complete(execute).await
    }

    pub(super) async fn send_execute_complete(&mut self, execute: &FakeExecute) -> io::Result<()> {
        let response = self.application_response;
        self.send_event("CHANNEL_EXECUTE_COMPLETE", &execute.headers(Some(response))).await
    }

    /// Ends `park`, and the `socket` application around it.
    pub(super) async fn unpark(&mut self) -> io::Result<()> {
        self.send_event("CHANNEL_UNPARK", &[]).await?;
        let line = self.channel.get("current_application_data").unwrap_or_default().to_owned();
        let socket = FakeExecute {
            application: "socket".into(),
            argument: line,
            uuid: SOCKET_APPLICATION_UUID.into(),
            event_lock: false,
        };
        self.send_execute_complete(&socket).await
    }

    pub(super) async fn send_dtmf(&mut self, key: char) -> io::Result<()> {
        let key = key.to_string();
        let headers = [("DTMF-Digit", &*key), ("DTMF-Duration", "2000"), ("DTMF-Source", "RTP")];
        self.send_event("DTMF", &headers).await
    }

    /// Ends the call with all running applications. Queued messages are dropped without an event.
    pub(super) async fn end_call(&mut self, cause: &'static str) -> io::Result<()> {
        if self.channel.cause.is_some() {
            return Ok(());
        }
        self.channel.cause = Some(cause);
        self.queue.clear();
        self.phone.digits_not_expected();
        self.send_event("CHANNEL_HANGUP", &[]).await?;
        while let Some(running) = self.running_applications.pop() {
            running.report_end(&mut self.phone, false);
            match running.kind {
                FakeApplicationKind::Sound | FakeApplicationKind::Music => {
                    self.complete_with_response(&running.execute, "PLAYBACK ERROR").await?;
                }
                FakeApplicationKind::Record => {
                    // An error does not matter any more: the call is over.
                    drop(self.finish_recording());
                    self.send_execute_complete(&running.execute).await?;
                }
                FakeApplicationKind::Speech | FakeApplicationKind::Sleep => {
                    self.send_execute_complete(&running.execute).await?
                }
            }
        }
        if !self.channel.is_transferred() {
            self.unpark().await?;
        }
        self.send_event("CHANNEL_HANGUP_COMPLETE", &[]).await?;
        self.linger_or_close().await
    }
}
