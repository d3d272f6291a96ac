//! The Asterisk driver against a scripted peer, which sends the lines of a real Asterisk. The clock is paused.

mod bounds;
mod hang_ups;
mod language;
mod leaving;
mod making;
mod questions;
mod recognition;
mod recording;
mod sounds;
mod variables;
mod waiting;

use std::collections::VecDeque;
use std::future::pending;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use dialscript::agi::channel::AgiChannel;
use dialscript::agi::connection;
use dialscript::agi::peers::{AgiPeer, AgiPeers};
use dialscript::channel::{
    AsrSource, CallLimits, Channel, Destination, DestinationCheck, DigitOptions, Digits, DigitsEnd,
    Exit, HandoverResult, HangupCause, HoldMedia, HoldMusic, Interruption, LineState, Reassurance,
    Sound, SoundStream, SpeechOptions, SpeechResult, TypeAhead,
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::questions::{ask, four_digits, heard, sounds};

const ENVIRONMENT: &str = "agi_network: yes\nagi_network_script: order-status\n\
    agi_channel: PJSIP/local-00000001\nagi_language: en\nagi_uniqueid: 1795354671.156\n\
    agi_callerid: 100\nagi_calleridname: Ann\nagi_callingpres: 0\nagi_dnid: 9000\n\
    agi_context: test\nagi_extension: 9000\nagi_priority: 2\n\n";

/// The switch's end of the connection.
struct Asterisk(BufReader<DuplexStream>);

impl Asterisk {
    async fn expect_command(&mut self, command: &str) {
        let mut line = String::new();
        let heard = timeout(Duration::from_secs(3600), self.0.read_line(&mut line)).await;
        heard.unwrap_or_else(|_| panic!("{command:?} never came")).unwrap();
        assert_eq!(line.trim_end_matches('\n'), command);
    }

    async fn says(&mut self, lines: &str) {
        self.0.write_all(format!("{lines}\n").as_bytes()).await.unwrap();
    }

    async fn answers(&mut self, command: &str, reply: &str) {
        self.expect_command(command).await;
        self.says(reply).await;
    }

    async fn expect_close(&mut self) {
        let mut line = String::new();
        assert_eq!(self.0.read_line(&mut line).await.unwrap(), 0, "more came: {line:?}");
    }
}

struct AgiCall {
    channel: AgiChannel<DuplexStream>,
    asterisk: Asterisk,
    stop: CancellationToken,
}

async fn call() -> AgiCall {
    call_with_limit(Duration::from_secs(3600)).await
}

async fn call_with_limit(longest: Duration) -> AgiCall {
    call_over(duplex(64 * 1024), longest).await
}

async fn call_over((ours, theirs): (DuplexStream, DuplexStream), longest: Duration) -> AgiCall {
    call_from(Arc::default(), ENVIRONMENT, (ours, theirs), longest).await
}

/// A call of an Asterisk of which the daemon knows what `peers` remembers.
async fn call_from(
    peers: Arc<AgiPeers>,
    environment: &str,
    (ours, theirs): (DuplexStream, DuplexStream),
    longest: Duration,
) -> AgiCall {
    let mut asterisk = Asterisk(BufReader::new(theirs));
    let stop = CancellationToken::new();
    let bounds = CallLimits { stop: stop.clone(), ends_at: Instant::now() + longest };
    let open = connection::open(ours, bounds, Duration::from_secs(5));
    let (opened, said) = tokio::join!(open, asterisk.0.write_all(environment.as_bytes()));
    let ((link, environment), ()) = (opened.unwrap(), said.unwrap());
    let peer = AgiPeer::new(peers, Ipv4Addr::LOCALHOST.into(), &environment);
    AgiCall { channel: AgiChannel::new(link, &environment, peer), asterisk, stop }
}

/// Sounds that become ready at given times.
struct DelayedSounds(VecDeque<(Instant, Sound)>);

fn late(names: &'static [(u64, &str)]) -> DelayedSounds {
    let now = Instant::now();
    let sounds = names
        .iter()
        .map(|&(second, name)| (now + Duration::from_secs(second), Sound::File(Arc::from(name))));
    DelayedSounds(sounds.collect())
}

impl SoundStream for DelayedSounds {
    async fn next(&mut self) -> Option<Sound> {
        let (made, _) = self.0.front()?;
        if *made > Instant::now() {
            sleep_until(*made).await;
        }
        self.0.pop_front().map(|(_, sound)| sound)
    }
}

fn key(key: char, endpos: u32) -> String {
    format!("200 result={} endpos={endpos}", u32::from(key))
}

fn digit(key: char) -> String {
    format!("200 result={}", u32::from(key))
}

const PROMPT: &str = r##"STREAM FILE "/s/welcome" "0123456789#""##;
const ASK: &str = r##"STREAM FILE "/s/number" "0123456789#""##;
/// The same where no key ends it.
const SILENT_ASK: &str = r#"STREAM FILE "/s/number" """#;
const DEAD: &str = "511 Command Not Permitted on a dead channel or intercept routine";
