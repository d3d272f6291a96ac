//! Errors and warnings about the keys of a telephone in `[keypress]`.

use crate::support::config_folder::ConfigFolder;

/// A folder with a script that asks for keys with these lines.
fn asking(lines: &str) -> ConfigFolder {
    let folder = ConfigFolder::new();
    folder.script("a", &format!("[keypress]\n{lines}\n[no_input]\n"));
    folder
}

fn warnings(lines: &str) -> Vec<String> {
    let warnings = asking(lines).config().warnings;
    warnings.iter().map(|w| format!("{} | {}", w.message, w.help.as_deref().unwrap())).collect()
}

#[test]
fn an_error_in_keys_names_the_character_and_the_rule() {
    const RULE: &str = "write single keys and ranges such as \"0-9*#\"; a telephone has the keys 0 to 9, * and #, \
                        and some have A to D";
    let hyphen = "a hyphen stands only between two digits or two letters";
    for (keys, message, help) in [
        (
            "",
            "`keys` is empty",
            "write the keys that are input, or remove this line for the digits",
        ),
        ("9-0", "a range begins with its smaller key", "write `0-9`"),
        ("*D-A", "a range begins with its smaller key", "write `A-D`"),
        ("0-*", hyphen, RULE),
        ("0-D", hyphen, RULE),
        ("-", hyphen, RULE),
        ("0-9-", hyphen, RULE),
        (
            "1,2,3",
            "`,` is not a key of a telephone",
            "write the keys without anything between them: `keys = \"123\"`",
        ),
        (
            "0-9 *",
            "a space is not a key of a telephone",
            "write the keys without anything between them: `keys = \"0-9*\"`",
        ),
        ("1,x", "`,` is not a key of a telephone", RULE),
        ("a-d", "`a` is not a key of a telephone", "write a capital letter: `A`"),
        ("1é", "`é` is not a key of a telephone", RULE),
    ] {
        let expected = format!("{message} | {help}");
        assert_eq!(asking(&format!("keys = '{keys}'")).errors(), [expected], "{keys}");
    }
}

#[test]
fn keys_that_are_no_text_are_shown_as_the_text_to_write() {
    for (line, write) in [
        ("keys = 12", "keys = \"12\""),
        ("keys = ['1', '2', 3]", "keys = \"123\""),
        ("keys = ['one', 'two']", "keys = \"0-9*\""),
        ("keys = true", "keys = \"0-9*\""),
        ("clear = true", "clear = \"*\""),
        ("clear = ['*']", "clear = \"*\""),
        ("terminator = false", "terminator = \"#\""),
    ] {
        let key = line.split(' ').next().unwrap();
        let expected = format!("`{key}` must be one text in quotes | write `{write}`");
        assert_eq!(asking(line).errors(), [expected], "{line}");
    }
}

#[test]
fn a_misplaced_key_names_every_table_that_has_it() {
    let folder = ConfigFolder::new();
    folder.script("a", "[prompt]\nkeys = '0-9*'\n");
    let expected = "unknown key `keys` in [prompt] | `keys` belongs in [keypress] or [trigger]";
    assert_eq!(folder.errors(), [expected]);
    let expected = "unknown key `language` in [keypress] | the language of texts belongs in [voice], and the language \
                    of the call in an outcome";
    assert_eq!(asking("language = 'de'").errors(), [expected]);
}

#[test]
fn a_pattern_that_no_keys_can_match_is_a_warning() {
    let add = "this pattern can never be entered | to let callers enter it, write";
    let never = "this pattern can never be entered | the input has only the keys 0-9, and all of it must match";
    for (lines, warning) in [
        (r"pattern = '[0-9]+\*[0-9]+'", format!("{add} `keys = \"0-9*\"`")),
        ("keys = '1-4'\npattern = '0[1-4]|5'", format!("{add} `keys = \"0-5\"`")),
        (r"pattern = '(\d|#)#{2}'", format!("{add} `keys = \"0-9#\"`")),
        ("pattern = 'ORD-[0-9]+'", never.to_owned()),
        ("pattern = '[a-z]+'", never.to_owned()),
    ] {
        assert_eq!(warnings(lines), [warning], "{lines}");
    }
    for possible in [
        r"pattern = '[0-9]+(\*[0-9]+)?'",
        r"pattern = '^1\d*$|\*'",
        r"pattern = '.+'",
        r"pattern = '[^a-z]+'",
        "keys = '0-9*'\npattern = '[0-9]+[*][0-9]+'",
    ] {
        assert_eq!(warnings(possible), Vec::<String>::new(), "{possible}");
    }
}

#[test]
fn a_clear_key_without_effect_or_without_a_terminator_is_a_warning() {
    let no_effect = "this has no effect: with `length = 1`, the first key ends the input | remove this, or raise \
                     `length`";
    assert_eq!(warnings("clear = '*'\nlength = 1"), [no_effect]);
    let no_terminator = "without `terminator`, no key ends the input here | write `terminator = \"*\"` for another \
                         key that ends it, or `terminator = \"\"` for none";
    assert_eq!(warnings("clear = '#'"), [no_terminator]);
    for fine in [
        "clear = ''\nlength = 1",
        "clear = '*'",
        "clear = '#'\nterminator = '*'",
        "clear = '#'\nterminator = ''",
    ] {
        assert_eq!(warnings(fine), Vec::<String>::new(), "{fine}");
    }
}
