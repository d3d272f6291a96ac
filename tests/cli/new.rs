//! `dialscript new`.

use std::fs;

use tempfile::TempDir;

use crate::support::config_folder::ConfigFolder;
use crate::support::program::{ProgramResult, dialscript};

fn new(folder: &ConfigFolder, arguments: &[&str]) -> ProgramResult {
    ProgramResult::from_output(folder.program("new").args(arguments).output().unwrap())
}

#[test]
fn each_kind_of_script_is_valid_and_explains_itself() {
    let folder = ConfigFolder::new();
    for kind in ["menu", "lookup", "announcement"] {
        let result = new(&folder, &[kind, "--kind", kind]);
        assert_eq!(result.code, 0, "{}", result.errors);
        let script = fs::read_to_string(folder.at(&format!("scripts/{kind}.toml"))).unwrap();
        assert!(script.starts_with("# A"), "{script}");
        assert!(script.contains("\n# "), "no optional line: {script}");
    }
    let check = ProgramResult::from_output(folder.program("check").output().unwrap());
    assert_eq!(check.output, "3 scripts, no errors\n", "{}", check.errors);
}

#[test]
fn the_optional_lines_of_each_script_are_valid() {
    for kind in ["menu", "lookup", "announcement"] {
        let folder = ConfigFolder::new();
        let printed = new(&folder, &["any", "--kind", kind, "--print"]).output;
        folder.file("sounds/menu.wav", "").file("sounds/closed.wav", "").file("secrets/SHOP", "x");
        folder.script("other-menu", "[otherwise]\nthen = 'continue'");
        for (number, line) in printed.lines().enumerate() {
            // A line of TOML behind `# `, and not a sentence.
            let Some(key) = line.strip_prefix("# ").filter(|text| text.contains(" = ")) else {
                continue;
            };
            let replaced = key.split(' ').next().unwrap();
            let without_same_key = |text: &str| text.split(' ').next() != Some(replaced);
            let mut lines: Vec<_> = printed.lines().collect();
            lines[number] = key;
            let start = (0..number).rev().find(|at| lines[*at].starts_with('[')).unwrap();
            let is_other =
                |at: usize, text: &str| at <= start || at >= number || without_same_key(text);
            let kept = lines.iter().enumerate().filter(|(at, text)| is_other(*at, text));
            let script: Vec<_> = kept.map(|(_, text)| *text).collect();
            folder.script("any", &script.join("\n"));
            let check = ProgramResult::from_output(folder.program("check").output().unwrap());
            let errors = check.errors.lines().filter(|line| line.starts_with("error:"));
            let errors: Vec<_> = errors.filter(|line| !line.contains("WAV")).collect();
            assert!(errors.is_empty(), "{kind}, {key}: {}", check.errors);
        }
    }
}

#[test]
fn an_existing_script_is_not_changed() {
    let folder = ConfigFolder::with_scripts(&[("menu", "[otherwise]\nthen = 'hangup'")]);
    let result = new(&folder, &["menu"]);
    assert_eq!(result.code, 1);
    assert!(result.errors.contains("is not changed: choose another name"), "{}", result.errors);
    let text = fs::read_to_string(folder.at("scripts/menu.toml")).unwrap();
    assert_eq!(text, "[otherwise]\nthen = 'hangup'");
}

#[test]
fn a_name_that_is_no_script_name_is_refused_before_anything_is_written() {
    let folder = ConfigFolder::new();
    for name in ["../menu", "a b", "secret", ""] {
        let result = new(&folder, &[name]);
        assert_eq!(result.code, 2, "{name}");
        assert!(result.errors.contains("can't name a script"), "{}", result.errors);
    }
    assert_eq!(fs::read_dir(folder.at("scripts")).unwrap().count(), 0);
}

#[test]
fn in_an_empty_folder_an_empty_configuration_is_written_too() {
    if std::path::Path::new("/etc/dialscript/dialscript.toml").exists() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str]| {
        let mut program = dialscript();
        let program = program.args(arguments).current_dir(folder.path());
        ProgramResult::from_output(program.output().unwrap())
    };
    let result = run(&["new", "hello"]);
    let lines = result.lines();
    assert_eq!(lines[0], "wrote dialscript.toml: an empty configuration", "{}", result.errors);
    assert_eq!(lines[1], "wrote scripts/hello.toml");
    assert_eq!(lines[2], "change it, then try it: dialscript call hello");
    assert_eq!(run(&["check"]).output, "1 script, no errors\n");
    assert_eq!(run(&["call", "hello", "--digits", "2"]).code, 0);
}

#[test]
fn in_the_folder_of_the_scripts_nothing_is_written_and_the_right_folder_is_named() {
    let folder = ConfigFolder::with_scripts(&[("menu", "[otherwise]\nthen = 'hangup'")]);
    folder.daemon_file("");
    if std::path::Path::new("/etc/dialscript/dialscript.toml").exists() {
        return;
    }
    for arguments in [&["new", "hello"][..], &["check"]] {
        let mut program = dialscript();
        let program = program.args(arguments).current_dir(folder.at("scripts"));
        let result = ProgramResult::from_output(program.output().unwrap());
        assert_eq!(result.code, 1, "{}", result.output);
        assert!(result.errors.contains("--config ../dialscript.toml"), "{}", result.errors);
    }
    assert_eq!(fs::read_dir(folder.at("scripts")).unwrap().count(), 1);
}
