//! Warnings about `[limit]`.

use crate::support::config_folder::ConfigFolder;

/// The warnings about a script with a limit, its `[invalid_input]`, and the script `pin` after it.
fn warnings(after_last_try: &str, pin: &str) -> Vec<String> {
    let folder = ConfigFolder::new();
    let account = format!(
        "[keypress]\n[limit]\ntries=3\n[otherwise]\nthen='script pin'\n[no_input]\n\
         [invalid_input]\nthen='{after_last_try}'\n"
    );
    folder.script("account", &account).script("pin", pin);
    folder.script("menu", "[otherwise]\nthen='script pin'\n");
    folder.config().warnings.iter().map(|warning| warning.message.clone()).collect()
}

const PIN: &str = "[keypress]\n[otherwise]\nthen='script account'\n[no_input]\n";

#[test]
fn a_limit_that_a_detour_of_its_invalid_input_gets_around_is_a_warning() {
    let message = |next: &str| {
        format!(
            "the call can get around [limit]: `{next}` leads back to this script, also after the last try"
        )
    };
    assert_eq!(warnings("script pin", PIN), [message("pin")]);
    assert_eq!(warnings("script menu", PIN), [message("menu")], "over two scripts");
    let as_limited = format!("{PIN}[invalid_input]\nthen='script account'\n[limit]\ntries=2\n");
    assert_eq!(warnings("script pin", &as_limited), [message("pin"), message("account")]);
}

#[test]
fn a_limit_whose_invalid_input_comes_to_an_end_is_no_warning() {
    let limited = format!("{PIN}[invalid_input]\nthen='hangup'\n[limit]\ntries=2\n");
    for (after_last_try, pin) in
        [("hangup", PIN), ("script pin", limited.as_str()), ("script menu", limited.as_str())]
    {
        assert_eq!(warnings(after_last_try, pin), [""; 0], "{after_last_try} {pin}");
    }
}

#[test]
fn a_limit_of_a_script_to_which_no_script_leads_back_is_a_warning() {
    let message =
        "[limit] has no effect: no script leads back to this one, so it begins only once in a call";
    assert_eq!(warnings("hangup", "[otherwise]\nthen='hangup'\n"), [message]);
}
