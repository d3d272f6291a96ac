//! The memory that a call needs while it waits for its caller.

use std::future::Future;
use std::time::Duration;

use dialscript::agi::channel::AgiChannel;
use dialscript::channel::{CallLimits, Channel};
use dialscript::esl::channel::EslChannel;
use dialscript::script::observed_channel::ObservedChannel;
use dialscript::script::run::run;
use dialscript::trigger::HttpTriggerClient;
use dialscript::voice::VoiceEngines;
use dialscript::{agi, esl};
use tokio::net::TcpStream;

/// The size of the future that runs the scripts of a call.
fn script_size<C: Channel + 'static>() -> usize {
    fn of<A, B, C, D, E, F, G, R: Future>(_: impl FnOnce(A, B, C, D, E, F, G) -> R) -> usize {
        size_of::<R>()
    }
    of(run::<ObservedChannel<'static, C>, HttpTriggerClient, VoiceEngines>)
}

/// The size of the future that reads the first message of the switch.
fn handshake_size<R: Future>(_: impl FnOnce(TcpStream, CallLimits, Duration) -> R) -> usize {
    size_of::<R>()
}

/// Thousands of calls may wait for their callers at the same time. If this fails, put the part of the future that has
/// grown into a box, if most calls do not need it.
#[test]
fn the_future_of_a_waiting_call_is_small() {
    let (agi, esl) =
        (script_size::<AgiChannel<TcpStream>>(), script_size::<EslChannel<TcpStream>>());
    assert!(agi <= 3584 && esl <= 3584, "AGI {agi} bytes, ESL {esl} bytes");
    let agi = handshake_size(agi::connection::open::<TcpStream>);
    let esl = handshake_size(esl::connection::open::<TcpStream>);
    assert!(agi <= 768 && esl <= 1536, "handshake: AGI {agi} bytes, ESL {esl} bytes");
}
