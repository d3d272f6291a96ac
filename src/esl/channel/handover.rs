//! The end of a call: its last variables, and where the dialplan continues.

use tokio::io::{AsyncRead, AsyncWrite};

use super::{EslChannel, PLAYBACK_TERMINATORS, PLAYBACK_TIMEOUT, RECORD_FILL_CNG, SAY_ZONE};
use crate::channel::{Destination, Exit, HangupCause, Interruption, STANDARD_VARIABLE_PREFIX};
use crate::esl::command::EslCommand;
use crate::esl::connection::{REPLY_TIMEOUT, SOCKET_RESUME};
use crate::esl::variable::{EslVariable, group_variables};

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    pub(super) async fn set_variables_and_exit(
        &mut self,
        variables: &[(&str, String)],
        exit: &Exit,
    ) -> Result<(), Interruption> {
        self.connection.ensure_alive()?;
        self.stop_applications().await?;
        self.add_final_variables(variables, exit)?;
        if let Some(functions) = self.exit_functions(exit)? {
            let mut commands = self.take_variable_commands()?;
            commands.extend(functions);
            return self.connection.send_with_exit(commands).await;
        }
        let variables = std::mem::take(&mut self.deferred_variables);
        self.set_by_application(&variables).await?;
        match exit {
            Exit::Continue => Ok(()),
            Exit::Hangup(cause) => {
                self.connection.send(&[EslCommand::hangup(&cause_number(*cause))?]).await
            }
            Exit::Goto(destination) => {
                self.connection.run("transfer", &self.transfer_argument(destination)).await
            }
        }
    }

    /// Interrupts the running application. Otherwise the dialplan would continue only at its end (`switch_ivr_park`).
    async fn stop_applications(&mut self) -> Result<(), Interruption> {
        let sound = self.playing.take();
        let uses_recognizer = std::mem::take(&mut self.recognizer_used);
        // A sound has an event lock: the applications `break` and `detect_speech` would wait for its end.
        if let Some(sound) = sound.filter(|_| uses_recognizer) {
            self.connection.break_application(sound.execution, None).await?;
        }
        // An interrupted sound ends in any case before the dialplan continues.
        let ending = self.interrupted.filter(|_| self.connection.is_parked());
        let is_idle = self.connection.is_idle_except(ending);
        if !is_idle && self.connection.controlled_channel().is_some() && !uses_recognizer {
            self.connection.break_all().await?;
        } else if !is_idle {
            self.connection.run("break", "").await?;
        }
        if uses_recognizer {
            self.connection.run("detect_speech", "stop").await?;
        }
        Ok(())
    }

    /// The functions that do what `exit` says. `None` if functions cannot do the hand-over: the call must be parked,
    /// and the extension must not look like an option (`transfer_function` in `mod_commands.c`).
    fn exit_functions(&self, exit: &Exit) -> Result<Option<Vec<EslCommand>>, Interruption> {
        let parked = self.connection.controlled_channel().filter(|_| self.connection.is_parked());
        let Some(channel) = parked else { return Ok(None) };
        let (function, argument) = match exit {
            Exit::Continue => return Ok(Some(Vec::new())),
            Exit::Hangup(cause) => ("uuid_kill", cause_number(*cause)),
            Exit::Goto(destination) => ("uuid_transfer", self.transfer_argument(destination)),
        };
        if argument.starts_with('-') {
            return Ok(None);
        }
        Ok(Some(vec![EslCommand::api(function, &format!("{channel} {argument}"))?]))
    }

    /// Sets variables by an application, which works without `full`, and before it is known that the call is parked. It
    /// is executed even if there are no variables: its end shows that the call is parked.
    async fn set_by_application(&mut self, variables: &[EslVariable]) -> Result<(), Interruption> {
        let mut groups = group_variables(variables);
        if groups.is_empty() {
            groups.push(&[]);
        }
        for group in groups {
            let (command, execution) = self.multiset_command(group)?;
            self.connection.send(&[command]).await?;
            self.connection.wait_for_end(execution, REPLY_TIMEOUT, None).await?;
        }
        Ok(())
    }

    /// Adds to the deferred variables those of the hand-over, and the original values of the variables that we have
    /// changed. The standard variables have names in lowercase on FreeSWITCH.
    fn add_final_variables(
        &mut self,
        variables: &[(&str, String)],
        exit: &Exit,
    ) -> Result<(), Interruption> {
        let changed = [
            (self.terminators_disabled, PLAYBACK_TERMINATORS),
            (self.playback_limited, PLAYBACK_TIMEOUT),
            (self.record_fill_enabled, RECORD_FILL_CNG),
            (self.say_zone_changed, SAY_ZONE),
        ];
        for (_, name) in changed.into_iter().filter(|&(is_changed, _)| is_changed) {
            self.defer_variable(name, &self.original_variable(name));
        }
        // With `socket_resume`, closing the connection does harm in these cases: a call that is transferred, or whose
        // `socket` line has no `async`, stays in CS_RESET for ever, and a call that is hung up may continue in the
        // dialplan (`listener_run`, `socket_function`).
        let resume_harms = *exit != Exit::Continue || !self.connection.is_async();
        if resume_harms && self.settings.has_socket_resume {
            self.defer_variable(SOCKET_RESUME, "");
        }
        for (name, value) in variables {
            match name.starts_with(STANDARD_VARIABLE_PREFIX) {
                true => self.defer_variable(&name.to_ascii_lowercase(), value),
                false => self.defer_script_variable(name, value)?,
            }
        }
        Ok(())
    }

    /// `EXTENSION DIALPLAN CONTEXT`
    fn transfer_argument(&self, destination: &Destination) -> String {
        let dialplan = &self.settings.dialplan;
        let context = destination.context.as_deref().unwrap_or(&self.caller.context);
        format!("{} {dialplan} {context}", destination.extension).trim_end().to_owned()
    }
}

/// The number of the hangup cause.
fn cause_number(cause: Option<HangupCause>) -> String {
    cause.unwrap_or(HangupCause::NORMAL_CLEARING).0.to_string()
}
