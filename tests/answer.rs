//! What is read from an answer, of every kind that a web application sends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use dialscript::script::answer::{Answer, Found};
use dialscript::script::path::KeyPath;
use proptest::prelude::*;

const JSON: Option<&str> = Some("application/json");
const XML: Option<&str> = Some("text/xml");
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
const TEXT: Option<&str> = Some("text/plain");

fn key(text: &str) -> KeyPath {
    KeyPath::parse(text).unwrap_or_else(|| panic!("{text} is no path"))
}

fn read(content_type: Option<&str>, body: impl AsRef<[u8]>) -> Answer {
    Answer::read(200, content_type, body.as_ref())
}

fn text(text: &str) -> Found<'_> {
    Found::Text(text.into())
}

/// Each row: a path, and what stands there; `None` is absent, `{}` an object or a list.
fn assert_values(answer: &Answer, rows: &[(&str, Option<&str>)]) {
    assert_eq!(answer.unreadable(), None);
    for (path, expected) in rows {
        let expected = match expected {
            None => Found::Absent,
            Some("{}") => Found::Composite,
            Some(value) => text(value),
        };
        assert_eq!(answer.at(&key(path)), expected, "at {path}");
        assert_eq!(answer.value(Some(&key(path))), expected, "value of {path}");
    }
}

#[test]
fn a_key_finds_what_stands_in_json() {
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
fn a_list_at_the_top_begins_with_an_index() {
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
fn an_object_that_looks_like_the_parsers_inside_is_not_taken_for_a_number() {
    let answer = read(JSON, r#"{"a": {"$serde_json::private::Number": "1"}}"#);
    assert_values(&answer, &[("a", Some("{}"))]);
}

#[test]
fn content_types_decide_what_a_body_is() {
    let rows: &[(&str, &str, &str)] = &[
        ("application/json", r#"{"a":1}"#, "json"),
        ("Application/JSON; Charset=UTF-8", r#"{"a":1}"#, "json"),
        ("text/json", r#"{"a":1}"#, "json"),
        ("application/problem+json", r#"{"a":1}"#, "json"),
        ("application/xml", "<r><a>1</a></r>", "xml"),
        ("text/xml;charset=utf-8", "<r><a>1</a></r>", "xml"),
        ("application/soap+xml", "<r><a>1</a></r>", "xml"),
        ("application/x-www-form-urlencoded", "a=1", "form"),
        ("text/plain", r#"{"a":1}"#, "text"),
        ("text/plain; charset=utf-8", "a=1", "text"),
        ("text/html", r#"{"a":1}"#, "html"),
        ("TEXT/HTML; charset=utf-8", "200", "html"),
        ("application/xhtml+xml", "<r><a>1</a></r>", "html"),
        ("application/octet-stream", r#" {"a":1}"#, "json"),
        ("application/unheard-of", "<r><a>1</a></r>", "xml"),
        ("no content type", "a=1&b=2", "form"),
        ("", "a=1", "form"),
        ("text/csv", "a,b", "text"),
    ];
    for (content_type, body, kind) in rows {
        assert_eq!(kind_of(&read(Some(content_type), body)), *kind, "{content_type}: {body}");
    }
}

#[test]
fn without_a_content_type_the_look_decides() {
    let rows: &[(&str, &str)] = &[
        (r#"{"a":1}"#, "json"),
        ("\n\t[1]", "text-free json"),
        ("\u{feff}{\"a\":1}", "json"),
        ("<?xml version='1.0'?><r><a>1</a></r>", "xml"),
        ("<r><a>1</a></r>", "xml"),
        ("<!DOCTYPE html><p>", "html"),
        ("  <!doctype HTML>", "html"),
        ("<HTML><body>", "html"),
        ("<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "html"),
        ("a=1", "form"),
        ("a=1&b=2\r\n", "form"),
        ("a=&b=2", "form-free"),
        ("200", "text"),
        ("OK", "text"),
        ("a = 1", "text"),
        ("a=1 and more", "text"),
        ("aGVsbG8==", "text"),
        ("=1", "text"),
        ("a=1&", "text"),
    ];
    for (body, kind) in rows {
        let answer = read(None, body);
        let found = kind_of(&answer);
        match *kind {
            "text-free json" => assert_values(&answer, &[("[0]", Some("1"))]),
            "form-free" => assert_values(&answer, &[("a", Some("")), ("b", Some("2"))]),
            kind => assert_eq!(found, kind, "{body}"),
        }
    }
}

/// By what it answers to: every body of the tables above has `a` as 1, where its kind has keys.
fn kind_of(answer: &Answer) -> &'static str {
    if let Some(reason) = answer.unreadable() {
        assert!(reason.contains("HTML page") && reason.contains("send JSON"), "{reason}");
        return "html";
    }
    let has_key = answer.at(&key("a")) == text("1");
    match (has_key, answer.at(&key("r.a")) == text("1"), answer.at(&key("a[0]")) == text("1")) {
        (true, true, _) => "xml",
        (true, false, true) => "form",
        (true, false, false) => "json",
        _ => "text",
    }
}

#[test]
fn without_a_key_a_text_is_its_own_value_and_all_else_the_status() {
    let rows: &[(Option<&str>, &str, &str)] = &[
        (TEXT, " 200 \r\n", "200"),
        (TEXT, "two\nlines", "two\nlines"),
        (TEXT, "", "207"),
        (TEXT, " \n", "207"),
        (None, "OK", "OK"),
        (JSON, r#"{"code":"200"}"#, "207"),
        (JSON, "[1]", "207"),
        (JSON, "null", "207"),
        (JSON, r#""open""#, "open"),
        (JSON, "007e1", "207"),
        (JSON, " 12.50 ", "12.50"),
        (JSON, "true", "true"),
        (XML, "<r>200</r>", "207"),
        (FORM, "code=200", "207"),
        (Some("text/html"), "200", "207"),
    ];
    for (content_type, body, value) in rows {
        let answer = Answer::read(207, *content_type, body.as_bytes());
        assert_eq!(answer.value(None), text(value), "{content_type:?} {body}");
        assert_eq!(answer.status, 207);
    }
}

#[test]
fn an_empty_body_can_be_read_and_holds_nothing() {
    for content_type in [None, JSON, XML, FORM, TEXT, Some("text/html")] {
        let answer = Answer::read(204, content_type, b"");
        assert_values(&answer, &[("code", None)]);
        assert_eq!(answer.value(None), text("204"));
    }
}

#[test]
fn a_key_finds_what_stands_in_xml() {
    let body = r#"<?xml version="1.0"?>
        <!-- <code>no</code> -->
        <order id="7" state=" open ">
          <code> 200 </code>
          <item sku="a"><code>1</code></item>
          <item sku="b"><code>2</code><!-- x --></item>
          <only><code>9</code></only>
          <mixed>before<b>bold</b>after</mixed>
          <cdata><![CDATA[ <a&b> ]]></cdata>
          <entity>fish &amp; chips &#65;</entity>
          <empty/>
          <order>inner</order>
        </order>"#;
    let rows = [
        ("order.code", Some("200")),
        ("code", Some("200")),
        ("code[0]", Some("200")),
        ("code[1]", None),
        ("order.@id", Some("7")),
        ("@id", Some("7")),
        ("order.@state", Some(" open ")),
        ("@nothing", None),
        ("item", Some("{}")),
        ("item[0]", Some("{}")),
        ("item[0].code", Some("1")),
        ("order.item[1].code", Some("2")),
        ("item[1].@sku", Some("b")),
        ("item[2].code", None),
        ("item.code", None),
        ("only.code", Some("9")),
        ("only[0].code[0]", Some("9")),
        ("mixed", Some("{}")),
        ("mixed.b", Some("bold")),
        ("cdata", Some("<a&b>")),
        ("entity", Some("fish & chips A")),
        ("empty", Some("")),
        ("order", Some("{}")),
        ("order.order", Some("inner")),
        ("order[0].code", Some("200")),
        ("code.deeper", None),
        ("nothing", None),
    ];
    assert_values(&read(XML, body), &rows);
}

#[test]
fn a_root_without_elements_is_a_value_under_its_name() {
    let answer = read(XML, r#"<code type="int"> 404 </code>"#);
    assert_values(&answer, &[("code", Some("404")), ("code.@type", Some("int")), ("other", None)]);
}

#[test]
fn prefixes_of_names_do_not_matter() {
    let body = r#"<s:Envelope xmlns:s="urn:s" xmlns:x="urn:x"><s:Body><x:code>1</x:code></s:Body></s:Envelope>"#;
    let rows = [("Body.code", Some("1")), ("s:Envelope.s:Body.other:code", Some("1"))];
    assert_values(&read(XML, body), &rows);
}

#[test]
fn a_key_finds_what_stands_in_a_form() {
    let body =
        "code=200&name=J%C3%BCrgen+K&item=a&item=b&data.code=7&list[0]=x&%20spaced%20=%20y%20&bare";
    let rows = [
        ("code", Some("200")),
        ("code[0]", Some("200")),
        ("name", Some("Jürgen K")),
        ("item", Some("{}")),
        ("item[0]", Some("a")),
        ("item[1]", Some("b")),
        ("item[2]", None),
        ("data.code", Some("7")),
        ("list[0]", Some("x")),
        (r#"[" spaced "]"#, Some(" y ")),
        ("bare", Some("")),
        ("code.deeper", None),
        ("nothing", None),
    ];
    assert_values(&read(FORM, body), &rows);
}

#[test]
fn a_text_has_no_keys() {
    assert_values(&read(TEXT, "code=200"), &[("code", None)]);
}

#[test]
fn charsets_are_those_of_the_mark_the_content_type_and_the_declaration() {
    let rows: &[(Option<&str>, &[u8])] = &[
        (Some("text/plain; charset=iso-8859-1"), b"caf\xe9"),
        (Some("text/plain; charset=\"windows-1252\""), b"caf\xe9"),
        (Some("text/plain; charset=utf-16le"), b"c\0a\0f\0\xe9\0"),
        (TEXT, "café".as_bytes()),
        (TEXT, "\u{feff}café".as_bytes()),
        (TEXT, b"\xff\xfec\0a\0f\0\xe9\0"),
        (Some("text/plain; charset=iso-8859-1"), "\u{feff}café".as_bytes()),
        (Some("text/plain; charset=unheard-of"), "café".as_bytes()),
    ];
    for (content_type, body) in rows {
        assert_eq!(
            read(*content_type, body).value(None),
            text("café"),
            "{content_type:?} {body:?}"
        );
    }
    let declared = b"<?xml version='1.0' encoding='ISO-8859-1'?><r>caf\xe9</r>";
    assert_values(&read(XML, declared), &[("r", Some("café"))]);
    let overruled = "<?xml version='1.0' encoding='ISO-8859-1'?><r>café</r>";
    assert_values(&read(Some("text/xml; charset=utf-8"), overruled), &[("r", Some("café"))]);
    let wrong = "<?xml version='1.0' encoding='utf-16'?><r>café</r>";
    assert_values(&read(XML, wrong), &[("r", Some("café"))]);
}

#[test]
fn bytes_that_are_no_utf_8_are_replaced() {
    assert_values(&read(JSON, b"{\"a\":\"x\xffy\"}"), &[("a", Some("x\u{fffd}y"))]);
}

#[test]
fn broken_bodies_say_where_and_nothing_of_what() {
    let rows: &[(Option<&str>, &str, &str)] = &[
        (JSON, "{\n \"canary\": 1,\n}", "broken JSON, at line 3, column 1"),
        (JSON, "canary", "broken JSON, at line 1, column 1"),
        (JSON, "{} canary", "broken JSON, at line 1, column 4"),
        (JSON, r#"{"canary": "\ud800"}"#, "broken JSON, at line 1, column 19"),
        (JSON, "<html>canary", "broken JSON, at line 1, column 1"),
        (None, "{canary: 1}", "broken JSON, at line 1, column 2"),
        (XML, "<a>\n<canary></b></a>", "broken XML, at line 2, column 9"),
        (XML, "<a>&canary;</a>", "broken XML, at line 1, column 4"),
        (XML, "canary", "broken XML, at line 1, column 1"),
        (XML, "<canary>", "broken XML, at line 1, column 1"),
        (XML, "<!DOCTYPE r [<!ENTITY canary 'x'>]><r>&canary;</r>", "a document type definition"),
        (None, "canary\0", "it holds NUL bytes"),
    ];
    for (content_type, body, expected) in rows {
        let answer = read(*content_type, body);
        let reason = answer.unreadable().unwrap_or_else(|| panic!("{body} can be read"));
        assert!(reason.contains(expected), "{body}: {reason}");
        assert!(!reason.contains("canary"), "{reason}");
        assert_eq!(answer.at(&key("canary")), Found::Absent);
        assert!(answer.size() < 200, "nothing of it is kept");
    }
}

#[test]
fn depth_is_bounded_where_it_costs_and_harmless_where_not() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(read(JSON, nested(127)).unreadable(), None);
    let reason = read(JSON, nested(100_000)).unreadable().expect("too deep");
    assert!(reason.contains("nested more than 128 deep"), "{reason}");
    let deep = "<a>".repeat(30_000) + "7" + &"</a>".repeat(30_000);
    assert_values(&read(XML, deep), &[("a.a.a", Some("{}")), ("b", None)]);
}

#[test]
fn xml_that_would_take_minutes_is_not_read() {
    let namespaces: String = (0..6000).map(|n| format!("<b xmlns:q{n}='1'>")).collect();
    let attributes: String = (0..30_000).map(|n| format!("a{n}='' ")).collect();
    for body in [format!("{namespaces}{}", "</b>".repeat(6000)), format!("<a {attributes}/>")] {
        let reason = read(XML, body).unreadable().expect("too many");
        assert!(reason.contains("attributes or namespaces"), "{reason}");
    }
}

#[test]
fn the_size_is_at_least_that_of_the_texts_that_are_kept() {
    let long = "x".repeat(10_000);
    for (content_type, body) in [
        (JSON, format!(r#"{{"a":"{long}"}}"#)),
        (XML, format!("<a>{long}</a>")),
        (XML, format!("<{long}/>")),
        (FORM, format!("a={long}")),
        (TEXT, long.clone()),
    ] {
        let size = read(content_type, body).size();
        assert!((10_000..11_000).contains(&size), "{content_type:?}: {size}");
    }
}

#[test]
fn an_answer_shows_nothing_of_its_content_when_it_is_printed() {
    for content_type in [JSON, XML, FORM, TEXT] {
        let body = if content_type == JSON { r#""canary""# } else { "<canary/>" };
        let shown = format!("{:?}", read(content_type, body));
        assert!(shown.contains("status: 200") && !shown.contains("canary"), "{shown}");
    }
}

fn content_types() -> impl Strategy<Value = Option<String>> {
    const KNOWN: &[Option<&str>] =
        &[None, JSON, XML, FORM, TEXT, Some("text/plain; charset=utf-16"), Some("text/html")];
    prop_oneof![
        prop::sample::select(KNOWN).prop_map(|known| known.map(str::to_owned)),
        any::<Option<String>>(),
    ]
}

proptest! {
    #[test]
    fn any_bytes_can_be_asked(content_type in content_types(), body: Vec<u8>, path in "[a-c@.\\[\\]0-2\"]{1,9}") {
        let answer = read(content_type.as_deref(), body);
        let path = KeyPath::parse(&path);
        answer.value(path.as_ref());
        answer.size();
        answer.unreadable();
    }

    #[test]
    fn any_text_that_looks_like_a_format_can_be_asked(body in "[{}\\[\\]<>/a\"=&:,0 ;!?-]{0,60}") {
        for content_type in [None, JSON, XML, FORM] {
            let answer = read(content_type, &body);
            answer.at(&key("a.a[0]"));
        }
    }

    #[test]
    fn every_json_string_comes_back(value: String) {
        let body = serde_json::json!({ "a": [value] }).to_string();
        let answer = read(JSON, body);
        prop_assert_eq!(answer.at(&key("a[0]")), text(&value));
    }
}
