//! Which scripts can be served if some files have errors, and the copies of valid files.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, SystemTime};

use dialscript::config::{ServableConfig, load_valid};

use crate::support::config_folder::ConfigFolder;

const GREETING: &str = "[otherwise]\nset = { A = '1' }\n";
const NEW_GREETING: &str = "[otherwise]\nset = { A = '2' }\n";
const FAULTY: &str = "[otherwise]\nthn = 'hangup'\n";
const ASKING: &str = "[keypress]\nlength = 1\n[no_input]\n[otherwise]\nthen = 'script reads'\n";
/// Reads what the caller entered in the script `asks`.
const READING: &str = "[otherwise]\nset = { A = '{asks.keypress}' }\n";

fn servable(folder: &ConfigFolder) -> ServableConfig {
    load_valid(&folder.config_file()).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Loads the files and stores copies of those that are served, as a daemon does.
fn serve(folder: &ConfigFolder) -> ServableConfig {
    let servable = servable(folder);
    servable.config.valid_files.store().unwrap();
    servable
}

/// The names of the served scripts. Those that are served by their last valid version have a `*`.
fn served(servable: &ServableConfig) -> Vec<String> {
    let scripts = servable.config.library.scripts.values();
    let mark = |valid: bool| if valid { "*" } else { "" };
    let mut names: Vec<_> =
        scripts.map(|s| format!("{}{}", s.name, mark(s.last_valid.is_some()))).collect();
    names.sort();
    names
}

/// The excluded scripts and the reasons, without the path of the folder.
fn excluded(folder: &ConfigFolder, servable: &ServableConfig) -> BTreeMap<String, String> {
    let path = format!("{}/", folder.path().display());
    let excluded = &servable.config.library.excluded;
    excluded.iter().map(|(name, e)| (name.clone(), e.reason.replace(&path, ""))).collect()
}

fn warnings(servable: &ServableConfig) -> String {
    servable.config.warnings.render(false)
}

#[test]
fn a_faulty_script_and_those_that_lead_to_it_are_excluded_and_the_others_are_served() {
    let folder = ConfigFolder::with_scripts(&[
        ("alone", GREETING),
        ("first", "[otherwise]\nthen = 'script second'\n"),
        ("second", "[otherwise]\nthen = 'script third'\n"),
        ("third", "[otherwise]\nthn = 'script last'\n"),
        ("last", GREETING),
    ]);
    let servable = servable(&folder);
    assert_eq!(served(&servable), ["alone", "last"]);
    let reasons: BTreeMap<_, _> = [
        ("first", "leads to `second`, which is excluded"),
        ("second", "leads to `third`, which is excluded"),
        ("third", "scripts/third.toml:2: unknown key `thn` in [otherwise] (did you mean `then`?)"),
    ]
    .map(|(name, reason)| (name.to_owned(), reason.to_owned()))
    .into();
    assert_eq!(excluded(&folder, &servable), reasons);
    assert_eq!(servable.errors.len(), 1, "{}", servable.errors);
}

#[test]
fn a_script_is_served_although_the_scripts_before_it_are_faulty() {
    let reads = "[otherwise]\nset = { A = '{asks.keypress} {$code} {asks.$code}' }\n";
    let trigger = "[trigger]\nurl = 'http://127.0.0.1/'\n[no_response]\nthen = 'continue'\n";
    let asks = ASKING.replace("[otherwise]", &format!("{trigger}[otherwise]"));
    let folder = ConfigFolder::with_scripts(&[("asks", &asks), ("reads", reads)]);
    assert_eq!(served(&servable(&folder)), ["asks", "reads"]);
    let faults = [
        asks.replace("'script reads'", "script reads"),
        asks.replace("then = 'script", "thn = 'script"),
        asks.replace("[keypress]", "[keypress"),
        asks.replace("[trigger]", "[triger"),
        "\u{0}".to_owned(),
        "[".to_owned(),
    ];
    for fault in faults {
        folder.script("asks", &fault);
        let servable = servable(&folder);
        assert_eq!(served(&servable), ["reads"], "{fault}");
        assert!(servable.errors.iter().all(|e| e.file.name.ends_with("asks.toml")), "{fault}");
    }
    fs::write(folder.at("scripts/asks.toml"), b"\xff").unwrap();
    assert_eq!(served(&servable(&folder)), ["reads"]);
}

#[test]
fn a_file_with_an_invalid_name_excludes_only_its_script() {
    let folder = ConfigFolder::with_scripts(&[("hello", GREETING), ("two words", GREETING)]);
    let servable = servable(&folder);
    assert_eq!(served(&servable), ["hello"]);
    let reason = &excluded(&folder, &servable)["two words"];
    assert!(reason.contains("`two words` is not a valid script name"), "{reason}");
}

#[test]
fn an_error_in_the_daemons_file_or_a_missing_scripts_folder_prevents_the_start() {
    let folder = ConfigFolder::with_scripts(&[("hello", FAULTY)]);
    folder.daemon_file("[server]\ngrase = '1s'\n");
    let errors = load_valid(&folder.config_file()).unwrap_err().to_string();
    assert!(errors.contains("grase") && errors.contains("thn"), "all errors: {errors}");
    folder.daemon_file("[folders]\nscripts = 'none'\n");
    let errors = load_valid(&folder.config_file()).unwrap_err().to_string();
    assert!(errors.contains("cannot read the scripts folder"), "{errors}");
}

#[test]
fn the_last_valid_version_of_a_faulty_script_serves_until_the_file_is_valid_again() {
    let folder = ConfigFolder::with_scripts(&[("hello", GREETING), ("other", GREETING)]);
    let before = SystemTime::now() - Duration::from_secs(2);
    let version = serve(&folder).config.library.scripts["hello"].version;
    folder.script("hello", FAULTY);
    for _ in 0..2 {
        let servable = serve(&folder);
        assert_eq!(served(&servable), ["hello*", "other"]);
        let hello = &servable.config.library.scripts["hello"];
        assert_eq!(hello.version, version);
        let since = hello.last_valid.unwrap();
        assert!(before < since && since <= SystemTime::now());
        assert!(
            servable.config.library.replaced["hello"].contains("hello.toml:2: unknown key `thn`")
        );
        assert_eq!(servable.errors.len(), 1, "{}", servable.errors);
        assert_eq!(warnings(&servable), "");
    }
    folder.script("hello", NEW_GREETING);
    let servable = serve(&folder);
    assert_eq!((served(&servable).join(" "), servable.errors.len()), ("hello other".into(), 0));
    folder.script("hello", FAULTY);
    let hello = &serve(&folder).config.library.scripts["hello"];
    assert_ne!(hello.version, version, "the newer version is the last valid one");
}

#[test]
fn with_last_valid_false_no_copy_is_kept_or_served() {
    let folder = ConfigFolder::with_scripts(&[("hello", GREETING)]);
    let off = "[server]\nlast_valid = false\n";
    folder.daemon_file(off);
    serve(&folder);
    assert!(!folder.at("state").exists());
    folder.daemon_file("");
    serve(&folder);
    folder.script("hello", FAULTY).daemon_file(off);
    assert!(served(&serve(&folder)).is_empty());
}

#[test]
fn a_last_valid_version_that_does_not_fit_the_present_files_is_not_served() {
    let folder = ConfigFolder::with_scripts(&[("asks", ASKING), ("reads", READING)]);
    assert_eq!(served(&serve(&folder)), ["asks", "reads"]);
    // The last valid version of `reads` needs `[keypress]` in `asks`.
    folder.script("asks", "[otherwise]\nthen = 'continue'\n").script("reads", FAULTY);
    let servable = servable(&folder);
    assert_eq!(served(&servable), ["asks"]);
    assert!(excluded(&folder, &servable)["reads"].contains("unknown key `thn`"));
    let warnings = warnings(&servable);
    assert!(warnings.contains("last_valid/reads.toml"), "{warnings}");
    assert!(
        warnings.contains("the last valid version cannot serve: the script `asks` does not ask")
    );
}

#[test]
fn a_changed_script_that_does_not_fit_the_last_valid_version_of_another_keeps_its_own() {
    let folder = ConfigFolder::with_scripts(&[
        ("asks", "[otherwise]\nthen = 'script reads'\n"),
        ("reads", GREETING),
    ]);
    serve(&folder);
    // Both are changed together, and one has an error.
    folder.script("asks", &format!("{ASKING}thn = 'continue'\n")).script("reads", READING);
    let servable = servable(&folder);
    assert_eq!(served(&servable), ["asks*", "reads*"]);
    assert!(
        servable.config.library.replaced["reads"].contains("`asks` does not ask for keypresses")
    );
}

#[test]
fn the_last_valid_version_of_a_script_that_leads_to_an_excluded_one_serves() {
    let folder = ConfigFolder::with_scripts(&[("hello", GREETING)]);
    serve(&folder);
    folder.script("hello", "[otherwise]\nthen = 'script new'\n").script("new", FAULTY);
    let servable = servable(&folder);
    assert_eq!(served(&servable), ["hello*"]);
    assert_eq!(servable.config.library.replaced["hello"], "leads to `new`, which is excluded");
}

#[test]
fn a_removed_script_does_not_come_back() {
    let folder = ConfigFolder::with_scripts(&[("hello", GREETING), ("other", GREETING)]);
    serve(&folder);
    fs::remove_file(folder.at("scripts/hello.toml")).unwrap();
    assert_eq!(served(&serve(&folder)), ["other"]);
    folder.script("hello", FAULTY);
    assert_eq!(served(&serve(&folder)), ["other"]);
    assert!(folder.at("state/last_valid/other.toml").exists());
    assert!(!folder.at("state/last_valid/hello.toml").exists());
}

#[test]
fn an_empty_scripts_folder_leaves_the_copies_as_they_are() {
    let folder = ConfigFolder::with_scripts(&[("hello", GREETING)]);
    serve(&folder);
    fs::remove_file(folder.at("scripts/hello.toml")).unwrap();
    assert!(served(&serve(&folder)).is_empty());
    folder.script("hello", FAULTY);
    assert_eq!(served(&serve(&folder)), ["hello*"]);
}

#[test]
fn a_copy_that_cannot_be_stored_does_not_prevent_the_others_and_only_copies_are_removed() {
    let folder = ConfigFolder::with_scripts(&[("first", GREETING), ("hello", GREETING)]);
    fs::create_dir_all(folder.at("state/last_valid/first.toml")).unwrap();
    folder.file("state/last_valid/README", "of the administrator");
    folder.file("state/last_valid/gone.toml", GREETING);
    servable(&folder).config.valid_files.store().unwrap_err();
    assert!(folder.at("state/last_valid/hello.toml").exists());
    assert!(folder.at("state/last_valid/README").exists());
    assert!(!folder.at("state/last_valid/gone.toml").exists());
}

#[test]
fn a_script_before_one_whose_last_valid_version_serves_is_served_by_its_file() {
    let start = "[otherwise]\nthen = 'script hello'\n";
    let folder = ConfigFolder::with_scripts(&[("start", start), ("hello", GREETING)]);
    serve(&folder);
    folder.script("start", &format!("{start}set = {{ A = '1' }}\n"));
    folder.script("hello", "[otherwise]\nthen = 'script new'\n").script("new", FAULTY);
    assert_eq!(served(&servable(&folder)), ["hello*", "start"]);
}

#[test]
fn copies_are_for_the_daemons_user_only_and_are_written_only_when_a_file_has_changed() {
    let folder = ConfigFolder::with_scripts(&[("hello", GREETING)]);
    serve(&folder);
    let copy = folder.at("state/last_valid/hello.toml");
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(folder.at("state/last_valid")), mode(copy.clone())), (0o700, 0o600));
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let modified = || fs::metadata(&copy).unwrap().modified().unwrap();
    fs::File::options().write(true).open(&copy).unwrap().set_modified(past).unwrap();
    folder.file("state/last_valid/.tmpLEFT", "of a crash");
    serve(&folder);
    assert_eq!(modified(), past);
    assert!(!folder.at("state/last_valid/.tmpLEFT").exists());
    folder.script("hello", NEW_GREETING);
    serve(&folder);
    assert_ne!(modified(), past);
    assert_eq!(fs::read_to_string(&copy).unwrap(), NEW_GREETING);
}

#[test]
fn a_state_folder_that_cannot_be_written_is_reported_with_its_key() {
    let folder = ConfigFolder::with_scripts(&[("hello", GREETING)]);
    folder.daemon_file("[folders]\nstate = 'dialscript.toml'\n");
    let reason = servable(&folder).config.valid_files.store().unwrap_err();
    assert!(reason.contains("name another folder as `state` in [folders]"), "{reason}");
}

#[test]
fn a_copy_that_cannot_be_read_is_a_warning() {
    let folder = ConfigFolder::with_scripts(&[("hello", FAULTY), ("other", GREETING)]);
    folder.file("state", "not a folder");
    let servable = servable(&folder);
    assert_eq!(served(&servable), ["other"]);
    let warnings = warnings(&servable);
    assert!(warnings.contains("a file is where a folder is needed"), "{warnings}");
}

#[test]
fn the_sound_cache_cannot_be_the_state_folder() {
    let folder = ConfigFolder::new();
    folder.daemon_file("[folders]\nstate = 'state'\ncache = 'state'\n");
    let errors = folder.errors();
    assert!(errors[0].contains("another configured folder is the same"), "{errors:?}");
}

#[test]
fn the_version_of_a_script_is_what_sha256sum_prints_first() {
    let texts =
        [GREETING.to_owned(), GREETING.replace('\n', "\r\n"), format!("\u{feff}{GREETING}")];
    for text in texts {
        let folder = ConfigFolder::with_scripts(&[("hello", &text)]);
        let version = folder.loaded("hello").version.to_string();
        let printed = Command::new("sha256sum").arg(folder.at("scripts/hello.toml")).output();
        let printed = String::from_utf8(printed.unwrap().stdout).unwrap();
        assert_eq!(version.len(), 8);
        assert!(printed.trim_start_matches('\\').starts_with(&version), "{printed} {version}");
    }
}
