//! Whole files: any bytes load as scripts and as a daemon's file, or are rejected with diagnostics. Each diagnostic
//! marks a part of its file, and all of them can be rendered.
//!
//! `cargo fuzz run --fuzz-dir integration/fuzz -s none scripts`. The input is the script `a`. NUL bytes separate it from
//! the script `b`, and that from the daemon's file.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use dialscript::config::{ConfigErrors, Diagnostic, load};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

/// The folder of the files, in memory if possible.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    let folder = folder.expect("a temporary folder can be created");
    fs::create_dir(folder.path().join("scripts")).expect("a folder can be created");
    folder
});

fuzz_target!(|input: &[u8]| {
    let mut files = input.splitn(3, |byte| *byte == 0);
    for name in ["scripts/a.toml", "scripts/b.toml", "dialscript.toml"] {
        let content = files.next().unwrap_or_default();
        // Another folder than that of this target could be the root of the file system.
        if name == "dialscript.toml" && content.windows(7).any(|part| part == b"folders") {
            return;
        }
        fs::write(FOLDER.path().join(name), content).expect("a file can be written");
    }
    match load(&FOLDER.path().join("dialscript.toml")) {
        Ok(config) => {
            config.warnings.iter().for_each(check);
            assert_eq!(config.warnings.is_empty(), config.warnings.render(true).is_empty());
        }
        Err(errors) => check_all(&errors),
    }
});

fn check_all(errors: &ConfigErrors) {
    assert!(!errors.is_empty(), "a rejected file has an error");
    errors.iter().for_each(check);
    assert!(errors.render(true).len() >= errors.render(false).len());
}

fn check(diagnostic: &Diagnostic) {
    assert!(!diagnostic.to_string().is_empty());
    let spans = diagnostic.span.iter().chain(diagnostic.label.iter().map(|(span, _)| span));
    for span in spans {
        assert!(diagnostic.file.text.get(span.clone()).is_some(), "{diagnostic:?}");
    }
}
