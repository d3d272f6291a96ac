//! The source as data: files, their modules, their imports, and the paths in them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A file of the library.
pub(super) struct SourceFile {
    /// Relative to the folder `src`.
    pub(super) name: String,
    /// The text without comments and literals, which may name any module.
    pub(super) code: String,
    pub(super) imports: Vec<Import>,
    /// Paths outside of `use` lines.
    pub(super) paths: Vec<ModulePath>,
}

/// Segments, such as `crate`, `script`, `Script`.
pub(super) type ModulePath = Vec<String>;

/// One imported name of a `use` line.
pub(super) struct Import {
    /// The local name, or `*` for all names of a module.
    pub(super) name: String,
    pub(super) path: ModulePath,
    /// Whether it is a re-export (`pub use`).
    pub(super) is_public: bool,
}

/// Files by module path. The path of the root is empty.
pub(super) type Library = BTreeMap<ModulePath, SourceFile>;

/// All files of the library.
pub(super) fn library() -> &'static Library {
    static LIBRARY: LazyLock<Library> = LazyLock::new(read_all);
    &LIBRARY
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn read_all() -> Library {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(self::folder()).unwrap().to_str().unwrap().to_owned();
                files.insert(module(&name), read(name, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    for other in ["main.rs", "build.rs"] {
        files.remove(&module(other));
    }
    files
}

fn module(file: &str) -> ModulePath {
    match file.strip_suffix(".rs").unwrap() {
        "lib" => Vec::new(),
        name => name.split('/').map(str::to_owned).collect(),
    }
}

fn read(name: String, text: &str) -> SourceFile {
    let code = code(text);
    let (mut imported, mut paths) = (Vec::new(), Vec::new());
    let tokens = tokens(&code);
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at] == "use" && tokens.get(at + 1) != Some(&"<") {
            let is_public = at > 0 && matches!(tokens[at - 1], "pub" | ")");
            at = imports(&tokens, at + 1, &[], is_public, &mut imported);
        } else {
            let path = path(&tokens[at..]);
            at += (2 * path.len()).max(2) - 1;
            if path.len() > 1 {
                paths.push(path);
            }
        }
    }
    SourceFile { name, code, imports: imported, paths }
}

/// Reads one tree of a `use` line, and says where the next begins.
fn imports(
    tokens: &[&str],
    mut at: usize,
    prefix: &[String],
    is_public: bool,
    found: &mut Vec<Import>,
) -> usize {
    let mut path = prefix.to_vec();
    let mut name = None;
    loop {
        match tokens[at] {
            "{" => {
                while tokens[at] != "}" {
                    at = imports(tokens, at + 1, &path, is_public, found);
                }
                return at + 1;
            }
            "," | "}" | ";" => break,
            "::" => {}
            "as" => {
                at += 1;
                name = Some(tokens[at].to_owned());
            }
            "self" if !prefix.is_empty() => {}
            segment => path.push(segment.to_owned()),
        }
        at += 1;
    }
    if path.len() > prefix.len() || tokens[at - 1] == "self" {
        let name = name.unwrap_or_else(|| path.last().unwrap().clone());
        found.push(Import { name, path, is_public });
    }
    at
}

/// The path at the start of the text.
fn path(tokens: &[&str]) -> ModulePath {
    let mut path = Vec::new();
    for pair in tokens.chunks(2) {
        if !is_name(pair[0]) {
            break;
        }
        path.push(pair[0].to_owned());
        if pair.get(1) != Some(&"::") {
            break;
        }
    }
    path
}

fn is_name(token: &str) -> bool {
    token.starts_with(|sign: char| sign.is_alphabetic() || sign == '_')
}

/// Names, `::`, and all other signs one by one.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(sign) = rest.chars().next() {
        let length = match sign {
            _ if rest.starts_with("::") => 2,
            _ if sign.is_alphanumeric() || sign == '_' => {
                let ends = |sign: char| !sign.is_alphanumeric() && sign != '_';
                rest.find(ends).unwrap_or(rest.len())
            }
            _ => sign.len_utf8(),
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

fn code(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let skipped = skipped(rest, code.chars().next_back());
        let length = skipped.unwrap_or(sign.len_utf8());
        code.push_str(if skipped.is_some() { " " } else { &rest[..length] });
        rest = &rest[length..];
    }
    code
}

/// The length of the comment or literal at the start of the text, if there is one.
fn skipped(rest: &str, before: Option<char>) -> Option<usize> {
    let in_name = before.is_some_and(|sign| sign.is_alphanumeric() || sign == '_');
    let until = |from: usize, end: &str| Some(rest[from..].find(end)? + from + end.len());
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return until(2, "*/");
    }
    let raw = rest.strip_prefix('r').filter(|_| !in_name).map(|rest| rest.trim_start_matches('#'));
    if let Some(raw) = raw.filter(|raw| raw.starts_with('"')) {
        let signs = rest.len() - 1 - raw.len();
        return until(signs + 2, &format!("\"{}", "#".repeat(signs)));
    }
    if rest.starts_with('"') {
        return Some(escaped(rest, '"'));
    }
    let is_char = rest.starts_with("'\\") || rest.chars().nth(2) == Some('\'');
    (rest.starts_with('\'') && is_char).then(|| escaped(rest, '\''))
}

/// The length of a literal with escapes.
fn escaped(literal: &str, quote: char) -> usize {
    let mut signs = literal.char_indices().skip(1);
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\\' => drop(signs.next()),
            _ if sign == quote => return at + 1,
            _ => {}
        }
    }
    literal.len()
}
