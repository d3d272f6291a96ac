//! Recordings, and other files in the folder of recordings.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use dialscript::voice::recordings::RecordingFolder;
use dialscript::voice::settings::FolderPaths;

use crate::support::wav::wav;
use crate::voice::recognition::setup::{RecognitionSetup, speech};

fn listening() -> RecognitionSetup {
    RecognitionSetup::shell("wc -c", &[])
}

async fn error_for(file: &[u8]) -> String {
    let setup = listening();
    let error = setup.transcribe(file).await.expect_err("no recording").0;
    setup.assert_no_recordings();
    error
}

#[tokio::test]
async fn a_file_that_is_not_a_recording_is_refused() {
    assert_eq!(error_for(b"").await, "recognizer: the recording is empty");
    assert_eq!(error_for(b"RIFF").await, "recognizer: the recording is not a WAV file");
    assert_eq!(error_for(&[0; 100_000]).await, "recognizer: the recording is not a WAV file");
    let strange = "recognizer: the recording is not 16-bit PCM at 8 to 48 kHz";
    assert_eq!(error_for(&wav(4_000_000, 1, [1; 100])).await, strange);
    assert_eq!(error_for(&wav(8000, 3, [1; 99])).await, strange);
}

#[tokio::test]
async fn a_missing_recording_is_an_error() {
    let setup = listening();
    let (_, recording) = setup.new_recording();
    let error = setup.recognizer.transcribe(recording, "en").await.unwrap_err().0;
    assert!(error.starts_with("recognizer: could not read the recording: No such file"), "{error}");
}

#[tokio::test]
async fn a_truncated_recording_is_read_up_to_its_end() {
    let whole = speech();
    assert_eq!(listening().transcribe(&whole[..whole.len() / 2]).await.unwrap(), "12022");
}

#[tokio::test]
async fn a_length_in_the_header_beyond_the_recording_is_ignored() {
    let mut endless = speech();
    endless[40..44].copy_from_slice(&0x7fff_f000_u32.to_le_bytes());
    assert_eq!(listening().transcribe(&endless).await.unwrap(), "24044");
}

#[tokio::test]
async fn an_endless_file_is_read_up_to_the_longest_utterance() {
    let setup = listening();
    let (path, recording) = setup.new_recording();
    File::create(path).unwrap().set_len(1 << 40).unwrap();
    let error = setup.recognizer.transcribe(recording, "en").await.unwrap_err().0;
    assert_eq!(error, "recognizer: the recording is too long");
    setup.assert_no_recordings();
}

#[tokio::test]
async fn a_link_a_pipe_and_a_folder_are_refused() {
    let setup = listening();
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), speech()).unwrap();
    let (path, recording) = setup.new_recording();
    symlink(secret.path(), path).unwrap();
    let error = setup.recognizer.transcribe(recording, "en").await.unwrap_err().0;
    assert!(error.starts_with("recognizer: could not read the recording:"), "{error}");
    assert!(secret.path().exists());
    setup.assert_no_recordings();
    let (path, recording) = setup.new_recording();
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    let error = setup.recognizer.transcribe(recording, "en").await.unwrap_err().0;
    assert_eq!(error, "recognizer: the recording is not a regular file");
    setup.assert_no_recordings();
    let (path, recording) = setup.new_recording();
    fs::create_dir(path).unwrap();
    let error = setup.recognizer.transcribe(recording, "en").await.unwrap_err().0;
    assert_eq!(error, "recognizer: the recording is not a regular file");
}

#[tokio::test]
async fn an_unreadable_recording_is_still_deleted() {
    let setup = listening();
    let (path, recording) = setup.new_recording();
    fs::write(&path, speech()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        return; // File permissions do not apply to root.
    }
    let error = setup.recognizer.transcribe(recording, "en").await.unwrap_err().0;
    assert!(
        error.starts_with("recognizer: could not read the recording: Permission denied"),
        "{error}"
    );
    setup.assert_no_recordings();
}

#[test]
fn old_recordings_are_deleted_at_start_and_other_files_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, age: u64| {
        let file = File::create(folder.path().join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    };
    let random = "0123456789abcdef0123456789abcdef";
    file(&format!("said-{random}.wav"), 3700);
    let remaining = [
        (format!("said-{}.wav", random.replace('0', "1")), 3500),
        (format!("said-{random}.wav.bak"), 9999),
        (format!("said-{}.wav", random.to_uppercase()), 9999),
        ("said-x.wav".into(), 9999),
        (format!("other-{random}.wav"), 9999),
    ];
    remaining.iter().for_each(|(name, age)| file(name, *age));
    let both = FolderPaths { local: folder.path().into(), on_switch: folder.path().into() };
    drop(RecordingFolder::new(&both));
    let mut left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut remaining: Vec<_> = remaining.into_iter().map(|(name, _)| name).collect();
    left.sort();
    remaining.sort();
    assert_eq!(left, remaining);
}

#[test]
fn a_missing_recordings_folder_is_no_error_at_start() {
    let nowhere =
        FolderPaths { local: "/nonexistent/said".into(), on_switch: "/nonexistent/said".into() };
    assert!(RecordingFolder::new(&nowhere).new_recording().is_ok());
}

#[test]
fn temporary_folders_of_a_killed_daemon_are_removed_at_the_start() {
    let folder = |random: &str, age: u64| {
        let path = std::env::temp_dir().join(format!("dialscript-{random}"));
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("out.wav"), speech()).unwrap();
        File::open(&path)
            .unwrap()
            .set_modified(SystemTime::now() - Duration::from_secs(age))
            .unwrap();
        path
    };
    let pid = std::process::id();
    let old = folder(&format!("{pid:032x}"), 3700);
    let young = folder(&format!("f{pid:031x}"), 3500);
    let strange = folder(&format!("x{pid}"), 3700);
    drop(listening());
    let left = [&old, &young, &strange].map(|path| path.exists());
    let _ = (fs::remove_dir_all(young), fs::remove_dir_all(strange));
    assert_eq!(left, [false, true, true]);
}
