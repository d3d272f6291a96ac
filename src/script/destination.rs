//! A place in the dialplan, made of what a script says and a call knows.

use crate::channel::Destination;
use crate::script::escape::Unfit;
use crate::script::template::{Filled, Template, Values};

/// A place with its values, and how it may be shown.
///
/// # Errors
///
/// When a part holds what a switch could read something into, or nothing.
pub fn destination(
    values: &impl Values,
    extension: &Template,
    context: Option<&Template>,
    priority: Option<&Template>,
) -> Result<(Destination, String), Unfit> {
    let extension = extension.fill(values)?;
    let context = context.map(|context| context.fill(values)).transpose()?;
    let priority = priority.map(|priority| priority.fill(values)).transpose()?;
    let mut shown = extension.shown().into_owned();
    for (sign, part) in [('@', &context), (',', &priority)] {
        if let Some(part) = part {
            shown.push(sign);
            shown.push_str(&part.shown());
        }
    }
    let context = context.map(Filled::into_text);
    let priority = priority.map(Filled::into_text);
    let parts = [Some(extension.text()), context.as_deref(), priority.as_deref()];
    if !parts.into_iter().flatten().all(Destination::allows) {
        return Err(Unfit::Destination);
    }
    Ok((Destination { extension: extension.into_text(), context, priority }, shown))
}
