//! A folder of recordings, an engine, and what a caller says.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dialscript::channel::AsrSource;
use dialscript::script::voice::AsrError;
use dialscript::voice::asr::Recognizer;
use dialscript::voice::recordings::SpeechRecording;
use dialscript::voice::settings::{
    AsrBackend, AsrEngine, EngineProgram, FolderPaths, SoundFormat, VoiceSettings,
};
use dialscript::web::client::{self, HttpClient};
use tempfile::TempDir;

use crate::support::wav::wav;

/// Long enough for everything that is to succeed.
pub(crate) const LONG: Duration = Duration::from_secs(20);
/// Short enough to wait for.
pub(crate) const SHORT: Duration = Duration::from_millis(400);

pub(crate) struct RecognitionSetup {
    folder: TempDir,
    pub(crate) hearing: Recognizer,
}

impl RecognitionSetup {
    pub(crate) fn new(by: AsrBackend) -> Self {
        Self::with(by, LONG, 4)
    }

    pub(crate) fn with(by: AsrBackend, timeout: Duration, at_once: usize) -> Self {
        let folder = TempDir::new().unwrap();
        let listen = Some(Arc::new(AsrEngine { name: "recognizer".into(), backend: by }));
        let settings = VoiceSettings {
            asr_engine: listen,
            timeout,
            max_concurrent: at_once,
            ..settings(folder.path())
        };
        Self { hearing: Recognizer::new(&settings, client()), folder }
    }

    /// A shell as the engine; its arguments are behind the script.
    pub(crate) fn shell(script: &str, arguments: &[&str]) -> Self {
        Self::new(AsrBackend::Command(shell(script, arguments)))
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A recording, as a switch leaves it.
    pub(crate) fn recorded(&self, file: &[u8]) -> SpeechRecording {
        let (path, recording) = self.begun();
        fs::write(path, file).unwrap();
        recording
    }

    /// A recording that the switch has not made.
    pub(crate) fn begun(&self) -> (PathBuf, SpeechRecording) {
        match self.hearing.asr_source().unwrap() {
            (AsrSource::Recording(path), Some(recording)) => (PathBuf::from(&*path), recording),
            (source, _) => panic!("{source:?}"),
        }
    }

    pub(crate) async fn understood(&self, file: &[u8]) -> Result<String, AsrError> {
        let recording = self.recorded(file);
        self.hearing.transcribe(recording, "en-GB").await
    }

    /// Why nothing was understood of a good recording; it is gone then.
    pub(crate) async fn asr_error(&self) -> String {
        let error = self.understood(&speech()).await.expect_err("no words").0;
        self.is_empty();
        error
    }

    /// No recording is left.
    pub(crate) fn is_empty(&self) {
        let left: Vec<_> = fs::read_dir(self.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

pub(crate) fn settings(folder: &Path) -> VoiceSettings {
    let folder = FolderPaths { local: folder.to_owned(), on_switch: folder.to_owned() };
    VoiceSettings {
        default_engine: None,
        fallback_engine: None,
        named_engines: Default::default(),
        asr_engine: None,
        timeout: LONG,
        max_concurrent: 4,
        format: SoundFormat::Narrow,
        cache_folder: folder.clone(),
        max_cache_bytes: 0,
        library_folder: folder.clone(),
        recordings_folder: folder,
        sound_server: None,
    }
}

thread_local! {
    /// A test has a thread of its own, and reading the system's root certificates takes a while.
    static CLIENT: Arc<HttpClient> =
        Arc::new(HttpClient::new(&client::HttpClientSettings::default()).unwrap());
}

pub(crate) fn client() -> Arc<HttpClient> {
    CLIENT.with(Arc::clone)
}

pub(crate) fn shell(script: &str, arguments: &[&str]) -> EngineProgram {
    let arguments = ["-c", script, "engine"].into_iter().chain(arguments.iter().copied());
    EngineProgram { executable: "sh".into(), arguments: arguments.map(Into::into).collect() }
}

/// A second and a half at 8 kHz.
pub(crate) fn speech() -> Vec<u8> {
    wav(8000, 1, (0..12_000).map(|i| (i % 200) * 50))
}
