//! The socket's file.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;

use dialscript::control::socket::{ControlSocket, ControlSocketError};
use tempfile::TempDir;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn it_is_for_its_owner_alone_and_goes_with_the_daemon() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("control.sock");
    let socket = ControlSocket::open(&path).await.unwrap();
    let metadata = fs::metadata(&path).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert_eq!(names(folder.path()), ["control.sock"], "nothing else is left");
    drop(socket);
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn one_that_nobody_listens_on_is_replaced() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("control.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "the file of a daemon that was killed");
    let socket = ControlSocket::open(&path).await.unwrap();
    tokio::net::UnixStream::connect(&path).await.expect("ours listens");
    drop(socket);
}

#[tokio::test]
async fn one_that_a_daemon_listens_on_stays_its_own() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("control.sock");
    let first = ControlSocket::open(&path).await.unwrap();
    assert!(matches!(ControlSocket::open(&path).await, Err(ControlSocketError::InUse)));
    tokio::net::UnixStream::connect(&path).await.expect("the first one listens on");
    drop(first);
}

#[tokio::test]
async fn a_daemon_that_ends_late_leaves_the_socket_of_the_next_one() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("control.sock");
    let first = ControlSocket::open(&path).await.unwrap();
    fs::remove_file(&path).unwrap();
    let second = ControlSocket::open(&path).await.unwrap();
    drop(first);
    tokio::net::UnixStream::connect(&path).await.expect("the second one listens on");
    drop(second);
}

#[tokio::test]
async fn another_file_of_its_name_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("control.sock");
    fs::write(&path, "notes").unwrap();
    assert!(matches!(ControlSocket::open(&path).await, Err(ControlSocketError::NotASocket)));
    assert_eq!(fs::read_to_string(&path).unwrap(), "notes");
}

#[tokio::test]
async fn a_folder_that_is_not_there_and_a_long_path_are_reported_with_a_fix() {
    let folder = TempDir::new().unwrap();
    let nowhere = ControlSocket::open(&folder.path().join("no/control.sock")).await.unwrap_err();
    let long = ControlSocket::open(&folder.path().join("a".repeat(108))).await.unwrap_err();
    for message in [nowhere.to_string(), long.to_string()] {
        assert!(message.contains("in `[control] socket`"), "{message}");
    }
    assert!(matches!(long, ControlSocketError::PathTooLong));
}

#[tokio::test]
async fn the_leavings_of_a_process_of_our_number_are_cleared_away() {
    let folder = TempDir::new().unwrap();
    let left = folder.path().join(format!(".{}", std::process::id()));
    fs::create_dir(&left).unwrap();
    drop(UnixListener::bind(left.join("s")).unwrap());
    let socket = ControlSocket::open(&folder.path().join("control.sock")).await.unwrap();
    assert_eq!(names(folder.path()), ["control.sock"]);
    drop(socket);
}
