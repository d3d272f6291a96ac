//! Parameters of speech engines. They become arguments of programs, parts of file names and of commands to switches, so
//! names are restricted to safe characters.

use std::sync::Arc;

use serde_spanned::Spanned;

use super::file::TomlFile;
use crate::script::voice::SpeakingRate;

/// The name of a voice, a language or an engine; `None` if it is missing or invalid.
pub(crate) fn name(file: &TomlFile, given: Option<&Spanned<String>>) -> Option<Arc<str>> {
    let given = given?;
    let name = given.get_ref().as_str();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_+.-".contains(&b);
    // A program would read a name that begins with a dash as an option.
    let is_name = (1..=100).contains(&name.len())
        && name.bytes().all(plain)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !is_name {
        let help = "use only letters, digits and _ + . -, starting with a letter or a digit";
        file.error_with_help(given.span(), "not a valid name", help);
    }
    is_name.then(|| name.into())
}

/// The speaking rate as a factor, 0.5 to 2.0; `None` if it is missing or invalid.
pub(crate) fn speed(file: &TomlFile, given: Option<&Spanned<String>>) -> Option<SpeakingRate> {
    let given = given?;
    let help = "write a number such as `speed = 1.2`; 1.0 is normal";
    match given.get_ref().parse::<f32>() {
        Ok(speed) if (0.5..=2.0).contains(&speed) => {
            Some(SpeakingRate((speed * 100.0).round() as u16))
        }
        Ok(_) => {
            file.error_with_help(given.span(), "out of range: must be between 0.5 and 2.0", help);
            None
        }
        Err(_) => {
            file.error_with_help(given.span(), "not a valid speed", help);
            None
        }
    }
}
