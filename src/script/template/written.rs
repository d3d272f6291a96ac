//! Templates as a script has them written.

use std::fmt;

use super::read::SIMPLE;
use super::{Entered, Part, Placeholder, Template};

/// With its placeholders, none of them filled.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(&text.replace('{', "{{").replace('}', "}}")),
            Part::Fill(placeholder, _) => placeholder.fmt(f),
        })
    }
}

/// In its braces.
impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arg(name) => write!(f, "{{arg.{name}}}"),
            Self::Secret(name) => write!(f, "{{secret.{name}}}"),
            Self::Earlier(script, Entered::Keypress) => write!(f, "{{{script}.keypress}}"),
            Self::Earlier(script, Entered::Speech) => write!(f, "{{{script}.speech}}"),
            Self::Earlier(script, Entered::Input) => write!(f, "{{{script}.input}}"),
            Self::Answer(path) => write!(f, "{{${path}}}"),
            simple => {
                let name = SIMPLE.iter().find(|(_, known)| known == simple).map(|(name, _)| *name);
                write!(f, "{{{}}}", name.unwrap_or_default())
            }
        }
    }
}
