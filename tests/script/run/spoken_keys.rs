//! Inputs that are spoken key by key: the exact texts for a text-to-speech engine.

use super::call::ScriptCall;

/// The texts that an engine gets for `{digits:keypress}` in the language, joined by spaces.
async fn said(voice: &str, keypress: &str, entered: &'static str) -> String {
    let script = format!(
        "[voice]\n{voice}\n[keypress]\nlength = 3\n{keypress}\n[otherwise]\nsay='{{digits:keypress}}'\n[no_input]"
    );
    let ended = ScriptCall::of(script.leak()).enters([entered]).runs().await;
    let said: Vec<_> = ended.done.iter().filter_map(|what| what.strip_prefix("say ")).collect();
    said.join(" ")
}

#[tokio::test]
async fn star_and_pound_have_names_in_the_language_of_the_voice() {
    for (language, expected) in [
        ("en", "star 1 pound"),
        ("en-US", "star 1 pound"),
        ("en_GB", "star 1 hash"),
        ("es", "asterisco 1 almohadilla"),
        ("fr-CA", "étoile 1 dièse"),
        ("de-AT", "Stern 1 Raute"),
        ("hi", "स्टार 1 हैश"),
        ("it", "asterisco 1 cancelletto"),
        ("nl", "sterretje 1 hekje"),
        ("pt", "asterisco 1 cardinal"),
        ("pt-BR", "asterisco 1 jogo da velha"),
        ("da", "stjerne 1 firkant"),
        ("fi", "* 1 #"),
    ] {
        let voice = format!("language = '{language}'");
        assert_eq!(said(&voice, "keys = '0-9*#'", "*1#").await, expected, "{language}");
    }
}

#[tokio::test]
async fn a_sensitive_input_is_spoken_in_one_piece() {
    let keypress = "keys = '0-9*#'\nsensitive = true";
    assert_eq!(said("language = 'en'", keypress, "*1#").await, "sensitive star, 1, pound");
}

#[tokio::test]
async fn a_value_of_an_answer_is_spoken_without_star_and_pound() {
    let script =
        "[trigger]\nurl='http://a.example'\n[otherwise]\nsay='{digits:$code}'\n[no_response]";
    let ended = ScriptCall::of(script).answers_json(r##"{"code": "#4*7"}"##).runs().await;
    let said: Vec<_> = ended.done.iter().filter(|what| what.starts_with("say ")).collect();
    assert_eq!(said, ["say 4", "say 7"]);
}
