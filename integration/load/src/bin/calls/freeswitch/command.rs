//! The commands of a server, as `read_packet` in `mod_event_socket.c` reads them.

use std::io;

use super::failed;

/// A command with its headers and its body.
pub(super) struct EslCommand {
    text: String,
    body: String,
}

impl EslCommand {
    /// Takes the next complete command. Blank lines before it are skipped.
    pub(super) fn take(input: &mut Vec<u8>) -> io::Result<Option<Self>> {
        let blank = input.iter().take_while(|byte| **byte == b'\n').count();
        input.drain(..blank);
        let Some(end) = input.windows(2).position(|pair| pair == b"\n\n") else { return Ok(None) };
        let text = String::from_utf8(input[..end].to_vec()).map_err(io::Error::other)?;
        let mut command = Self { text, body: String::new() };
        let length = match command.header("content-length") {
            Some(length) => length.parse().map_err(|_| failed("got a faulty content-length"))?,
            None => 0,
        };
        if input.len() < end + 2 + length {
            return Ok(None);
        }
        let body: Vec<u8> = input.drain(..end + 2 + length).skip(end + 2).collect();
        command.body = String::from_utf8(body).map_err(io::Error::other)?;
        Ok(Some(command))
    }

    /// The first line.
    pub(super) fn line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.text.lines().skip(1).find_map(|line| {
            let (header, value) = line.split_once(':')?;
            header.eq_ignore_ascii_case(name).then(|| value.trim_start())
        })
    }

    /// The argument of an `execute`.
    pub(super) fn argument(&self) -> &str {
        self.header("execute-app-arg").unwrap_or(&self.body)
    }
}
