//! Warnings about outcomes that read the wrong answer, and the values of an answer that are kept.

use crate::support::config_folder::ConfigFolder;

const CUSTOMER: &str = "[trigger]\nurl='https://a.example/'\n[response]\nkey='found'\n\
                        [[branch]]\nwhen='yes'\nset={ NAME='{$customer.name}' }\nthen='script order'\n[no_response]\n";

/// The warnings about a script that runs after `customer` and has its own trigger.
fn warnings(key: &str, rest: &str) -> Vec<String> {
    let folder = ConfigFolder::new();
    let trigger = "[trigger]\nurl='https://a.example/?id={$customer.id}'\n[no_response]\n";
    folder.script("customer", CUSTOMER);
    folder.script("order", &format!("{trigger}[response]\nkey='{key}'\n{rest}"));
    let warnings = folder.config().warnings;
    warnings.iter().map(|w| format!("{} | {}", w.message, w.help.as_deref().unwrap())).collect()
}

#[test]
fn an_outcome_that_reads_what_only_an_earlier_script_uses_is_a_warning() {
    let outcome = "[otherwise]\nset={ A='{$customer.name}', B='{$status}' }\n";
    let expected = "`{$customer.name}` reads the answer to this script's own [trigger] here, but only the script \
                    `customer` uses this value | write `{customer.$customer.name}` for the answer of `customer`, or \
                    `{order.$customer.name}` if this script's own answer has that value";
    assert_eq!(warnings("status", outcome), [expected]);
    let of_key = warnings("status", "[[branch]]\nwhen='1'\nset={ A='{$found}' }\n");
    assert_eq!(of_key.len(), 1, "the earlier script's branches use it: {of_key:?}");
}

#[test]
fn an_outcome_that_names_the_script_or_reads_its_own_values_is_no_warning() {
    let outcome = |text: &str| format!("[otherwise]\nset={{ A='{text}' }}\n");
    for (key, fine) in [
        ("status", outcome("{customer.$customer.name}")),
        ("status", outcome("{order.$customer.name}")),
        ("status", outcome("{$status} {$total}")),
        ("customer.name", outcome("{$customer.name}")),
        ("found", outcome("{$customer.name}")),
    ] {
        assert_eq!(warnings(key, &fine), Vec::<String>::new(), "{fine}");
    }
}

#[test]
fn only_what_can_be_read_after_the_outcome_is_kept_of_an_answer() {
    let folder = ConfigFolder::new();
    let order = "[prompt]\nrepeat=1\n[keypress]\n[trigger]\nurl='https://a.example/?id={$customer.id}'\n\
                 [otherwise]\nset={ A='{$status}{customer.$tier}' }\n[no_response]\n[no_input]\n\
                 [hangup]\nurl='https://a.example/?s={$left}'\n";
    folder.script("customer", CUSTOMER).script("order", order);
    let parts = |name: &str| {
        let script = folder.loaded(name);
        let mut parts: Vec<_> = script.later_answer_parts.iter().map(|p| p.to_string()).collect();
        parts.sort();
        parts
    };
    assert_eq!(parts("customer"), ["$customer.id", "$left", "$status", "$tier"]);
    assert_eq!(parts("order"), ["$left"]);
    folder.script("order", &order.replace("[no_input]", "then='again'\n[no_input]"));
    assert_eq!(parts("order"), ["$left", "$status"], "`again` can lead to another outcome");
    folder.script("order", &order.replace("{$left}", "{answer}{customer.answer}"));
    assert_eq!(parts("customer"), ["$customer.id", "$status", "$tier", "answer"]);
    assert_eq!(parts("order"), ["answer"]);
}
