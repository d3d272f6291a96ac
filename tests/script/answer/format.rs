//! The format and charset of a body, from its content type or its content.

use dialscript::script::answer::TriggerAnswer;

use crate::script::answer::{JSON, TEXT, XML, assert_values, key, read, text};

#[test]
fn the_content_type_decides_the_format_of_a_body() {
    let rows: &[(&str, &str, &str)] = &[
        ("application/json", r#"{"a":1}"#, "json"),
        ("Application/JSON; Charset=UTF-8", r#"{"a":1}"#, "json"),
        ("text/json", r#"{"a":1}"#, "json"),
        ("application/problem+json", r#"{"a":1}"#, "json"),
        ("application/xml", "<r><a>1</a></r>", "xml"),
        ("text/xml;charset=utf-8", "<r><a>1</a></r>", "xml"),
        ("application/soap+xml", "<r><a>1</a></r>", "xml"),
        ("application/x-www-form-urlencoded", "a=1", "form"),
        ("text/plain", r#"{"a":1}"#, "json"),
        ("text/plain; charset=utf-8", "a=1", "form"),
        ("text/plain", "<r><a>1</a></r>", "xml"),
        ("text/plain", "[a] we are open", "text"),
        ("text/plain", "<3 we are open", "text"),
        ("text/plain", "<html>", "html"),
        ("text/html", r#"{"a":1}"#, "json"),
        ("text/html", "a=1", "form"),
        ("text/html", "<r><a>1</a></r>", "xml"),
        ("text/html", "<?xml version='1.0'?>\n<r><a>1</a></r>", "xml"),
        ("TEXT/HTML; charset=utf-8", "200", "text"),
        ("text/html", "<H1>Not found</H1>", "html"),
        ("text/html", "<!-- a --> <!doctype HTML><p>", "html"),
        ("text/html", "<body>", "html"),
        ("application/xhtml+xml", "<r><a>1</a></r>", "html"),
        ("application/octet-stream", r#" {"a":1}"#, "json"),
        ("application/unheard-of", "<r><a>1</a></r>", "xml"),
        ("no content type", "a=1&b=2", "form"),
        ("", "a=1", "form"),
        ("text/csv", "a,b", "text"),
        ("text/plain;", "a=1", "form"),
        ("text/plain; charset=utf-8;", "a=1", "form"),
        ("text/plain ; charset", "a=1", "form"),
        ("text/html; charset=", "200", "text"),
        ("application/x-www-form-urlencoded; ", "a=1&b=2=3", "form"),
    ];
    for (content_type, body, kind) in rows {
        assert_eq!(kind_of(&read(Some(content_type), body)), *kind, "{content_type}: {body}");
    }
}

#[test]
fn without_a_content_type_the_format_is_detected_from_the_body() {
    let rows: &[(&str, &str)] = &[
        (r#"{"a":1}"#, "json"),
        ("\n\t[1]", "text-free json"),
        ("\u{feff}{\"a\":1}", "json"),
        ("<?xml version='1.0'?><r><a>1</a></r>", "xml"),
        ("<r><a>1</a></r>", "xml"),
        ("<!DOCTYPE html><p>", "html"),
        ("<!-- a --><?b?> <!DOCTYPE html><p>", "html"),
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

/// Detects the format by a key path: every body above has `a` as 1 if its format has keys.
fn kind_of(answer: &TriggerAnswer) -> &'static str {
    if let Some(reason) = answer.unreadable_reason() {
        assert!(reason.contains("HTML page") && reason.contains("send JSON"), "{reason}");
        return "html";
    }
    let has_key = answer.lookup(&key("a")) == text("1");
    match (
        has_key,
        answer.lookup(&key("r.a")) == text("1"),
        answer.lookup(&key("a[0]")) == text("1"),
    ) {
        (true, true, _) => "xml",
        (true, false, true) => "form",
        (true, false, false) => "json",
        _ => "text",
    }
}

#[test]
fn the_charset_comes_from_the_byte_order_mark_the_content_type_or_the_declaration() {
    let rows: &[(Option<&str>, &[u8])] = &[
        (Some("text/plain; charset=iso-8859-1"), b"caf\xe9"),
        (Some("text/plain; charset=\"windows-1252\""), b"caf\xe9"),
        (Some("text/plain; charset=iso-8859-1;"), b"caf\xe9"),
        (Some("text/plain; charset=utf-16le"), b"c\0a\0f\0\xe9\0"),
        (TEXT, "café".as_bytes()),
        (TEXT, "\u{feff}café".as_bytes()),
        (TEXT, b"\xff\xfec\0a\0f\0\xe9\0"),
        (Some("text/plain; charset=iso-8859-1"), "\u{feff}café".as_bytes()),
        (Some("text/plain; charset=unheard-of"), "café".as_bytes()),
    ];
    for (content_type, body) in rows {
        assert_eq!(
            read(*content_type, body).branch_value(None),
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
fn bytes_that_are_not_utf_8_are_replaced() {
    assert_values(&read(JSON, b"{\"a\":\"x\xffy\"}"), &[("a", Some("x\u{fffd}y"))]);
}

#[test]
fn the_charsets_of_the_web_are_understood() {
    let rows: [(&str, &[u8]); 4] = [
        ("shift_jis", b"\x93\xfa\x96\x7b"),
        ("euc-jp", b"\xc6\xfc\xcb\xdc"),
        ("gb18030", b"\xc8\xd5\xb1\xbe"),
        ("big5", b"\xa4\xe9\xa5\xbb"),
    ];
    for (charset, bytes) in rows {
        let content_type = format!("application/json; charset={charset}");
        let body = [b"{\"a\":\"", bytes, b"\"}"].concat();
        assert_values(&read(Some(&content_type), body), &[("a", Some("日本"))]);
    }
}
