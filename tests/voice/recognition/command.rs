//! Programs as recognizers.

use dialscript::voice::asr::MAX_TRANSCRIPT_BYTES;
use dialscript::voice::settings::{AsrBackend, EngineProgram};

use crate::support::program::is_alive;
use crate::support::wait::until;
use crate::support::wav::wav;
use crate::voice::recognition::setup::{LONG, RecognitionSetup, SHORT, shell, speech};

/// Prints the sample rate, the channel count and the length of a WAV file.
const LOOK: &str = r#"od -An -tu4 -j24 -N4 "$1"; od -An -tu2 -j22 -N2 "$1"; wc -c < "$1""#;

#[tokio::test]
async fn the_recording_replaces_the_in_placeholder() {
    let setup = RecognitionSetup::shell(LOOK, &["{in}"]);
    assert_eq!(setup.transcribe(&speech()).await.unwrap(), "8000 1 24044");
    setup.assert_no_recordings();
}

#[tokio::test]
async fn without_the_in_placeholder_the_recording_is_on_standard_input() {
    let setup = RecognitionSetup::shell("wc -c; echo \"$1\"", &["{language}"]);
    assert_eq!(setup.transcribe(&speech()).await.unwrap(), "24044 en-GB");
    setup.assert_no_recordings();
}

#[tokio::test]
async fn both_directions_become_one_channel() {
    let setup = RecognitionSetup::shell(LOOK, &["{in}"]);
    let both = wav(16_000, 2, [1000; 400]);
    assert_eq!(setup.transcribe(&both).await.unwrap(), "16000 1 444");
}

#[tokio::test]
async fn the_recognized_text_is_one_line_of_limited_length() {
    let setup = RecognitionSetup::shell(r"printf '  four\n\tseven\001one\377 \r\n'", &[]);
    assert_eq!(setup.transcribe(&speech()).await.unwrap(), "four seven one\u{fffd}");
    let setup = RecognitionSetup::shell("yes four | head -c 20000", &[]);
    let words = setup.transcribe(&speech()).await.unwrap();
    assert!(
        words.len() <= MAX_TRANSCRIPT_BYTES && words.len() > MAX_TRANSCRIPT_BYTES - 10,
        "{}",
        words.len()
    );
    assert!(words.split(' ').all(|word| "four".starts_with(word)));
    let setup = RecognitionSetup::shell(r#"yes "四" | tr -d '\n' | head -c 20000"#, &[]);
    let words = setup.transcribe(&speech()).await.unwrap();
    assert!(
        words.len() > MAX_TRANSCRIPT_BYTES - 10 && words.chars().all(|sign| sign == '四'),
        "{words}"
    );
}

#[tokio::test]
async fn a_program_without_output_has_recognized_nothing() {
    let setup = RecognitionSetup::shell("cat > /dev/null", &[]);
    assert_eq!(setup.transcribe(&speech()).await.unwrap(), "");
}

#[tokio::test]
async fn a_recording_without_samples_runs_no_engine() {
    let setup = RecognitionSetup::shell("echo asked", &[]);
    assert_eq!(setup.transcribe(&wav(8000, 1, [])).await.unwrap(), "");
    setup.assert_no_recordings();
}

#[tokio::test]
async fn a_program_that_is_not_installed_is_an_error() {
    let program =
        EngineProgram { executable: "dialscript-no-such-engine".into(), arguments: Vec::new() };
    let setup = RecognitionSetup::new(AsrBackend::Command(program));
    assert_eq!(setup.asr_error().await, "recognizer: it is not installed");
}

#[tokio::test]
async fn a_program_that_fails_is_an_error() {
    let setup = RecognitionSetup::shell("echo four; echo canary >&2; exit 3", &[]);
    assert_eq!(setup.asr_error().await, "recognizer: it exited with status 3");
}

#[tokio::test]
async fn a_program_that_crashes_is_an_error() {
    let setup = RecognitionSetup::shell("kill -SEGV $$", &[]);
    assert_eq!(setup.asr_error().await, "recognizer: it was killed by signal 11");
}

#[tokio::test]
async fn a_program_that_hangs_is_killed_with_its_children() {
    let pids = tempfile::tempdir().unwrap();
    let file = pids.path().join("pids");
    let script = r#"sleep 1000 & echo $! > "$1.new"; echo $$ >> "$1.new"; mv "$1.new" "$1"; wait"#;
    let by = AsrBackend::Command(shell(script, &[file.to_str().unwrap()]));
    let setup = RecognitionSetup::with(by, 5 * SHORT, 4);
    assert_eq!(setup.asr_error().await, "recognizer: no result within 2s");
    let pids = std::fs::read_to_string(file).unwrap();
    assert_eq!(pids.lines().count(), 2);
    until("the program is gone", || !pids.lines().any(is_alive)).await;
}

#[tokio::test]
async fn a_program_that_writes_endlessly_is_killed() {
    let setup = RecognitionSetup::shell("exec yes four", &[]);
    let error = setup.asr_error().await;
    assert_eq!(error, "recognizer: its output is longer than 262144 bytes");
    let setup = RecognitionSetup::shell("yes four >&2", &[]);
    let by = AsrBackend::Command(shell("exec yes four >&2", &[]));
    drop(setup);
    assert_eq!(
        RecognitionSetup::with(by, SHORT, 4).asr_error().await,
        "recognizer: no result within 400ms"
    );
}

#[tokio::test]
async fn waiting_for_a_permit_counts_towards_the_timeout() {
    let by = || AsrBackend::Command(shell("sleep 0.1; echo four", &[]));
    let setup = RecognitionSetup::with(by(), LONG, 1);
    let file = speech();
    let (one, other) = tokio::join!(setup.transcribe(&file), setup.transcribe(&file));
    assert_eq!((one.unwrap(), other.unwrap()), ("four".into(), "four".into()));
    let by = AsrBackend::Command(shell("exec sleep 1000", &[]));
    let setup = RecognitionSetup::with(by, SHORT, 1);
    let begun = std::time::Instant::now();
    let (one, other) = tokio::join!(setup.transcribe(&file), setup.transcribe(&file));
    assert!(begun.elapsed() < 2 * SHORT, "waiting counts");
    assert_eq!(one.unwrap_err().0, "recognizer: no result within 400ms");
    other.unwrap_err();
    until("both recordings are gone", || std::fs::read_dir(setup.path()).unwrap().count() == 0)
        .await;
}
