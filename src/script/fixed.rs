//! What callers may hear that is the same in every call: it can be made before any of them waits for it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::script::definition::{How, Library, Outcome, Part, Playlist, Script};
use crate::script::template::Filled;
use crate::script::voice::{Manner, Wanted};

impl Library {
    /// Every fixed text as its script speaks it, the ten digits where a script says a value digit by digit, and every
    /// URL that stands in a script. Each comes once, by the scripts' names.
    pub fn fixed(&self) -> impl Iterator<Item = Wanted> {
        let mut scripts: Vec<_> = self.scripts.values().collect();
        scripts.sort_by(|a, b| a.name.cmp(&b.name));
        let mut all = Fixed::default();
        scripts.into_iter().for_each(|script| all.add(script));
        all.wanted.into_iter()
    }
}

#[derive(Default)]
struct Fixed {
    seen: HashSet<(Option<Arc<Manner>>, Arc<str>)>,
    wanted: Vec<Wanted>,
}

impl Fixed {
    fn add(&mut self, script: &Script) {
        let parts = script.playlists().flat_map(|playlist| &playlist.parts);
        for part in parts {
            match part {
                Part::Text(text) => self.text(text.clone(), &script.manner),
                Part::Url(url) => self.url(url.clone()),
                Part::Value(_, How::Digits) => {
                    ('0'..='9')
                        .for_each(|digit| self.text(digit.to_string().into(), &script.manner));
                }
                Part::Value(..) | Part::Recorded(_) | Part::UrlOf(_) => {}
            }
        }
    }

    fn text(&mut self, text: Arc<str>, manner: &Arc<Manner>) {
        if self.seen.insert((Some(manner.clone()), text.clone())) {
            let text = Filled::open(text.to_string());
            self.wanted.push(Wanted::Text { text, manner: manner.clone() });
        }
    }

    fn url(&mut self, url: Arc<str>) {
        if self.seen.insert((None, url.clone())) {
            let url = Filled::open(url.to_string());
            self.wanted.push(Wanted::Url { url, decides_host: false });
        }
    }
}

impl Script {
    /// All that its callers may hear: the prompt, what is heard while an answer is awaited, and every outcome's sounds.
    pub fn playlists(&self) -> impl Iterator<Item = &Playlist> {
        let meanwhile = self.trigger.iter().flat_map(|trigger| trigger.meanwhile.playlists());
        let outcomes = self.outcomes().map(|outcome| &outcome.sounds);
        std::iter::once(&self.prompt.sounds).chain(meanwhile).chain(outcomes)
    }

    /// All that can happen, in the order of the branches, the others behind them.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        let others = [&self.otherwise, &self.no_input, &self.invalid_input, &self.no_response];
        self.branches.iter().map(|branch| &branch.outcome).chain(others)
    }
}
