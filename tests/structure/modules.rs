//! Which module may import from which: read from the `use` lines and paths of the source.

use std::collections::BTreeSet;

use super::source::{SourceFile, library};

/// Each module, and the modules of this crate that it may import from.
const ALLOWED_IMPORTS: [(&str, &[&str]); 24] = [
    ("channel", &[]),
    ("wire", &[]),
    ("script", &["channel", "trace"]),
    ("trace", &[]),
    ("otlp", &["trace", "web"]),
    ("fake", &[]),
    ("file_access", &[]),
    ("agi", &["channel", "file_access", "wire"]),
    ("esl", &["channel", "file_access", "wire"]),
    ("web", &[]),
    ("circuit_breaker", &[]),
    ("concurrency_limit", &[]),
    ("single_flight", &[]),
    ("histogram", &[]),
    (
        "trigger",
        &[
            "circuit_breaker",
            "concurrency_limit",
            "histogram",
            "single_flight",
            "script",
            "trace",
            "web",
        ],
    ),
    ("listener", &["concurrency_limit"]),
    ("http_server", &["listener"]),
    (
        "voice",
        &[
            "channel",
            "circuit_breaker",
            "concurrency_limit",
            "file_access",
            "histogram",
            "single_flight",
            "http_server",
            "listener",
            "script",
            "web",
        ],
    ),
    ("control", &["circuit_breaker", "listener", "script", "telemetry", "trigger"]),
    (
        "metrics",
        &[
            "circuit_breaker",
            "histogram",
            "http_server",
            "listener",
            "script",
            "telemetry",
            "trigger",
            "voice",
        ],
    ),
    (
        "config",
        &[
            "channel",
            "circuit_breaker",
            "control",
            "file_access",
            "otlp",
            "script",
            "server",
            "telemetry",
            "trigger",
            "voice",
            "web",
        ],
    ),
    ("telemetry", &["channel", "histogram", "script", "trace"]),
    ("server", &["agi", "esl", "channel", "listener", "script", "telemetry", "trace"]),
    (
        "cli",
        &[
            "agi",
            "channel",
            "circuit_breaker",
            "config",
            "control",
            "fake",
            "file_access",
            "http_server",
            "listener",
            "metrics",
            "otlp",
            "script",
            "server",
            "telemetry",
            "trace",
            "trigger",
            "voice",
            "web",
        ],
    ),
];

/// Libraries that only some modules may use.
const RESTRICTED_LIBRARIES: [(&str, &[&str]); 10] = [
    ("icu", &["script"]),
    ("jiff", &["script"]),
    ("redis", &["trigger"]),
    ("reqwest", &["trigger", "voice", "web"]),
    ("toml", &["config"]),
    ("hyper", &["http_server", "voice", "web"]),
    ("prometheus_client", &["histogram", "metrics"]),
    ("clap", &["cli"]),
    ("opentelemetry", &["otlp"]),
    ("tracing_subscriber", &["telemetry"]),
];

fn sources(module: &str) -> impl Iterator<Item = &'static SourceFile> {
    let files = library().iter();
    files
        .filter(move |(path, _)| path.first().is_some_and(|first| first == module))
        .map(|(_, file)| file)
}

fn modules_named(code: &str) -> BTreeSet<&str> {
    let names = code.split("crate::").skip(1);
    let names =
        names.filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next());
    // A constant of the crate itself has capital letters.
    names.filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase())).collect()
}

#[test]
fn every_module_imports_only_from_its_listed_modules() {
    for (module, allowed) in ALLOWED_IMPORTS {
        for file in sources(module) {
            for known in modules_named(&file.code) {
                let is_allowed = known == module || allowed.contains(&known);
                assert!(is_allowed, "{} knows `{known}`", file.name);
            }
        }
    }
}

#[test]
fn restricted_libraries_are_used_only_in_their_listed_modules() {
    for (library, modules) in RESTRICTED_LIBRARIES {
        for (module, _) in ALLOWED_IMPORTS.iter().filter(|(module, _)| !modules.contains(module)) {
            for file in sources(module) {
                let uses = file.code.contains(&format!("{library}::"));
                assert!(!uses, "{} uses {library}", file.name);
            }
        }
    }
}

#[test]
fn grammars_import_only_nom_and_their_own_types() {
    for name in [
        "agi/parse.rs",
        "esl/parse.rs",
        "script/path.rs",
        "config/script/then_grammar.rs",
        "config/script/keypress/key_grammar.rs",
    ] {
        let file = library().values().find(|file| file.name == name).expect(name);
        let lines = file.code.lines().map(str::trim_start);
        for used in lines.filter_map(|line| line.strip_prefix("use ")) {
            let known = ["nom::", "std::"].iter().any(|library| used.starts_with(library));
            assert!(known, "{name} uses {used}");
        }
    }
}

#[test]
fn the_list_of_modules_is_complete() {
    let lines = library()[&Vec::new()].code.lines();
    let modules = lines.filter_map(|line| {
        line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ")?.strip_suffix(';')
    });
    let known: BTreeSet<_> = ALLOWED_IMPORTS.iter().map(|(module, _)| *module).collect();
    assert_eq!(modules.collect::<BTreeSet<_>>(), known);
}
