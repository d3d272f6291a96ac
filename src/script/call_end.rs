//! How the scripts' part of a call ended, as the requests of `[hangup]` and `[ended]` report it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::script::definition::Script;
use crate::script::kept_answer::KeptAnswer;
use crate::script::report::CallOutcome;
use crate::script::template::CallEndValue;

/// Maximum length of `{path}` in bytes, so that it fits into a URL. The names of scripts are ASCII.
const MAX_PATH_BYTES: usize = 1000;
/// Stands for the scripts that `{path}` leaves out.
const LEFT_OUT: &str = "...,";

/// A script that has led to another one in the same call, and whose `[ended]` may have to be sent.
pub(crate) struct EarlierScript {
    pub(crate) script: Arc<Script>,
    /// The number of its last attempt, from 1.
    pub(crate) attempt: u32,
    /// The answer that was last when it led to the next script.
    pub(crate) last_answer: Option<Arc<KeptAnswer>>,
}

/// How the scripts' part of a call ended.
pub(crate) struct CallEnd {
    pub(crate) outcome: CallOutcome,
    /// The value at the response key of the last script, not masked.
    pub(crate) code: String,
    pub(crate) duration: Duration,
    /// The scripts of the call with their outcomes.
    pub(crate) path: String,
}

impl CallEnd {
    pub(crate) fn text(&self, value: CallEndValue) -> Cow<'_, str> {
        match value {
            CallEndValue::Outcome => self.outcome.as_str().into(),
            CallEndValue::Code => self.code.as_str().into(),
            CallEndValue::Duration => self.rounded_seconds().to_string().into(),
            CallEndValue::Path => self.path.as_str().into(),
        }
    }

    /// A call that was ended after 3 s has lasted some milliseconds less or more.
    fn rounded_seconds(&self) -> u64 {
        (self.duration + Duration::from_millis(500)).as_secs()
    }
}

/// The names of scripts with their outcomes, as in `phone:otherwise,pin:matched`. If there are too many, the first ones
/// are left out.
pub(crate) fn describe_path<'a>(scripts: impl Iterator<Item = (&'a str, CallOutcome)>) -> String {
    let steps = scripts.map(|(name, outcome)| format!("{name}:{}", outcome.as_str()));
    let path = steps.collect::<Vec<_>>().join(",");
    if path.len() <= MAX_PATH_BYTES {
        return path;
    }
    let end = path.len() - (MAX_PATH_BYTES - LEFT_OUT.len());
    let whole_steps = path.get(end..).and_then(|rest| rest.split_once(','));
    format!("{LEFT_OUT}{}", whole_steps.map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_keeps_its_last_steps_as_a_whole() {
        let name = "a".repeat(30);
        let scripts = |count| std::iter::repeat_n((name.as_str(), CallOutcome::Matched), count);
        let step = format!("{name}:matched");
        let short = describe_path(scripts(25));
        assert_eq!(short, vec![step.clone(); 25].join(","));
        let long = describe_path(scripts(50));
        assert_eq!(long, format!("...,{}", vec![step; 25].join(",")));
        assert!(long.len() <= MAX_PATH_BYTES);
        assert_eq!(
            describe_path([("a".repeat(2000).as_str(), CallOutcome::Error)].into_iter()),
            "...,"
        );
    }
}
