//! Reads the text of a configuration file.

use std::path::Path;
use std::sync::Arc;

use super::diagnostic::{Diagnostic, SourceText};
use super::read_error;
use crate::file_access::regular_file;

/// The maximum size of a file, in bytes.
const MAX_BYTES: u64 = 4 << 20;

/// Reads a file. `missing_help` is the help text of the error if there is no such file.
pub(crate) fn read(path: &Path, missing_help: &str) -> Result<Arc<SourceText>, Box<Diagnostic>> {
    let name = path.display().to_string();
    let content = regular_file::read(path, MAX_BYTES + 1);
    let content = content.map_err(|e| Box::new(read_error::diagnostic(path, &e, missing_help)))?;
    if content.len() as u64 > MAX_BYTES {
        let message = format!("this file has more than {MAX_BYTES} bytes");
        let help = "name another file, or split it";
        return Err(Box::new(Diagnostic::of_path(name, message, help)));
    }
    match String::from_utf8(content) {
        Ok(text) => Ok(Arc::new(SourceText { name, text })),
        Err(e) => Err(Box::new(not_utf8(name, e.as_bytes(), e.utf8_error().valid_up_to()))),
    }
}

/// The error for a file that is not UTF-8. `valid` is the number of bytes before the first invalid one.
fn not_utf8(name: String, content: &[u8], valid: usize) -> Diagnostic {
    if content.starts_with(&[0xff, 0xfe]) || content.starts_with(&[0xfe, 0xff]) {
        let help = "save it as UTF-8 in your editor";
        return Diagnostic::of_path(name, "this file is UTF-16 text, not UTF-8".to_owned(), help);
    }
    let invalid = content.get(valid).copied().unwrap_or_default();
    let text = String::from_utf8_lossy(content).into_owned();
    let help =
        "save the file as UTF-8 in your editor, or convert it: `iconv -f latin1 -t utf-8 FILE`";
    Diagnostic {
        file: Arc::new(SourceText { name, text }),
        // The text before is unchanged, and the invalid byte is replaced by U+FFFD.
        span: Some(valid..valid + char::REPLACEMENT_CHARACTER.len_utf8()),
        message: format!("not UTF-8 text: the byte {invalid:#04x}"),
        label: None,
        help: Some(help.to_owned()),
        merged: false,
    }
}
