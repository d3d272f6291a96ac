//! Every kind of matcher on every kind of answer.

use dialscript::script::answer::TriggerAnswer;
use dialscript::script::decimal::Decimal;
use dialscript::script::matcher::Matcher;
use dialscript::script::path::KeyPath;
use dialscript::script::subject::BranchSubject;
use regex::Regex;

use crate::script::answer::{FORM, JSON, TEXT, XML, key};

/// One matcher of each kind, and two of the kinds that are easily confused.
fn matchers() -> [(&'static str, Matcher); 8] {
    let range = |min, max| Matcher::Range(Decimal::parse(min), Decimal::parse(max));
    [
        ("text", Matcher::Text("1.10".into())),
        ("empty", Matcher::Text(String::new())),
        ("range", range("-2.5", "300")),
        ("pattern", Matcher::Pattern(Regex::new("^[0-9]{3,}$").unwrap())),
        ("present", Matcher::Present),
        ("absent", Matcher::Absent),
        ("status", Matcher::Status(200)),
        ("class", Matcher::StatusClass(4)),
    ]
}

/// The kinds that match, in their order.
#[track_caller]
fn assert_match(answer: &TriggerAnswer, path: Option<&KeyPath>, expected: &str) {
    let subject = BranchSubject::from_answer(answer, path);
    let matching = matchers().into_iter().filter(|(_, matcher)| matcher.matches(&subject));
    let names: Vec<_> = matching.map(|(name, _)| name).collect();
    assert_eq!(names.join(" "), expected, "{path:?} of {subject:?}");
}

/// A value, and the matchers that match it besides the status.
const VALUES: [(&str, &str); 13] = [
    ("1.10", "text range present"),
    ("1.1", "range present"),
    ("-2.5", "range present"),
    ("-2.51", "present"),
    ("300", "range pattern present"),
    ("301", "pattern present"),
    ("007", "range pattern present"),
    ("12345678901234567890", "pattern present"),
    ("1e3", "present"),
    ("true", "present"),
    ("0250 x", "present"),
    ("null", "present"),
    ("café", "present"),
];

#[test]
fn a_value_matches_the_same_in_every_format() {
    for (value, expected) in VALUES {
        let expected = format!("{expected} status");
        let form = form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>();
        let rows = [
            (JSON, format!(r#"{{"a": {{"code": "{value}"}}}}"#), Some("a.code")),
            (JSON, format!(r#"[[], [["{value}"]]]"#), Some("[1][0][0]")),
            (JSON, format!(r#""{value}""#), None),
            (XML, format!("<a><code> {value}\n</code></a>"), Some("a.code")),
            (XML, format!("<a><code>x</code><code>{value}</code></a>"), Some("code[1]")),
            (XML, format!("<a xmlns='urn:a' code='{value}'/>"), Some("a.@code")),
            (
                XML,
                format!("<n:a xmlns:n='u'><n:code><![CDATA[{value}]]></n:code></n:a>"),
                Some("code"),
            ),
            (FORM, format!("x=1&code={form}\r\n"), Some("code")),
            (FORM, format!("a.code={form}"), Some("a.code")),
            (FORM, format!("code=&code={form}"), Some("code[1]")),
            (TEXT, format!("\u{feff}{value}\r\n"), None),
        ];
        for (content_type, body, path) in rows {
            let answer = TriggerAnswer::parse(200, content_type, body.as_bytes());
            assert_match(&answer, path.map(key).as_ref(), &expected);
        }
    }
}

#[test]
fn literal_numbers_and_truth_values_of_json_match_as_they_are_written() {
    for (value, expected) in VALUES.into_iter().filter(|(value, _)| {
        serde_json::from_str::<serde_json::Value>(value).is_ok() && *value != "null"
    }) {
        let answer = TriggerAnswer::parse(200, JSON, format!(r#"{{"code":{value}}}"#).as_bytes());
        assert_match(&answer, Some(&key("code")), &format!("{expected} status"));
    }
}

#[test]
fn an_empty_value_is_present_and_null_is_absent() {
    let rows = [
        (JSON, r#"{"code":""}"#, "empty present status"),
        (XML, "<a><code/></a>", "empty present status"),
        (XML, "<a><code> <!-- 1 --> </code></a>", "empty present status"),
        (XML, "<code></code>", "empty present status"),
        (FORM, "code=", "empty present status"),
        (FORM, "code", "empty present status"),
        (JSON, r#"{"code":null}"#, "absent status"),
        (JSON, "{}", "absent status"),
        (JSON, "null", "absent status"),
        (XML, "<a/>", "absent status"),
        (FORM, "x=1", "absent status"),
        (TEXT, "code 1", "absent status"),
        (JSON, "", "absent status"),
        (XML, " \r\n", "absent status"),
        (None, "\u{feff}", "absent status"),
        (JSON, r#"{"code":{"x":1}}"#, "present status"),
        (JSON, r#"{"code":[]}"#, "present status"),
        (XML, "<a><code><x/></code></a>", "present status"),
        (XML, "<a><code>1</code><code>2</code></a>", "present status"),
        (FORM, "code=1&code=2", "present status"),
    ];
    for (content_type, body, expected) in rows {
        let answer = TriggerAnswer::parse(200, content_type, body.as_bytes());
        assert_match(&answer, Some(&key("code")), expected);
    }
}

#[test]
fn without_a_key_an_answer_that_is_no_text_matches_by_its_status() {
    for (content_type, body) in [(JSON, "{}"), (XML, "<a/>"), (FORM, "a=1"), (TEXT, ""), (None, "")]
    {
        let answer = TriggerAnswer::parse(200, content_type, body.as_bytes());
        assert_match(&answer, None, "range pattern present status");
    }
    assert_match(&TriggerAnswer::parse(204, None, b""), None, "range pattern present");
}

#[test]
fn an_error_answer_matches_by_its_status_and_by_its_key_if_present() {
    let at = key("code");
    let rows = [
        (JSON, r#"{"code":"1.10"}"#, "text range present class"),
        (XML, "<a code='1'><code>1.10</code></a>", "text range present class"),
        (FORM, "code=1.10", "text range present class"),
        (JSON, "{}", "class"),
        (JSON, r#"{"code":null}"#, "class"),
        (XML, "<a/>", "class"),
        (FORM, "x=1", "class"),
        (TEXT, "1.10", "class"),
        (TEXT, "", "class"),
        (JSON, "{", "class"),
        (Some("text/html"), "1.10", "class"),
    ];
    for (content_type, body, expected) in rows {
        assert_match(
            &TriggerAnswer::parse(404, content_type, body.as_bytes()),
            Some(&at),
            expected,
        );
    }
}

#[test]
fn values_in_other_charsets_match_as_their_text() {
    let matcher = Matcher::Text("café".into());
    let latin = |body: &str| encoding_rs::WINDOWS_1252.encode(body).0.into_owned();
    let rows = [
        ("application/json; charset=iso-8859-1", latin(r#"{"code":"café"}"#)),
        ("text/xml", latin("<?xml version='1.0' encoding='iso-8859-1'?><code>café</code>")),
        ("application/x-www-form-urlencoded; charset=windows-1252", latin("code=café")),
        ("application/x-www-form-urlencoded", b"code=caf%C3%A9".to_vec()),
    ];
    for (content_type, body) in rows {
        let answer = TriggerAnswer::parse(200, Some(content_type), &body);
        assert!(
            matcher.matches(&BranchSubject::from_answer(&answer, Some(&key("code")))),
            "{content_type}"
        );
    }
}
