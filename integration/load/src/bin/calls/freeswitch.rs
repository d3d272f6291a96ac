//! A channel of FreeSWITCH in `socket HOST:PORT/menu async full`. As in the real one, each command is replied to at once,
//! and the session runs applications and takes keys once per frame.

mod command;
mod event;
mod execute;
mod session;

use std::future::pending;
use std::io;

use dialscript_load::shop::VARIABLE;
use tokio::time::{Instant, sleep_until};

use crate::check_variable;
use crate::round::Hold;
use crate::socket::SwitchSocket;
use command::EslCommand;
use session::Session;

pub(crate) async fn play(
    socket: &mut SwitchSocket<'_>,
    hold: &mut Hold<'_>,
    number: u64,
) -> io::Result<()> {
    let mut session = Session::new(number, hold.pace());
    while !session.is_closed() {
        tokio::select! {
            ended = socket.read() => if ended? { break },
            () = hold.wait(), if session.holds() => session.release(),
            () = sleep_until_some(session.next_frame()) => {
                for event in session.run_frame(Instant::now())? {
                    socket.send(&event).await?;
                }
            }
        }
        while let Some(command) = EslCommand::take(&mut socket.input)? {
            for message in session.reply(&command)? {
                socket.send(&message).await?;
            }
        }
    }
    check_variable(session.variable(VARIABLE))
}

async fn sleep_until_some(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}

fn failed(what: &str) -> io::Error {
    io::Error::other(format!("the simulated FreeSWITCH {what}"))
}
