//! The end of a call: its last variables, and where the dialplan continues.

use tokio::io::{AsyncRead, AsyncWrite};

use super::{EslChannel, PLAYBACK_TERMINATORS, PLAYBACK_TIMEOUT, RECORD_FILL_CNG};
use crate::channel::{Destination, Exit, HangupCause, Interruption};
use crate::esl::command::EslCommand;
use crate::esl::connection::SOCKET_RESUME;
use crate::esl::quote::EslVariableValue;
use crate::esl::variable;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    pub(super) async fn set_variables_and_exit(
        &mut self,
        variables: &[(&str, String)],
        exit: &Exit,
    ) -> Result<(), Interruption> {
        self.connection.ensure_alive()?;
        self.stop_playback().await?;
        let variables = self.final_variables(variables, exit);
        let values: Vec<_> =
            variables.iter().map(|(_, text)| EslVariableValue::sanitize(text)).collect();
        let names = variables.iter().map(|(name, _)| name.as_str());
        let assignments = variable::multiset(names.zip(&values), self.expansion())?;
        self.connection.run("multiset", &assignments).await?;
        match exit {
            Exit::Continue => Ok(()),
            Exit::Hangup(cause) => {
                let cause = cause.unwrap_or(HangupCause::NORMAL_CLEARING).0;
                self.connection.send(&[EslCommand::hangup(&cause.to_string())?]).await
            }
            Exit::Goto(destination) => self.transfer(destination).await,
        }
    }

    /// Interrupts the running application. Otherwise the dialplan would continue only at its end (`switch_ivr_park`).
    async fn stop_playback(&mut self) -> Result<(), Interruption> {
        self.playing = None;
        if !self.connection.is_idle() {
            self.connection.run("break", "").await?;
        }
        if std::mem::take(&mut self.recognizer_used) {
            self.connection.run("detect_speech", "stop").await?;
        }
        Ok(())
    }

    /// The variables of the hand-over, with names in lowercase, and the original values of the variables that we have
    /// changed.
    fn final_variables(&self, variables: &[(&str, String)], exit: &Exit) -> Vec<(String, String)> {
        let mut all = Vec::with_capacity(variables.len() + 3);
        let changed = [
            (self.terminators_disabled, PLAYBACK_TERMINATORS),
            (self.playback_limited, PLAYBACK_TIMEOUT),
            (self.record_fill_enabled, RECORD_FILL_CNG),
        ];
        let changed = changed.into_iter().filter(|&(is_changed, _)| is_changed);
        all.extend(changed.map(|(_, name)| (name.to_owned(), self.original_variable(name))));
        // With `socket_resume`, closing the connection does harm in these cases: a call that is transferred, or whose
        // `socket` line has no `async`, stays in CS_RESET for ever, and a call that is hung up may continue in the
        // dialplan (`listener_run`, `socket_function`).
        let resume_harms = *exit != Exit::Continue || !self.connection.is_async();
        if resume_harms && self.settings.has_socket_resume {
            all.push((SOCKET_RESUME.to_owned(), String::new()));
        }
        let variables = variables.iter();
        all.extend(variables.map(|(name, value)| (name.to_ascii_lowercase(), value.clone())));
        all
    }

    async fn transfer(&mut self, destination: &Destination) -> Result<(), Interruption> {
        let dialplan = &self.settings.dialplan;
        let context = destination.context.as_deref().unwrap_or(&self.caller.context);
        let argument = format!("{} {dialplan} {context}", destination.extension);
        self.connection.run("transfer", argument.trim_end()).await
    }
}
