//! Where secrets are read from.

use crate::support::config_folder::ConfigFolder;
use crate::support::own_process::run_test;
use crate::support::program::ProgramResult;

#[test]
fn only_the_secrets_that_are_used_are_read_from_their_folder() {
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

/// Runs in its own process, because all tests of a process share the environment.
#[test]
#[ignore = "run by the next test"]
fn the_secrets_in_this_environment() {
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
fn secrets_are_also_read_from_systemd_and_from_the_environment() {
    let credentials = tempfile::TempDir::new().unwrap();
    let environment = [
        ("CREDENTIALS_DIRECTORY", credentials.path().to_str().unwrap()),
        ("DIALSCRIPT_SECRET_API_KEY", "of the environment"),
    ];
    run_test(module_path!(), "the_secrets_in_this_environment", &environment);
}

#[test]
fn a_secret_cannot_be_read_from_outside_the_folder() {
    let folder = ConfigFolder::new();
    folder.file("outside", "x");
    folder.script("a", "[trigger]\nbackground=true\nurl='https://a.example/{secret.../outside}'\n");
    let errors = folder.errors();
    assert!(errors[0].starts_with("unknown placeholder"), "{errors:#?}");
}

/// Adds a script whose request is signed with the secret `KEY` and contains the secret `other`.
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
fn line_ends_after_a_secret_are_removed() {
    let folder = ConfigFolder::new();
    signed(&folder);
    for ending in ["", "\n", "\r\n", "\n\n"] {
        folder.file("secrets/KEY", format!("0123456789abcdef{ending}"));
        let config = folder.load().unwrap();
        assert_eq!(config.library.secrets.get("KEY"), Some("0123456789abcdef"));
    }
}

#[test]
fn an_invalid_secret_is_reported_without_its_content() {
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
        let errors = folder.load().unwrap_err();
        let (reported, debug) = (errors.to_string(), format!("{errors:?}"));
        assert!(errors.len() == 1 && reported.contains(what), "{reported}");
        assert!(!reported.contains("s3cret") && !debug.contains("s3cret"), "{reported}");
    }
    std::fs::remove_file(folder.path().join("secrets/KEY")).unwrap();
    std::fs::create_dir(folder.path().join("secrets/KEY")).unwrap();
    assert!(folder.errors()[0].contains("this is a folder, not a file"), "{:?}", folder.errors());
}

#[test]
fn a_short_signing_key_is_a_warning_that_does_not_show_the_key() {
    let folder = ConfigFolder::new();
    signed(&folder);
    folder.file("secrets/KEY", "s3cret");
    let reported = warnings(&folder);
    assert!(
        reported.len() == 1 && reported[0].contains("a.toml:2: the secret `KEY` is shorter"),
        "{reported:?}"
    );
    assert!(!reported[0].contains("s3cret"), "{reported:?}");
    folder.file("secrets/KEY", "0123456789abcdef");
    assert_eq!(warnings(&folder), Vec::<String>::new());
}

#[test]
fn a_secret_that_every_user_can_read_is_a_warning() {
    let folder = ConfigFolder::new();
    signed(&folder);
    folder.file("secrets/KEY", "0123456789abcdef");
    assert_eq!(
        warnings(&folder),
        Vec::<String>::new(),
        "only the daemon's user can read the folder"
    );
    folder.mode("", 0o755).mode("secrets", 0o755).mode("secrets/other", 0o640);
    folder.mode("secrets/KEY", 0o644);
    let reported = warnings(&folder);
    assert!(
        reported.len() == 1 && reported[0].contains("secrets/KEY: every user of this host"),
        "{reported:?}"
    );
    folder.mode("secrets", 0o750);
    assert_eq!(warnings(&folder), Vec::<String>::new());
}

#[test]
fn a_secret_in_the_environment_must_be_utf_8_text() {
    use std::os::unix::ffi::OsStringExt;
    let folder = ConfigFolder::new();
    signed(&folder);
    let value = std::ffi::OsString::from_vec(b"s3cret\xff".to_vec());
    let mut check = folder.program("check");
    let reported =
        ProgramResult::from_output(check.env("DIALSCRIPT_SECRET_KEY", value).output().unwrap())
            .errors;
    assert!(reported.contains("DIALSCRIPT_SECRET_KEY is not UTF-8 text"), "{reported}");
    assert!(!reported.contains("s3cret"), "{reported}");
}

/// Checks nothing if it runs as root, who can read every file.
#[test]
fn the_copy_from_systemd_is_used_if_the_file_of_a_secret_is_unreadable() {
    let folder = ConfigFolder::new();
    signed(&folder);
    folder.file("secrets/KEY", "0123456789abcdef").mode("secrets/KEY", 0);
    if std::fs::read(folder.path().join("secrets/KEY")).is_ok() {
        return eprintln!("skipped: this user can read every file");
    }
    assert!(folder.errors()[0].contains("may not read this"), "{:?}", folder.errors());
    let credentials = tempfile::TempDir::new().unwrap();
    std::fs::write(credentials.path().join("KEY"), "fedcba9876543210").unwrap();
    let mut check = folder.program("check");
    let check = check.env("CREDENTIALS_DIRECTORY", credentials.path());
    let checked = ProgramResult::from_output(check.output().unwrap());
    assert_eq!(checked.code, 0, "{}", checked.errors);
}

#[test]
fn the_hangup_request_has_signing_keys_and_credentials() {
    let folder = ConfigFolder::new();
    folder.file("secrets/NEW", "0123456789abcdef").file("secrets/OLD", "short");
    let sign = "sign=['{secret.NEW}', '{secret.OLD}']\nauth={ bearer='{secret.NEW}' }\n";
    let url = "url='https://a.example/'\n";
    folder.script("a", &format!("[prompt]\nplay='switch:beep'\n[hangup]\n{url}{sign}"));
    let hangup = folder.loaded("a").hangup.clone().unwrap();
    assert_eq!((hangup.signing_keys.len(), hangup.auth.is_some()), (2, true));
    let reported = warnings(&folder);
    assert!(
        reported.len() == 1 && reported[0].contains("a.toml:5: the secret `OLD`"),
        "{reported:?}"
    );
}

/// The test runs as root on some machines, who can read every file, so the program runs as another user there.
#[test]
fn a_secret_or_a_certificate_that_the_daemon_may_not_read_says_which_command_lets_it() {
    use std::os::unix::process::CommandExt;
    let folder = ConfigFolder::new();
    signed(&folder);
    folder.file("secrets/KEY", "0123456789abcdef").mode("secrets/KEY", 0);
    folder.daemon_file("[upstream.'a.example']\nca = 'ca.pem'\n").file("ca.pem", "x");
    folder.mode("ca.pem", 0).mode("", 0o755);
    let mut check = folder.program("check");
    if std::fs::read(folder.path().join("secrets/KEY")).is_ok() {
        check.uid(65534).gid(65534);
    }
    let reported = ProgramResult::from_output(check.output().unwrap()).errors;
    for (kind, file) in [("the file ", "secrets/KEY"), ("", "ca.pem")] {
        let path = folder.at(file).display().to_string();
        let message = format!("cannot read {kind}`{path}`: the user ");
        assert!(reported.contains(&message), "{reported}");
        assert!(reported.contains(&format!("{path}` and `chmod g+r {path}`")), "{reported}");
    }
    assert!(!reported.contains("write the secret"), "{reported}");
}
