//! The most that an answer may hold, cost and keep.

use dialscript::script::answer::{MAX_TEXT, TriggerAnswer};

use crate::script::answer::{FORM, JSON, TEXT, XML, assert_values, key, read};

/// The most values in an answer.
const MOST: usize = 8_000;

fn repeated(begin: &str, times: usize, value: impl Fn(usize) -> String, end: &str) -> String {
    let values: String = (0..times).map(value).collect();
    format!("{begin}{values}{end}")
}

/// Bodies with this many values, each of another kind.
fn bodies(values: usize) -> [(Option<&'static str>, String); 8] {
    let rest = values - 1;
    [
        (JSON, repeated("[0", values - 2, |_| ",0".into(), "]")),
        (JSON, repeated("{", rest, |n| format!("\"k{n}\":0,"), "").replace(",}", "}")),
        (XML, repeated("<r>", rest, |_| "<a/>".into(), "</r>")),
        (XML, repeated("<r", rest, |n| format!(" a{n}=''"), "/>")),
        (XML, repeated("<r", rest, |n| format!(" xmlns:a{n}='u'"), "/>")),
        (XML, repeated("<r>", rest / 2, |_| "<a b='1'/>".into(), "</r>")),
        (FORM, repeated("a=1", values - 2, |_| "&a=1".into(), "")),
        (None, repeated("a=1", values - 2, |_| "&a=1".into(), "")),
    ]
    .map(|(content_type, body)| (content_type, close_object(body)))
}

fn close_object(body: String) -> String {
    match body.strip_suffix(',') {
        Some(open) => format!("{open}}}"),
        None => body,
    }
}

#[test]
fn an_answer_may_have_eight_thousand_values_and_not_one_more() {
    for (content_type, body) in bodies(MOST) {
        let start = body.get(..20).unwrap_or_default();
        assert_eq!(read(content_type, &body).unreadable_reason(), None, "{start}");
    }
    for (content_type, body) in bodies(MOST + 2) {
        let start = body.get(..20).unwrap_or_default();
        let reason = read(content_type, &body).unreadable_reason().expect(start);
        assert!(reason.contains("more than 8000 values"), "{start}: {reason}");
    }
}

#[test]
fn every_accepted_answer_keeps_less_than_half_a_megabyte() {
    let filler = "x".repeat(MAX_TEXT - 150_000);
    let long = [
        (JSON, format!("[\"{filler}\"{}]", ",0".repeat(MOST - 2))),
        (JSON, format!("[{}0{}]", "0,".repeat(MOST - 3), " ".repeat(MAX_TEXT - 2 * MOST))),
        (XML, format!("<r a='{filler}'>{}</r>", "<a/>".repeat(MOST - 2))),
        (FORM, format!("a={filler}{}", "&a=1".repeat(MOST - 2))),
        (TEXT, format!("{filler} {filler}").chars().take(MAX_TEXT).collect()),
    ];
    for (content_type, body) in bodies(MOST).into_iter().chain(long) {
        let answer = read(content_type, &body);
        assert_eq!(answer.unreadable_reason(), None, "{} bytes", body.len());
        assert!(answer.memory_size() <= MAX_TEXT + 16 * MOST + 100, "{}", answer.memory_size());
    }
}

#[test]
fn the_length_of_an_answer_is_measured_after_its_charset_is_decoded() {
    let latin = vec![0xe9; MAX_TEXT / 2 + 1];
    let content_type = Some("text/plain; charset=iso-8859-1");
    let reason = read(content_type, &latin).unreadable_reason().expect("too long");
    assert!(reason.contains("longer than 262144 bytes of UTF-8"), "{reason}");
    assert_eq!(read(content_type, &latin[1..]).unreadable_reason(), None);
    let reason = read(TEXT, vec![0xff; MAX_TEXT]).unreadable_reason().expect("too long");
    assert!(reason.contains("longer than 262144 bytes of UTF-8"), "{reason}");
}

#[test]
fn a_name_of_more_than_64_kib_is_refused() {
    let name = "n".repeat(65_536);
    for (content_type, body) in [
        (JSON, format!("{{\"{name}\":1}}")),
        (XML, format!("<{name}/>")),
        (XML, format!("<r {name}='1'/>")),
        (FORM, format!("{name}=1")),
    ] {
        let reason = read(content_type, body).unreadable_reason().expect("too long");
        assert!(reason.contains("a name of more than 65535 bytes"), "{reason}");
    }
}

/// The work of a parser is counted here, not timed: a body with all of the values that it may have is read, and the
/// last of them is found.
#[test]
fn the_last_of_eight_thousand_values_is_found() {
    let json = repeated("{", MOST - 1, |n| format!("\"k{n}\":{n},"), "");
    assert_values(&read(JSON, close_object(json)), &[("k7998", Some("7998"))]);
    let xml = repeated("<r>", MOST - 1, |n| format!("<k{n}>{n}</k{n}>"), "</r>");
    assert_values(&read(XML, xml), &[("r.k7998", Some("7998")), ("k7998", Some("7998"))]);
    let list = repeated("<r>", MOST - 1, |n| format!("<k>{n}</k>"), "</r>");
    assert_values(&read(XML, list), &[("k[7998]", Some("7998")), ("k[7999]", None)]);
    let form = repeated("a=0", MOST - 2, |n| format!("&a={n}"), "");
    assert_values(&read(FORM, form), &[("a[7998]", Some("7997")), ("a[7999]", None)]);
}

#[test]
fn an_answer_that_is_refused_keeps_nothing() {
    for (content_type, body) in bodies(MOST + 2) {
        let answer = TriggerAnswer::parse(200, content_type, body.as_bytes());
        assert!(answer.memory_size() < 200, "{}", answer.memory_size());
        answer.lookup(&key("a"));
    }
}

#[test]
fn plain_text_that_is_data_beyond_a_limit_is_refused_and_not_read_as_text() {
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let many = bodies(MOST + 2).into_iter().map(|(_, body)| body);
    for body in many.chain([deep]) {
        let start = body.get(..20).unwrap_or_default();
        let reason = read(TEXT, &body).unreadable_reason().expect(start);
        assert!(reason.contains("more than"), "{start}: {reason}");
    }
    for broken in ["{not JSON}", "[a] b", "<a>b"] {
        assert_eq!(read(TEXT, broken).unreadable_reason(), None, "{broken}");
    }
}
