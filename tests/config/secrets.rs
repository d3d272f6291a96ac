//! Where secrets come from.

use crate::support::config_folder::ConfigFolder;
use crate::support::own_process::run_test;
use crate::support::program::Ran;

#[test]
fn secrets_come_from_their_folder_and_only_the_named_ones() {
    let folder = ConfigFolder::new();
    folder.file("secrets/api-key", " s3cret\n").file("secrets/other", "x");
    folder.script(
        "a",
        "[trigger]\nurl='https://a.example/'\nbackground=true\nheaders='Authorization=Bearer%20{secret.api-key}'",
    );
    let config = folder.config();
    assert_eq!(config.library.secrets.get("api-key"), Some("s3cret"));
    assert_eq!(config.library.secrets.get("other"), None);
}

/// Runs in a process of its own, since the environment is one for all tests.
#[test]
#[ignore = "run by the next test"]
fn secrets_of_this_environment() {
    let folder = ConfigFolder::new();
    let credentials = std::env::var("CREDENTIALS_DIRECTORY").unwrap();
    std::fs::write(format!("{credentials}/db"), "of systemd\n").unwrap();
    let headers = "A={secret.db}&B={secret.api-key}";
    folder.script(
        "a",
        &format!("[trigger]\nurl='https://a.example/'\nbackground=true\nheaders='{headers}'"),
    );
    let secrets = &folder.config().library.secrets;
    assert_eq!(secrets.get("db"), Some("of systemd"));
    assert_eq!(secrets.get("api-key"), Some("of the environment"));
}

#[test]
fn secrets_come_from_systemd_and_from_the_environment_too() {
    let credentials = tempfile::TempDir::new().unwrap();
    let environment = [
        ("CREDENTIALS_DIRECTORY", credentials.path().to_str().unwrap()),
        ("DIALSCRIPT_SECRET_API_KEY", "of the environment"),
    ];
    run_test(module_path!(), "secrets_of_this_environment", &environment);
}

#[test]
fn a_secret_can_not_be_read_from_outside_of_its_folder() {
    let folder = ConfigFolder::new();
    folder.file("outside", "x");
    folder.script("a", "[trigger]\nbackground=true\nurl='https://a.example/{secret.../outside}'\n");
    let faults = folder.faults();
    assert!(faults[0].starts_with("unknown placeholder"), "{faults:#?}");
}

/// A script that is signed by the secret `KEY`, and tells the secret `other`.
fn signed(folder: &ConfigFolder) {
    let rest = "url='https://a.example/'\nbackground=true\nheaders='A={secret.other}'\n";
    folder
        .script("a", &format!("[trigger]\nsign='{{secret.KEY}}'\n{rest}"))
        .file("secrets/other", "x");
}

fn warnings(folder: &ConfigFolder) -> Vec<String> {
    let config = folder.config();
    config.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn the_lines_end_of_an_editor_is_no_part_of_a_secret() {
    let folder = ConfigFolder::new();
    signed(&folder);
    for ending in ["", "\n", "\r\n", "\n\n"] {
        folder.file("secrets/KEY", format!("0123456789abcdef{ending}"));
        let config = folder.load().unwrap();
        assert_eq!(config.library.secrets.get("KEY"), Some("0123456789abcdef"));
    }
}

#[test]
fn what_is_no_secret_is_reported_without_its_content() {
    let folder = ConfigFolder::new();
    signed(&folder);
    let long = "s3cret".repeat(200_000);
    for (content, what) in [
        (&b"s3cret\xff\x00"[..], "is not UTF-8 text"),
        (b" \n", "it is empty"),
        (b"", "it is empty"),
        (long.as_bytes(), "larger than 1048576 bytes"),
        (b"0123456789abcdef\ns3cret", "it contains line breaks or tabs"),
    ] {
        folder.file("secrets/KEY", content);
        let faults = folder.load().unwrap_err();
        let (told, debug) = (faults.to_string(), format!("{faults:?}"));
        assert!(faults.len() == 1 && told.contains(what), "{told}");
        assert!(!told.contains("s3cret") && !debug.contains("s3cret"), "{told}");
    }
    std::fs::remove_file(folder.path().join("secrets/KEY")).unwrap();
    std::fs::create_dir(folder.path().join("secrets/KEY")).unwrap();
    assert!(folder.faults()[0].contains("not a regular file"), "{:?}", folder.faults());
}

#[test]
fn a_signing_key_that_can_be_guessed_is_a_warning_without_the_key() {
    let folder = ConfigFolder::new();
    signed(&folder);
    folder.file("secrets/KEY", "s3cret");
    let told = warnings(&folder);
    assert!(
        told.len() == 1 && told[0].contains("a.toml:2: the secret `KEY` is shorter"),
        "{told:?}"
    );
    assert!(!told[0].contains("s3cret"), "{told:?}");
    folder.file("secrets/KEY", "0123456789abcdef");
    assert_eq!(warnings(&folder), Vec::<String>::new());
}

#[test]
fn a_secret_that_every_user_can_read_is_a_warning() {
    let folder = ConfigFolder::new();
    signed(&folder);
    folder.file("secrets/KEY", "0123456789abcdef");
    assert_eq!(warnings(&folder), Vec::<String>::new(), "the folder is the daemon's user's alone");
    folder.mode("", 0o755).mode("secrets", 0o755).mode("secrets/other", 0o640);
    folder.mode("secrets/KEY", 0o644);
    let told = warnings(&folder);
    assert!(
        told.len() == 1 && told[0].contains("secrets/KEY: every user of this host"),
        "{told:?}"
    );
    folder.mode("secrets", 0o750);
    assert_eq!(warnings(&folder), Vec::<String>::new());
}

#[test]
fn a_secret_of_the_environment_that_is_no_text_is_reported_so() {
    use std::os::unix::ffi::OsStringExt;
    let folder = ConfigFolder::new();
    signed(&folder);
    let value = std::ffi::OsString::from_vec(b"s3cret\xff".to_vec());
    let mut check = folder.program("check");
    let told = Ran::of(check.env("DIALSCRIPT_SECRET_KEY", value).output().unwrap()).errors;
    assert!(told.contains("DIALSCRIPT_SECRET_KEY is not UTF-8 text"), "{told}");
    assert!(!told.contains("s3cret"), "{told}");
}

/// Root may read everything: there is nothing to see then.
#[test]
fn a_file_that_is_roots_leaves_the_word_to_systemds_copy_of_it() {
    let folder = ConfigFolder::new();
    signed(&folder);
    folder.file("secrets/KEY", "0123456789abcdef").mode("secrets/KEY", 0);
    if std::fs::read(folder.path().join("secrets/KEY")).is_ok() {
        return eprintln!("left out: this user may read every file");
    }
    assert!(folder.faults()[0].contains("Permission denied"), "{:?}", folder.faults());
    let credentials = tempfile::TempDir::new().unwrap();
    std::fs::write(credentials.path().join("KEY"), "fedcba9876543210").unwrap();
    let mut check = folder.program("check");
    let check = check.env("CREDENTIALS_DIRECTORY", credentials.path());
    let checked = Ran::of(check.output().unwrap());
    assert_eq!(checked.code, 0, "{}", checked.errors);
}

#[test]
fn the_request_after_a_hangup_is_signed_and_says_who_we_are_as_any() {
    let folder = ConfigFolder::new();
    folder.file("secrets/NEW", "0123456789abcdef").file("secrets/OLD", "short");
    let sign = "sign=['{secret.NEW}', '{secret.OLD}']\nauth={ bearer='{secret.NEW}' }\n";
    let url = "url='https://a.example/'\n";
    folder.script("a", &format!("[prompt]\nplay='switch:beep'\n[hangup]\n{url}{sign}"));
    let hangup = folder.loaded("a").hangup.clone().unwrap();
    assert_eq!((hangup.signing_keys.len(), hangup.auth.is_some()), (2, true));
    let told = warnings(&folder);
    assert!(told.len() == 1 && told[0].contains("a.toml:5: the secret `OLD`"), "{told:?}");
}
