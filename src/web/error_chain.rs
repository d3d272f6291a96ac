//! The errors inside an error.

use std::error::Error;
use std::iter::successors;

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
