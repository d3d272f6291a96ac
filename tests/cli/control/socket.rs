//! The file of the control socket.

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
async fn only_the_owner_can_use_the_socket_and_the_daemon_removes_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("control.sock");
    let socket = ControlSocket::open(&path).await.unwrap();
    let metadata = fs::metadata(&path).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert_eq!(names(folder.path()), ["control.sock"], "no other files");
    drop(socket);
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn a_socket_without_a_listener_is_replaced() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("control.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "the file of a daemon that was killed");
    let socket = ControlSocket::open(&path).await.unwrap();
    tokio::net::UnixStream::connect(&path).await.expect("the new socket listens");
    drop(socket);
}

#[tokio::test]
async fn a_socket_with_a_listener_is_not_replaced() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("control.sock");
    let first = ControlSocket::open(&path).await.unwrap();
    assert!(matches!(ControlSocket::open(&path).await, Err(ControlSocketError::InUse)));
    tokio::net::UnixStream::connect(&path).await.expect("the first socket still listens");
    drop(first);
}

#[tokio::test]
async fn a_daemon_does_not_remove_the_socket_of_its_successor() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("control.sock");
    let first = ControlSocket::open(&path).await.unwrap();
    fs::remove_file(&path).unwrap();
    let second = ControlSocket::open(&path).await.unwrap();
    drop(first);
    tokio::net::UnixStream::connect(&path).await.expect("the second socket still listens");
    drop(second);
}

#[tokio::test]
async fn a_file_that_is_not_a_socket_is_not_replaced() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("control.sock");
    fs::write(&path, "notes").unwrap();
    assert!(matches!(ControlSocket::open(&path).await, Err(ControlSocketError::NotASocket)));
    assert_eq!(fs::read_to_string(&path).unwrap(), "notes");
}

#[tokio::test]
async fn a_missing_folder_and_a_long_path_are_errors_with_a_fix() {
    let folder = TempDir::new().unwrap();
    let nowhere = ControlSocket::open(&folder.path().join("no/control.sock")).await.unwrap_err();
    let long = ControlSocket::open(&folder.path().join("a".repeat(108))).await.unwrap_err();
    for text in [nowhere.to_string(), long.to_string()] {
        assert!(text.contains("in `[control] socket`"), "{text}");
    }
    assert!(matches!(long, ControlSocketError::PathTooLong));
}

#[tokio::test]
async fn the_folder_of_an_earlier_process_with_the_same_id_is_removed() {
    let folder = TempDir::new().unwrap();
    let left = folder.path().join(format!(".{}", std::process::id()));
    fs::create_dir(&left).unwrap();
    drop(UnixListener::bind(left.join("s")).unwrap());
    let socket = ControlSocket::open(&folder.path().join("control.sock")).await.unwrap();
    assert_eq!(names(folder.path()), ["control.sock"]);
    drop(socket);
}
