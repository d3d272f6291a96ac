//! The values of placeholders that `dialscript match` knows.

use std::str::FromStr;

use crate::script::answer::{AnswerValue, TriggerAnswer};
use crate::script::call_state::InputMethod;
use crate::script::condition::ConditionTexts;
use crate::script::definition::{Script, ScriptLibrary, ThenAction};
use crate::script::destination::fill_destination;
use crate::script::language_code::DEFAULT_LANGUAGE;
use crate::script::subject::BranchSubject;
use crate::script::template::{
    Placeholder, PlaceholderValue, PlaceholderValues, RedactedText, Template, masked,
};

/// The values that are known without a call. Other placeholders are printed as in the script.
#[derive(Clone, Copy)]
pub(super) struct KnownValues<'a> {
    pub(super) library: &'a ScriptLibrary,
    pub(super) script: &'a Script,
    pub(super) answer: Option<&'a TriggerAnswer>,
    pub(super) input: Option<(InputMethod, &'a str)>,
    /// The language that the selected outcome sets.
    pub(super) language: Option<&'a str>,
    /// The values of the option `--value`.
    pub(super) given: &'a [GivenValue],
}

/// A value of a placeholder: `caller=100`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GivenValue {
    placeholder: Placeholder,
    text: String,
}

impl FromStr for GivenValue {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let Some((name, text)) = given.split_once('=') else {
            return Err("write NAME=VALUE, such as caller=100".to_owned());
        };
        let name = name.trim_start_matches('{').trim_end_matches('}');
        let placeholder = Placeholder::parse_or_explain(name)?;
        Ok(Self { placeholder, text: text.to_owned() })
    }
}

impl GivenValue {
    /// Why this script has no use for the value, if that is certain.
    pub(super) fn unused_reason(&self, script: &Script) -> Option<String> {
        let placeholder = &self.placeholder;
        let is_input =
            matches!(placeholder, Placeholder::Keypress | Placeholder::Speech | Placeholder::Input);
        (is_input && !script.asks_for_input()).then(|| {
            format!(
                "this script asks for no input, so {placeholder} is empty; for the input of an earlier script, write the \
                 name of that script before it, such as --value pin.keypress=1234"
            )
        })
    }
}

impl KnownValues<'_> {
    /// A text that contains the input, as it may be shown.
    pub(super) fn shown_input<'t>(&self, text: &'t str) -> &'t str {
        if self.script.has_sensitive_input() { masked(text) } else { text }
    }

    /// What the branches compare, as it may be shown.
    pub(super) fn shown_subject<'s>(&self, subject: &BranchSubject<'s>) -> BranchSubject<'s> {
        let mut shown = subject.clone();
        if let Some(AnswerValue::Text(text)) = &mut shown.value
            && self.is_sensitive(text)
        {
            *text = masked(text).to_owned().into();
        }
        shown
    }

    /// The destination of a `goto`; `None` for another action, or if only a call knows it.
    pub(super) fn destination(&self, then: &ThenAction) -> Option<Result<String, String>> {
        let ThenAction::Goto { extension, context, priority } = then else { return None };
        let parts = [Some(extension), context.as_ref(), priority.as_ref()];
        let mut placeholders = parts.into_iter().flatten().flat_map(Template::placeholders);
        if !placeholders.all(|placeholder| self.known_text(placeholder).is_some()) {
            return None;
        }
        let filled = fill_destination(self, extension, context.as_ref(), priority.as_ref());
        Some(filled.map(|(_, shown)| format!("goto {shown}")).map_err(|error| error.to_string()))
    }

    /// The language of the call before the outcome.
    pub(super) fn language_before(&self) -> &str {
        let given = self.given.iter().find(|given| given.placeholder == Placeholder::Language);
        given.map_or(DEFAULT_LANGUAGE, |given| &given.text)
    }

    fn known_text(&self, placeholder: &Placeholder) -> Option<String> {
        if let (Placeholder::Language, Some(language)) = (placeholder, self.language) {
            return Some(language.to_owned());
        }
        if let Some(given) = self.given.iter().find(|given| given.placeholder == *placeholder) {
            return Some(given.text.clone());
        }
        match (placeholder, self.answer, self.input) {
            (Placeholder::Script, ..) => Some(self.script.name.clone()),
            (Placeholder::Secret(name), ..) => self.library.secrets.get(name).map(str::to_owned),
            (Placeholder::Answer(part), Some(answer), _) => {
                Some(part.text(answer, self.script.response_key()))
            }
            (Placeholder::OtherAnswer(script, part), Some(answer), _)
                if *script == self.script.name =>
            {
                Some(part.text(answer, self.script.response_key()))
            }
            (Placeholder::Input, _, Some((_, text)))
            | (Placeholder::Keypress, _, Some((InputMethod::Keypress, text)))
            | (Placeholder::Speech, _, Some((InputMethod::Speech, text))) => Some(text.to_owned()),
            (Placeholder::Keypress | Placeholder::Speech, _, Some(_)) => Some(String::new()),
            _ => None,
        }
    }

    /// Whether the value of this placeholder is sensitive in every call.
    fn is_sensitive_placeholder(&self, placeholder: &Placeholder) -> bool {
        match placeholder {
            Placeholder::Secret(_) => true,
            Placeholder::Keypress | Placeholder::Speech | Placeholder::Input => {
                self.script.has_sensitive_input()
            }
            Placeholder::OtherScript(name, _) => {
                let script = self.library.scripts.get(name);
                script.is_some_and(|script| script.has_sensitive_input())
            }
            _ => false,
        }
    }
}

impl PlaceholderValues for KnownValues<'_> {
    fn value(&self, placeholder: &Placeholder) -> PlaceholderValue<'_> {
        match self.known_text(placeholder) {
            Some(text) => {
                let sensitive =
                    self.is_sensitive_placeholder(placeholder) || self.is_sensitive(&text);
                PlaceholderValue { text: text.into(), sensitive }
            }
            None => PlaceholderValue::public(placeholder.to_string()),
        }
    }
}

impl ConditionTexts for KnownValues<'_> {
    fn fill(&self, template: &Template) -> Result<RedactedText, Placeholder> {
        match template.placeholders().find(|placeholder| self.known_text(placeholder).is_none()) {
            Some(unknown) => Err(unknown.clone()),
            // A text that is only compared is not escaped, which can't fail.
            None => Ok(template.fill(self).unwrap_or_default()),
        }
    }

    fn has_value(&self, placeholder: &Placeholder) -> bool {
        self.known_text(placeholder).is_some_and(|text| !text.is_empty())
    }

    fn is_sensitive(&self, value: &str) -> bool {
        let input = self.input.filter(|_| self.script.has_sensitive_input());
        let given = self.given.iter();
        let given = given.filter(|given| self.is_sensitive_placeholder(&given.placeholder));
        let mut sensitive =
            input.map(|(_, text)| text).into_iter().chain(given.map(|given| &*given.text));
        sensitive.any(|text| !text.is_empty() && value.contains(text))
            || self.library.secrets.values().any(|secret| value.contains(secret))
    }
}
