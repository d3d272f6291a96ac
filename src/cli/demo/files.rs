//! The demo's configuration and script, in a temporary folder.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;

/// The script that is shown and run. `SHOP` is replaced by the address of the mock shop.
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

/// Removed when dropped.
pub(super) struct DemoFolder(TempDir);

impl DemoFolder {
    pub(super) fn write(shop_port: u16) -> io::Result<Self> {
        let private = Permissions::from_mode(0o700);
        let folder =
            tempfile::Builder::new().prefix("dialscript-demo-").permissions(private).tempdir()?;
        let folder = Self(folder);
        let scripts = folder.0.path().join("scripts");
        fs::create_dir(&scripts)?;
        fs::write(folder.config_path(), "")?;
        let script = DEMO_SCRIPT.replace("SHOP", &format!("127.0.0.1:{shop_port}"));
        fs::write(scripts.join("order-status.toml"), script)?;
        Ok(folder)
    }

    pub(super) fn config_path(&self) -> PathBuf {
        self.0.path().join("dialscript.toml")
    }
}
