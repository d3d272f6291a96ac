//! A folder of recordings, an engine, and what a caller says.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dialscript::channel::Ear;
use dialscript::script::voice::Deaf;
use dialscript::voice::hear::Hearing;
use dialscript::voice::recordings::Recording;
use dialscript::voice::settings::{Folder, Format, Listen, ListenBy, Program, Settings};
use dialscript::web::client::{self, Client};
use tempfile::TempDir;

use crate::support::wav::wav;

/// Long enough for everything that is to succeed.
pub(crate) const LONG: Duration = Duration::from_secs(20);
/// Short enough to wait for.
pub(crate) const SHORT: Duration = Duration::from_millis(400);

pub(crate) struct RecognitionSetup {
    folder: TempDir,
    pub(crate) hearing: Hearing,
}

impl RecognitionSetup {
    pub(crate) fn new(by: ListenBy) -> Self {
        Self::with(by, LONG, 4)
    }

    pub(crate) fn with(by: ListenBy, timeout: Duration, at_once: usize) -> Self {
        let folder = TempDir::new().unwrap();
        let listen = Some(Arc::new(Listen { name: "ear".into(), by }));
        let settings = Settings { listen, timeout, at_once, ..settings(folder.path()) };
        Self { hearing: Hearing::new(&settings, client()), folder }
    }

    /// A shell as the engine; its arguments are behind the script.
    pub(crate) fn shell(script: &str, arguments: &[&str]) -> Self {
        Self::new(ListenBy::Command(shell(script, arguments)))
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A recording, as a switch leaves it.
    pub(crate) fn recorded(&self, file: &[u8]) -> Recording {
        let (path, recording) = self.begun();
        fs::write(path, file).unwrap();
        recording
    }

    /// A recording that the switch has not made.
    pub(crate) fn begun(&self) -> (PathBuf, Recording) {
        match self.hearing.ear().unwrap() {
            (Ear::Recording(path), Some(recording)) => (PathBuf::from(&*path), recording),
            (ear, _) => panic!("{ear:?}"),
        }
    }

    pub(crate) async fn understood(&self, file: &[u8]) -> Result<String, Deaf> {
        let recording = self.recorded(file);
        self.hearing.understand(recording, "en-GB").await
    }

    /// Why nothing was understood of a good recording; it is gone then.
    pub(crate) async fn deaf(&self) -> String {
        let deaf = self.understood(&speech()).await.expect_err("no words").0;
        self.is_empty();
        deaf
    }

    /// No recording is left.
    pub(crate) fn is_empty(&self) {
        let left: Vec<_> = fs::read_dir(self.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

pub(crate) fn settings(folder: &Path) -> Settings {
    let folder = Folder { ours: folder.to_owned(), on_switch: folder.to_owned() };
    Settings {
        say: None,
        fallback: None,
        engines: Default::default(),
        listen: None,
        timeout: LONG,
        at_once: 4,
        format: Format::Narrow,
        cache: folder.clone(),
        cache_bytes: 0,
        sounds: folder.clone(),
        recordings: folder,
        server: None,
    }
}

thread_local! {
    /// A test has a thread of its own, and reading the system's root certificates takes a while.
    static CLIENT: Arc<Client> =
        Arc::new(Client::new(&client::Settings::default()).unwrap());
}

pub(crate) fn client() -> Arc<Client> {
    CLIENT.with(Arc::clone)
}

pub(crate) fn shell(script: &str, arguments: &[&str]) -> Program {
    let arguments = ["-c", script, "engine"].into_iter().chain(arguments.iter().copied());
    Program { program: "sh".into(), arguments: arguments.map(Into::into).collect() }
}

/// A second and a half at 8 kHz.
pub(crate) fn speech() -> Vec<u8> {
    wav(8000, 1, (0..12_000).map(|i| (i % 200) * 50))
}
