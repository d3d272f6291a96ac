//! Speech into words: by a program, a web service, a vosk server, or the switch.
//!
//! Nothing that was said, and nothing that an engine says of it, is in a log, an error or a `Debug`.

mod command;
mod http;
mod utterance;
mod vosk;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::program;
use super::recordings::{Recording, Recordings};
use super::settings::{Listen, ListenBy, Settings};
use crate::channel::Ear;
use crate::script::voice::Deaf;
use crate::web::client::Client;
use utterance::Utterance;

/// Most bytes of words that count; what is behind them is cut.
pub const MOST_WORDS: usize = 2000;
/// Most bytes of an engine's answer.
const MOST_ANSWER: usize = 256 * 1024;

/// Understands what callers say, by the engine of the daemon's file.
pub struct Hearing {
    listen: Option<Arc<Listen>>,
    recordings: Recordings,
    client: Arc<Client>,
    timeout: Duration,
    turns: Semaphore,
}

impl Hearing {
    /// Sets up the engine, and deletes recordings and temporary files that were left behind.
    pub fn new(settings: &Settings, client: Arc<Client>) -> Self {
        program::sweep();
        Self {
            listen: settings.listen.clone(),
            recordings: Recordings::new(&settings.recordings),
            client,
            timeout: settings.timeout,
            turns: Semaphore::new(settings.at_once.clamp(1, Semaphore::MAX_PERMITS)),
        }
    }

    /// Who listens, and the recording where that is us.
    ///
    /// # Errors
    ///
    /// Where no engine listens.
    pub fn ear(&self) -> Result<(Ear, Option<Recording>), Deaf> {
        match &self.engine()?.by {
            ListenBy::Switch { engine, grammar } => {
                Ok((Ear::Switch { engine: engine.clone(), grammar: grammar.clone() }, None))
            }
            _ => {
                let recording = self.recordings.begin()?;
                Ok((Ear::Recording(recording.on_switch().clone()), Some(recording)))
            }
        }
    }

    /// Turns a recording into words on one line, at most [`MOST_WORDS`] bytes of them; empty where nothing was
    /// understood. The recording is deleted as soon as it has been read.
    ///
    /// # Errors
    ///
    /// When the recording can't be read, or the engine fails or is late. Waiting for others counts as time.
    pub async fn understand(&self, recording: Recording, language: &str) -> Result<String, Deaf> {
        let deadline = Instant::now() + self.timeout;
        let listen = self.engine()?;
        let Ok(turn) = timeout_at(deadline, self.turns.acquire()).await else {
            return Err(Deaf(format!("{}: too many utterances at once", listen.name)));
        };
        let understood = timeout_at(deadline, self.words(listen, recording, language)).await;
        drop(turn);
        match understood {
            Ok(Ok(words)) => Ok(plain(&words)),
            Ok(Err(deaf)) => Err(Deaf(format!("{}: {deaf}", listen.name))),
            Err(_) => Err(Deaf(format!("{}: no words within {:?}", listen.name, self.timeout))),
        }
    }

    fn engine(&self) -> Result<&Listen, Deaf> {
        self.listen.as_deref().ok_or_else(|| Deaf("no engine listens".into()))
    }

    async fn words(
        &self,
        listen: &Listen,
        recording: Recording,
        language: &str,
    ) -> Result<String, Deaf> {
        let read = tokio::task::spawn_blocking(move || Utterance::read(&recording)).await;
        let utterance = read.map_err(|_| Deaf("the recording can't be read".into()))??;
        if utterance.samples.is_empty() {
            return Ok(String::new());
        }
        match &listen.by {
            ListenBy::Command(program) => {
                command::words(program, &utterance, language, self.timeout).await
            }
            ListenBy::Http(service) => {
                http::words(&self.client, service, &utterance, language).await
            }
            ListenBy::Vosk(url) => vosk::words(url, &utterance).await,
            ListenBy::Switch { .. } => Err(Deaf("the switch listens itself".into())),
        }
    }
}

/// Words on one line, with one blank between them.
fn plain(words: &str) -> String {
    let words = words.split(|sign: char| sign.is_whitespace() || sign.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let mut plain = words.join(" ");
    plain.truncate(plain.floor_char_boundary(MOST_WORDS));
    plain
}
