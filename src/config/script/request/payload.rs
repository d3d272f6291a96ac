//! `headers` and `body`. Names and values are written as a query string or as a table. A body can also be JSON or XML.

use std::ops::Range;

use http::{HeaderName, HeaderValue};
use serde_spanned::Spanned;

use crate::config::script::context::{SampleValues, ScriptContext};
use crate::config::value::TextOrTable;
use crate::script::definition::BodyTemplate;
use crate::script::escape::EscapeContext;
use crate::script::request::is_connection_header;
use crate::script::template::{
    BraceSyntax, Template, TemplatePiece, begins_with_placeholder, find_misleading_braces,
};

mod json_error;
mod pairs;

use pairs::{PairDecoding, PayloadPair, pairs};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const XML: &str = "application/xml";

pub(crate) fn headers(
    script: &ScriptContext<'_>,
    given: &TextOrTable,
) -> Vec<(HeaderName, Template)> {
    let pairs = pairs(script, given, PairDecoding::Percent);
    pairs.into_iter().filter_map(|pair| header(script, pair)).collect()
}

fn header(script: &ScriptContext<'_>, pair: PayloadPair) -> Option<(HeaderName, Template)> {
    let error = |message: &str, help: &str| {
        script.file.error_with_help(pair.at.clone(), message, help);
    };
    let has_colon =
        matches!(pair.name.first(), Some(TemplatePiece::Text(name)) if name.contains(':'));
    let name = Template::with_context(pair.name, EscapeContext::Header);
    let name = name.as_text().and_then(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok());
    let Some(name) = name else {
        let help = match has_colon {
            true => "write `=` between the name and the value, not `:`",
            false => "write headers as `Name=value&Other=value`",
        };
        error("not a valid header name", help);
        return None;
    };
    if is_connection_header(&name) {
        error("the HTTP client sets this header", "remove it");
    }
    let Some(value) = pair.value else {
        error("this header has no value", "write headers as `Name=value&Other=value`");
        return None;
    };
    let value = Template::with_context(value, EscapeContext::Header);
    let sample = value.fill(&SampleValues("1")).unwrap_or_default();
    if HeaderValue::from_bytes(sample.text().as_bytes()).is_err() {
        error(
            "the value of a header must be a single line",
            "remove line breaks and other control characters",
        );
    }
    Some((name, value))
}

pub(crate) fn body(
    script: &ScriptContext<'_>,
    given: &TextOrTable,
    raw_json: bool,
) -> BodyTemplate {
    match given {
        TextOrTable::Text(text) if begins(text, &['{', '[']) => json(script, text, raw_json),
        TextOrTable::Text(text) if begins(text, &['<']) => xml(script, text, raw_json),
        pairs if raw_json => json_of_pairs(self::pairs(script, pairs, PairDecoding::Form)),
        TextOrTable::Text(text) => form(script.template(text, EscapeContext::Query)),
        pairs => form(form_of_pairs(self::pairs(script, pairs, PairDecoding::Form))),
    }
}

fn begins(text: &Spanned<String>, with: &[char]) -> bool {
    let text = text.get_ref().trim_start();
    text.starts_with(with) && !begins_with_placeholder(text)
}

fn form(text: Template) -> BodyTemplate {
    BodyTemplate { text, content_type: FORM }
}

fn json(script: &ScriptContext<'_>, text: &Spanned<String>, raw_json: bool) -> BodyTemplate {
    check_raw_json(script, text, raw_json, "JSON");
    let pieces = script.spanned_pieces(text, BraceSyntax::Literal);
    let (template, joined) = Template::json(pieces.iter().map(|(_, piece)| piece.clone()));
    if !joined.is_empty() {
        for (at, piece) in joined.into_iter().filter_map(|n| pieces.get(n)) {
            report_joined(script, script.file.span_in(text, at.clone()), piece);
        }
        return BodyTemplate { text: template, content_type: JSON };
    }
    let sample = template.fill(&SampleValues("1")).unwrap_or_default();
    if let Err(e) = serde_json::from_str::<serde::de::IgnoredAny>(sample.text()) {
        let braces = find_misleading_braces(text.get_ref(), BraceSyntax::Literal);
        let help = match braces.into_iter().find(|braces| braces.message.contains("doubled")) {
            Some(doubled) => doubled.help,
            None => "a body that begins with { or [ must be JSON".to_owned(),
        };
        let (message, at) = json_error::explain(text.get_ref(), &pieces, &e);
        let span = at.map_or(text.span(), |at| script.file.span_in(text, at));
        script.file.error_with_help(span, format!("not valid JSON: {message}"), help);
    }
    BodyTemplate { text: template, content_type: JSON }
}

fn report_joined(script: &ScriptContext<'_>, at: Range<usize>, piece: &TemplatePiece) {
    let TemplatePiece::Placeholder(placeholder) = piece else { return };
    let message = format!("`{placeholder}` is joined to other characters");
    let help = format!(
        "in JSON, a value outside quotes stands alone: remove what is joined to it, or put all of it in quotes, as in \
         `\"no {placeholder}\"`"
    );
    script.file.error_with_help(at, message, help);
}

fn xml(script: &ScriptContext<'_>, text: &Spanned<String>, raw_json: bool) -> BodyTemplate {
    check_raw_json(script, text, raw_json, "XML");
    let (ranges, pieces): (Vec<_>, Vec<_>) =
        script.spanned_pieces(text, BraceSyntax::Doubled).into_iter().unzip();
    let (template, misplaced) = Template::xml(pieces);
    for range in misplaced.into_iter().filter_map(|number| ranges.get(number).cloned()) {
        let help = "values can be in texts, quoted attributes, comments and CDATA sections";
        let message = "a placeholder cannot be part of a tag or a declaration in XML";
        script.file.error_with_help(script.file.span_in(text, range), message, help);
    }
    let sample = template.fill(&SampleValues("1")).unwrap_or_default();
    if let Err(e) = roxmltree::Document::parse(sample.text().trim_start()) {
        let help = "a body that begins with < must be XML";
        // The position at its end is that in the text with its placeholders filled in.
        let message = e.to_string();
        let message = message.rsplit_once(" at ").map_or(&*message, |(message, _)| message);
        script.file.error_with_help(text.span(), format!("not valid XML: {message}"), help);
    }
    BodyTemplate { text: template, content_type: XML }
}

fn check_raw_json(script: &ScriptContext<'_>, text: &Spanned<String>, raw_json: bool, kind: &str) {
    if raw_json {
        let message = format!("`raw_json` needs names and values, but this body is {kind}");
        let help = "remove `raw_json`, or write the body as `a={caller}&b={keypress}`";
        script.file.error_with_help(text.span(), message, help);
    }
}

fn form_of_pairs(pairs: Vec<PayloadPair>) -> Template {
    let mut text = Template::default();
    for (n, pair) in pairs.into_iter().enumerate() {
        text.append(Template::text(if n == 0 { "" } else { "&" }));
        text.append(escaped(pair.name, EscapeContext::Query));
        text.append(Template::text("="));
        text.append(escaped(pair.value.unwrap_or_default(), EscapeContext::Query));
    }
    text
}

/// A JSON object of strings, in the order of the file. The values of a repeated name become a list.
fn json_of_pairs(pairs: Vec<PayloadPair>) -> BodyTemplate {
    let mut names: Vec<(Vec<TemplatePiece>, Vec<Template>)> = Vec::new();
    for pair in pairs {
        let value = quoted(pair.value.unwrap_or_default());
        match names.iter_mut().find(|(name, _)| *name == pair.name) {
            Some((_, values)) => values.push(value),
            None => names.push((pair.name, vec![value])),
        }
    }
    let entries = names.into_iter().map(|(name, mut values)| {
        let value = match values.pop() {
            Some(only) if values.is_empty() => only,
            last => list("[", values.into_iter().chain(last), "]"),
        };
        let mut entry = quoted(name);
        entry.append(Template::text(":"));
        entry.append(value);
        entry
    });
    BodyTemplate { text: list("{", entries, "}"), content_type: JSON }
}

fn list(open: &str, items: impl Iterator<Item = Template>, close: &str) -> Template {
    let mut text = Template::text(open);
    for (n, item) in items.enumerate() {
        text.append(Template::text(if n == 0 { "" } else { "," }));
        text.append(item);
    }
    text.append(Template::text(close));
    text
}

fn quoted(pieces: Vec<TemplatePiece>) -> Template {
    let mut text = Template::text("\"");
    text.append(escaped(pieces, EscapeContext::JsonString));
    text.append(Template::text("\""));
    text
}

/// A template in which the literal text is escaped in the same way as the values of the placeholders.
fn escaped(pieces: Vec<TemplatePiece>, context: EscapeContext) -> Template {
    let escaped = pieces.into_iter().map(|piece| match piece {
        TemplatePiece::Text(text) => {
            let mut out = String::new();
            // Never fails: every text can be escaped for a form and for JSON.
            let _ = context.escape_into(&text, &mut out);
            TemplatePiece::Text(out)
        }
        placeholder => placeholder,
    });
    Template::with_context(escaped, context)
}
