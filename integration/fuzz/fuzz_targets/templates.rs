//! Any text in any context is a template or has errors, and the promise of each context holds for hostile values. A URL
//! keeps its host and its parameters. JSON stays JSON of the same shape. Headers and variables stay on one line. A
//! destination has no characters that a switch interprets. Different values have different cache keys.
//!
//! The input is a template and the values of its placeholders, with a NUL between them. The values also go into
//! templates that are valid for certain.
//!
//! `cargo fuzz run --fuzz-dir integration/fuzz -s none templates`.
#![no_main]

use dialscript::script::escape::EscapeContext;
use dialscript::script::template::{
    BraceSyntax, Placeholder, PlaceholderValue, PlaceholderValues, Template, TemplatePiece,
    parse_template,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value as Json;
use url::Url;

/// The values in turn, by a number that the placeholder decides.
struct HostileValues<'a>(Vec<&'a str>);

impl PlaceholderValues for HostileValues<'_> {
    fn value(&self, placeholder: &Placeholder) -> PlaceholderValue<'_> {
        let number = placeholder.to_string().len() % self.0.len().max(1);
        PlaceholderValue::public(self.0.get(number).copied().unwrap_or_default())
    }
}

/// A harmless value for every placeholder. `dialscript check` fills templates with it.
struct Sample;

impl PlaceholderValues for Sample {
    fn value(&self, _: &Placeholder) -> PlaceholderValue<'_> {
        PlaceholderValue::public("1")
    }
}

fuzz_target!(|text: &str| {
    let (template, values) = text.split_once('\0').unwrap_or((text, ""));
    let values = HostileValues(values.split('\0').collect());
    check_url(template, &values);
    check_url("https://shop.example/a/{caller}/b?x={arg.a}&y={input}", &values);
    check_json(template, &values);
    check_json(r#"{"a": "x{caller}\\{arg.a}", "b": {input}, "c": [{arg.ab}, 1]}"#, &values);
    check_single_line(template, &values);
    check_cache_key(&values);
});

/// The pieces of a template; `None` if it has errors.
fn pieces(text: &str, braces: BraceSyntax) -> Option<Vec<TemplatePiece>> {
    let (pieces, errors) = parse_template(text, braces);
    for error in &errors {
        assert!(text.get(error.range.clone()).is_some(), "{error:?}");
    }
    errors.is_empty().then(|| pieces.into_iter().map(|(_, piece)| piece).collect())
}

fn fill(template: &Template, values: &impl PlaceholderValues) -> Option<String> {
    template.fill(values).ok().map(|filled| filled.into_text())
}

fn check_url(text: &str, values: &HostileValues<'_>) {
    let Some(pieces) = pieces(text, BraceSyntax::Doubled) else { return };
    let (template, decides_host) = Template::url(pieces);
    let sample = fill(&template, &Sample).and_then(|sample| Url::parse(&sample).ok());
    let Some(sample) = sample.filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return;
    };
    let filled = fill(&template, values).map(|filled| Url::parse(&filled));
    if decides_host {
        return;
    }
    match filled {
        Some(Ok(filled)) => {
            assert_eq!(filled.origin(), sample.origin());
            assert_eq!(
                (filled.username(), filled.password()),
                (sample.username(), sample.password())
            );
            let segments = |url: &Url| url.path_segments().map_or(0, Iterator::count);
            // With `.` and `..` written around a value, as in `/a/.{caller}`, a path can get shorter, but not longer.
            assert!(segments(&filled) <= segments(&sample), "{filled} {sample}");
            let parameters = |url: &Url| url.query().map_or(0, |query| query.split('&').count());
            assert_eq!(parameters(&filled), parameters(&sample));
        }
        Some(Err(error)) => panic!("{error}: {text:?}"),
        None => {}
    }
}

fn check_json(text: &str, values: &HostileValues<'_>) {
    if !text.trim_start().starts_with(['{', '[']) {
        return;
    }
    let Some(pieces) = pieces(text, BraceSyntax::Literal) else { return };
    let (template, joined) = Template::json(pieces);
    let sample =
        fill(&template, &Sample).and_then(|sample| serde_json::from_str::<Json>(&sample).ok());
    let (Some(sample), true) = (sample, joined.is_empty()) else { return };
    let filled = fill(&template, values).expect("every value can be written in JSON");
    let filled = serde_json::from_str::<Json>(&filled).expect("JSON stays JSON");
    assert_same_shape(&sample, &filled);
}

/// A value can change strings and numbers, and names of an object, but it adds nothing.
fn assert_same_shape(sample: &Json, filled: &Json) {
    match (sample, filled) {
        (Json::Array(sample), Json::Array(filled)) => {
            assert_eq!(sample.len(), filled.len());
            sample
                .iter()
                .zip(filled)
                .for_each(|(sample, filled)| assert_same_shape(sample, filled));
        }
        // Equal names are one entry, so placeholders in names can change their number.
        (Json::Object(_), Json::Object(_)) => {}
        (Json::String(_) | Json::Number(_), Json::String(_) | Json::Number(_)) => {}
        (sample, filled) => assert_eq!(sample, filled),
    }
}

fn check_single_line(text: &str, values: &HostileValues<'_>) {
    let Some(pieces) = pieces(text, BraceSyntax::Doubled) else { return };
    let values_only =
        || pieces.iter().filter(|piece| matches!(piece, TemplatePiece::Placeholder(_))).cloned();
    for context in
        [EscapeContext::Header, EscapeContext::Variable, EscapeContext::Query, EscapeContext::Xml]
    {
        let filled =
            fill(&Template::with_context(values_only(), context), values).expect("any value");
        assert!(!filled.contains(char::is_control));
        let special: &[char] = match context {
            EscapeContext::Query => &['&', '=', '?', '#', '+', ' '],
            EscapeContext::Xml => &['<', '>', '"', '\''],
            _ => &[],
        };
        assert!(!filled.contains(special), "{filled:?}");
    }
    let destination = Template::with_context(values_only().take(1), EscapeContext::Destination);
    if let Some(filled) = fill(&destination, values).filter(|filled| !filled.is_empty()) {
        assert!(
            filled.chars().all(|c| c.is_ascii_alphanumeric() || "_+*#.-".contains(c)),
            "{filled:?}"
        );
    }
}

/// Different values have different cache keys.
fn check_cache_key(values: &HostileValues<'_>) {
    let pieces = pieces("{arg.a}-{arg.ab}", BraceSyntax::Doubled).expect("a valid template");
    let template = Template::with_context(pieces, EscapeContext::CacheKey);
    let key = |values: [&str; 2]| fill(&template, &HostileValues(values.to_vec()));
    let [one, two, three, four] =
        [0, 1, 2, 3].map(|n| values.0.get(n).copied().unwrap_or_default());
    assert_eq!(key([one, two]) == key([three, four]), [one, two] == [three, four]);
}
