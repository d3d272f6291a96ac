//! The files of the demo, in a folder that is gone afterwards.

use std::fs::{self, DirBuilder};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The script that is shown and run; `SHOP` is where the stand-in listens.
pub(super) const SCRIPT: &str = r#"
[prompt]
play   = "enter-your-order-number"
repeat = 2

[keypress]
length = 4

[trigger]
url   = "http://SHOP/orders?caller={caller}&orderID={keypress}"
music = "default"

[response]
key = "data.code"

[[branch]]
when = "200"
play = "your-order-is-on-its-way"
set  = { ORDER_STATUS = "{$data.status}" }
then = "goto 9100@shipping"

[[branch]]
when = "404"
play = "we-do-not-know-that-number"
then = "again"

[no_input]
then = "hangup"

[no_response]
play = "we-cannot-look-that-up"
then = "goto 100@agents"
"#;

/// Sounds: their names, what they say, and their length in milliseconds.
const SOUNDS: [(&str, &str, u32); 4] = [
    ("enter-your-order-number", "Please enter your four-digit order number.", 2400),
    ("your-order-is-on-its-way", "Your order is on its way. I connect you to shipping.", 2400),
    ("we-do-not-know-that-number", "We do not know that number.", 1500),
    ("we-cannot-look-that-up", "We cannot look that up now. I connect you to a person.", 2400),
];

/// How long each is when nobody listens, in milliseconds.
const FAST: u32 = 200;
/// Samples a second.
const RATE: u32 = 8000;

/// What a sound says.
pub(super) fn said_by(sound: &str) -> &str {
    let name = sound.rsplit('/').next().unwrap_or(sound);
    SOUNDS.iter().find(|(its, ..)| *its == name).map_or(name, |(_, says, _)| says)
}

/// A temporary folder with the configuration.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn write(shop: u16, fast: bool) -> io::Result<Self> {
        let folder = Self::create()?;
        let at = |path: &str| folder.0.join(path);
        fs::create_dir(at("scripts"))?;
        fs::create_dir(at("sounds"))?;
        fs::write(folder.config(), "")?;
        let script = SCRIPT.replace("SHOP", &format!("127.0.0.1:{shop}"));
        fs::write(at("scripts/order-status.toml"), script)?;
        for (name, _, milliseconds) in SOUNDS {
            let file = at(&format!("sounds/{name}.wav"));
            silence(&file, if fast { FAST } else { milliseconds })?;
        }
        Ok(folder)
    }

    pub(super) fn config(&self) -> PathBuf {
        self.0.join("dialscript.toml")
    }

    /// A folder of ours alone: one that is there already is somebody else's.
    fn create() -> io::Result<Self> {
        let random = RandomState::new().build_hasher().finish();
        let path = std::env::temp_dir().join(format!("dialscript-demo-{random:016x}"));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed is left to the system's cleaning of its temporary files.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Nobody hears these, so there is nothing in them but their length.
fn silence(file: &Path, milliseconds: u32) -> io::Result<()> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(file, spec).map_err(io::Error::other)?;
    for _ in 0..RATE / 1000 * milliseconds {
        wav.write_sample(0_i16).map_err(io::Error::other)?;
    }
    wav.finalize().map_err(io::Error::other)
}
