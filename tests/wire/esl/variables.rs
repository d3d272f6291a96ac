//! Text from outside in a variable.

use dialscript::esl::command::{EslCommand, EventLock, EventUuidGenerator};
use dialscript::esl::quote::{EslCommandError, EslVariableValue, MAX_VALUE_BYTES};
use dialscript::esl::variable::{VariableExpansion, escape_expansion, multiset, uuid_setvar_multi};
use proptest::prelude::*;

use super::switch;

#[test]
fn a_variable_value_contains_nothing_that_a_dialplan_would_evaluate() {
    for (text, sanitized) in [
        ("shipped", "shipped"),
        ("$20 & 100% of \"it\", 'now' \\o/", "$20 & 100% of \"it\", 'now' \\o/"),
        ("${system(id)}", "$(system(id))"),
        ("$${x}", "$$(x)"),
        (r"$\'{system(id)}", r"$\'(system(id))"),
        ("%[execute_on_answer=x]y", "%(execute_on_answer=x)y"),
        ("1,[api_on_answer=x]y", "1,(api_on_answer=x)y"),
        ("a\r\nb\0", "a  b "),
        ("#{x}", "#(x)"),
    ] {
        assert_eq!(EslVariableValue::sanitize(text).as_str(), sanitized);
        assert!(!EslVariableValue::sanitize(text).is_truncated());
    }
    assert_eq!(format!("{:?}", EslVariableValue::sanitize("4711")), "4 bytes");
}

#[test]
fn a_long_value_is_cut_between_characters() {
    for char in ["x", "ü", "日", "😀", "{"] {
        let text = char.repeat(MAX_VALUE_BYTES);
        let value = EslVariableValue::sanitize(&text);
        assert_eq!(value.is_truncated(), char != "x" && char != "{", "{char}");
        let most = MAX_VALUE_BYTES / char.len();
        assert_eq!(value.as_str().chars().count(), most);
    }
}

#[test]
fn the_longest_escaped_value_can_be_sent_by_every_command() {
    let worst = r"\".repeat(MAX_VALUE_BYTES);
    let value = EslVariableValue::sanitize(&worst);
    let uuid = EventUuidGenerator::default().generate();
    let argument = multiset([("v", &value)], VariableExpansion::On).unwrap();
    assert!(EslCommand::execute("multiset", &argument, uuid, EventLock::Queued).is_ok());
    let argument = uuid_setvar_multi("u", [("v", &value)]).unwrap();
    assert!(EslCommand::api("uuid_setvar_multi", &argument).is_ok());
}

#[test]
fn a_name_with_special_characters_is_refused_as_a_variable() {
    let value = EslVariableValue::sanitize("x");
    for name in ["", "a b", "a=b", "a;b", "a[0]", "${x}", "a\n", "ä", "a-b", "a,b"] {
        let refused = Err(EslCommandError::InvalidVariableName);
        assert_eq!(multiset([(name, &value)], VariableExpansion::On), refused, "{name}");
        assert_eq!(uuid_setvar_multi("u", [(name, &value)]), refused, "{name}");
    }
    assert_eq!(uuid_setvar_multi("u v", [("name", &value)]), Err(EslCommandError::InvalidWord));
}

#[test]
fn arguments_are_quoted_as_expected() {
    let value = EslVariableValue::sanitize(r"a\b; 'c' $d ");
    let plain = EslVariableValue::sanitize("1");
    let both = multiset([("v", &value), ("w", &plain)], VariableExpansion::Off).unwrap();
    assert_eq!(both, r"^^;v=a\\\\b\; \'c\' \\$d\s;w=1");
    let both = uuid_setvar_multi("u", [("v", &value), ("w", &plain)]).unwrap();
    assert_eq!(both, r"u v=a\\b\; \'c\' $d\s;w=1");
    let module = EslVariableValue::sanitize("unload Mod_Event_Socket");
    let split = uuid_setvar_multi("u", [("v", &module)]).unwrap();
    assert_eq!(split, "u v=unload Mod_''Event_Socket");
    let named = uuid_setvar_multi("u", [("mod_event_socket", &module)]).unwrap();
    assert_eq!(named, "u mod_''event_socket=unload Mod_''Event_Socket");
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[^\0]{0,60}",
        r#"[\\$\\${}'" ;,=nrst\n\t%^\[\]a]{0,40}"#,
        "(unload|mod_event_socket|'|\\\\| ){0,9}",
    ]
}

fn argument_of(application: &'static str, argument: &str) -> Result<String, TestCaseError> {
    let uuid = EventUuidGenerator::default().generate();
    let command = EslCommand::execute(application, argument, uuid, EventLock::Nested).unwrap();
    let read = switch::read_packet(command.as_bytes());
    prop_assert_eq!(read.len(), 1);
    prop_assert!(!read[0].unloads());
    Ok(read[0].application_argument().to_owned())
}

fn expanded(text: &str, expansion: VariableExpansion) -> Result<String, TestCaseError> {
    match expansion {
        VariableExpansion::On => switch::expand(text).map_err(TestCaseError::fail),
        VariableExpansion::Off => Ok(text.to_owned()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn variable_expansion_restores_any_text(text in any_text()) {
        prop_assert_eq!(switch::expand(&escape_expansion(&text)), Ok(text));
    }

    #[test]
    fn reading_a_variable_never_evaluates_its_value(a in any_text(), b in any_text()) {
        let held = |text| EslVariableValue::sanitize(text).as_str().to_owned();
        let once = expanded(&format!("{}{}", held(&a), held(&b)), VariableExpansion::On)?;
        let twice = expanded(&once, VariableExpansion::On)?;
        let harmless = !twice.contains(['{', '[']);
        prop_assert!(harmless);
    }

    #[test]
    fn multiset_leaves_every_value(texts in prop::collection::vec(any_text(), 1..5), off in any::<bool>()) {
        let expansion = if off { VariableExpansion::Off } else { VariableExpansion::On };
        let values: Vec<_> = texts.iter().map(|text| EslVariableValue::sanitize(text)).collect();
        let argument = multiset(values.iter().map(|value| ("v", value)), expansion).unwrap();
        let argument = expanded(&argument_of("multiset", &argument)?, expansion)?;
        let parts = switch::split(argument.strip_prefix("^^;").unwrap(), ';');
        prop_assert_eq!(parts.len(), values.len());
        for (part, value) in parts.iter().zip(&values) {
            let (_, held) = switch::set(part).map_err(TestCaseError::fail)?;
            prop_assert_eq!(held, value.as_str());
        }
    }

    #[test]
    fn uuid_setvar_multi_leaves_every_value(
        texts in prop::collection::vec(any_text(), 1..5),
    ) {
        let values: Vec<_> = texts.iter().map(|text| EslVariableValue::sanitize(text)).collect();
        let arguments = uuid_setvar_multi("u", values.iter().map(|value| ("v", value))).unwrap();
        let command = EslCommand::api("uuid_setvar_multi", &arguments).unwrap();
        prop_assert!(!switch::read_packet(command.as_bytes())[0].unloads());
        let line = std::str::from_utf8(command.as_bytes()).unwrap();
        let arguments = line.strip_prefix("api uuid_setvar_multi u ").unwrap();
        let parts = switch::split(arguments.strip_suffix("\n\n").unwrap(), ';');
        prop_assert_eq!(parts.len(), values.len());
        for (part, value) in parts.iter().zip(&values) {
            prop_assert_eq!(part.split_once('=').unwrap().1, value.as_str());
        }
    }
}
