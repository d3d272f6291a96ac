//! A server's side of a session, written as a conversation.

use std::time::Duration;

use dialscript::fake::asterisk::{FakeAsteriskCall, FakeAsteriskResult, FakeDestinations, run_agi};
use dialscript::fake::phone::Phone;
use dialscript::fake::sound::{FakeSounds, SoundLength};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A prompt of 3 s, a beep, and a sound that is not there, as where the transcripts were made.
pub(crate) fn sounds() -> FakeSounds {
    let length = |samples| Some(SoundLength { samples, rate: 8000 });
    FakeSounds::default()
        .with("/var/sounds/prompt3", length(24_000))
        .with("beep", length(3404))
        .with("no-such-file", None)
}

pub(crate) struct Server {
    pub(crate) wire: BufReader<DuplexStream>,
    pub(crate) switch: JoinHandle<FakeAsteriskResult>,
    pub(crate) environment: Vec<String>,
}

impl Server {
    pub(crate) async fn of(call: FakeAsteriskCall, places: FakeDestinations, phone: Phone) -> Self {
        let (ours, theirs) = duplex(64 * 1024);
        let switch = tokio::spawn(async move {
            run_agi(theirs, "127.0.0.1:4573", &call, places, sounds(), phone).await
        });
        let mut server = Self { wire: BufReader::new(ours), switch, environment: Vec::new() };
        loop {
            match server.read_line().await {
                line if line.is_empty() => return server,
                line => server.environment.push(line),
            }
        }
    }

    /// The next line; empty at the end of the connection too.
    pub(crate) async fn read_line(&mut self) -> String {
        let mut line = String::new();
        let heard = timeout(Duration::from_secs(600), self.wire.read_line(&mut line)).await;
        heard.expect("no line came").unwrap();
        line.trim_end_matches('\n').to_owned()
    }

    pub(crate) async fn says(&mut self, bytes: &[u8]) {
        self.wire.write_all(bytes).await.unwrap();
    }

    pub(crate) async fn asks(&mut self, command: &str) -> String {
        self.says(format!("{command}\n").as_bytes()).await;
        self.read_line().await
    }

    /// Closes, and what the dialplan has then.
    pub(crate) async fn closes(self) -> FakeAsteriskResult {
        drop(self.wire);
        self.switch.await.unwrap()
    }
}
