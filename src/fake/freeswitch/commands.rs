//! The commands and their replies (`parse_command`).

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::execution::FakeExecute;
use super::{FakeEslCommand, FakeEslMessage, FakeFreeSwitch};

const NOT_FOUND: &str = "-ERR command not found";
const GOODBYE: &str = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n";
/// `SWITCH_MESSAGE_QUEUE_LEN`
const MAX_QUEUED_MESSAGES: usize = 256;
/// The time limit for `linger` without a time. FreeSWITCH has no such limit.
const MAX_LINGER_SECONDS: u64 = 60 * 60;

/// Commands, and whether they need `full`. Letters after the name of a command are ignored.
const COMMANDS: [(&str, bool); 10] = [
    ("sendmsg", false),
    ("myevents", false),
    ("getvar", false),
    ("filter", false),
    ("divert_events", false),
    ("resume", false),
    ("noevents", true),
    ("nolinger", true),
    ("linger", true),
    ("event", true),
];

impl<S: AsyncRead + AsyncWrite + Unpin> FakeFreeSwitch<S> {
    /// Commands before `connect` are run without a reply.
    pub(super) async fn handle_command(&mut self, command: &FakeEslCommand) -> io::Result<()> {
        let line = command.line.as_str();
        if line.starts_with("connect") {
            return self.connect().await;
        }
        if !self.connection.connected {
            self.run_command(command);
            return Ok(());
        }
        if line.starts_with("exit") {
            self.send_reply("+OK bye").await?;
            return self.send_disconnect().await;
        }
        if line.starts_with("sendmsg") && self.queue.len() >= MAX_QUEUED_MESSAGES {
            self.connection.closed = true;
            return Ok(());
        }
        if self.channel.full && line.starts_with("api ") {
            return self.run_function(&line["api ".len()..]).await;
        }
        let reply = self.run_command(command);
        self.send_reply(&reply).await
    }

    async fn connect(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.connection.connected, true) {
            self.close_deadline = None;
        }
        let control = if self.channel.full { "full" } else { "single-channel" };
        let data = self.event_head("CHANNEL_DATA")
            + &self.channel.headers()
            + &self.channel.variable_headers();
        let end =
            "Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: ";
        self.stream.send(&format!("{data}{end}{control}\n\n")).await
    }

    async fn send_reply(&mut self, text: &str) -> io::Result<()> {
        self.stream.send(&format!("Content-Type: command/reply\nReply-Text: {text}\n\n")).await
    }

    fn run_command(&mut self, command: &FakeEslCommand) -> String {
        let line = command.line.as_str();
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match self.find_command(word) {
            "sendmsg" => self.queue_message(command, rest),
            "myevents" => self.my_events().into(),
            "getvar" => self.channel.get(rest).unwrap_or(NOT_FOUND).to_owned(),
            "filter" if !rest.is_empty() => filter_reply(rest),
            "divert_events" => "+OK events diverted".into(),
            "resume" => self.resume().into(),
            "event" => self.enable_events(rest),
            "noevents" => self.no_events().into(),
            "linger" => self.set_linger(rest),
            "nolinger" => self.no_linger().into(),
            _ => NOT_FOUND.into(),
        }
    }

    /// The command that the word starts with; empty if there is none, or if it needs `full`.
    fn find_command(&self, word: &str) -> &'static str {
        let word = word.to_ascii_lowercase();
        let allowed = COMMANDS.iter().filter(|(_, full)| self.channel.full || !full);
        allowed.map(|(name, _)| *name).find(|name| word.starts_with(name)).unwrap_or_default()
    }

    fn resume(&mut self) -> &'static str {
        self.connection.resume = true;
        self.channel.set("socket_resume", "true");
        "+OK"
    }

    fn no_events(&mut self) -> &'static str {
        self.connection.events.clear();
        self.connection.my_events = false;
        "+OK no longer listening for events"
    }

    fn no_linger(&mut self) -> &'static str {
        self.connection.linger = None;
        "+OK will not linger"
    }

    fn my_events(&mut self) -> &'static str {
        match std::mem::replace(&mut self.connection.my_events, true) {
            true => "-ERR aready enabled.",
            false => "+OK Events Enabled",
        }
    }

    fn enable_events(&mut self, rest: &str) -> String {
        let mut names = rest.split(' ').filter(|name| *name != "plain").peekable();
        if names.peek().is_none_or(|name| name.is_empty() || !is_event(name)) {
            return "-ERR no keywords supplied".into();
        }
        self.connection.events.extend(names.map(str::to_ascii_uppercase));
        "+OK event listener enabled plain".into()
    }

    fn set_linger(&mut self, seconds: &str) -> String {
        let seconds = seconds.parse().unwrap_or(0);
        self.connection.linger = Some(seconds);
        match seconds {
            0 => "+OK will linger".into(),
            seconds => format!("+OK will linger {seconds} seconds"),
        }
    }

    /// Queues a message for the session. Its content is not checked before the reply.
    fn queue_message(&mut self, command: &FakeEslCommand, to: &str) -> String {
        if !to.is_empty() && to != self.channel.unique_id {
            return format!("-ERR invalid session id [{to}]");
        }
        let message = match command.header("call-command") {
            Some("execute") => FakeExecute::from_command(command).map(FakeEslMessage::Execute),
            Some("hangup") => Some(FakeEslMessage::HangUp(
                command.header("hangup-cause").unwrap_or_default().to_owned(),
            )),
            _ => None,
        };
        self.queue.extend(message.filter(|_| self.channel.cause.is_none()));
        "+OK".into()
    }

    /// After a hang-up, `linger` keeps the connection open for a time.
    pub(super) async fn linger_or_close(&mut self) -> io::Result<()> {
        if self.connection.closed {
            return Ok(());
        }
        let Some(seconds) = self.connection.linger else { return self.send_disconnect().await };
        let shown = if seconds == 0 { "-1".to_owned() } else { seconds.to_string() };
        let time = if seconds == 0 { MAX_LINGER_SECONDS } else { seconds };
        self.close_deadline = Some(Instant::now() + Duration::from_secs(time));
        let rest =
            format!("Content-Disposition: linger\nLinger-Time: {shown}\nContent-Length: 0\n\n");
        self.send_disconnect_notice(&rest).await
    }

    /// `send_disconnect`
    pub(super) async fn send_disconnect(&mut self) -> io::Result<()> {
        let length = GOODBYE.len();
        let rest =
            format!("Content-Disposition: disconnect\nContent-Length: {length}\n\n{GOODBYE}");
        self.connection.closed = true;
        self.send_disconnect_notice(&rest).await
    }

    async fn send_disconnect_notice(&mut self, rest: &str) -> io::Result<()> {
        let uuid = &self.channel.unique_id;
        let head = "Content-Type: text/disconnect-notice\nControlled-Session-UUID: ";
        let notice = format!("{head}{uuid}\n{rest}");
        self.stream.send(&notice).await
    }
}

fn filter_reply(rest: &str) -> String {
    let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
    match name {
        "delete" => format!("+OK filter deleted. [{value}][]"),
        _ => format!("+OK filter added. [{name}]=[{value}]"),
    }
}

fn is_event(name: &str) -> bool {
    const NAMES: [&str; 6] = ["CHANNEL_", "DTMF", "PLAYBACK_", "BACKGROUND_JOB", "CUSTOM", "ALL"];
    NAMES.iter().any(|known| name.to_ascii_uppercase().starts_with(known))
}
