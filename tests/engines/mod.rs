//! Engines that speak and listen, as a test wants them.

use std::future::{Ready, ready};

use dialscript::channel::Ear;
use dialscript::script::voice::{Deaf, Made, Mute, Voice, Wanted};

/// No engine at all.
pub(crate) struct NoVoice;

impl Voice for NoVoice {
    type Making = Ready<Result<Made, Mute>>;
    type Recording = ();

    fn make(&self, _: Wanted, _: bool) -> Self::Making {
        ready(Err(Mute("no engine".into())))
    }

    fn ear(&self) -> Result<(Ear, Option<()>), Deaf> {
        Err(Deaf("no engine".into()))
    }

    async fn understand(&self, (): (), _: &str) -> Result<String, Deaf> {
        Err(Deaf("no engine".into()))
    }
}
