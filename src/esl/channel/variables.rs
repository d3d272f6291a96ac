//! Variables wait for the next application or for the hand-over, and are sent together with it. So setting them costs
//! no time of its own.

use tokio::io::{AsyncRead, AsyncWrite};
use tracing::warn;

use super::{CHANGED_VARIABLES, EslChannel};
use crate::channel::Interruption;
use crate::esl::command::{EslCommand, EventUuid};
use crate::esl::quote::{self, EslVariableValue};
use crate::esl::variable::{self, EslVariable, group_variables};

impl<S: AsyncRead + AsyncWrite + Unpin + Send> EslChannel<S> {
    /// Sets a variable with the next command.
    pub(super) fn defer_variable(&mut self, name: &str, value: &str) {
        self.deferred_variables.push((name.to_owned(), value.to_owned()));
    }

    /// Like [`defer_variable`](Self::defer_variable), for a variable that a script sets.
    pub(super) fn defer_script_variable(
        &mut self,
        name: &str,
        value: &str,
    ) -> Result<(), Interruption> {
        let (name, value) = (quote::check_variable_name(name)?, EslVariableValue::sanitize(value));
        if value.is_truncated() {
            let call_id = &self.caller.call_id;
            warn!(call_id, variable = name, "a variable's value was truncated");
        }
        if let Some(changed) = CHANGED_VARIABLES.into_iter().find(|changed| *changed == name) {
            self.settings.set_original(changed, value.as_str());
        }
        self.defer_variable(name, value.as_str());
        Ok(())
    }

    /// Sends the application, after the deferred variables, in one write.
    pub(super) async fn send_application(
        &mut self,
        application: EslCommand,
    ) -> Result<(), Interruption> {
        let mut commands = self.take_variable_commands()?;
        commands.push(application);
        self.connection.send(&commands).await
    }

    /// Sends the deferred variables, before something that may take long.
    pub(super) async fn send_variables(&mut self) -> Result<(), Interruption> {
        if self.deferred_variables.is_empty() {
            return Ok(());
        }
        let commands = self.take_variable_commands()?;
        self.connection.send(&commands).await
    }

    pub(super) fn take_variable_commands(&mut self) -> Result<Vec<EslCommand>, Interruption> {
        let variables = std::mem::take(&mut self.deferred_variables);
        let has_functions = self.connection.controlled_channel().is_some();
        let groups = group_variables(&variables);
        let commands = groups.into_iter().map(|group| match has_functions {
            true => self.setvar_command(group),
            false => self.multiset_command(group).map(|(command, _)| command),
        });
        commands.collect()
    }

    fn setvar_command(&self, variables: &[EslVariable]) -> Result<EslCommand, Interruption> {
        let channel = self.connection.controlled_channel().unwrap_or_default();
        let values = sanitize(variables);
        let arguments = variable::uuid_setvar_multi(channel, names(variables).zip(&values))?;
        Ok(EslCommand::api("uuid_setvar_multi", &arguments)?)
    }

    /// The application `multiset`, which works without `full` too. It also shows, when it has ended, that the call is
    /// parked.
    pub(super) fn multiset_command(
        &mut self,
        variables: &[EslVariable],
    ) -> Result<(EslCommand, EventUuid), Interruption> {
        let values = sanitize(variables);
        let assignments = variable::multiset(names(variables).zip(&values), self.expansion())?;
        self.connection.execute("multiset", &assignments)
    }
}

fn names(variables: &[EslVariable]) -> impl Iterator<Item = &str> {
    variables.iter().map(|(name, _)| name.as_str())
}

fn sanitize(variables: &[EslVariable]) -> Vec<EslVariableValue<'_>> {
    variables.iter().map(|(_, value)| EslVariableValue::sanitize(value)).collect()
}
