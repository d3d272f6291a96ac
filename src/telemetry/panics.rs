//! Panics as lines of the log.

use std::panic::{self, PanicHookInfo};
use std::thread;

use tracing::error;

/// Logs each panic. By default it would be printed on standard error, which waits if nobody reads it.
pub(super) fn log_panics() {
    panic::set_hook(Box::new(log_panic));
}

/// Only constant messages are logged: others may contain input, which can be sensitive.
fn log_panic(info: &PanicHookInfo<'_>) {
    let location = info.location().map(ToString::to_string);
    let message = info.payload().downcast_ref::<&'static str>().copied();
    let thread = thread::current();
    error!(location, panic = message, thread = thread.name(), "a task panicked: this is a bug");
}
