//! The error for a name that no sound of the library has.

use std::path::Path;

use super::SoundLibrary;
use super::playable::{self, SoundFileError};
use crate::config::nearest::nearest;

impl SoundLibrary {
    pub(super) fn unknown(&self, name: &str) -> SoundFileError {
        let message = format!("there is no sound `{name}` in {}", self.folder.display());
        let bare = with_sound_extension(name).map_or(name, |(bare, _)| bare);
        let bare = bare.trim_start_matches("./");
        let folder = self.folder.file_name().and_then(|folder| folder.to_str()).unwrap_or_default();
        let inside = bare.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
        let help = match (with_sound_extension(name), self.near(name)) {
            _ if let Some(inside) =
                inside.filter(|inside| !self.by_language(inside).is_empty()) =>
            {
                format!("a name begins inside that folder: write `{inside}`")
            }
            _ if name.contains(' ') => "to speak a text, write `say`".to_owned(),
            (Some((bare, ending)), _) if !self.by_language(bare).is_empty() => {
                format!("drop the `.{ending}`: write `{bare}`")
            }
            (_, Some(near)) => format!("did you mean `{near}`?"),
            (Some((bare, ending)), None) => format!(
                "drop the `.{ending}`: write `{bare}`, and add a file such as `{bare}.wav` to that folder"
            ),
            (None, None) => format!(
                "add a file such as `{name}.wav` to that folder; for a sound of the switch itself, write \
                     `switch:{name}`"
            ),
        };
        SoundFileError { message, help }
    }

    fn near(&self, name: &str) -> Option<&str> {
        nearest(name, self.files.keys().map(|known| self.without_language(known)))
    }
}

/// Splits a name that ends in the extension of a sound file.
fn with_sound_extension(name: &str) -> Option<(&str, &str)> {
    let (bare, extension) = name.rsplit_once('.')?;
    let is_sound = playable::rank(Path::new(name)).is_some()
        || ["mp3", "ogg", "flac", "m4a"].contains(&extension.to_ascii_lowercase().as_str());
    (is_sound && !bare.is_empty()).then_some((bare, extension))
}
