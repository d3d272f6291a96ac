//! Simulates many simultaneous channels of an Asterisk, each of which replies to every command immediately.
//!
//! `calls record ADDRESS` prints the commands that the server sends in one call.
//!
//! `calls play ADDRESS ROUNDS CHANNELS` plays ROUNDS rounds of CHANNELS simultaneous calls. Every call waits in its
//! prompt until all calls of the round are in theirs. In the first round the program then prints `open`, and continues
//! when it reads a line. At the end it prints the total seconds, and the median and the 99th percentile of the duration
//! of a call in milliseconds. Waiting in the prompt is not counted.

use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, io, process};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;

/// The AGI environment of Asterisk 22.
const ENVIRONMENT: &str = "agi_network: yes\nagi_network_script: menu\nagi_request: agi://127.0.0.1/menu\n\
    agi_channel: PJSIP/trunk-0000a1b2\nagi_language: en\nagi_type: PJSIP\nagi_uniqueid: 1795354671.156\n\
    agi_version: 22.10.1\nagi_callerid: 4930123456\nagi_calleridname: Ann Example\nagi_callingpres: 0\n\
    agi_callingani2: 0\nagi_callington: 0\nagi_callingtns: 0\nagi_dnid: 9000\nagi_rdnis: unknown\n\
    agi_context: inbound\nagi_extension: 9000\nagi_priority: 2\nagi_enhanced: 0.0\nagi_accountcode: \n\
    agi_threadid: 140683132839616\n\n";

/// The digits that the caller presses, the first of them during the prompt.
const DIGITS: [u8; 4] = *b"4711";

/// The most connections that wait for their first command at the same time. It is less than the backlog of a listener:
/// the kernel drops connections beyond the backlog, and they are repeated only after a second.
const CONNECTING: usize = 256;

/// The barriers at which the calls of a round wait for each other.
struct Round {
    all_in_prompt: Barrier,
    resume: Barrier,
    connecting: Semaphore,
}

impl Round {
    fn new(channels: usize) -> Self {
        let (all_in_prompt, resume) = (Barrier::new(channels + 1), Barrier::new(channels + 1));
        Self { all_in_prompt, resume, connecting: Semaphore::new(CONNECTING) }
    }
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    match arguments[..] {
        ["record", address] => runtime.block_on(record(address)),
        ["play", address, rounds, channels] => {
            let number = |text: &str| text.parse().map_err(|_| io::ErrorKind::InvalidInput);
            runtime.block_on(play(address, number(rounds)?, number(channels)?))
        }
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

async fn record(address: &str) -> io::Result<()> {
    let round = Arc::new(Round::new(1));
    let commands = tokio::spawn(recorded_commands(address.to_owned(), round.clone()));
    round.all_in_prompt.wait().await;
    round.resume.wait().await;
    print!("{}", commands.await??);
    Ok(())
}

async fn recorded_commands(address: String, round: Arc<Round>) -> io::Result<String> {
    let mut commands = String::new();
    play_call(&address, &round, |command| commands.push_str(command)).await?;
    Ok(commands)
}

async fn play(address: &str, rounds: usize, channels: usize) -> io::Result<()> {
    let started = Instant::now();
    let mut paused = Duration::ZERO;
    let mut durations = Vec::with_capacity(rounds * channels);
    for number in 0..rounds {
        let round = Arc::new(Round::new(channels));
        let mut calls = JoinSet::new();
        for _ in 0..channels {
            calls.spawn(play_call_or_exit(address.to_owned(), round.clone()));
        }
        round.all_in_prompt.wait().await;
        if number == 0 {
            let open = Instant::now();
            println!("open");
            io::stdin().read_line(&mut String::new())?;
            paused = open.elapsed();
        }
        round.resume.wait().await;
        durations.extend(calls.join_all().await);
    }
    let total = started.elapsed() - paused;
    durations.sort_unstable();
    let percentile =
        |percent: usize| durations[(durations.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!("{} {} {}", total.as_secs_f64(), percentile(50), percentile(99));
    Ok(())
}

/// Exits if the call fails: the measurement is then void, and the other calls of the round would wait forever.
async fn play_call_or_exit(address: String, round: Arc<Round>) -> Duration {
    play_call(&address, &round, |_| {}).await.unwrap_or_else(|error| {
        eprintln!("a call failed: {error}");
        process::exit(1)
    })
}

/// Plays a call until the server closes the connection. Returns its duration without the time that it waited for the
/// other calls.
async fn play_call(
    address: &str,
    round: &Round,
    mut on_command: impl FnMut(&str),
) -> io::Result<Duration> {
    let mut connecting = round.connecting.acquire().await.ok();
    let mut started = Instant::now();
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(ENVIRONMENT.as_bytes()).await?;
    let mut digits = DIGITS.into_iter();
    let mut line = Vec::with_capacity(256);
    loop {
        let ended = stream.read_buf(&mut line).await? == 0;
        drop(connecting.take());
        if ended {
            return if digits.len() == 0 {
                Ok(started.elapsed())
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            };
        }
        if !line.ends_with(b"\n") {
            continue;
        }
        let command = std::str::from_utf8(&line).map_err(io::Error::other)?;
        on_command(command);
        if command.starts_with("STREAM FILE") {
            let open = Instant::now();
            round.all_in_prompt.wait().await;
            round.resume.wait().await;
            started += open.elapsed();
        }
        let reply = reply(command, &mut digits)?;
        stream.write_all(reply.as_bytes()).await?;
        line.clear();
    }
}

/// The reply of Asterisk to a command.
fn reply(command: &str, digits: &mut impl Iterator<Item = u8>) -> io::Result<String> {
    let mut key = || {
        digits
            .next()
            .ok_or_else(|| io::Error::other("the server reads more digits than the caller presses"))
    };
    let verb = |verb: &str| command.starts_with(verb);
    Ok(match () {
        () if verb("STREAM FILE") => format!("200 result={} endpos=800\n", key()?),
        () if verb("WAIT FOR DIGIT") => format!("200 result={}\n", key()?),
        () if verb("GET VARIABLE") => "200 result=1 (1)\n".into(),
        () if verb("SET VARIABLE") => "200 result=1\n".into(),
        () if ["ANSWER", "SET ", "EXEC "].into_iter().any(verb) => "200 result=0\n".into(),
        () => return Err(io::Error::other(format!("unexpected command: {command}"))),
    })
}
