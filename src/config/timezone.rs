//! `timezone`: the time zone of texts, in the daemon's file and in scripts.

use serde_spanned::Spanned;

use super::file::TomlFile;
use super::nearest::nearest;
use crate::script::timezone::ScriptTimezone;

/// The time zone with this name; `None` after an error.
pub(crate) fn timezone(file: &TomlFile, given: &Spanned<String>) -> Option<ScriptTimezone> {
    let name = given.get_ref();
    let zone = ScriptTimezone::named(name);
    if zone.is_none() {
        let help = match similar_name(name, &ScriptTimezone::names()) {
            Some(similar) => format!("did you mean \"{similar}\"?"),
            None => "write a name of the time zone database, such as \"Europe/Berlin\"".to_owned(),
        };
        let message = format!("there is no time zone `{name}`");
        file.error_with_help(given.span(), message, help);
    }
    zone
}

/// The name with this city, such as `Europe/Berlin` for `Berlin`, or else the most similar name.
fn similar_name<'n>(name: &str, names: &'n [String]) -> Option<&'n str> {
    let city = |known: &str| known.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let wanted = name.replace(' ', "_").to_ascii_lowercase();
    let of_city = names.iter().find(|known| city(known) == wanted).map(String::as_str);
    of_city.or_else(|| nearest(name, names.iter().map(String::as_str)))
}
