//! A server's side of a session, and what it heard.

use std::time::Duration;

use dialscript::fake::freeswitch::{
    FakeDestinations, FakeFreeSwitchCall, FakeFreeSwitchResult, run_socket,
};
use dialscript::fake::phone::Phone;
use dialscript::fake::sound::{FakeSounds, SoundLength};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::wire::esl::transcript::frames;

pub(crate) const LONG: &str = "/usr/freeswitch/sounds-test/prompts/long10s.wav";
pub(crate) const HOST: &str = "127.0.0.1:8084";

/// The sounds of the machine where the transcripts were made.
pub(crate) fn sounds() -> FakeSounds {
    let length = |seconds: u64| Some(SoundLength { samples: seconds * 8000, rate: 8000 });
    let tone = Some(SoundLength { samples: 3900, rate: 8000 });
    FakeSounds::default()
        .with("/usr/freeswitch/sounds-test/prompts/short1s.wav", length(1))
        .with("/usr/freeswitch/sounds-test/prompts/long10s.wav", length(10))
        .with("tone_stream://%(400,100,440);loops=1", tone)
}

pub(crate) struct Server {
    pub(crate) wire: DuplexStream,
    pub(crate) switch: JoinHandle<FakeFreeSwitchResult>,
}

impl Server {
    pub(crate) fn of(call: FakeFreeSwitchCall, places: FakeDestinations, phone: Phone) -> Self {
        let (wire, theirs) = duplex(1024 * 1024);
        let switch =
            tokio::spawn(
                async move { run_socket(theirs, HOST, &call, places, sounds(), phone).await },
            );
        Self { wire, switch }
    }

    pub(crate) async fn says(&mut self, bytes: &[u8]) {
        self.wire.write_all(bytes).await.unwrap();
    }

    /// All that comes until nothing comes for the time, as messages.
    pub(crate) async fn read_messages(&mut self, time: Duration) -> Vec<Message> {
        let mut heard = Vec::new();
        while let Ok(Ok(read)) = timeout(time, self.wire.read_buf(&mut heard)).await {
            if read == 0 {
                break;
            }
        }
        messages(&heard)
    }

    pub(crate) async fn asks(&mut self, command: &str) -> Vec<Message> {
        self.says(format!("{command}\n\n").as_bytes()).await;
        self.read_messages(Duration::from_millis(100)).await
    }

    pub(crate) async fn executes(&mut self, application: &str, argument: &str) -> Vec<Message> {
        let head = "sendmsg\ncall-command: execute\nexecute-app-name: ";
        self.asks(&format!("{head}{application}\nexecute-app-arg: {argument}\nEvent-UUID: X")).await
    }

    /// Closes, and what the dialplan has then.
    pub(crate) async fn closes(self) -> FakeFreeSwitchResult {
        drop(self.wire);
        timeout(Duration::from_secs(7200), self.switch).await.expect("it goes on").unwrap()
    }
}

/// The lines of a message: its head, and for an event those of its body.
#[derive(Debug, Clone)]
pub(crate) struct Message(pub(crate) Vec<(String, String)>);

impl Message {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(its, _)| its == name).map(|(_, value)| value.as_str())
    }

    /// What is the same each time: the kind, and who ended how.
    pub(crate) fn summary(&self) -> String {
        const NAMES: [&str; 9] = [
            "Content-Type",
            "Event-Name",
            "Reply-Text",
            "Application",
            "Application-Response",
            "Hangup-Cause",
            "Content-Disposition",
            "Linger-Time",
            "DTMF-Digit",
        ];
        NAMES.iter().filter_map(|name| self.get(name)).collect::<Vec<_>>().join(" ")
    }
}

pub(crate) fn messages(bytes: &[u8]) -> Vec<Message> {
    let mut start = 0;
    let mut messages = Vec::new();
    for (_, end) in frames(bytes) {
        let text = String::from_utf8_lossy(&bytes[start..end]).into_owned();
        let lines = text.lines().filter_map(|line| line.split_once(": "));
        let lines = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        messages.push(Message(lines));
        start = end;
    }
    assert_eq!(start, bytes.len(), "half a message");
    messages
}
