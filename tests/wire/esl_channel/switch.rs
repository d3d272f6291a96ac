//! The switch's end of a connection, and a call over it.

use std::time::Duration;

use dialscript::channel::{Channel, Interruption, SpeechOptions, SpeechResult};
use dialscript::esl::channel::EslChannel;
use dialscript::esl::connection;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::wire::questions::{one_hour_limit, sounds};

pub(crate) const UUID: &str = "a816e3a2-e6b5-4283-ae5d-1a2affdd0fa8";

/// In the reply to `connect`, before the mode.
pub(crate) const CONNECTED: &str =
    "Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: ";

/// The switch's end of the connection.
pub(crate) struct FreeSwitch(pub(crate) BufReader<DuplexStream>);

impl FreeSwitch {
    /// The next command: its lines, and its body where it has one.
    pub(crate) async fn command(&mut self) -> String {
        let mut command = String::new();
        loop {
            let mut line = String::new();
            let read = timeout(Duration::from_secs(3600), self.0.read_line(&mut line)).await;
            assert_ne!(
                read.expect("no command came").unwrap(),
                0,
                "the switch closed the connection"
            );
            if line == "\n" {
                break;
            }
            command.push_str(&line);
        }
        if let Some((_, length)) = command.split_once("content-length: ") {
            let mut body = vec![0; length.trim().parse().unwrap()];
            self.0.read_exact(&mut body).await.unwrap();
            command.push_str(std::str::from_utf8(&body).unwrap());
        }
        command
    }

    pub(crate) async fn says(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    pub(crate) async fn takes(&mut self, wanted: &str) -> String {
        let command = self.command().await;
        assert!(command.contains(wanted), "{wanted:?} is not in {command:?}");
        self.says("Content-Type: command/reply\nReply-Text: +OK\n\n").await;
        command
    }

    /// A function of `api` is called for our channel.
    pub(crate) async fn calls(&mut self, function: &str, arguments: &str) {
        let wanted = format!("api {function} {UUID} {arguments}");
        assert_eq!(self.command().await.trim_end(), wanted.trim_end());
        self.outputs("+OK\n").await;
    }

    pub(crate) async fn outputs(&mut self, output: &str) {
        let length = output.len();
        self.says(&format!("Content-Type: api/response\nContent-Length: {length}\n\n{output}"))
            .await;
    }

    /// Variables are set by a function.
    pub(crate) async fn sets(&mut self, assignments: &str) {
        self.calls("uuid_setvar_multi", assignments).await;
    }

    /// A sound is interrupted by a function.
    pub(crate) async fn breaks(&mut self) {
        self.calls("uuid_break", "").await;
    }

    /// An application starts; its name for the events.
    pub(crate) async fn starts(&mut self, application: &str, argument: &str) -> String {
        let command = self.takes(&format!("execute-app-name: {application}\n")).await;
        assert!(command.contains(argument), "{argument:?} is not in {command:?}");
        let uuid = command.lines().find_map(|line| line.strip_prefix("Event-UUID: "));
        uuid.expect("an execute without Event-UUID").to_owned()
    }

    pub(crate) async fn event(&mut self, name: &str, headers: &str) {
        let body = format!("Event-Name: {name}\nUnique-ID: {UUID}\n{headers}\n");
        let length = body.len();
        let head = format!("Content-Length: {length}\nContent-Type: text/event-plain\n\n");
        self.says(&(head + &body)).await;
    }

    pub(crate) async fn ends(&mut self, uuid: &str) {
        self.ends_with(uuid, "FILE%20PLAYED").await;
    }

    pub(crate) async fn ends_with(&mut self, uuid: &str, response: &str) {
        self.completes(uuid, &format!("Application-Response: {response}\n")).await;
    }

    /// Most applications end without a response.
    pub(crate) async fn completes_without_response(&mut self, uuid: &str) {
        self.ends_with(uuid, "_none_").await;
    }

    /// An application ends; what else its event says.
    pub(crate) async fn completes(&mut self, uuid: &str, more: &str) {
        let headers = format!("Application-UUID: {uuid}\n{more}");
        self.event("CHANNEL_EXECUTE_COMPLETE", &headers).await;
    }

    pub(crate) async fn runs(&mut self, application: &str, argument: &str) {
        let uuid = self.starts(application, argument).await;
        self.ends(&uuid).await;
    }

    pub(crate) async fn key(&mut self, key: char) {
        let key = if key == '#' { "%23".to_owned() } else { key.to_string() };
        self.event("DTMF", &format!("DTMF-Digit: {key}\nDTMF-Duration: 800\n")).await;
    }

    pub(crate) async fn hangs_up(&mut self) {
        self.event("CHANNEL_HANGUP", "Hangup-Cause: NORMAL_CLEARING\n").await;
    }

    pub(crate) async fn disconnects(&mut self) {
        self.takes("exit").await;
        self.closes().await;
    }

    /// Closes the connection, after an `exit` or a hang-up.
    pub(crate) async fn closes(&mut self) {
        self.says("Content-Type: text/disconnect-notice\nContent-Length: 0\n\n").await;
        self.0.get_mut().shutdown().await.unwrap();
    }
}

pub(crate) struct EslCall {
    pub(crate) channel: EslChannel<DuplexStream>,
    pub(crate) switch: FreeSwitch,
    pub(crate) stop: CancellationToken,
}

pub(crate) async fn call() -> EslCall {
    call_with("async", "full", "").await
}

pub(crate) async fn call_with(mode: &str, control: &str, variables: &str) -> EslCall {
    let (ours, theirs) = duplex(64 * 1024);
    let mut switch = FreeSwitch(BufReader::new(theirs));
    let (bounds, stop) = one_hour_limit();
    let data = format!(
        "Event-Name: CHANNEL_DATA\nUnique-ID: {UUID}\nAnswer-State: ringing\nCaller-Dialplan: XML\n\
         Caller-Context: public\nCaller-Caller-ID-Number: 1000\nCaller-Destination-Number: 9000\n\
         {variables}Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: {mode}\n\
         Control: {control}\n\n"
    );
    let greeting = async {
        assert_eq!(switch.command().await, "connect\n");
        switch.says(&data).await;
        if control == "full" {
            switch.takes(&format!("filter Unique-ID {UUID}")).await;
            switch.takes("event plain CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP").await;
        } else {
            switch.takes("myevents").await;
        }
    };
    let open = connection::open(ours, bounds, Duration::from_secs(5));
    let (opened, ()) = tokio::join!(open, greeting);
    let (link, data) = opened.unwrap();
    EslCall { channel: EslChannel::new(link, data), switch, stop }
}

/// Listens without a prompt.
pub(crate) async fn said(
    channel: &mut EslChannel<DuplexStream>,
    listen: &SpeechOptions,
) -> Result<SpeechResult, Interruption> {
    channel.collect_speech(&mut sounds(&[]), listen).await
}
