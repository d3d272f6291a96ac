//! A place in the dialplan, made of what a script says and a call knows.

use crate::channel::Destination;
use crate::script::escape::EscapeError;
use crate::script::template::{PlaceholderValues, RedactedText, Template};

/// A place with its values, and how it may be shown.
///
/// # Errors
///
/// When a part holds what a switch could read something into, or nothing.
pub fn fill_destination(
    values: &impl PlaceholderValues,
    extension: &Template,
    context: Option<&Template>,
    priority: Option<&Template>,
) -> Result<(Destination, String), EscapeError> {
    let extension = extension.fill(values)?;
    let context = context.map(|context| context.fill(values)).transpose()?;
    let priority = priority.map(|priority| priority.fill(values)).transpose()?;
    let mut shown = extension.redacted().into_owned();
    for (sign, part) in [('@', &context), (',', &priority)] {
        if let Some(part) = part {
            shown.push(sign);
            shown.push_str(&part.redacted());
        }
    }
    let context = context.map(RedactedText::into_text);
    let priority = priority.map(RedactedText::into_text);
    let parts = [Some(extension.text()), context.as_deref(), priority.as_deref()];
    if !parts.into_iter().flatten().all(Destination::is_valid_part) {
        return Err(EscapeError::Destination);
    }
    Ok((Destination { extension: extension.into_text(), context, priority }, shown))
}
