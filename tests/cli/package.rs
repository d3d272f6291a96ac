//! What packages contain: the files that the metadata in Cargo.toml names, and the files that are generated for them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use tempfile::TempDir;
use toml::{Table, Value};

use crate::support::config_folder::ConfigFolder;
use crate::support::program::run;

/// Files in one package only: Debian's copyright, changelog and exceptions for lintian are elsewhere in an RPM.
const ONLY_DEB: [&str; 1] = ["usr/share/lintian/overrides/dialscript"];
const ONLY_RPM: [&str; 1] = ["usr/share/licenses/dialscript/"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn metadata(package: &str) -> Table {
    let manifest: Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    manifest["package"]["metadata"][package].as_table().unwrap().clone()
}

/// The source and the target of each asset, and its mode. Targets have no `/` at the beginning.
fn assets(package: &str) -> Vec<[String; 3]> {
    let text = |value: &Value| value.as_str().unwrap().trim_start_matches('/').to_owned();
    let assets = metadata(package)["assets"].as_array().unwrap().clone();
    let fields = |asset: &Value| match asset {
        Value::Array(fields) => [0, 1, 2].map(|index| text(&fields[index])),
        table => ["source", "dest", "mode"].map(|field| text(&table[field])),
    };
    assets.iter().map(fields).collect()
}

/// The files of the repository that an asset names. `*` stands for any part of the name of a file or a folder.
fn matching_files(source: &str) -> Vec<PathBuf> {
    let mut found = vec![root().to_owned()];
    for name in source.split('/') {
        let pattern = regex::escape(name).replace("\\*", ".*");
        let pattern = Regex::new(&format!("^{pattern}$")).unwrap();
        let entries = found.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten());
        let paths = entries.map(|entry| entry.unwrap().path());
        let is_named = |path: &PathBuf| {
            pattern.is_match(path.file_name().and_then(|name| name.to_str()).unwrap())
        };
        found = paths.filter(is_named).collect();
    }
    found.retain(|path| path.is_file());
    found
}

#[test]
fn each_asset_of_the_packages_is_a_file_of_the_repository_or_generated() {
    for package in ["deb", "generate-rpm"] {
        for [source, ..] in assets(package) {
            let generated = source.starts_with("target/");
            assert!(generated || !matching_files(&source).is_empty(), "{package}: no {source}");
        }
    }
}

#[test]
fn both_packages_install_the_same_files() {
    let comparable = |package: &str, excluded: &[&str]| -> BTreeSet<_> {
        let assets = assets(package).into_iter();
        let common = assets.filter(|[_, target, _]| !excluded.contains(&target.as_str()));
        let zsh = |target: String| target.replace("vendor-completions", "site-functions");
        common.map(|[source, target, mode]| [source, zsh(target), mode]).collect()
    };
    assert_eq!(comparable("deb", &ONLY_DEB), comparable("generate-rpm", &ONLY_RPM));
}

#[test]
fn the_service_is_neither_enabled_nor_started_by_the_installation() {
    let units = metadata("deb")["systemd-units"].clone();
    assert_eq!(units["enable"].as_bool(), Some(false));
    assert_eq!(units["start"].as_bool(), Some(false));
    let script = fs::read_to_string(root().join("dialplan/package/rpm/post-install.sh")).unwrap();
    let commands = script.lines().filter(|line| !line.trim_start().starts_with("echo"));
    assert!(!commands.into_iter().any(|line| line.contains("enable") || line.contains(" start")));
}

#[tokio::test]
async fn the_installed_script_passes_the_check_and_speaks() {
    let folder = ConfigFolder::new();
    let script = fs::read_to_string(root().join("dialplan/package/hello.toml")).unwrap();
    folder.script("hello", &script);
    let file = folder.config_file();
    let file = file.to_str().unwrap();
    let checked = run(&["check", "--config", file]).await;
    assert_eq!(checked.code, 0, "{}", checked.errors);
    let called = run(&["call", "hello", "--config", file, "--json"]).await;
    assert!(
        called.output.contains("This is the voice of your telephone system"),
        "{}",
        called.output
    );
}

/// The names of all commands, those of commands included: `cache`, `cache list`, …
fn command_names() -> Vec<String> {
    use clap::CommandFactory;
    fn collect(command: &clap::Command, before: &str, names: &mut Vec<String>) {
        for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
            let name = format!("{before}{}", inner.get_name());
            collect(inner, &format!("{name} "), names);
            names.push(name);
        }
    }
    let mut names = Vec::new();
    collect(&dialscript::cli::Cli::command(), "", &mut names);
    names
}

#[tokio::test]
async fn each_command_has_a_manual_page() {
    let folder = TempDir::new().unwrap();
    let written = run(&["generate", "man", folder.path().to_str().unwrap()]).await;
    assert_eq!(written.code, 0, "{}", written.errors);
    let page = fs::read_to_string(folder.path().join("dialscript.1")).unwrap();
    for name in command_names() {
        let file = folder.path().join(format!("dialscript-{}.1", name.replace(' ', "-")));
        assert!(file.exists(), "{}", file.display());
        if !name.contains(' ') {
            assert!(page.contains(&format!("dialscript\\-{name}(1)")), "{name} in {page}");
        }
    }
    assert!(!page.contains("generate"), "it is hidden");
    assert!(page.contains("/etc/dialscript/dialscript.toml") && page.contains("EXIT STATUS"));
}

#[tokio::test]
async fn the_completions_of_each_shell_know_each_command() {
    let folder = TempDir::new().unwrap();
    let written = run(&["generate", "completions", folder.path().to_str().unwrap()]).await;
    assert_eq!(written.code, 0, "{}", written.errors);
    for file in ["dialscript.bash", "_dialscript", "dialscript.fish"] {
        let text = fs::read_to_string(folder.path().join(file)).unwrap();
        for name in command_names() {
            let word = name.rsplit(' ').next().unwrap();
            assert!(text.contains(word), "{name} in {file}");
        }
        assert!(!text.contains("generate"), "{file}: it is hidden");
    }
}

#[tokio::test]
async fn a_missing_folder_for_generated_files_is_named() {
    let written = run(&["generate", "man", "/nonexistent/folder"]).await;
    assert_eq!(written.code, 1);
    assert!(
        written.errors.contains("cannot write into `/nonexistent/folder`"),
        "{}",
        written.errors
    );
}
