//! Parsed pages of the manual: code blocks, headings, tables.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new("``(.+?)``|`([^`]+)`").unwrap());

/// A page, by its path from the root of the repository.
pub(crate) struct Page {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// A fenced block. `line` is that of its fence, from 1; the indentation of the fence is taken off.
pub(crate) struct Block {
    pub(crate) line: usize,
    pub(crate) indent: usize,
    pub(crate) language: String,
    pub(crate) lines: Vec<String>,
}

/// A line of text outside of blocks, with the last heading before it.
pub(crate) struct ProseLine<'a> {
    pub(crate) number: usize,
    pub(crate) heading: &'a str,
    pub(crate) text: &'a str,
}

/// A table: the line of its header, the last heading before it, and its cells.
pub(crate) struct PageTable {
    pub(crate) line: usize,
    pub(crate) heading: String,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// The folder of the repository.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> =
        LazyLock::new(|| Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap());
    &ROOT
}

/// README.md, CHANGELOG.md if it exists, and the pages in `docs` and `dialplan`.
pub(crate) fn all_pages() -> Vec<Page> {
    let mut paths = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    paths.retain(|path| path.exists());
    for folder in ["docs", "dialplan"] {
        collect_files(&root().join(folder), "md", &mut paths);
    }
    paths.into_iter().map(|path| Page::read(&path)).collect()
}

/// The page of this path, such as `docs/admin/metrics.md`.
pub(crate) fn page(path: &str) -> Page {
    Page::read(&root().join(path))
}

/// All files with this extension, in the order of their names.
pub(crate) fn collect_files(folder: &Path, extension: &str, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect_files(&path, extension, into);
        } else if path.extension().is_some_and(|found| found == extension) {
            into.push(path);
        }
    }
}

impl Page {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let path = path.strip_prefix(root()).unwrap().to_owned();
        let page = Self { path, text };
        page.assert_blocks_are_closed();
        page
    }

    fn assert_blocks_are_closed(&self) {
        let fences = self.text.lines().filter(|line| is_fence(line)).count();
        assert!(fences.is_multiple_of(2), "{}: a block has no end", self.path.display());
    }

    /// As editors understand it.
    pub(crate) fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }

    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (index, line) in self.text.lines().enumerate() {
            match open.take() {
                Some(block) if is_fence(line) => blocks.push(block),
                Some(mut block) => {
                    let indent = block.indent.min(line.len() - line.trim_start().len());
                    block.lines.push(line[indent..].to_owned());
                    open = Some(block);
                }
                None if is_fence(line) => open = Some(Block::new(index + 1, line)),
                None => {}
            }
        }
        blocks
    }

    pub(crate) fn prose(&self) -> Vec<ProseLine<'_>> {
        let (mut in_block, mut heading) = (false, "");
        let mut lines = Vec::new();
        for (index, text) in self.text.lines().enumerate() {
            if is_fence(text) {
                in_block = !in_block;
            } else if !in_block {
                heading = as_heading(text).unwrap_or(heading);
                lines.push(ProseLine { number: index + 1, heading, text });
            }
        }
        lines
    }

    pub(crate) fn tables(&self) -> Vec<PageTable> {
        let mut tables: Vec<PageTable> = Vec::new();
        let mut last_row = 0;
        for line in self.prose() {
            if !line.text.trim_start().starts_with('|') {
                continue;
            }
            let cells = cells(line.text);
            match tables.last_mut() {
                Some(_) if cells.iter().all(|cell| cell.chars().all(|c| c == '-')) => {}
                Some(table) if last_row + 1 == line.number => table.rows.push(cells),
                _ => tables.push(PageTable {
                    line: line.number,
                    heading: line.heading.to_owned(),
                    header: cells,
                    rows: Vec::new(),
                }),
            }
            last_row = line.number;
        }
        tables
    }
}

impl Block {
    fn new(line: usize, fence: &str) -> Self {
        let indent = fence.len() - fence.trim_start().len();
        let language = fence.trim().trim_start_matches('`').to_owned();
        Self { line, indent, language, lines: Vec::new() }
    }

    pub(crate) fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The file that a first line such as `# scripts/order.toml` names, also after `# wrong:`.
    pub(crate) fn file_name(&self) -> Option<&str> {
        let comment = self.lines.first()?.strip_prefix('#')?.trim();
        let name = comment.strip_prefix("wrong:").unwrap_or(comment).trim();
        let is_name = name == "dialscript.toml" || name.starts_with("scripts/");
        (is_name && name.ends_with(".toml")).then_some(name)
    }

    /// Whether it shows a mistake.
    pub(crate) fn is_wrong(&self) -> bool {
        self.lines.first().is_some_and(|line| line.starts_with("# wrong:"))
    }
}

/// The text of a heading, without its `#`.
pub(crate) fn as_heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    (text.len() < line.len() && text.starts_with(' ')).then(|| text.trim())
}

/// The text between backticks. Text that contains a backtick is between double backticks.
pub(crate) fn code_words(text: &str) -> Vec<&str> {
    let found = CODE.captures_iter(text);
    found.filter_map(|code| code.get(1).or(code.get(2))).map(|code| code.as_str().trim()).collect()
}

fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}

/// A pipe inside a cell is written `\|`.
fn cells(row: &str) -> Vec<String> {
    let row = row.replace("\\|", "\0");
    let row = row.trim().trim_start_matches('|').trim_end_matches('|');
    row.split('|').map(|cell| cell.replace('\0', "|").trim().to_owned()).collect()
}
