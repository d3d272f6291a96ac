//! What the protocols of both switches have in common: messages and lines in a byte stream, text in an unknown encoding,
//! limits, and errors that show what was received. This module uses no other module of the crate.

mod error;
mod evidence;
mod line_scanner;
mod next_message;
mod sendable;
mod text;

pub use error::{WireError, WireErrorOrigin};
pub use evidence::Evidence;
pub(crate) use line_scanner::{LineScanner, ScannedLine};
pub(crate) use next_message::next_message;
pub(crate) use sendable::{is_line_break, is_variable_name, whole_seconds};
pub use text::{LossyText, decode_lossy};
