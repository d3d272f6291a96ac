//! Engines for tests: small shell scripts.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dialscript::script::voice::SpeakingRate;
use dialscript::voice::settings::{EngineProgram, LanguageVoices, TtsBackend, TtsEngine};

use crate::support::wav;

/// An engine whose runs are counted.
pub(crate) struct Engine {
    folder: PathBuf,
    name: String,
}

impl Engine {
    /// Counts its runs, then runs these lines of a shell script. `$tone` is a WAV of so many milliseconds, and
    /// `$0.text` is the text to speak.
    pub(crate) fn new(folder: &Path, name: &str, tone: u32, lines: &str) -> Self {
        let engine = Self { folder: folder.to_owned(), name: name.to_owned() };
        fs::write(engine.path("wav"), wav::tone(tone)).unwrap();
        let beginning = "cat > \"$0.text\"; echo run >> \"$0.count\"; echo $$ > \"$0.pid\"; tone=\"${0%.sh}.wav\"";
        fs::write(engine.path("sh"), format!("{beginning}\n{lines}\n")).unwrap();
        engine
    }

    pub(crate) fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.name))
    }

    pub(crate) fn tts_engine(&self) -> Arc<TtsEngine> {
        let arguments = vec![self.path("sh").to_str().unwrap().to_owned()];
        let by = TtsBackend::Command(EngineProgram { executable: "/bin/sh".to_owned(), arguments });
        tts_engine(&self.name, by)
    }

    /// The number of runs.
    pub(crate) fn runs(&self) -> usize {
        fs::read_to_string(self.path("sh.count")).map_or(0, |count| count.lines().count())
    }

    /// The text of the last run.
    pub(crate) fn text(&self) -> String {
        fs::read_to_string(self.path("sh.text")).unwrap()
    }

    /// Whether its last process still runs.
    pub(crate) fn is_running(&self) -> bool {
        let pid = fs::read_to_string(self.path("sh.pid")).unwrap();
        Path::new("/proc").join(pid.trim()).join("exe").exists()
    }
}

pub(crate) fn tts_engine(name: &str, by: TtsBackend) -> Arc<TtsEngine> {
    let (name, language, speed) = (name.to_owned(), "en".into(), SpeakingRate::default());
    Arc::new(TtsEngine {
        name,
        backend: by,
        voice: None,
        voices: LanguageVoices::default(),
        language,
        language_is_set: false,
        speed,
    })
}
