//! Recognized text is in no log line and in no error.

use dialscript::voice::settings::{AsrBackend, EngineHttpService, EngineProgram};

use crate::support::log::record;
use crate::support::web::{Reply, Web};
use crate::voice::recognition::setup::{RecognitionSetup, SHORT, shell, speech};

fn command(program: EngineProgram) -> AsrBackend {
    AsrBackend::Command(program)
}

/// Every line that the daemon can log.
const DAEMON: &str = "warn,dialscript=trace";

#[tokio::test]
async fn recognized_text_is_in_no_log_line_and_no_error() {
    let (lines, _guard) = record(DAEMON);
    let web = Web::start(|_| Reply::of(500, "text/plain", "canary")).await;
    let url = web.url("/canary").parse().unwrap();
    let service = EngineHttpService { url, model: "m".into(), headers: Vec::new() };
    let wrong = [
        command(shell("echo canary; echo canary >&2; exit 1", &["canary"])),
        command(shell("echo canary; echo canary >&2; kill -9 $$", &[])),
        command(shell("echo canary; echo canary >&2; exec sleep 1000", &[])),
        command(shell("exec yes canary", &[])),
        AsrBackend::Http(service),
    ];
    for by in wrong {
        let error = RecognitionSetup::with(by, SHORT, 4).asr_error().await;
        assert!(!error.contains("canary"), "{error}");
    }
    let setup = RecognitionSetup::new(command(shell("echo canary; echo canary >&2", &[])));
    assert_eq!(setup.transcribe(&speech()).await.unwrap(), "canary");
    let lines = lines.text();
    assert!(!lines.contains("canary"), "{lines}");
}

#[tokio::test]
async fn the_debug_output_of_a_recording_has_no_file_name() {
    let (path, recording) = RecognitionSetup::shell("", &[]).new_recording();
    let name = path.file_stem().unwrap().to_str().unwrap();
    assert!(!format!("{recording:?}").contains(name));
}
