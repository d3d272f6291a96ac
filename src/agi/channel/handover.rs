//! The end of a call: its last variables, and where the dialplan continues.

use tokio::io::{AsyncRead, AsyncWrite};

use super::AgiChannel;
use crate::agi::command::AgiCommand;
use crate::channel::{Destination, Exit, HangupCause, Interruption};

impl<S: AsyncRead + AsyncWrite + Unpin + Send> AgiChannel<S> {
    pub(super) async fn set_variables_and_exit(
        &mut self,
        variables: &[(&str, String)],
        exit: &Exit,
    ) -> Result<(), Interruption> {
        match self.stop_music().await {
            // The variables are still set for the dialplan's `h` extension.
            Ok(()) | Err(Interruption::CallerHungUp { .. }) => {}
            Err(interruption) => return Err(interruption),
        }
        self.set_in_order(variables).await?;
        self.apply_exit(exit).await
    }

    async fn apply_exit(&mut self, exit: &Exit) -> Result<(), Interruption> {
        match exit {
            Exit::Continue => return Ok(()),
            _ => self.connection.ensure_alive()?,
        }
        match exit {
            Exit::Continue => {}
            Exit::Goto(destination) => self.set_destination(destination).await?,
            // Not the AGI command HANGUP: it leaves the cause at 0, and its argument is a channel's name, not a cause.
            Exit::Hangup(cause) => {
                let cause = cause.unwrap_or(HangupCause::NORMAL_CLEARING).0.to_string();
                self.connection.run_command(AgiCommand::exec("Hangup", &cause)?).await?;
            }
        }
        Ok(())
    }

    /// Always sets the priority too: after SET EXTENSION alone the dialplan continues at the *next* priority of the
    /// extension, not at the first.
    async fn set_destination(&mut self, destination: &Destination) -> Result<(), Interruption> {
        if let Some(context) = &destination.context {
            self.connection.run_command(AgiCommand::set_context(context)?).await?;
        }
        self.connection.run_command(AgiCommand::set_extension(&destination.extension)?).await?;
        let priority = destination.priority.as_deref().unwrap_or("1");
        self.connection.run_command(AgiCommand::set_priority(priority)?).await.map(drop)
    }
}
