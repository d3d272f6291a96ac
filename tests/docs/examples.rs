//! The examples in `dialplan/examples` pass `dialscript check` without a warning.

use std::fs;
use std::path::Path;

use regex::Regex;

use crate::assert_none;
use crate::page::{Page, collect_files, root};
use crate::sandbox::Sandbox;

/// Of 16 characters and more, as a key that signs should be.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn each_example_passes_the_check_without_a_warning() {
    let folders = fs::read_dir(root().join("dialplan/examples")).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let mut problems = Vec::new();
    for folder in folders {
        let sandbox = Sandbox::new();
        write_example(&sandbox, &folder);
        let ran = sandbox.dialscript(&["check"]);
        if ran.code != Some(0) || ran.output.contains("warning") {
            problems.push(format!("{}\n{}", folder.display(), ran.output));
        }
    }
    assert_none(&problems);
}

/// Whether this is the page of an example, which is in the folder of its scripts.
pub(crate) fn is_page_of_example(page: &Page) -> bool {
    page.path.starts_with("dialplan/examples")
}

/// The scripts of an example and its configuration, if it has one, with all secrets that they name.
pub(crate) fn write_example(sandbox: &Sandbox, folder: &Path) {
    let mut files = Vec::new();
    collect_files(folder, "toml", &mut files);
    for file in files {
        let (name, text) = (file.file_name().unwrap(), fs::read_to_string(&file).unwrap());
        write_with_secrets(sandbox, name.to_str().unwrap(), &text);
    }
}

fn write_with_secrets(sandbox: &Sandbox, name: &str, text: &str) {
    let folder = if name == "dialscript.toml" { "" } else { "scripts/" };
    sandbox.write(&format!("{folder}{name}"), text);
    let secret = Regex::new(r"\{secret\.([\w-]+)\}").unwrap();
    for secret in secret.captures_iter(text) {
        sandbox.write(&format!("secrets/{}", &secret[1]), SECRET);
    }
}
