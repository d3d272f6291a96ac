//! A folder of recordings, a recognizer, and recorded speech.

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

/// A timeout for cases that must succeed.
pub(crate) const LONG: Duration = Duration::from_secs(20);
/// A timeout that a test waits for.
pub(crate) const SHORT: Duration = Duration::from_millis(400);

pub(crate) struct RecognitionSetup {
    folder: TempDir,
    pub(crate) recognizer: Recognizer,
}

impl RecognitionSetup {
    pub(crate) fn new(by: AsrBackend) -> Self {
        Self::with(by, LONG, 4)
    }

    pub(crate) fn with_client(by: AsrBackend, settings: &client::HttpClientSettings) -> Self {
        let client = Arc::new(HttpClient::new(settings).unwrap());
        Self::with_all(by, LONG, 4, client)
    }

    pub(crate) fn with(by: AsrBackend, timeout: Duration, at_once: usize) -> Self {
        Self::with_all(by, timeout, at_once, client())
    }

    fn with_all(
        by: AsrBackend,
        timeout: Duration,
        at_once: usize,
        client: Arc<HttpClient>,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let listen = Some(Arc::new(AsrEngine { name: "recognizer".into(), backend: by }));
        let settings = VoiceSettings {
            asr_engine: listen,
            timeout,
            max_concurrent: at_once,
            ..settings(folder.path())
        };
        Self { recognizer: Recognizer::new(&settings, client), folder }
    }

    /// With a shell script as the engine, and its arguments.
    pub(crate) fn shell(script: &str, arguments: &[&str]) -> Self {
        Self::new(AsrBackend::Command(shell(script, arguments)))
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A recording with these bytes.
    pub(crate) fn write_recording(&self, file: &[u8]) -> SpeechRecording {
        let (path, recording) = self.new_recording();
        fs::write(path, file).unwrap();
        recording
    }

    /// A recording whose file does not exist yet.
    pub(crate) fn new_recording(&self) -> (PathBuf, SpeechRecording) {
        match self.recognizer.asr_source().unwrap() {
            (AsrSource::Recording(path), Some(recording)) => (PathBuf::from(&*path), recording),
            (source, _) => panic!("{source:?}"),
        }
    }

    pub(crate) async fn transcribe(&self, file: &[u8]) -> Result<String, AsrError> {
        let recording = self.write_recording(file);
        self.recognizer.transcribe(recording, "en-GB").await
    }

    /// The error for a valid recording. The file must be deleted by then.
    pub(crate) async fn asr_error(&self) -> String {
        let error = self.transcribe(&speech()).await.expect_err("no words").0;
        self.assert_no_recordings();
        error
    }

    /// Checks that no recording is left.
    pub(crate) fn assert_no_recordings(&self) {
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
    /// One per test thread, since reading the root certificates of the system takes a while.
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

/// A WAV file of 1.5 s at 8 kHz.
pub(crate) fn speech() -> Vec<u8> {
    wav(8000, 1, (0..12_000).map(|i| (i % 200) * 50))
}
