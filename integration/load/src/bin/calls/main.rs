//! Simulates many simultaneous channels of an Asterisk or a FreeSWITCH, and the web application.
//!
//! `calls record SWITCH ADDRESS WEB_ADDRESS CALLS` plays CALLS calls, one after the other, and prints what the server
//! did in the last one ([`Transcript`]).
//!
//! `calls play SWITCH ADDRESS WEB_ADDRESS ROUNDS CHANNELS` plays ROUNDS rounds of CHANNELS simultaneous calls. Every
//! call waits in its prompt until all calls of the round are in theirs. In the first round the program then prints
//! `open`, and continues when it reads a line. At the end it prints a [`Report`].
//!
//! SWITCH is `asterisk` or `freeswitch`; the server is at ADDRESS, and the web application listens at WEB_ADDRESS.

mod asterisk;
mod freeswitch;
mod report;
mod round;
mod socket;
mod web;

use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, io};

use dialscript_load::shop::{STATUS, VARIABLE};
use dialscript_load::transcript::{Action, Transcript};
use tokio::task::JoinSet;
use tokio::time::timeout;

use report::Report;
use round::{Hold, Round};
use socket::SwitchSocket;
use web::WebApplication;

/// The most time that a call may take, with its wait for the other calls.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);
/// The distance between two keys that the caller presses, as short as a telephone may have it.
const KEY_GAP: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Switch {
    Asterisk,
    FreeSwitch,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let [command, switch, address, web, numbers @ ..] = &arguments[..] else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let switch = match *switch {
        "asterisk" => Switch::Asterisk,
        "freeswitch" => Switch::FreeSwitch,
        _ => return Err(io::ErrorKind::InvalidInput.into()),
    };
    let number = |text: &str| text.parse().map_err(|_| io::ErrorKind::InvalidInput);
    match (*command, numbers) {
        ("record", [calls]) => runtime.block_on(record(switch, address, web, number(calls)?)),
        ("play", [rounds, channels]) => {
            runtime.block_on(play(switch, address, web, number(rounds)?, number(channels)?))
        }
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

async fn record(switch: Switch, address: &str, web: &str, calls: usize) -> io::Result<()> {
    let web = WebApplication::listen(web).await?;
    let mut last = Transcript::default();
    for number in 0..calls {
        let round = Round::new(1);
        round.open();
        let transcript = web.record();
        let mut socket = SwitchSocket::connect(address, Some(transcript.clone())).await?;
        play_call(switch, &mut socket, &mut Hold::new(&round), number).await?;
        transcript.lock().map_err(|_| io::Error::other("a recording failed"))?.add(Action::Close);
        last = transcript.lock().map_err(|_| io::Error::other("a recording failed"))?.clone();
    }
    println!("{}", last.to_json()?);
    Ok(())
}

async fn play(
    switch: Switch,
    address: &str,
    web: &str,
    rounds: usize,
    channels: usize,
) -> io::Result<()> {
    let web = WebApplication::listen(web).await?;
    let started = Instant::now();
    let mut report = Report::default();
    for number in 0..rounds {
        let round = Arc::new(Round::new(channels));
        let mut calls = JoinSet::new();
        for channel in 0..channels {
            let call = number * channels + channel;
            calls.spawn(timed_call(switch, address.to_owned(), round.clone(), call));
        }
        round.all_in_prompt().await;
        if number == 0 {
            let open = Instant::now();
            println!("open");
            io::stdin().read_line(&mut String::new())?;
            report.paused = open.elapsed();
        }
        round.open();
        report.add(calls.join_all().await);
    }
    println!("{}", report.finish(started.elapsed(), web.requests())?);
    Ok(())
}

/// Plays a call. Returns its duration without its wait for the other calls, or why it was lost.
async fn timed_call(
    switch: Switch,
    address: String,
    round: Arc<Round>,
    number: usize,
) -> Result<Duration, String> {
    let mut hold = Hold::new(&round);
    let played = async {
        let connecting = round.connecting.acquire().await;
        let mut socket = SwitchSocket::connect(&address, None).await?;
        socket.connecting = connecting.ok();
        let started = Instant::now();
        play_call(switch, &mut socket, &mut hold, number).await?;
        io::Result::Ok(started.elapsed())
    };
    match timeout(CALL_TIMEOUT, played).await {
        Ok(Ok(duration)) => Ok(duration.saturating_sub(hold.held)),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("a call did not end in time".into()),
    }
}

/// Plays a call until its connection is closed, and checks what the server has done.
async fn play_call(
    switch: Switch,
    socket: &mut SwitchSocket<'_>,
    hold: &mut Hold<'_>,
    number: usize,
) -> io::Result<()> {
    match switch {
        Switch::Asterisk => asterisk::play(socket, hold, number).await,
        Switch::FreeSwitch => freeswitch::play(socket, hold, number).await,
    }
}

/// Checks that the server has set the variable of the call.
fn check_variable(value: Option<&str>) -> io::Result<()> {
    match value {
        Some(STATUS) => Ok(()),
        value => Err(io::Error::other(format!("{VARIABLE} is {value:?} at the end of a call"))),
    }
}
