//! Which scripts lead to which: what a script can read of those before it in the same call.

use std::collections::{BTreeMap, BTreeSet};

use super::nearest::nearest;
use super::raw::script::Script;
use super::validate::then::{self, Typed};
use crate::script::template::InputKind;

/// All scripts by name, and the chains between them.
#[derive(Debug, Default)]
pub(crate) struct Chains(BTreeMap<String, Link>);

#[derive(Debug, Default)]
struct Link {
    keys: bool,
    speech: bool,
    waits: bool,
    leads_to: BTreeSet<String>,
}

impl Chains {
    pub(crate) fn add(&mut self, name: &str, script: &Script) {
        let thens = script.outcomes().filter_map(|outcome| outcome.then.as_ref());
        let leads_to = thens.filter_map(|text| match then::parse(text.get_ref()) {
            Ok(Typed::Script(next)) => Some(next.to_owned()),
            _ => None,
        });
        let link = Link {
            keys: script.keypress.is_some(),
            speech: script.speech.is_some(),
            waits: script.waits(),
            leads_to: leads_to.collect(),
        };
        self.0.insert(name.to_owned(), link);
    }

    /// A script whose file can't be read: it may be anything, so that its faults are not told of others.
    pub(crate) fn add_unreadable(&mut self, name: &str) {
        let link = Link { keys: true, speech: true, waits: true, ..Link::default() };
        self.0.insert(name.to_owned(), link);
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether the script asks for it.
    pub(crate) fn asks_for(&self, name: &str, entered: InputKind) -> bool {
        self.0.get(name).is_some_and(|link| match entered {
            InputKind::Keypress => link.keys,
            InputKind::Speech => link.speech,
            InputKind::Input => link.keys || link.speech,
        })
    }

    pub(crate) fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.0.keys().map(String::as_str))
    }

    /// All scripts that can have run before this one in the same call.
    pub(crate) fn before<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let mut before = BTreeSet::new();
        let mut open = vec![name];
        while let Some(next) = open.pop() {
            open.extend(self.directly_before(next).filter(|found| before.insert(*found)));
        }
        before
    }

    fn directly_before<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let leads = move |(_, link): &(&String, &Link)| link.leads_to.contains(name);
        self.0.iter().filter(leads).map(|(before, _)| before.as_str())
    }

    /// Whether an answer can have come before this script.
    pub(crate) fn answered_before(&self, name: &str) -> bool {
        let waits = |name: &str| self.0.get(name).is_some_and(|link| link.waits);
        self.before(name).into_iter().any(waits)
    }
}
