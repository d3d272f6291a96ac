//! A channel of Asterisk in `AGI(agi://...)`: it runs one command at a time, and replies when the command has ended.

use std::collections::HashMap;
use std::io;

use dialscript_load::shop::{DIGITS, VARIABLE};
use tokio::time::sleep;

use crate::check_variable;
use crate::round::Hold;
use crate::socket::SwitchSocket;

/// The AGI environment of Asterisk 22. The number of the call makes its `agi_uniqueid`.
const ENVIRONMENT: &str = include_str!("../../../data/agi-environment.txt");

#[derive(Default)]
struct AgiCall {
    keys_pressed: usize,
    variables: HashMap<String, String>,
}

/// What happens before the reply of a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    /// The prompt plays until the caller presses that many keys.
    Prompt(usize),
    /// The caller presses that many keys.
    Keys(usize),
}

pub(crate) async fn play(
    socket: &mut SwitchSocket<'_>,
    hold: &mut Hold<'_>,
    number: u64,
) -> io::Result<()> {
    let mut call = AgiCall::default();
    socket.send(ENVIRONMENT.replace("NUMBER", &number.to_string()).as_bytes()).await?;
    loop {
        while let Some(end) = socket.input.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = socket.input.drain(..=end).collect();
            let command = std::str::from_utf8(&line).map_err(io::Error::other)?.trim_end();
            let (before, reply) = call.run(command).ok_or_else(|| unexpected(command))?;
            match before {
                Before::Nothing => {}
                Before::Prompt(keys) => {
                    hold.wait().await;
                    press(keys, hold).await;
                }
                Before::Keys(keys) => press(keys, hold).await,
            }
            socket.send(format!("{reply}\n").as_bytes()).await?;
        }
        if socket.read().await? {
            break;
        }
    }
    check_variable(call.variables.get(VARIABLE).map(String::as_str))
}

async fn press(keys: usize, hold: &Hold<'_>) {
    for _ in 0..keys {
        sleep(hold.pace().gap).await;
    }
}

fn unexpected(command: &str) -> io::Error {
    io::Error::other(format!("the simulated Asterisk does not know this command: {command}"))
}

impl AgiCall {
    /// The reply to a command, and what happens before it; `None` if the command is not known.
    fn run(&mut self, command: &str) -> Option<(Before, String)> {
        let words = split(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ok = |text: &str| Some((Before::Nothing, text.to_owned()));
        match *words.as_slice() {
            ["ANSWER"] => ok("200 result=0"),
            ["SET", "CONTEXT" | "EXTENSION" | "PRIORITY" | "MUSIC", ..] => ok("200 result=0"),
            ["SET", "VARIABLE", name, value] => {
                self.set(name, value);
                ok("200 result=1")
            }
            ["GET", "VARIABLE", name] => match self.get(name) {
                Some(value) => ok(&format!("200 result=1 ({value})")),
                None => ok("200 result=0"),
            },
            ["STREAM", "FILE", _, escapes, ..] if escapes.contains(DIGITS) || escapes.len() > 9 => {
                let key = self.press(1)?;
                let code = u32::from(key.chars().next()?);
                Some((Before::Prompt(1), format!("200 result={code} endpos=800")))
            }
            ["WAIT", "FOR", "DIGIT", _] => {
                let key = self.press(1)?;
                let code = u32::from(key.chars().next()?);
                Some((Before::Keys(1), format!("200 result={code}")))
            }
            ["GET", "DATA", file, _timeout, most] => {
                let keys = self.press(most.parse().ok()?)?;
                let before = if file.is_empty() { Before::Keys } else { Before::Prompt };
                Some((before(keys.len()), format!("200 result={keys}")))
            }
            _ => None,
        }
    }

    /// The next keys of the caller; `None` if the caller has pressed all of them.
    fn press(&mut self, most: usize) -> Option<&'static str> {
        let left = DIGITS.get(self.keys_pressed..)?;
        let keys = left.get(..most.min(left.len())).filter(|keys| !keys.is_empty())?;
        self.keys_pressed += keys.len();
        Some(keys)
    }

    /// `ARRAY(A,B)` sets one variable for each name (`func_strings.c`).
    fn set(&mut self, name: &str, value: &str) {
        let Some(names) = name.strip_prefix("ARRAY(").and_then(|names| names.strip_suffix(')'))
        else {
            self.variables.insert(name.to_owned(), value.to_owned());
            return;
        };
        let pairs = names.split(',').zip(value.split(','));
        self.variables.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    /// The dialplan has every destination. `LEN(1)` shows that `func_strings` is loaded.
    fn get(&self, name: &str) -> Option<&str> {
        match name.starts_with("DIALPLAN_EXISTS(") || name == "LEN(1)" {
            true => Some("1"),
            false => self.variables.get(name).map(String::as_str),
        }
    }
}

/// The words of a command. Quotes hold a word together, and a backslash takes the next character as it is
/// (`parse_args` in `res_agi.c`).
fn split(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut characters = command.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            ' ' if !is_quoted => words.extend(word.take()),
            '\\' => word.get_or_insert_default().extend(characters.next()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}
