//! Keys of JSON.

use crate::script::answer::{JSON, assert_values, read};

#[test]
fn a_key_path_reads_values_of_json() {
    let body = r#"{"data": {"code": "200", "n": null, "yes": true, "no": false, "empty": "",
        "items": [{"code": 7}, "b", [1, 2]], "odd.key": "x", "ü": "\u00fc\n"}, "twice": 1, "twice": 2}"#;
    let rows = [
        ("data.code", Some("200")),
        ("data.n", None),
        ("data.nothing", None),
        ("data.code.deeper", None),
        ("data.code[0]", None),
        ("data.yes", Some("true")),
        ("data.no", Some("false")),
        ("data.empty", Some("")),
        ("data", Some("{}")),
        ("data.items", Some("{}")),
        ("data.items[0]", Some("{}")),
        ("data.items[0].code", Some("7")),
        ("data.items[1]", Some("b")),
        ("data.items[2][1]", Some("2")),
        ("data.items[3]", None),
        ("data.items.code", None),
        (r#"data["odd.key"]"#, Some("x")),
        ("data.ü", Some("ü\n")),
        ("twice", Some("2")),
    ];
    assert_values(&read(JSON, body), &rows);
}

#[test]
fn a_key_path_into_a_top_level_list_begins_with_an_index() {
    assert_values(
        &read(JSON, r#"[ {"code": 1}, 2 ]"#),
        &[("[0].code", Some("1")), ("[1]", Some("2"))],
    );
}

#[test]
fn numbers_keep_the_digits_that_they_were_written_with() {
    for number in [
        "1.10",
        "0.0",
        "-0",
        "12345678901234567890",
        "99999999999999999999999999",
        "1e5",
        "1E5",
        "1E+05",
        "2.50e-3",
        "1e999999",
        "0.1000000000000000055511151231257827",
    ] {
        let answer = read(JSON, format!(r#"{{"n":{number}, "list":[ {number} ]}}"#));
        assert_values(&answer, &[("n", Some(number)), ("list[0]", Some(number))]);
    }
}

#[test]
fn an_object_with_the_key_that_the_parser_uses_for_numbers_stays_an_object() {
    let answer = read(JSON, r#"{"a": {"$serde_json::private::Number": "1"}}"#);
    assert_values(&answer, &[("a", Some("{}"))]);
}

#[test]
fn keys_are_the_same_however_they_are_escaped() {
    let answer = read(JSON, r#"{"d\u0061ta": {"a\"b": 1, "\u00fc": 2}, "d\u0061te": 3}"#);
    assert_values(
        &answer,
        &[
            (r#"data["a\"b"]"#, Some("1")),
            ("data.ü", Some("2")),
            ("date", Some("3")),
            ("d", None),
            ("dat", None),
        ],
    );
}
