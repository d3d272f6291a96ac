//! A recorded call: what the server did, and after how many messages of the switch.

use std::io;

use serde::{Deserialize, Serialize};

/// One thing that the server did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The number of messages that the switch had sent before. Asterisk's environment is one message, as is each reply
    /// and each event.
    pub after: usize,
    pub action: Action,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Commands that it sent to the switch in one write.
    Write(String),
    /// A request to the web application.
    Ask,
    /// The end of the call.
    Close,
}

/// The steps of one call, in order.
#[derive(Debug, Default, Clone)]
pub struct Transcript {
    pub steps: Vec<Step>,
    messages: usize,
}

impl Transcript {
    pub fn message_sent(&mut self) {
        self.messages += 1;
    }

    /// Adds a step. Commands that arrive in several parts are one step.
    pub fn add(&mut self, action: Action) {
        let after = self.messages;
        if let (Some(Step { after: last, action: Action::Write(text) }), Action::Write(more)) =
            (self.steps.last_mut(), &action)
            && *last == after
        {
            return text.push_str(more);
        }
        self.steps.push(Step { after, action });
    }

    pub fn to_json(&self) -> io::Result<String> {
        Ok(serde_json::to_string_pretty(&self.steps)?)
    }
}
