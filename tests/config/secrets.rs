//! Where secrets come from.

use super::folder::Folder;

#[test]
fn secrets_come_from_their_folder_and_only_the_named_ones() {
    let folder = Folder::new();
    folder.file("secrets/api-key", " s3cret\n").file("secrets/other", "x");
    folder.script(
        "a",
        "[trigger]\nurl='https://a.example/'\nbackground=true\nheaders='Authorization=Bearer%20{secret.api-key}'",
    );
    let config = folder.load().unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(config.library.secrets.get("api-key"), Some("s3cret"));
    assert_eq!(config.library.secrets.get("other"), None);
}

/// Runs in a process of its own, since the environment is one for all tests.
#[test]
#[ignore = "run by the next test"]
fn secrets_of_this_environment() {
    let folder = Folder::new();
    let credentials = std::env::var("CREDENTIALS_DIRECTORY").unwrap();
    std::fs::write(format!("{credentials}/db"), "of systemd\n").unwrap();
    let headers = "A={secret.db}&B={secret.api-key}";
    folder.script(
        "a",
        &format!("[trigger]\nurl='https://a.example/'\nbackground=true\nheaders='{headers}'"),
    );
    let secrets = &folder.load().unwrap_or_else(|faults| panic!("{faults}")).library.secrets;
    assert_eq!(secrets.get("db"), Some("of systemd"));
    assert_eq!(secrets.get("api-key"), Some("of the environment"));
}

#[test]
fn secrets_come_from_systemd_and_from_the_environment_too() {
    let credentials = tempfile::TempDir::new().unwrap();
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "config::secrets::secrets_of_this_environment"])
        .env("CREDENTIALS_DIRECTORY", credentials.path())
        .env("DIALSCRIPT_SECRET_API_KEY", "of the environment")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
fn a_secret_can_not_be_read_from_outside_of_its_folder() {
    let folder = Folder::new();
    folder.file("outside", "x");
    folder.script("a", "[trigger]\nbackground=true\nurl='https://a.example/{secret.../outside}'\n");
    let faults = folder.faults();
    assert!(faults[0].starts_with("there is no placeholder"), "{faults:#?}");
}
