//! Sets variables, with as few commands as possible.

use std::borrow::Cow;

use tokio::io::{AsyncRead, AsyncWrite};
use tracing::{debug, warn};

use super::AgiChannel;
use crate::agi::command::{AgiCommand, CHANNEL_LANGUAGE, count_settable_together, fit_variable};
use crate::channel::Interruption;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiChannel<S> {
    /// Also sets the language of the channel, if it has changed.
    pub(super) async fn set_in_order(
        &mut self,
        variables: &[(&str, String)],
    ) -> Result<(), Interruption> {
        let language = self.language_unset.then(|| self.language.clone());
        let language = language.map(|language| (CHANNEL_LANGUAGE, Cow::Owned(language)));
        let fitted = variables.iter().map(|(name, value)| (*name, self.fit(name, value)));
        let fitted: Vec<_> = language.into_iter().chain(fitted).collect();
        let mut rest = &*fitted;
        while !rest.is_empty() {
            let count = match count_settable_together(rest) {
                count @ 2.. if self.has_array().await? => count,
                _ => 1,
            };
            let (together, later) = rest.split_at(count);
            self.connection.run_command(AgiCommand::set_variables(together)?).await?;
            rest = later;
        }
        self.language_unset = false;
        Ok(())
    }

    fn fit<'v>(&self, name: &str, value: &'v str) -> Cow<'v, str> {
        let fitted = fit_variable(name, value);
        if fitted.truncated {
            warn!(
                call_id = self.caller.call_id,
                variable = name,
                "a variable's value was truncated"
            );
        }
        fitted.value
    }

    /// Whether this Asterisk has the function `ARRAY`. Asks it, unless it was asked lately. `LEN` is in the same module
    /// as `ARRAY`, and can be called without an effect.
    async fn has_array(&mut self) -> Result<bool, Interruption> {
        if let Some(has_array) = self.peer.has_array() {
            return Ok(has_array);
        }
        let reply = match self.connection.run_command(AgiCommand::get_function("LEN", "1")?).await {
            Err(Interruption::Refused(_)) => None,
            reply => Some(reply?),
        };
        let note = reply.as_ref().and_then(|reply| reply.note());
        let has_array = note.is_some_and(|note| *note == "1");
        if !has_array {
            debug!("Asterisk has no `func_strings`: each variable is set by a command of its own");
        }
        self.peer.record(has_array);
        Ok(has_array)
    }
}
