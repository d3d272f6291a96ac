//! Amounts for a text-to-speech engine: with the separators of its language.

use super::call::ScriptCall;

/// The text that an engine gets for `{number:}` of this JSON value.
async fn said(language: &str, value: &str) -> String {
    let script = format!(
        "{language}\n[trigger]\nurl='http://a.example'\n[otherwise]\nsay='{{number:$n}}'\n[no_response]"
    );
    let answer = format!(r#"{{"n": {value}}}"#);
    let ended = ScriptCall::of(script.leak()).answers_json(&answer).runs().await;
    let said = ended.done.iter().find_map(|what| what.strip_prefix("say "));
    said.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_number_has_the_decimal_separator_of_the_engines_language() {
    for (language, value, expected) in [
        ("en", r#""€2,75""#, "€2.75"),
        ("de", r#""€2,75""#, "€2,75"),
        ("de", r#""€2.75""#, "€2,75"),
        ("en", r#""27,50 €""#, "27.50 €"),
        ("de", r#""27,50 €""#, "27,50 €"),
        ("en", r#""1,234.50""#, "1234.5"),
        ("de", r#""1,234.50""#, "1234,5"),
        ("en", r#""1,234""#, "1234"),
        ("de", r#""1,234""#, "1,234"),
        ("de", r#""1.234""#, "1234"),
        ("en", r#""1.234""#, "1.234"),
        ("de", "1.234", "1,234"),
        ("pt_BR", "7.50", "7,5"),
        ("es-MX", "7.50", "7.5"),
        ("de", r#""12.5%""#, "12,5%"),
        ("en", r#""- 5""#, "-5"),
        ("en", r#""-€5,5""#, "€-5.5"),
        ("en", "1E+2", "100"),
        ("de", "1.5e-1", "0,15"),
        ("en", r#""٣""#, "3"),
        ("ar", r#""١٢٫٥""#, "12.5"),
        ("en", r#""007""#, "7"),
    ] {
        let language = format!("[voice]\nlanguage = '{language}'");
        assert_eq!(said(&language, value).await, expected, "{language} {value}");
    }
}

#[tokio::test]
async fn a_number_that_cannot_be_read_for_certain_goes_to_the_engine_as_it_is() {
    for (language, value, expected) in [
        ("[voice]\nlanguage = 'fr'", r#""1.234""#, "1.234"),
        ("[voice]\nlanguage = 'xx'", r#""12,50""#, "12,50"),
        ("", r#""12,50 €""#, "12,50 €"),
        ("", r#""1.234""#, "1.234"),
        ("", r#""12.50""#, "12.5"),
        ("", "1.250", "1.25"),
        ("", r#""10-15""#, "10-15"),
        ("", r#""two or three""#, "two or three"),
    ] {
        assert_eq!(said(language, value).await, expected, "{language} {value}");
    }
}

#[tokio::test]
async fn a_value_of_any_other_form_is_not_changed() {
    let script = "[voice]\nlanguage = 'de'\n[trigger]\nurl='http://a.example'\n[otherwise]\n\
                  say='{say:$n}'\n[no_response]";
    let ended = ScriptCall::of(script).answers_json(r#"{"n": "€ 1,234.50"}"#).runs().await;
    ended.in_order(&["say € 1,234.50"]);
}

#[tokio::test]
async fn a_number_is_spelled_only_if_it_is_the_same_in_the_languages_of_the_channel_and_the_engine()
{
    // The channel's language is English.
    for (value, engine, spelled) in [
        ("1,234", "en", 1),
        ("1,234", "de", 0),
        ("1.234", "de", 0),
        ("1234", "de", 1),
        ("1 234", "de", 1),
    ] {
        let script =
            "[trigger]\nurl='http://a.example'\n[otherwise]\nsay='{number:$n}'\n[no_response]";
        let mut call = ScriptCall::of(script).answers_json(&format!(r#"{{"n": "{value}"}}"#));
        (call.voice.failing, call.voice.engine_language) = (vec!["*"], Some(engine));
        assert_eq!(call.runs().await.count("play digits"), spelled, "{value} {engine}");
    }
}
