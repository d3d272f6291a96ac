//! Replies to commands.

use super::parse::FakeAgiCommand;

pub(super) const UNKNOWN_COMMAND: &str = "510 Invalid or unknown command";
pub(super) const DEAD_CHANNEL: &str =
    "511 Command Not Permitted on a dead channel or intercept routine";

/// The lines of a reply; `None` where Asterisk sends no reply.
pub(super) type FakeAgiReply = Option<String>;

pub(super) fn result_reply(number: i64) -> FakeAgiReply {
    Some(format!("200 result={number}"))
}

pub(super) fn usage_reply(command: FakeAgiCommand) -> FakeAgiReply {
    let usage = command.usage();
    Some(format!(
        "520-Invalid command syntax.  Proper usage follows:\n{usage}\n520 End of proper usage."
    ))
}
