//! Bodies that cannot be read.

use dialscript::script::answer::AnswerValue;

use crate::script::answer::{JSON, XML, assert_values, key, read};

#[test]
fn an_error_in_a_body_names_the_position_and_shows_no_content() {
    let rows: &[(Option<&str>, &str, &str)] = &[
        (JSON, "{\n \"canary\": 1,\n}", "invalid JSON at line 3, column 1"),
        (JSON, "canary", "invalid JSON at line 1, column 1"),
        (JSON, "{} canary", "invalid JSON at line 1, column 4"),
        (JSON, r#"{"canary": "\ud800"}"#, "invalid JSON at line 1, column 19"),
        (JSON, "<html>canary", "invalid JSON at line 1, column 1"),
        (None, "{canary: 1}", "invalid JSON at line 1, column 2"),
        (XML, "<a>\n<canary></b></a>", "invalid XML at line 2, column 9"),
        (XML, "<a>&canary;</a>", "invalid XML at line 1, column 4"),
        (XML, "canary", "invalid XML at line 1, column 1"),
        (XML, "<canary>", "invalid XML at line 1, column 1"),
        (XML, "<!DOCTYPE r [<!ENTITY canary 'x'>]><r>&canary;</r>", "a document type definition"),
        (None, "canary\0", "it contains NUL bytes"),
    ];
    for (content_type, body, expected) in rows {
        let answer = read(*content_type, body);
        let reason = answer.unreadable_reason().unwrap_or_else(|| panic!("{body} can be read"));
        assert!(reason.contains(expected), "{body}: {reason}");
        assert!(!reason.contains("canary"), "{reason}");
        assert_eq!(answer.lookup(&key("canary")), AnswerValue::Absent);
        assert!(answer.memory_size() < 200, "nothing of it is kept");
    }
}

#[test]
fn deep_nesting_is_refused() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(read(JSON, nested(127)).unreadable_reason(), None);
    let deep = |depth: usize| "<a>".repeat(depth) + "7" + &"</a>".repeat(depth);
    assert_values(&read(XML, deep(127)), &[("a.a.a", Some("{}")), ("b", None)]);
    for (content_type, body) in
        [(JSON, nested(128)), (JSON, nested(100_000)), (XML, deep(128)), (XML, deep(30_000))]
    {
        let reason = read(content_type, body).unreadable_reason().expect("too deep");
        assert!(reason.contains("more than 127 levels of nesting"), "{reason}");
    }
}
