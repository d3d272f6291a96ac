//! The state of a call: what the server has subscribed to, the queue of applications, the keys of the caller.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io;

use dialscript_load::shop::DIGITS;
use tokio::time::Instant;

use super::command::EslCommand;
use super::event::{EventFormat, EventText, channel_data};
use super::execute::{Application, Execute, assignments, unquote};
use super::failed;
use crate::round::Pace;

/// The kinds of events of `myevents` that this channel has.
const MY_EVENTS: [&str; 6] = [
    "CHANNEL_ANSWER",
    "CHANNEL_EXECUTE",
    "CHANNEL_EXECUTE_COMPLETE",
    "CHANNEL_PARK",
    "CHANNEL_UNPARK",
    "DTMF",
];
const UUID_PREFIX: &str = "79a13f0c-af42-4aaf-bbc8-";
const GOODBYE: &str = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n";

pub(super) struct Session {
    pace: Pace,
    uuid: String,
    sequence: usize,
    format: EventFormat,
    events: HashSet<String>,
    /// Names in lowercase: FreeSWITCH ignores their case.
    variables: BTreeMap<String, String>,
    queue: VecDeque<Execute>,
    /// The application that plays the prompt.
    playing: Option<Execute>,
    /// `uuid_break` was called.
    break_requested: bool,
    /// `uuid_transfer` or `uuid_kill` was called.
    leave_requested: bool,
    /// `park` begins with the next frame.
    parking: bool,
    keys: VecDeque<char>,
    pressed: String,
    holds: bool,
    next_key: Option<Instant>,
    next_turn: Option<Instant>,
    closed: bool,
    sent: Vec<Vec<u8>>,
}

impl Session {
    pub(super) fn new(number: u64, pace: Pace) -> Self {
        Self {
            pace,
            uuid: format!("{UUID_PREFIX}{number:012x}"),
            sequence: 1_000_000,
            format: EventFormat::Plain,
            events: HashSet::new(),
            variables: BTreeMap::new(),
            queue: VecDeque::new(),
            playing: None,
            break_requested: false,
            leave_requested: false,
            parking: false,
            keys: DIGITS.chars().collect(),
            pressed: String::new(),
            holds: false,
            next_key: None,
            next_turn: None,
            closed: false,
            sent: Vec::new(),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// Whether the prompt plays and the caller has not been allowed to press keys yet.
    pub(super) fn holds(&self) -> bool {
        self.holds
    }

    /// Lets the caller press keys.
    pub(super) fn release(&mut self) {
        self.holds = false;
        self.next_key = Some(Instant::now() + self.pace.gap);
    }

    /// When [`run_frame`](Self::run_frame) has something to do.
    pub(super) fn next_frame(&self) -> Option<Instant> {
        self.next_key.into_iter().chain(self.next_turn).min()
    }

    /// What is sent at once after a command.
    pub(super) fn reply(&mut self, command: &EslCommand) -> io::Result<Vec<Vec<u8>>> {
        let line = command.line();
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let text = match word {
            "connect" => {
                self.parking = true;
                self.take_turn();
                return Ok(vec![channel_data(&self.uuid)]);
            }
            "exit" => return self.exit(),
            "api" => return Ok(vec![api_response(&self.run_api(rest)?)]),
            "sendmsg" => self.queue_execute(command, rest)?,
            "myevents" => {
                self.set_format(rest);
                self.events.extend(MY_EVENTS.map(str::to_owned));
                "+OK Events Enabled"
            }
            "event" => self.subscribe(rest),
            "nixevent" => {
                let names: Vec<&str> = rest.split(' ').collect();
                self.events.retain(|name| !names.contains(&name.as_str()));
                "+OK Events Disabled"
            }
            "filter" => "+OK filter added.",
            "linger" => "+OK will linger",
            "nolinger" => "+OK will not linger",
            "resume" | "noop" => "+OK",
            "getvar" => self.variable(rest).unwrap_or("-ERR command not found"),
            _ => return Err(failed(&format!("does not know this command: {line}"))),
        };
        Ok(vec![command_reply(text)])
    }

    /// What is queued is still run after the end of the connection.
    fn exit(&mut self) -> io::Result<Vec<Vec<u8>>> {
        self.run_queue()?;
        self.closed = true;
        let (uuid, length) = (&self.uuid, GOODBYE.len());
        let notice = format!(
            "Content-Type: text/disconnect-notice\nControlled-Session-UUID: {uuid}\n\
             Content-Disposition: disconnect\nContent-Length: {length}\n\n{GOODBYE}"
        );
        Ok(vec![command_reply("+OK bye"), notice.into_bytes()])
    }

    fn queue_execute(&mut self, command: &EslCommand, to: &str) -> io::Result<&'static str> {
        if !to.is_empty() && !is_channel(to) {
            return Err(failed(&format!("got a message for another call: {to}")));
        }
        let execute = Execute::from_command(command).ok_or_else(|| {
            failed(&format!("does not know the application of {:?}", command.line()))
        })?;
        self.queue.push_back(execute);
        self.take_turn();
        Ok("+OK")
    }

    fn subscribe(&mut self, rest: &str) -> &'static str {
        let names = self.set_format(rest);
        self.events.extend(names.split(' ').map(str::to_owned));
        match self.format {
            EventFormat::Plain => "+OK event listener enabled plain",
            EventFormat::Json => "+OK event listener enabled json",
        }
    }

    /// Takes the format, and returns the names after it.
    fn set_format<'t>(&mut self, rest: &'t str) -> &'t str {
        let (format, names) = rest.split_once(' ').unwrap_or((rest, ""));
        match format {
            "json" => self.format = EventFormat::Json,
            "plain" => self.format = EventFormat::Plain,
            _ => return rest,
        }
        names
    }

    fn run_api(&mut self, function: &str) -> io::Result<String> {
        let (name, arguments) = function.split_once(' ').unwrap_or((function, ""));
        let (uuid, rest) = arguments.split_once(' ').unwrap_or((arguments, ""));
        if !is_channel(uuid) {
            return Err(failed(&format!("got an api command for another call: {function}")));
        }
        match name {
            "uuid_setvar" => {
                let (variable, value) = rest.split_once(' ').unwrap_or((rest, ""));
                self.set(variable, value.to_owned());
            }
            "uuid_setvar_multi" => {
                assignments(rest).into_iter().for_each(|(name, value)| self.set(&name, value));
            }
            "uuid_getvar" => return Ok(self.variable(rest).unwrap_or("_undef_").to_owned()),
            "uuid_exists" => return Ok("true".into()),
            "uuid_break" => self.break_requested = true,
            "uuid_transfer" | "uuid_kill" => self.leave_requested = true,
            _ => return Err(failed(&format!("does not know this function: {function}"))),
        }
        self.take_turn();
        Ok("+OK\n".into())
    }

    fn set(&mut self, name: &str, value: String) {
        self.variables.insert(name.to_ascii_lowercase(), value);
    }

    /// There is work for the next frame.
    fn take_turn(&mut self) {
        self.next_turn.get_or_insert(Instant::now() + self.pace.frame);
    }

    /// Takes a key, and runs what is queued. Returns the events.
    pub(super) fn run_frame(&mut self, now: Instant) -> io::Result<Vec<Vec<u8>>> {
        if self.next_key.is_some_and(|due| due <= now) {
            self.take_key()?;
        }
        if self.next_turn.is_some_and(|due| due <= now) {
            self.next_turn = None;
            self.run_queue()?;
        }
        Ok(std::mem::take(&mut self.sent))
    }

    fn take_key(&mut self) -> io::Result<()> {
        let Some(key) = self.keys.pop_front() else { return Ok(()) };
        self.next_key = (!self.keys.is_empty()).then(|| Instant::now() + self.pace.gap);
        self.pressed.push(key);
        self.event(
            "DTMF",
            &[("DTMF-Digit", &key.to_string()), ("DTMF-Duration", "2000"), ("DTMF-Source", "RTP")],
        );
        match self.playing.take() {
            Some(playing) if playing.application == Application::PlayAndGetDigits => {
                if playing.most_digits() > Some(self.pressed.len()) {
                    self.playing = Some(playing);
                    return Ok(());
                }
                let name = playing.digits_variable().ok_or_else(|| failed("got no variable"))?;
                let (name, digits) = (name.to_owned(), self.pressed.clone());
                self.set(&name, digits);
                self.complete(&playing, "_none_");
            }
            playing => self.playing = playing,
        }
        Ok(())
    }

    fn run_queue(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.parking) {
            self.event("CHANNEL_PARK", &[]);
        }
        if std::mem::take(&mut self.break_requested) {
            self.stop_playing();
        }
        while !self.playing.as_ref().is_some_and(|playing| playing.event_lock) {
            let Some(execute) = self.queue.pop_front() else { break };
            self.run(execute)?;
        }
        if std::mem::take(&mut self.leave_requested) {
            self.stop_playing();
            self.event("CHANNEL_UNPARK", &[]);
        }
        Ok(())
    }

    fn run(&mut self, execute: Execute) -> io::Result<()> {
        self.report("CHANNEL_EXECUTE", &execute, None);
        match execute.application {
            Application::Answer => self.event("CHANNEL_ANSWER", &[]),
            Application::Instant | Application::Break | Application::Transfer => {}
            Application::Set => {
                let (name, value) = execute.argument.split_once('=').unwrap_or_default();
                self.set(name, unquote(value));
            }
            Application::Multiset => {
                let assignments = assignments(&execute.argument);
                assignments.into_iter().for_each(|(name, value)| self.set(&name, value));
            }
            Application::Playback | Application::PlayAndGetDigits => {
                if self.playing.is_some() {
                    return Err(failed("plays a prompt already"));
                }
                self.holds = self.pressed.is_empty();
                self.event("PLAYBACK_START", &[]);
                self.playing = Some(execute);
                return Ok(());
            }
        }
        self.complete(&execute, "_none_");
        match execute.application {
            Application::Break => self.stop_playing(),
            Application::Transfer => self.event("CHANNEL_UNPARK", &[]),
            _ => {}
        }
        Ok(())
    }

    fn stop_playing(&mut self) {
        if let Some(playing) = self.playing.take() {
            self.event("PLAYBACK_STOP", &[("Playback-Status", "break")]);
            self.complete(&playing, "FILE PLAYED");
        }
    }

    fn complete(&mut self, execute: &Execute, response: &str) {
        self.report("CHANNEL_EXECUTE_COMPLETE", execute, Some(response));
    }

    fn report(&mut self, event: &str, execute: &Execute, response: Option<&str>) {
        let mut headers = vec![("Application", execute.name.as_str())];
        if !execute.argument.is_empty() {
            headers.push(("Application-Data", &execute.argument));
        }
        headers.extend(response.map(|response| ("Application-Response", response)));
        headers.push(("Application-UUID", &execute.uuid));
        self.event(event, &headers);
    }

    /// Sends an event, if the server has subscribed to it.
    fn event(&mut self, name: &str, headers: &[(&str, &str)]) {
        self.sequence += 1;
        if !self.events.contains(name) {
            return;
        }
        let mut event = EventText::new(name, self.sequence, self.format);
        event.channel(&self.uuid);
        if name != "DTMF" {
            event.variables(&self.uuid);
            for (name, value) in &self.variables {
                event.header(&format!("variable_{name}"), value);
            }
        }
        headers.iter().for_each(|(name, value)| event.header(name, value));
        self.sent.push(event.finish());
    }
}

/// The bare server repeats the identifier of the recorded call.
fn is_channel(uuid: &str) -> bool {
    uuid.starts_with(UUID_PREFIX)
}

fn command_reply(text: &str) -> Vec<u8> {
    format!("Content-Type: command/reply\nReply-Text: {text}\n\n").into_bytes()
}

fn api_response(text: &str) -> Vec<u8> {
    let length = text.len();
    format!("Content-Type: api/response\nContent-Length: {length}\n\n{text}").into_bytes()
}
