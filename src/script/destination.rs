//! Fills in the destination of a `goto`.

use crate::channel::Destination;
use crate::script::escape::EscapeError;
use crate::script::template::{PlaceholderValues, RedactedText, Template};

/// Fills in a destination. Returns it together with its text for logs and reports, in which sensitive values are
/// masked.
///
/// # Errors
///
/// When a part is empty, or has a character that a switch could interpret.
pub(crate) fn fill_destination(
    values: &impl PlaceholderValues,
    extension: &Template,
    context: Option<&Template>,
    priority: Option<&Template>,
) -> Result<(Destination, String), EscapeError> {
    let extension = extension.fill(values)?;
    let context = context.map(|context| context.fill(values)).transpose()?;
    let priority = priority.map(|priority| priority.fill(values)).transpose()?;
    let mut redacted = extension.redacted().into_owned();
    for (separator, part) in [('@', &context), (',', &priority)] {
        if let Some(part) = part {
            redacted.push(separator);
            redacted.push_str(&part.redacted());
        }
    }
    let context = context.map(RedactedText::into_text);
    let priority = priority.map(RedactedText::into_text);
    let parts = [Some(extension.text()), context.as_deref(), priority.as_deref()];
    if !parts.into_iter().flatten().all(Destination::is_valid_part) {
        return Err(EscapeError::Destination);
    }
    Ok((Destination { extension: extension.into_text(), context, priority }, redacted))
}
