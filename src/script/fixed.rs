//! What callers may hear that is the same in every call: it can be made before any of them waits for it.

use crate::script::definition::{Library, Part};
use crate::script::template::Filled;
use crate::script::voice::Wanted;

impl Library {
    /// The texts and URLs of prompts.
    pub fn fixed(&self) -> impl Iterator<Item = Wanted> {
        self.scripts.values().flat_map(|script| {
            script.prompt.sounds.parts.iter().filter_map(|part| match part {
                Part::Text(text) => Some(Wanted::Text {
                    text: Filled::open(text.to_string()),
                    manner: script.manner.clone(),
                }),
                Part::Url(url) => {
                    let url = Filled::open(url.to_string());
                    Some(Wanted::Url { url, decides_host: false })
                }
                _ => None,
            })
        })
    }
}
