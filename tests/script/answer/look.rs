//! Answers that are not what their content type says: read by their look, or as the script says.

use dialscript::script::answer::{AnswerFormat, AnswerValue, TriggerAnswer};

use crate::script::answer::{FORM, JSON, TEXT, XML, assert_values, key, read, text};

const HTML: Option<&str> = Some("text/html; charset=UTF-8");

#[test]
fn data_is_read_by_its_look_whatever_vague_type_it_is_sent_with() {
    let octets = Some("application/octet-stream");
    for content_type in [TEXT, HTML, octets, None, Some("application/vnd.unheard-of")] {
        for body in ["{\"data\":{\"code\":200}}", "<data><code>200</code></data>", "data.code=200"]
        {
            assert_values(&read(content_type, body), &[("data.code", Some("200"))]);
        }
    }
    assert_values(&read(HTML, "<?xml version='1.0'?><p><a>1</a></p>"), &[("p.a", Some("1"))]);
}

#[test]
fn the_format_that_the_script_gives_is_used_whatever_the_content_type_says() {
    use AnswerFormat::{Form, Json, Text, Xml};
    let rows = [
        (Json, XML, "{\"a\":1}", Some("1")),
        (Xml, JSON, "<r><a>1</a></r>", Some("1")),
        (Xml, HTML, "<html><a>1</a></html>", Some("1")),
        (Form, JSON, "a=1", Some("1")),
        (Form, TEXT, "a=1 2", Some("1 2")),
        (Text, JSON, "{\"a\":1}", None),
    ];
    for (format, content_type, body, value) in rows {
        let answer = TriggerAnswer::parse_as(Some(format), 200, content_type, body.as_bytes());
        assert_values(&answer, &[("a", value)]);
    }
    let read_as = |format| TriggerAnswer::parse_as(Some(format), 200, FORM, b"<p>open");
    assert_eq!(read_as(Text).branch_value(None), text("<p>open"));
    assert!(read_as(Json).unreadable_reason().unwrap().contains("invalid JSON"));
    assert!(read_as(Xml).unreadable_reason().unwrap().contains("invalid XML"));
}

#[test]
fn the_reason_says_why_there_is_no_value_at_the_key() {
    let rows = [
        (TEXT, "OK", "read as text; no data.code in it"),
        (JSON, "{\"data\":{}}", "read as JSON; no data.code in it"),
        (JSON, "{\"data\":{\"code\":null}}", "read as JSON; data.code is null"),
        (JSON, "[]", "read as JSON; no data.code in it"),
        (XML, "<data/>", "read as XML; no data.code in it"),
        (FORM, "code=1", "read as form; no data.code in it"),
        (TEXT, "code=1", "read as form; no data.code in it"),
        (None, "", "the answer is empty; no data.code in it"),
    ];
    for (content_type, body, reason) in rows {
        let answer = read(content_type, body);
        assert_eq!(answer.missing_reason(&key("data.code")).as_deref(), Some(reason), "{body}");
    }
    let found = read(JSON, "{\"data\":{\"code\":[]}}");
    assert_eq!(found.missing_reason(&key("data.code")), None);
    assert_eq!(read(HTML, "<html>").missing_reason(&key("data.code")), None);
}

#[test]
fn an_xml_element_that_is_nil_is_absent() {
    let nil = |attribute: &str| {
        let schema = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'";
        read(XML, format!("<R {schema}><S {attribute} id='7'/><T>1</T></R>"))
    };
    for attribute in ["xsi:nil='true'", "xsi:nil='1'", "other:nil=\" true \""] {
        assert_values(&nil(attribute), &[("R.S", None), ("S.@id", Some("7")), ("T", Some("1"))]);
        let reason = nil(attribute).missing_reason(&key("R.S"));
        assert_eq!(reason.as_deref(), Some("read as XML; R.S is null"));
    }
    for attribute in ["xsi:nil='false'", "nil='true'", "xsi:nil='0'"] {
        assert_values(&nil(attribute), &[("R.S", Some(""))]);
    }
    assert_eq!(read(XML, "<S x:nil='true'/>").lookup(&key("S")), AnswerValue::Absent);
}

#[test]
fn a_byte_order_mark_is_accepted_in_every_format_and_encoding() {
    let utf_16 = |body: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        body.encode_utf16().flat_map(bytes).collect()
    };
    let bodies = ["{\"a\":\"ü\"}", "<r><a>ü</a></r>", "a=ü"];
    for (content_type, body) in [(JSON, bodies[0]), (XML, bodies[1]), (FORM, bodies[2])] {
        for declared in [content_type, None, TEXT, HTML] {
            let marked = format!("\u{feff}{body}");
            let little = utf_16(&marked, u16::to_le_bytes);
            let big = utf_16(&marked, u16::to_be_bytes);
            let twice = format!("\u{feff}{marked}\u{feff}\r\n");
            for bytes in [marked.as_bytes(), &little, &big, twice.as_bytes()] {
                assert_values(&read(declared, bytes), &[("a", Some("ü"))]);
            }
        }
    }
    for body in &bodies[..2] {
        for bytes in [utf_16(body, u16::to_le_bytes), utf_16(body, u16::to_be_bytes)] {
            assert_values(&read(None, bytes), &[("a", Some("ü"))]);
        }
    }
    assert_eq!(read(TEXT, utf_16("\u{feff}ü", u16::to_be_bytes)).branch_value(None), text("ü"));
}

#[test]
fn messages_of_php_in_front_of_the_data_are_refused() {
    let rows = [
        "<br />\n<b>Warning</b>:  Undefined variable $x in <b>/www/a.php</b> on line <b>3</b><br />\n{\"a\":1}",
        "<br />\r\n<b>Deprecated</b>: strlen() in <b>/www/a.php</b> on line <b>3</b><br />\n<r><a>1</a></r>",
        "\nWarning: Undefined variable $x in /www/a.php on line 3\n{\"a\":1}",
        "PHP Notice:  Undefined index: x in /www/a.php on line 3\n{\"a\":1}",
        "<br />\n<b>Fatal error</b>:  Uncaught Error: no in /www/a.php:3\nStack trace:\n#0 {main}",
    ];
    for body in rows {
        for content_type in [HTML, JSON, TEXT, None] {
            let answer = read(content_type, body);
            let reason = answer.unreadable_reason().unwrap_or_else(|| panic!("{body}"));
            assert_eq!(reason, "the answer begins with a message of PHP, not with its data");
        }
    }
    for body in ["Warning: the shop closes on line 4", "Notice: open", "Warning signs on line 3"] {
        assert_eq!(read(TEXT, body).unreadable_reason(), None, "{body}");
    }
}

#[test]
fn a_number_with_a_leading_zero_is_invalid_json_unless_it_is_a_string() {
    let reason = read(JSON, "{\"code\": 0012}").unreadable_reason().expect("invalid");
    assert!(reason.contains("invalid JSON at line 1, column 11"), "{reason}");
    assert_values(&read(JSON, "{\"code\": \"0012\"}"), &[("code", Some("0012"))]);
}
