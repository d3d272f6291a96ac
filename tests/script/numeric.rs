//! Spoken numbers as digits: tables of what callers say, and what must hold for anything that they say.

use dialscript::script::numeric::{digits, supports};

mod english;
mod french;
mod german;
mod hindi;
mod others;
mod properties;
mod spanish;
mod written;

/// What is said, and the digits; `-` where it is no number.
fn check(language: &str, table: &[(&str, &str)]) {
    let wrong = table.iter().filter_map(|(said, wanted)| {
        let heard = digits(said, language);
        let heard = heard.as_deref().unwrap_or("-");
        (heard != *wanted).then(|| format!("{said:?}: {heard}, not {wanted}"))
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{language}:\n{}", wrong.join("\n"));
}

#[test]
fn languages_are_known_by_their_primary_tag() {
    for known in
        ["en", "en-GB", "EN-us", "es-MX", "fr_CA", "de-AT", "hi-IN", "it", "nl", "pt-BR", "da"]
    {
        assert!(supports(known), "{known}");
    }
    for unknown in ["", "eng", "ja", "e", "-", "deutsch"] {
        assert!(!supports(unknown), "{unknown}");
    }
}
