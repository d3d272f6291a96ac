//! Simulates many simultaneous channels of an Asterisk or a FreeSWITCH, and the web application.
//!
//! `calls record SWITCH ADDRESS WEB_ADDRESS GAP CALLS` plays CALLS calls, one after the other, and prints what the
//! server did in the last one ([`Transcript`]).
//!
//! `calls play SWITCH ADDRESS WEB_ADDRESS GAP ROUNDS CHANNELS` plays one call, prints `warm`, and continues when it reads
//! a line. Then it plays ROUNDS rounds of CHANNELS simultaneous calls. Every call waits in its prompt until all calls of
//! the round are in theirs. In the first round the program then prints `open`, and continues when it reads a line. At
//! the end it prints a [`Report`].
//!
//! SWITCH is `asterisk` or `freeswitch`; the server is at ADDRESS, and the web application listens at WEB_ADDRESS. GAP is
//! the distance between two keys in milliseconds ([`Pace`]).

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
use round::{Hold, Pace, Round};
use socket::SwitchSocket;
use web::WebApplication;

/// The most time that a call may take, with its wait for the other calls.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Switch {
    Asterisk,
    FreeSwitch,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let [command, switch, address, web, gap, numbers @ ..] = &arguments[..] else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let number = |text: &str| text.parse::<u32>().map_err(|_| io::ErrorKind::InvalidInput);
    let address = (*address).to_owned();
    let caller = Caller {
        switch: Switch::named(switch)?,
        address,
        pace: Pace::with_gap(number(gap)?.into()),
    };
    match (*command, numbers) {
        ("record", [calls]) => runtime.block_on(caller.record(web, number(calls)?)),
        ("play", [rounds, channels]) => {
            runtime.block_on(caller.play(web, number(rounds)?, number(channels)?))
        }
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

impl Switch {
    fn named(name: &str) -> io::Result<Self> {
        match name {
            "asterisk" => Ok(Self::Asterisk),
            "freeswitch" => Ok(Self::FreeSwitch),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }
}

/// Who plays calls, and where.
#[derive(Debug, Clone)]
struct Caller {
    switch: Switch,
    address: String,
    pace: Pace,
}

impl Caller {
    async fn record(&self, web: &str, calls: u32) -> io::Result<()> {
        let web = WebApplication::listen(web).await?;
        let mut last = Transcript::default();
        for number in 0..calls {
            let round = Round::new(1, self.pace);
            round.open();
            let transcript = web.record();
            let mut socket = SwitchSocket::connect(&self.address, Some(transcript.clone())).await?;
            self.play_call(&mut socket, &mut Hold::new(&round, 0), number.into()).await?;
            let failed = |_| io::Error::other("a recording failed");
            let mut transcript = transcript.lock().map_err(failed)?;
            transcript.add(Action::Close);
            last = transcript.clone();
        }
        println!("{}", last.to_json()?);
        Ok(())
    }

    async fn play(&self, web: &str, rounds: u32, channels: u32) -> io::Result<()> {
        let web = WebApplication::listen(web).await?;
        self.warm_up().await?;
        pause("warm")?;
        let (started, before) = (Instant::now(), web.requests());
        let mut report = Report::default();
        for number in 0..rounds {
            let round = Arc::new(Round::new(channels as usize, self.pace));
            let mut calls = JoinSet::new();
            for channel in 0..channels {
                let call = 1 + u64::from(number) * u64::from(channels) + u64::from(channel);
                calls.spawn(self.clone().timed_call(round.clone(), channel, call));
            }
            round.all_in_prompt().await;
            if number == 0 {
                report.paused = pause("open")?;
            }
            round.open();
            report.add(calls.join_all().await);
        }
        println!("{}", report.finish(started.elapsed(), web.requests() - before)?);
        Ok(())
    }

    /// A first call costs the server more than later ones, and fills its cache.
    async fn warm_up(&self) -> io::Result<()> {
        let round = Arc::new(Round::new(1, self.pace));
        round.open();
        self.clone().timed_call(round, 0, 0).await.map(drop).map_err(io::Error::other)
    }

    /// Plays a call. Returns its duration without its wait for the other calls, or why it was lost.
    async fn timed_call(
        self,
        round: Arc<Round>,
        place: u32,
        number: u64,
    ) -> Result<Duration, String> {
        let mut hold = Hold::new(&round, place);
        let played = async {
            let connecting = round.connecting.acquire().await;
            let mut socket = SwitchSocket::connect(&self.address, None).await?;
            socket.connecting = connecting.ok();
            let started = Instant::now();
            self.play_call(&mut socket, &mut hold, number).await?;
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
        &self,
        socket: &mut SwitchSocket<'_>,
        hold: &mut Hold<'_>,
        number: u64,
    ) -> io::Result<()> {
        match self.switch {
            Switch::Asterisk => asterisk::play(socket, hold, number).await,
            Switch::FreeSwitch => freeswitch::play(socket, hold, number).await,
        }
    }
}

/// Prints a word, and waits for a line. Returns how long it has waited.
fn pause(word: &str) -> io::Result<Duration> {
    let started = Instant::now();
    println!("{word}");
    io::stdin().read_line(&mut String::new())?;
    Ok(started.elapsed())
}

/// Checks that the server has set the variable of the call.
fn check_variable(value: Option<&str>) -> io::Result<()> {
    match value {
        Some(STATUS) => Ok(()),
        value => Err(io::Error::other(format!("{VARIABLE} is {value:?} at the end of a call"))),
    }
}
