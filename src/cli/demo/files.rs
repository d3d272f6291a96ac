//! The files of the demo, in a folder that is gone afterwards.

use std::fs::{self, DirBuilder};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

/// The script that is shown and run; `SHOP` is where the stand-in listens.
pub(super) const DEMO_SCRIPT: &str = r#"
[prompt]
say    = "Please enter your four digit order number."
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
say  = "Your order is {say:$data.status}. I connect you to shipping."
set  = { ORDER_STATUS = "{$data.status}" }
then = "goto 9100@shipping"

[[branch]]
when = "404"
say  = "We do not know that number."
then = "again"

[no_input]
then = "hangup"

[no_response]
say  = "We cannot look that up now. I connect you to a person."
then = "goto 100@agents"
"#;

/// A temporary folder with the configuration.
pub(super) struct DemoFolder(PathBuf);

impl DemoFolder {
    pub(super) fn write(shop: u16) -> io::Result<Self> {
        let folder = Self::create()?;
        let at = |path: &str| folder.0.join(path);
        fs::create_dir(at("scripts"))?;
        fs::write(folder.config_path(), "")?;
        let script = DEMO_SCRIPT.replace("SHOP", &format!("127.0.0.1:{shop}"));
        fs::write(at("scripts/order-status.toml"), script)?;
        Ok(folder)
    }

    pub(super) fn config_path(&self) -> PathBuf {
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

impl Drop for DemoFolder {
    fn drop(&mut self) {
        // What can't be removed is left to the system's cleaning of its temporary files.
        drop(fs::remove_dir_all(&self.0));
    }
}
