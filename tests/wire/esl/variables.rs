//! Text from outside in a variable.

use dialscript::esl::command::{Command, EventLock, EventUuids};
use dialscript::esl::quote::{Unsendable, VALUE_BYTES, Value};
use dialscript::esl::variable::{Expansion, multiset, set, unexpanded, uuid_setvar};
use proptest::prelude::*;

use super::switch;

#[test]
fn a_variable_holds_nothing_that_a_dialplan_would_evaluate() {
    for (text, kept) in [
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
        assert_eq!(Value::of(text).as_str(), kept);
        assert!(!Value::of(text).is_cut());
    }
    assert_eq!(format!("{:?}", Value::of("4711")), "4 bytes");
}

#[test]
fn a_long_value_is_cut_between_characters() {
    for char in ["x", "ü", "日", "😀", "{"] {
        let text = char.repeat(VALUE_BYTES);
        let value = Value::of(&text);
        assert_eq!(value.is_cut(), char != "x" && char != "{", "{char}");
        let most = VALUE_BYTES / char.len();
        assert_eq!(value.as_str().chars().count(), most);
    }
}

#[test]
fn the_worst_value_can_be_sent_in_every_way() {
    let worst = r"\".repeat(VALUE_BYTES);
    let value = Value::of(&worst);
    let uuid = EventUuids::default().make();
    for (application, argument) in [
        ("set", set("v", &value, Expansion::On).unwrap()),
        ("multiset", multiset([("v", &value)], Expansion::On).unwrap()),
    ] {
        assert!(Command::execute(application, &argument, uuid, EventLock::Waits).is_ok());
    }
    let argument = uuid_setvar("u", "v", &value).unwrap();
    assert!(Command::api("uuid_setvar", &argument).is_ok());
}

#[test]
fn a_name_that_means_more_is_no_variable() {
    let value = Value::of("x");
    for name in ["", "a b", "a=b", "a;b", "a[0]", "${x}", "a\n", "ä", "a-b", "a,b"] {
        let refused = Err(Unsendable::NotAVariable);
        assert_eq!(set(name, &value, Expansion::On), refused, "{name}");
        assert_eq!(multiset([(name, &value)], Expansion::On), refused, "{name}");
        assert_eq!(uuid_setvar("u", name, &value), refused, "{name}");
    }
    assert_eq!(uuid_setvar("u v", "name", &value), Err(Unsendable::NotAWord));
}

#[test]
fn arguments_are_what_they_were_worked_out_to_be() {
    let value = Value::of(r"a\b; 'c' $d ");
    assert_eq!(set("v", &value, Expansion::On).unwrap(), r"v=a\\\\b; 'c' \\\$d ");
    assert_eq!(set("v", &value, Expansion::Off).unwrap(), r"v=a\\b; 'c' \$d ");
    assert_eq!(uuid_setvar("u", "v", &value).unwrap(), r"u v a\\b; \'c\' $d\s");
    let plain = Value::of("1");
    let both = multiset([("v", &value), ("w", &plain)], Expansion::Off).unwrap();
    assert_eq!(both, r"^^;v=a\\\\b\; \'c\' \\$d\s;w=1");
    let module = Value::of("unload Mod_Event_Socket");
    assert_eq!(uuid_setvar("u", "v", &module).unwrap(), "u v unload Mod_''Event_Socket");
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[^\0]{0,60}",
        r#"[\\$\\${}'" ;,=nrst\n\t%^\[\]a]{0,40}"#,
        "(unload|mod_event_socket|'|\\\\| ){0,9}",
    ]
}

fn argument_of(application: &'static str, argument: &str) -> Result<String, TestCaseError> {
    let uuid = EventUuids::default().make();
    let command = Command::execute(application, argument, uuid, EventLock::Nested).unwrap();
    let read = switch::read_packet(command.as_bytes());
    prop_assert_eq!(read.len(), 1);
    prop_assert!(!read[0].unloads());
    Ok(read[0].application_argument().to_owned())
}

fn expanded(text: &str, expansion: Expansion) -> Result<String, TestCaseError> {
    match expansion {
        Expansion::On => switch::expand(text).map_err(TestCaseError::fail),
        Expansion::Off => Ok(text.to_owned()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_expansion_is_undone_for_any_text(text in any_text()) {
        prop_assert_eq!(switch::expand(&unexpanded(&text)), Ok(text));
    }

    #[test]
    fn no_reading_of_a_variable_evaluates_anything(a in any_text(), b in any_text()) {
        let held = |text| Value::of(text).as_str().to_owned();
        let once = expanded(&format!("{}{}", held(&a), held(&b)), Expansion::On)?;
        let twice = expanded(&once, Expansion::On)?;
        let harmless = !twice.contains(['{', '[']);
        prop_assert!(harmless);
    }

    #[test]
    fn set_leaves_the_value(text in any_text(), off in any::<bool>()) {
        let expansion = if off { Expansion::Off } else { Expansion::On };
        let value = Value::of(&text);
        let argument = argument_of("set", &set("v", &value, expansion).unwrap())?;
        let assignment = switch::set(&expanded(&argument, expansion)?).map_err(TestCaseError::fail)?;
        prop_assert_eq!(assignment, ("v".to_owned(), value.as_str().to_owned()));
    }

    #[test]
    fn multiset_leaves_every_value(texts in prop::collection::vec(any_text(), 1..5), off in any::<bool>()) {
        let expansion = if off { Expansion::Off } else { Expansion::On };
        let values: Vec<_> = texts.iter().map(|text| Value::of(text)).collect();
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
    fn uuid_setvar_leaves_the_value(text in any_text()) {
        let value = Value::of(&text);
        let command = Command::api("uuid_setvar", &uuid_setvar("u", "v", &value).unwrap()).unwrap();
        let line = std::str::from_utf8(command.as_bytes()).unwrap();
        let arguments = line.strip_prefix("api uuid_setvar u v").unwrap().strip_suffix("\n\n");
        prop_assert_eq!(switch::cleanup(arguments.unwrap(), None), value.as_str());
        prop_assert!(!switch::read_packet(command.as_bytes())[0].unloads());
    }
}
