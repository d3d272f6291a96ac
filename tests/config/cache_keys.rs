//! Requests that count as the same, where that can't be meant.

use crate::support::config_folder::ConfigFolder;

/// What is warned of in a script that keeps answers.
fn warnings(url: &str, response: &str) -> Vec<String> {
    let folder = ConfigFolder::new();
    let then = "[[branch]]\nwhen='200'\n[no_input]\n[no_response]\n";
    folder.script("phone", "[keypress]\n[otherwise]\nthen='script pin'\n[no_input]\n");
    let trigger = format!("[keypress]\n[trigger]\nurl='https://a.example/{url}'\n");
    folder.script("pin", &format!("{trigger}[response]\ncache='5m'\n{response}\n{then}"));
    let config = folder.config();
    config.warnings.iter().map(|warning| warning.message.clone()).collect()
}

#[test]
fn an_answer_to_what_one_caller_enters_is_not_for_another_without_a_word() {
    let pin = "callers who enter a different {keypress} get the same answer";
    let url = "?phone={phone.keypress}&pin={keypress}&caller={caller}";
    assert_eq!(warnings(url, "cache_key='{phone.keypress}'"), [pin]);
    let phone = "callers who enter a different {phone.keypress} get the same answer";
    assert_eq!(warnings(url, "cache_key='{keypress}'"), [phone]);
    for fine in ["", "cache_key='{phone.input} {input}'"] {
        assert_eq!(warnings(url, fine), Vec::<String>::new(), "{fine}");
    }
    assert_eq!(warnings("?caller={caller}", "cache_key='opening hours'"), Vec::<String>::new());
}

#[test]
fn answers_that_no_second_call_can_ask_for_are_cached_in_vain() {
    let call = "{call_id} differs in every call: a cached answer is never used again";
    let url = "?id={keypress}&call={call_id}";
    assert_eq!(warnings(url, ""), [call]);
    assert_eq!(warnings(url, "cache_key='{keypress}'"), Vec::<String>::new());
    assert_eq!(warnings("?id={keypress}", "cache_key='{keypress}{call_id}'"), [call]);
}
