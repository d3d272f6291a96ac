//! The functions of `api`, which the listener executes at once (`mod_commands.c`).

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

use super::FakeFreeSwitch;
use super::text::split;

const OK: &str = "+OK\n";
const NO_CHANNEL: &str = "-ERR No such channel!\n";
const USAGE: &str = "-USAGE:\n";
/// Size of the array of `uuid_setvar_multi_function`.
const MAX_SETVAR_MULTI: usize = 64;

impl<S: AsyncRead + AsyncWrite + Unpin> FakeFreeSwitch<S> {
    /// The first argument of each function is a channel.
    pub(super) async fn run_function(&mut self, line: &str) -> io::Result<()> {
        let (name, arguments) = line.split_once(' ').unwrap_or((line, ""));
        let (channel, arguments) = arguments.split_once(' ').unwrap_or((arguments, ""));
        let is_ours = channel == self.channel.unique_id && self.channel.cause.is_none();
        match name {
            "uuid_setvar_multi" | "uuid_transfer" | "uuid_kill" | "uuid_break" if !is_ours => {
                self.send_output(NO_CHANNEL).await
            }
            "uuid_setvar_multi" => {
                let output = self.set_several(arguments);
                self.send_output(output).await
            }
            "uuid_break" => {
                self.break_requested = true;
                self.send_output(OK).await
            }
            // The events that the session causes come after the output.
            "uuid_transfer" => self.transfer_by_function(arguments).await,
            "uuid_kill" => {
                self.send_output(OK).await?;
                self.hang_up(arguments).await
            }
            _ => self.send_output(&format!("-ERR {name} Command not found!\n")).await,
        }
    }

    async fn send_output(&mut self, text: &str) -> io::Result<()> {
        let length = text.len();
        self.stream
            .send(&format!("Content-Type: api/response\nContent-Length: {length}\n\n{text}"))
            .await
    }

    /// `uuid_setvar_multi_function`: nothing is expanded. The last part of too many has all the others.
    fn set_several(&mut self, assignments: &str) -> &'static str {
        let mut parts = split(assignments, ';');
        if parts.len() > MAX_SETVAR_MULTI {
            return USAGE;
        }
        parts.retain(|part| !part.is_empty() && !part.starts_with('='));
        for part in &parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            self.set_variable(name, value);
        }
        if parts.is_empty() { USAGE } else { OK }
    }

    /// `transfer_function`: an extension that begins with `-` is an option.
    async fn transfer_by_function(&mut self, arguments: &str) -> io::Result<()> {
        let words = split(arguments, ' ');
        let extension = words.first().filter(|word| !word.is_empty() && !word.starts_with('-'));
        let Some(extension) = extension else { return self.send_output(USAGE).await };
        self.channel.transfer(extension, words.get(2).map(String::as_str));
        self.send_output(OK).await?;
        self.end_transferred().await
    }
}
