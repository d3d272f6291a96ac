//! A caller who hangs up during speech recognition.

use std::fs;

use dialscript::voice::settings::AsrBackend;

use crate::support::program::is_alive;
use crate::support::wait::until;
use crate::voice::recognition::setup::{LONG, RecognitionSetup, shell, speech};

#[tokio::test]
async fn a_cancelled_recognition_kills_the_program_and_deletes_the_recording() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let script = r#"echo "$TMPDIR" > "$2"; echo $$ > "$1.new"; mv "$1.new" "$1"; exec sleep 1000"#;
    let temporary = folder.path().join("tmpdir");
    let arguments = [file.to_str().unwrap(), temporary.to_str().unwrap()];
    let setup = RecognitionSetup::with(AsrBackend::Command(shell(script, &arguments)), LONG, 4);
    let recording = setup.write_recording(&speech());
    tokio::select! {
        heard = setup.recognizer.transcribe(recording, "en") => panic!("{heard:?}"),
        () = until("it runs", || file.exists()) => {}
    }
    setup.assert_no_recordings();
    let pid = fs::read_to_string(&file).unwrap();
    until("the program is gone", || !is_alive(&pid)).await;
    let temporary = fs::read_to_string(&temporary).unwrap();
    assert!(!fs::exists(temporary.trim()).unwrap(), "{temporary}");
}

#[tokio::test]
async fn a_cancelled_recognition_returns_its_permit() {
    let by = AsrBackend::Command(shell("if read -r line < /dev/null; then :; fi; echo four", &[]));
    let setup = RecognitionSetup::with(by, LONG, 1);
    for _ in 0..3 {
        let recording = setup.write_recording(&speech());
        drop(Box::pin(setup.recognizer.transcribe(recording, "en")));
        let recording = setup.write_recording(&speech());
        let understood = setup.recognizer.transcribe(recording, "en");
        let _ = tokio::time::timeout(std::time::Duration::from_millis(1), understood).await;
    }
    assert_eq!(setup.transcribe(&speech()).await.unwrap(), "four");
    until("all recordings are gone", || fs::read_dir(setup.path()).unwrap().count() == 0).await;
}

#[tokio::test]
async fn an_unused_recording_is_deleted() {
    let setup = RecognitionSetup::shell("", &[]);
    drop(setup.write_recording(&speech()));
    setup.assert_no_recordings();
    let (_, never_made) = setup.new_recording();
    drop(never_made);
    setup.assert_no_recordings();
}
