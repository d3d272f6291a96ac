//! Serves sounds to a switch that can't see our files.
//!
//! A sound's URL is `BASE/ROOT/SIGNATURE/PATH`: nobody can make one, and nothing is listed. The signature covers root
//! and path, with a key that lies in the cache's folder. With its 64 characters no URL is too short for Asterisk, whose `file.c` (`filehelper`) sizes a buffer for the fetched file's name by the URL.

mod response;
mod serve;
mod signing_key;

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ring::hmac;

use crate::channel::Sound;
use crate::voice::settings::{FolderPaths, SoundServerSettings};
use crate::voice::sound_store::store_folder::is_temporary_name;

pub use serve::serve;

/// What switches take for a part of a list, of parameters or of an expression is encoded.
const PATH_ENCODE_SET: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// The URLs of sounds: made for the switch, understood by the server.
pub struct SoundUrls {
    base_url: String,
    signing_key: hmac::Key,
    folders: Vec<ServedFolder>,
}

/// A folder that is served.
struct ServedFolder {
    root: ServedRoot,
    /// Our path; absolute.
    local: PathBuf,
    /// As sounds name it, where that is something else.
    on_switch: Option<PathBuf>,
}

/// What kind of files a folder has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServedRoot {
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

    /// How long a switch may play a sound without asking again: `None` where it may not keep it. What is kept here has
    /// a name made of its content; a sound of the library may be replaced.
    fn max_age(self, file: &Path) -> Option<Duration> {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match self {
            Self::Library => Some(Duration::from_secs(60)),
            Self::Cache if is_temporary_name(name) => None,
            Self::Cache => Some(Duration::from_secs(24 * 60 * 60)),
        }
    }
}

impl SoundUrls {
    /// URLs for the sounds of the cache and of the library.
    ///
    /// # Errors
    ///
    /// Where the machine has no random numbers, or no current folder that a relative one begins at.
    pub fn new(
        server: &SoundServerSettings,
        cache: &FolderPaths,
        sounds: &FolderPaths,
    ) -> io::Result<Self> {
        let key = signing_key::load_or_create(&cache.local)?;
        let folders = vec![
            ServedFolder::new(ServedRoot::Cache, cache)?,
            ServedFolder::new(ServedRoot::Library, sounds)?,
        ];
        Ok(Self { base_url: server.url.clone(), signing_key: key, folders })
    }

    /// The URL of a file of the cache's folder.
    pub fn cached_sound_url(&self, file: &str) -> Arc<str> {
        self.signed_url(ServedRoot::Cache, file)
    }

    /// A recorded sound as the switch reaches it: by a URL where it lies in a folder that is served, else as it is.
    pub fn switch_sound(&self, sound: &Sound) -> Sound {
        let Sound::File(file) = sound else { return sound.clone() };
        let url =
            self.folders.iter().find_map(|folder| Some((folder.root, folder.relative_path(file)?)));
        match url {
            Some((root, path)) => Sound::Url(self.signed_url(root, path)),
            None => sound.clone(),
        }
    }

    fn signed_url(&self, root: ServedRoot, path: &str) -> Arc<str> {
        let signature = hmac::sign(&self.signing_key, signed_text(root, path).as_bytes());
        let path = utf8_percent_encode(path, PATH_ENCODE_SET);
        format!("{}/{}/{}/{path}", self.base_url, root.url_segment(), hex(signature.as_ref()))
            .into()
    }

    /// The file that the path of a URL means, where it is one that was made here.
    fn verified_file(&self, path: &str) -> Option<(ServedRoot, PathBuf)> {
        let mut parts = path.strip_prefix('/')?.splitn(3, '/');
        let (root, signature, path) = (parts.next()?, parts.next()?, parts.next()?);
        let folder = self.folders.iter().find(|folder| folder.root.url_segment() == root)?;
        let path = percent_decode_str(path).decode_utf8().ok()?;
        let signature = decode_hex(signature)?;
        hmac::verify(&self.signing_key, signed_text(folder.root, &path).as_bytes(), &signature)
            .ok()?;
        is_plain_relative(Path::new(&*path)).then(|| (folder.root, folder.local.join(&*path)))
    }
}

impl ServedFolder {
    fn new(root: ServedRoot, folder: &FolderPaths) -> io::Result<Self> {
        let on_switch = Some(folder.on_switch.clone()).filter(|path| *path != folder.local);
        Ok(Self { root, local: std::path::absolute(&folder.local)?, on_switch })
    }

    /// The path of a file from this folder on.
    fn relative_path<'a>(&self, file: &'a str) -> Option<&'a str> {
        let folders = std::iter::once(&self.local).chain(&self.on_switch);
        let mut paths = folders.filter_map(|folder| Path::new(file).strip_prefix(folder).ok());
        paths.next().filter(|path| is_plain_relative(path))?.to_str()
    }
}

fn signed_text(root: ServedRoot, path: &str) -> String {
    format!("{}/{path}", root.url_segment())
}

/// Whether a path leads to something in the folder that it begins at.
fn is_plain_relative(path: &Path) -> bool {
    let mut components = path.components();
    path.file_name().is_some() && components.all(|part| matches!(part, Component::Normal(_)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode_hex(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = hex.chars().map(|digit| digit.to_digit(16)).collect();
    Some(
        digits?
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | *digit as u8))
            .collect(),
    )
}
