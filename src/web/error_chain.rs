//! The errors inside an error.

use std::error::Error;
use std::iter::successors;

use super::tls;

/// An error, its source, the source of that one, and so on.
pub(super) fn error_chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&error| inner_of_io_error(error).or_else(|| error.source()))
}

/// Returns the error inside an I/O error. The `source` method skips it, and returns the source of the error inside.
fn inner_of_io_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    Some(error.downcast_ref::<std::io::Error>()?.get_ref()?)
}

/// The text of the innermost error: the outer ones only say that a request failed.
pub(crate) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let Some(innermost) = error_chain(error).last() else { return String::new() };
    innermost.downcast_ref().and_then(tls::plain_error).unwrap_or_else(|| innermost.to_string())
}
