//! Lists the files in a folder and in the folders in it.

use std::fs;
use std::path::{Path, PathBuf};

/// How deep folders are looked into.
const MAX_DEPTH: usize = 5;
/// The most entries of folders that are looked at.
const MAX_ENTRIES: usize = 20_000;

/// At most `max_files` files that are wanted, in alphabetical order. Links to folders are not followed.
pub(super) fn files_below(
    folder: &Path,
    max_files: usize,
    is_wanted: impl Fn(&Path) -> bool,
) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut entries_left = MAX_ENTRIES;
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries.take(entries_left) {
            entries_left -= 1;
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth < MAX_DEPTH {
                    folders.push((path, depth + 1));
                }
            } else if files.len() < max_files && is_wanted(&path) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
