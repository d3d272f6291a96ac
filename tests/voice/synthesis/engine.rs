//! Engines that speak as a test wants: small shell scripts.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dialscript::script::voice::SpeakingRate;
use dialscript::voice::settings::{EngineProgram, TtsBackend, TtsEngine};

use crate::support::wav;

/// An engine whose runs are counted.
pub(crate) struct Engine {
    folder: PathBuf,
    name: String,
}

impl Engine {
    /// Runs the lines of a shell script after the count; `$tone` is a WAV of so many milliseconds, `$0.text` what it
    /// was given.
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

    pub(crate) fn say(&self) -> Arc<TtsEngine> {
        let arguments = vec![self.path("sh").to_str().unwrap().to_owned()];
        let by = TtsBackend::Command(EngineProgram { executable: "/bin/sh".to_owned(), arguments });
        say(&self.name, by)
    }

    /// How often it was run.
    pub(crate) fn runs(&self) -> usize {
        fs::read_to_string(self.path("sh.count")).map_or(0, |count| count.lines().count())
    }

    /// The text of the last run.
    pub(crate) fn text(&self) -> String {
        fs::read_to_string(self.path("sh.text")).unwrap()
    }

    /// Whether its last process is there still.
    pub(crate) fn lives(&self) -> bool {
        let pid = fs::read_to_string(self.path("sh.pid")).unwrap();
        Path::new("/proc").join(pid.trim()).join("exe").exists()
    }
}

pub(crate) fn say(name: &str, by: TtsBackend) -> Arc<TtsEngine> {
    let (name, language, speed) = (name.to_owned(), "en".into(), SpeakingRate::default());
    Arc::new(TtsEngine { name, backend: by, voice: None, language, speed })
}
