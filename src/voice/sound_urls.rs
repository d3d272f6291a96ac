//! URLs of sounds, for a switch that has no access to our files.
//!
//! A URL is `BASE/ROOT/SIGNATURE/PATH`. The signature covers ROOT and PATH, so nobody else can make a valid URL or list
//! the files. Its 64 hexadecimal digits also make the URL long enough for Asterisk: `file.c` (`filehelper`) allocates
//! the buffer for the name of the fetched file by the length of the URL.

mod signing_key;

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ring::hmac;

use super::settings::{FolderPaths, SoundServerSettings};
use crate::channel::Sound;

/// Encodes every character that could separate list items or parameters, or begin an expression, in a command to the
/// switch.
const PATH_ENCODE_SET: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// Signs the URLs that the switch gets, and verifies those that it requests.
pub struct SoundUrls {
    base_url: String,
    signing_key: hmac::Key,
    folders: Vec<ServedFolder>,
}

struct ServedFolder {
    root: ServedRoot,
    /// Absolute.
    local: PathBuf,
    /// The switch's path, if it differs.
    on_switch: Option<PathBuf>,
}

/// The first part of a URL's path after the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServedRoot {
    Library,
    Cache,
}

impl ServedRoot {
    fn url_segment(self) -> &'static str {
        match self {
            Self::Library => "sounds",
            Self::Cache => "cache",
        }
    }
}

impl SoundUrls {
    /// Signs URLs for the files of the sound cache and of the sound library.
    ///
    /// # Errors
    ///
    /// If the system provides no random numbers, or a path is relative and there is no current directory.
    pub fn new(
        server: &SoundServerSettings,
        cache: &FolderPaths,
        library: &FolderPaths,
    ) -> io::Result<Self> {
        let signing_key = signing_key::load_or_create(&cache.local)?;
        let folders = vec![
            ServedFolder::new(ServedRoot::Cache, cache)?,
            ServedFolder::new(ServedRoot::Library, library)?,
        ];
        Ok(Self { base_url: server.url.clone(), signing_key, folders })
    }

    /// Returns the URL of a file in the sound cache.
    pub fn cached_sound_url(&self, file: &str) -> Arc<str> {
        self.signed_url(ServedRoot::Cache, file)
    }

    /// Replaces a file in a served folder by its URL. Other sounds stay as they are.
    pub fn switch_sound(&self, sound: &Sound) -> Sound {
        let Sound::File(file) = sound else { return sound.clone() };
        let served =
            self.folders.iter().find_map(|folder| Some((folder.root, folder.relative_path(file)?)));
        match served {
            Some((root, path)) => Sound::Url(self.signed_url(root, path)),
            None => sound.clone(),
        }
    }

    fn signed_url(&self, root: ServedRoot, path: &str) -> Arc<str> {
        let signature = hmac::sign(&self.signing_key, signed_text(root, path).as_bytes());
        let signature = HEXLOWER.encode(signature.as_ref());
        let path = utf8_percent_encode(path, PATH_ENCODE_SET);
        format!("{}/{}/{signature}/{path}", self.base_url, root.url_segment()).into()
    }

    /// Returns the file for the path of a URL. `None` if the signature is wrong.
    pub(super) fn verified_file(&self, url_path: &str) -> Option<(ServedRoot, PathBuf)> {
        let mut parts = url_path.strip_prefix('/')?.splitn(3, '/');
        let (root, signature, path) = (parts.next()?, parts.next()?, parts.next()?);
        let folder = self.folders.iter().find(|folder| folder.root.url_segment() == root)?;
        let path = percent_decode_str(path).decode_utf8().ok()?;
        let signature = HEXLOWER_PERMISSIVE.decode(signature.as_bytes()).ok()?;
        let text = signed_text(folder.root, &path);
        hmac::verify(&self.signing_key, text.as_bytes(), &signature).ok()?;
        is_inside(Path::new(&*path)).then(|| (folder.root, folder.local.join(&*path)))
    }
}

impl ServedFolder {
    fn new(root: ServedRoot, paths: &FolderPaths) -> io::Result<Self> {
        let on_switch = Some(paths.on_switch.clone()).filter(|path| *path != paths.local);
        Ok(Self { root, local: std::path::absolute(&paths.local)?, on_switch })
    }

    fn relative_path<'a>(&self, file: &'a str) -> Option<&'a str> {
        let folders = std::iter::once(&self.local).chain(&self.on_switch);
        let mut paths = folders.filter_map(|folder| Path::new(file).strip_prefix(folder).ok());
        paths.next().filter(|path| is_inside(path))?.to_str()
    }
}

fn signed_text(root: ServedRoot, path: &str) -> String {
    format!("{}/{path}", root.url_segment())
}

/// Whether a relative path stays in the folder that it is relative to.
fn is_inside(path: &Path) -> bool {
    let mut components = path.components();
    path.file_name().is_some() && components.all(|part| matches!(part, Component::Normal(_)))
}
