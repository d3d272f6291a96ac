//! The commands, and what is answered (`parse_command`).

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::session::Execute;
use super::{FreeSwitch, Message, Packet};

const NOT_FOUND: &str = "-ERR command not found";
const GOODBYE: &str = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n";
/// Most messages that wait for a session (`SWITCH_MESSAGE_QUEUE_LEN`).
const QUEUE: usize = 256;
/// `linger` without a time: the longest that is lingered here.
const ENDLESS: u64 = 60 * 60;

/// Commands that need `full`; all are known by how they begin, in this order.
const FULL: [&str; 6] = ["noevents", "nolinger", "linger", "event", "api", "bgapi"];

impl<S: AsyncRead + AsyncWrite + Unpin> FreeSwitch<S> {
    /// The first command is answered only when it is `connect`.
    pub(super) async fn command(&mut self, packet: &Packet) -> io::Result<()> {
        let line = packet.line.as_str();
        if line.starts_with("connect") {
            return self.connect().await;
        }
        if !self.listener.connected {
            self.run(packet).await;
            return Ok(());
        }
        if line.starts_with("exit") {
            self.reply("+OK bye").await?;
            return self.goodbye().await;
        }
        if line.starts_with("sendmsg") && self.queue.len() >= QUEUE {
            self.listener.closed = true;
            return Ok(());
        }
        if self.leg.full && line.starts_with("api ") {
            return self.api(&line["api ".len()..]).await;
        }
        let reply = self.run(packet).await;
        self.reply(&reply).await
    }

    async fn connect(&mut self) -> io::Result<()> {
        self.listener.connected = true;
        self.closes_at = None;
        let control = if self.leg.full { "full" } else { "single-channel" };
        let data = self.head("CHANNEL_DATA") + &self.leg.headers() + &self.leg.variable_headers();
        let end =
            "Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: ";
        self.wire.say(&format!("{data}{end}{control}\n\n")).await
    }

    async fn reply(&mut self, text: &str) -> io::Result<()> {
        self.wire.say(&format!("Content-Type: command/reply\nReply-Text: {text}\n\n")).await
    }

    async fn run(&mut self, packet: &Packet) -> String {
        let line = packet.line.as_str();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let is = |name: &str| verb.to_ascii_lowercase().starts_with(name);
        match verb {
            _ if is("sendmsg") => self.message(packet, rest),
            _ if is("myevents") => self.my_events().into(),
            _ if is("getvar") => self.leg.get(rest).unwrap_or(NOT_FOUND).to_owned(),
            _ if is("filter") && !rest.is_empty() => filter(rest),
            _ if is("divert_events") => "+OK events diverted".into(),
            _ if is("resume") => {
                self.listener.resume = true;
                self.leg.set("socket_resume", "true");
                "+OK".into()
            }
            _ if self.leg.full && FULL.iter().any(|name| is(name)) => self.in_full(verb, rest),
            _ => NOT_FOUND.into(),
        }
    }

    fn my_events(&mut self) -> &'static str {
        match std::mem::replace(&mut self.listener.my_events, true) {
            true => "-ERR aready enabled.",
            false => "+OK Events Enabled",
        }
    }

    fn in_full(&mut self, verb: &str, rest: &str) -> String {
        match FULL.iter().find(|name| verb.to_ascii_lowercase().starts_with(*name)) {
            Some(&"event") => self.event(rest),
            Some(&"noevents") => {
                self.listener.events.clear();
                "+OK no longer listening for events".into()
            }
            Some(&"nolinger") => {
                self.listener.linger = None;
                "+OK will not linger".into()
            }
            Some(&"linger") => self.linger(rest),
            _ => NOT_FOUND.into(),
        }
    }

    fn event(&mut self, rest: &str) -> String {
        let mut names = rest.split(' ').filter(|name| *name != "plain").peekable();
        if names.peek().is_none_or(|name| name.is_empty() || !is_event(name)) {
            return "-ERR no keywords supplied".into();
        }
        self.listener.events.extend(names.map(str::to_ascii_uppercase));
        "+OK event listener enabled plain".into()
    }

    fn linger(&mut self, seconds: &str) -> String {
        let seconds = seconds.parse().unwrap_or(0);
        self.listener.linger = Some(seconds);
        match seconds {
            0 => "+OK will linger".into(),
            seconds => format!("+OK will linger {seconds} seconds"),
        }
    }

    /// It says no more than that the message is queued, whatever is in it.
    fn message(&mut self, packet: &Packet, to: &str) -> String {
        if !to.is_empty() && to != self.leg.unique_id {
            return format!("-ERR invalid session id [{to}]");
        }
        let message = match packet.get("call-command") {
            Some("execute") => Execute::of(packet).map(Message::Execute),
            Some("hangup") => {
                Some(Message::HangUp(packet.get("hangup-cause").unwrap_or_default().to_owned()))
            }
            _ => None,
        };
        self.queue.extend(message.filter(|_| self.leg.cause.is_none()));
        "+OK".into()
    }

    async fn api(&mut self, function: &str) -> io::Result<()> {
        let name = function.split(' ').next().unwrap_or_default();
        let text = format!("-ERR {name} Command not found!\n");
        let length = text.len();
        self.wire
            .say(&format!("Content-Type: api/response\nContent-Length: {length}\n\n{text}"))
            .await
    }

    /// After a hang-up the connection stays open for a time, if that was asked for.
    pub(super) async fn lingers(&mut self) -> io::Result<()> {
        if self.listener.closed {
            return Ok(());
        }
        let Some(seconds) = self.listener.linger else { return self.goodbye().await };
        let shown = if seconds == 0 { "-1".to_owned() } else { seconds.to_string() };
        let time = if seconds == 0 { ENDLESS } else { seconds };
        self.closes_at = Some(Instant::now() + Duration::from_secs(time));
        let more =
            format!("Content-Disposition: linger\nLinger-Time: {shown}\nContent-Length: 0\n\n");
        self.notice(&more).await
    }

    /// `send_disconnect`
    pub(super) async fn goodbye(&mut self) -> io::Result<()> {
        let length = GOODBYE.len();
        let more =
            format!("Content-Disposition: disconnect\nContent-Length: {length}\n\n{GOODBYE}");
        self.listener.closed = true;
        self.notice(&more).await
    }

    async fn notice(&mut self, more: &str) -> io::Result<()> {
        let uuid = &self.leg.unique_id;
        let head = "Content-Type: text/disconnect-notice\nControlled-Session-UUID: ";
        let notice = format!("{head}{uuid}\n{more}");
        self.wire.say(&notice).await
    }
}

fn filter(rest: &str) -> String {
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
