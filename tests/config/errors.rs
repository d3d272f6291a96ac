//! Files with errors, and the reports about them.

use std::collections::BTreeSet;
use std::path::Path;

use dialscript::cli::check::check_files;
use dialscript::config::load;
use proptest::prelude::*;

use crate::support::config_folder::ConfigFolder;

/// The report is split into parts: one for each script file and one for each table of the daemon's file. Each part has
/// its own snapshot. The snapshot `report` contains the names of the parts in their order, and the last line of the
/// report.
#[test]
fn every_error_of_every_file_is_reported_with_its_position_and_a_fix() {
    let errors = check_files(Path::new(DAEMON_FILE)).unwrap_err().to_string();
    let (errors, sum) = errors.trim_end().rsplit_once("\n\n").unwrap();
    let mut parts: Vec<(String, Vec<&str>)> = Vec::new();
    for error in split_errors(errors) {
        let name = part(error);
        match parts.last_mut().filter(|(last, _)| *last == name) {
            Some((_, errors)) => errors.push(error),
            None => parts.push((name, vec![error])),
        }
    }
    let names: Vec<_> = parts.iter().map(|(name, _)| name.as_str()).collect();
    snapshot_settings().bind(|| {
        insta::assert_snapshot!("report", format!("{}\n\n{sum}", names.join("\n")));
        for (name, errors) in &parts {
            insta::assert_snapshot!(name.as_str(), errors.join("\n\n"));
        }
    });
    let wanted = names.into_iter().chain(["report", "warnings"]);
    let wanted: BTreeSet<_> = wanted.map(str::to_owned).collect();
    let stored = std::fs::read_dir(SNAPSHOTS).unwrap().map(|entry| entry.unwrap().path());
    let stored = stored.filter(|path| path.extension().is_some_and(|ending| ending == "snap"));
    let stored: BTreeSet<_> =
        stored.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(stored, wanted, "unused snapshots");
}

#[test]
fn every_warning_of_every_file_is_reported_with_its_position_and_a_fix() {
    let (summary, warnings) =
        check_files(Path::new("tests/data/doubtful/dialscript.toml")).unwrap();
    snapshot_settings().bind(|| {
        insta::assert_snapshot!("warnings", format!("{}{summary}", warnings.render(false)));
    });
}

const SNAPSHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/config/snapshots");

fn snapshot_settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(SNAPSHOTS);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

const DAEMON_FILE: &str = "tests/data/faulty/dialscript.toml";

/// Splits a report into its errors, which are separated by blank lines.
fn split_errors(report: &str) -> Vec<&str> {
    let mut rest = report;
    let mut errors = Vec::new();
    while let Some(at) = rest.find("\n\nerror: ") {
        errors.push(&rest[..at]);
        rest = &rest[at + "\n\n".len()..];
    }
    errors.push(rest);
    errors
}

/// The name of the part that an error belongs to.
fn part(error: &str) -> String {
    let (_, place) = error.split_once("--> ").unwrap();
    let place = place.lines().next().unwrap();
    let file = place.split(':').next().unwrap();
    if file != DAEMON_FILE {
        let script = Path::new(file).file_stem().unwrap().to_str().unwrap();
        return format!("script-{}", script.replace(' ', "-"));
    }
    let line: usize = place.split(':').nth(1).unwrap().parse().unwrap();
    let text = std::fs::read_to_string(DAEMON_FILE).unwrap();
    let tables = text.lines().take(line).filter_map(|line| line.strip_prefix('['));
    let table = tables.last().unwrap();
    format!("daemon-{}", &table[..table.find(['.', ']']).unwrap()])
}

#[test]
fn scripts_without_errors_are_counted() {
    let folder = ConfigFolder::new();
    let report = || check_files(&folder.config_file()).unwrap().0;
    assert_eq!(report(), "0 scripts, no errors");
    folder.script("a", "[otherwise]\nthen='hangup'\n");
    assert_eq!(report(), "1 script, no errors");
}

#[test]
fn a_missing_daemon_file_is_an_error_with_a_fix() {
    let errors = load(Path::new("no/such/dialscript.toml")).unwrap_err().to_string();
    assert!(errors.contains("--> no/such/dialscript.toml"), "{errors}");
    assert!(errors.contains("help: create it"), "{errors}");
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_with_its_reason() {
    let folder = ConfigFolder::new();
    let error = |path: &str| {
        let errors = load(&folder.at(path)).unwrap_err();
        let error = errors.iter().next().unwrap();
        (error.message.clone(), error.help.clone().unwrap_or_default())
    };
    assert_eq!(error("missing.toml").0, "there is no such file or folder");
    let (message, help) = error("");
    assert_eq!(message, "this is a folder, not a file");
    assert!(
        help.starts_with("name the file in it: ") && help.ends_with("/dialscript.toml"),
        "{help}"
    );
    std::os::unix::fs::symlink("nowhere.toml", folder.at("link.toml")).unwrap();
    assert_eq!(error("link.toml").0, "a symbolic link to `nowhere.toml`, which does not exist");
    folder.file("wide.toml", b"\xff\xfe[\0l\0o\0g\0]\0");
    assert_eq!(error("wide.toml").0, "this file is UTF-16 text, not UTF-8");
    folder.file("latin.toml", b"# caf\xe9\n");
    assert_eq!(error("latin.toml").0, "not UTF-8 text: the byte 0xe9");
    folder.file("large.toml", vec![b'#'; (4 << 20) + 1]);
    assert_eq!(error("large.toml").0, "this file has more than 4194304 bytes");
}

#[test]
fn a_value_of_the_daemons_file_is_corrected_to_one_without_an_error() {
    let folder = ConfigFolder::new();
    for (table, line, written) in [
        ("asterisk", "listen = 127.0.0.1:4573", "listen = [\"127.0.0.1:4573\"]"),
        (
            "freeswitch",
            "listen = 0.0.0.0:1, [::1]:1 # all",
            "listen = [\"0.0.0.0:1\", \"[::1]:1\"]",
        ),
        ("freeswitch", "allow = fc00::/7", "allow = [\"fc00::/7\"]"),
        ("metrics", "listen = 127.0.0.1:9464", "listen = \"127.0.0.1:9464\""),
        ("egress", "allow_hosts = shop.example", "allow_hosts = [\"shop.example\"]"),
        ("cache", "max_bytes = \"32M\"", "33554432"),
        ("cache", "max_bytes = \"64 KiB\"", "65536"),
        ("cache", "max_entries = \"50\"", "50"),
    ] {
        let errors = folder.daemon_file(format!("[{table}]\n{line}\n")).errors();
        assert!(
            errors.len() == 1 && errors[0].contains(&format!("write {written}"))
                || errors[0].contains(&format!("write `{written}`")),
            "{errors:?}"
        );
        let corrected = match written.contains('=') {
            true => written.to_owned(),
            false => format!("{} = {written}", line.split(' ').next().unwrap()),
        };
        assert_eq!(folder.daemon_file(format!("[{table}]\n{corrected}\n")).errors(), [""; 0]);
    }
    let errors = folder.daemon_file("[trigger]\nproxy = 'socks5://a:1'\n").errors();
    assert!(
        errors[0].starts_with("SOCKS proxies are not supported | name an HTTP proxy"),
        "{errors:?}"
    );
    let errors = folder.daemon_file("[cache]\nmax_bytes = \"many\"\n").errors();
    assert!(errors[0].contains("expected a whole number without quotes"), "{errors:?}");
}

/// The renderer reads the whole file for each error, so the time for all grows with the square of their number.
#[test]
fn of_many_errors_in_a_file_the_first_are_shown_and_the_others_counted() {
    let folder = ConfigFolder::new();
    let many: String = (0..50_000).map(|n| format!("unknown_{n} = 1\n")).collect();
    folder.script("a", &format!("[keypress]\n{many}[no_input]\n"));
    folder.script("b", "[otherwise]\nthen = 'hangup'\nunknown = 1\n");
    let errors = folder.load().unwrap_err();
    let begun = std::time::Instant::now();
    let text = errors.render(false);
    assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{:?}", begun.elapsed());
    assert_eq!(text.matches("error: unknown key").count(), 101);
    assert!(text.contains("scripts/a.toml\n\nerror: ") && text.contains("\n49900 more errors in "));
    assert!(text.ends_with("50001 errors in 2 files"), "{}", &text[text.len() - 100..]);
}

/// Opening a named pipe without a writer waits for one.
#[test]
fn a_named_pipe_is_reported_and_not_waited_for() {
    let folder = ConfigFolder::new();
    folder.script("a", "[trigger]\nurl='https://a.example/{secret.KEY}'\nbackground=true\n");
    folder.daemon_file("[upstream.'a.example']\nca = 'ca.pem'\n");
    folder.file("secrets/other", "x");
    for name in ["scripts/p.toml", "secrets/KEY", "ca.pem", "pipe.toml"] {
        let made = std::process::Command::new("mkfifo").arg(folder.at(name)).status();
        assert!(made.unwrap().success());
    }
    let (sender, loaded) = std::sync::mpsc::channel();
    let files = [folder.config_file(), folder.at("pipe.toml")];
    std::thread::spawn(move || sender.send(files.map(|file| load(&file).unwrap_err().to_string())));
    let limit = std::time::Duration::from_secs(30);
    let [all, own] = loaded.recv_timeout(limit).expect("a pipe blocks the check");
    for (errors, number) in [(all, 3), (own, 1)] {
        assert_eq!(errors.matches("this is not a regular file").count(), number, "{errors}");
    }
}

#[test]
fn a_folder_without_scripts_is_a_warning() {
    let folder = ConfigFolder::new();
    let warnings =
        || folder.config().warnings.iter().map(|w| w.message.clone()).collect::<Vec<_>>();
    assert_eq!(warnings(), ["there are no scripts: no call can be served"]);
    folder.script("a", "[otherwise]\nthen='hangup'\n");
    assert_eq!(warnings(), Vec::<String>::new());
}

#[test]
fn a_missing_scripts_folder_is_an_error_with_a_fix() {
    let folder = ConfigFolder::new();
    folder.daemon_file("[folders]\nscripts = 'elsewhere'\n");
    let errors = folder.load().unwrap_err().to_string();
    assert!(errors.contains("/elsewhere\n"), "{errors}");
    assert!(errors.contains("`scripts` in [folders]"), "{errors}");
}

#[test]
fn hidden_files_and_files_with_other_extensions_are_not_scripts() {
    let folder = ConfigFolder::new();
    folder.script(".#a", "nonsense").file("scripts/a.toml~", "nonsense");
    assert_eq!(folder.load().unwrap().library.scripts.len(), 0);
}

#[test]
fn an_error_marks_the_placeholder_or_the_whole_string_if_it_has_escapes() {
    let folder = ConfigFolder::new();
    let place = |url: &str| {
        let script = format!("[trigger]\nbackground = true\nurl = {url}\n");
        folder.script("a", &script);
        let errors = folder.load().unwrap_err();
        let error = errors.iter().next().unwrap();
        script[error.span.clone().unwrap()].to_owned()
    };
    assert_eq!(place("'https://ä.example/{nobody}'"), "{nobody}");
    assert_eq!(place("\"\"\"\nhttps://a.example/{nobody}\"\"\""), "{nobody}");
    let escaped = "\"https://a.example/\\u007Bnobody}\"";
    assert_eq!(place(escaped), escaped);
}

#[test]
fn errors_that_follow_from_a_syntax_error_are_not_reported() {
    let folder = ConfigFolder::new();
    folder.script("a", "[keypress]\ngap = 4\nlength = \n[no_input]\nthen = hangup busy\n");
    let errors = folder.errors();
    assert_eq!(errors.len(), 3, "{errors:#?}");
}

#[test]
fn a_word_without_a_value_in_braces_is_not_taken_for_an_open_quote() {
    let folder = ConfigFolder::new();
    let no_quote = "this text has no closing quote | add `'` at its end; a text of several lines stands between \
                    `\"\"\"` and `\"\"\"`";
    for (line, error) in [
        ("set = { A = 10,5 }", "a number has a decimal point, not a comma | write `10.5`"),
        (
            "set = { A={caller}}",
            "there is no `=` after `caller` | for a placeholder, write it in quotes: `\"{caller}\"`",
        ),
        (
            "say = { caller }",
            "there is no `=` after `caller` | for a placeholder, write it in quotes: `\"{caller}\"`",
        ),
        ("set = { A = '1', B }", "there is no `=` after `B` | write `B = …`"),
        ("say = 'Hello", no_quote),
    ] {
        folder.script("a", &format!("[otherwise]\n{line}\n"));
        assert_eq!(folder.errors().first().map(String::as_str), Some(error), "{line}");
    }
}

#[test]
fn a_duplicate_is_an_error_wherever_it_is() {
    let folder = ConfigFolder::new();
    for script in [
        "[otherwise]\nset = {\n[\nA = '1', A = '2' }\n",
        "[otherwise]\nset = { A = [\n['x'],\n], A = '2' }\n",
        "[otherwise]\nset.A = '1'\nset.A = '2'\n",
        "[otherwise]\nset = { A = '1' }\n[otherwise.set]\nB = '1'\n",
    ] {
        folder.script("a", script);
        assert!(!folder.errors().is_empty(), "{script}");
    }
}

#[test]
fn a_duplicate_key_shows_both_places_whatever_the_line_breaks_are() {
    let folder = ConfigFolder::new();
    let lines = "\n".repeat(20);
    let script = format!("[keypress]\ngap = '4s'\nlength = 4{lines}gap = '5s'\n[no_input]\n");
    for script in [script.clone(), script.replace('\n', "\r\n")] {
        folder.script("a", &script);
        let errors = folder.load().unwrap_err();
        let error = errors.iter().next().unwrap();
        let first = error.label.as_ref().map(|(at, _)| at.start);
        assert_eq!(
            (&*error.message, first),
            ("a second `gap` in the same table", script.find("gap"))
        );
    }
}

#[test]
fn a_placeholder_may_decide_the_host_if_allow_hosts_is_set() {
    let folder = ConfigFolder::new();
    let url = "https://{arg.shop}.shop.example/";
    folder.script("a", &format!("[trigger]\nbackground=true\nurl='{url}'\n"));
    assert_eq!(folder.errors().len(), 1);
    folder.daemon_file("[egress]\nallow_hosts=['*.shop.example']\n");
    assert!(folder.loaded("a").trigger.as_ref().unwrap().url.decides_host);
}

#[test]
fn files_with_a_byte_order_mark_and_crlf_have_correct_positions() {
    let folder = ConfigFolder::new();
    let script = "\u{feff}[otherwise]\r\nset = { A = \"{nobody}\" }\r\nthen = 'hangup'\r\n";
    folder.script("a", script);
    let errors = folder.load().unwrap_err();
    let error = errors.iter().next().unwrap();
    assert_eq!(&script[error.span.clone().unwrap()], "{nobody}");
    assert!(errors.to_string().contains(".toml:2:14"), "{errors}");
}

#[test]
fn a_request_can_contain_an_answer_only_after_an_earlier_request() {
    let folder = ConfigFolder::new();
    let ask = |rest: &str| {
        format!(
            "[trigger]\nurl='https://a.example/?x={{$id}}'\n[prompt]\nrepeat=1\n\
             [keypress]\n[no_input]\n[no_response]\n{rest}"
        )
    };
    folder.script("a", &ask(""));
    assert_eq!(folder.errors().len(), 1);
    folder.script("a", &ask("then='again'\n"));
    let again = folder.errors();
    assert!(again[0].contains("before `again`, write `{a.$id}`"), "{again:?}");
    folder.script("a", &ask("then='again'\n").replace("{$id}", "{a.$id}"));
    assert!(folder.load().is_ok(), "the script reads its own answer by its name");
    let first = "[trigger]\nurl='https://a.example/'\n[no_response]\nthen='script a'\n";
    folder.script("a", &ask("")).script("first", first);
    assert!(folder.load().is_ok(), "an earlier script has an answer");
}

/// The signs and words that the grammars are about.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "{", "}", "{{", "}}", "{keypress}", "{$a[0]}", "{secret.x}", "{b.keypress}", "&", "=", "%", "%4", "%C3", "+", "@",
    ",", " ", "goto ", "script ", "hangup ", "again", "http://", "https://", "/", "?", "#", "[", "]", "<", ">", "\"",
    "'", "\\", "\n", "\t", "ä", "🦀", "1", "a", "switch:", "{say:$a}", "{play:", "say:", "digits:", "..", "*",
];

/// Texts made of words that have a meaning in one of the grammars.
fn odd_text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(WORDS);
    prop::collection::vec(word, 0..8).prop_map(|words| words.concat())
}

const KEYS: [(&str, &str); 20] = [
    ("prompt", "play"),
    ("prompt", "say"),
    ("otherwise", "say"),
    ("voice", "voice"),
    ("voice", "speed"),
    ("speech", "language"),
    ("speech", "filter"),
    ("keypress", "terminator"),
    ("keypress", "pattern"),
    ("keypress", "gap"),
    ("trigger", "url"),
    ("trigger", "headers"),
    ("trigger", "body"),
    ("trigger", "music"),
    ("response", "key"),
    ("response", "cache"),
    ("otherwise", "then"),
    ("no_input", "play"),
    ("no_response", "then"),
    ("otherwise", "unknown"),
];

fn script(texts: &[(usize, String)], raw_json: bool) -> toml::Table {
    let mut script = toml::Table::new();
    for (key, text) in texts {
        let (table, key) = KEYS[*key];
        let table = script.entry(table).or_insert_with(|| toml::Table::new().into());
        table.as_table_mut().unwrap().insert(key.into(), text.clone().into());
    }
    if let Some(trigger) = script.get_mut("trigger") {
        trigger.as_table_mut().unwrap().insert("raw_json".into(), raw_json.into());
    }
    script
}

proptest! {
    #[test]
    fn no_string_makes_the_check_panic(
        texts in prop::collection::vec((0..KEYS.len(), odd_text()), 1..8),
        raw_json: bool,
    ) {
        let folder = ConfigFolder::new();
        folder.script("a", &script(&texts, raw_json).to_string());
        if let Err(errors) = folder.load() {
            prop_assert!(!errors.render(true).is_empty());
        }
    }

    #[test]
    fn no_file_makes_the_check_panic(text in odd_text(), lines in "[\\[\\]a-z_=\"'{}#\n\\\\ é]{0,60}") {
        let folder = ConfigFolder::new();
        folder.script("a", &format!("{lines}{text}"));
        folder.script("b", &format!("[keypress]\n{text}{lines}"));
        folder.daemon_file(format!("[server]\n{lines}"));
        if let Err(errors) = folder.load() {
            prop_assert!(!errors.to_string().is_empty());
        }
    }
}
