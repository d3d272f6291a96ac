//! Displays templates and placeholders as they are written in a script.

use std::fmt;

use super::placeholder::{InputKind, Placeholder, SIMPLE_PLACEHOLDERS};
use super::{Template, TemplatePart};

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            TemplatePart::Text(text) => f.write_str(&text.replace('{', "{{").replace('}', "}}")),
            TemplatePart::Placeholder(placeholder, _) => placeholder.fmt(f),
        })
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arg(name) => write!(f, "{{arg.{name}}}"),
            Self::Secret(name) => write!(f, "{{secret.{name}}}"),
            Self::OtherScript(script, InputKind::Keypress) => write!(f, "{{{script}.keypress}}"),
            Self::OtherScript(script, InputKind::Speech) => write!(f, "{{{script}.speech}}"),
            Self::OtherScript(script, InputKind::Input) => write!(f, "{{{script}.input}}"),
            Self::Answer(part) => write!(f, "{{{part}}}"),
            Self::OtherAnswer(script, part) => write!(f, "{{{script}.{part}}}"),
            simple => {
                let name = SIMPLE_PLACEHOLDERS
                    .iter()
                    .find(|(_, known)| known == simple)
                    .map(|(name, _)| *name);
                write!(f, "{{{}}}", name.unwrap_or_default())
            }
        }
    }
}
