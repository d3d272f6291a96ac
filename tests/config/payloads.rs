//! The headers and bodies of requests.

use super::sample::filled;
use crate::support::config_folder::ConfigFolder;

fn sent(lines: &str) -> (Vec<(String, String)>, String, &'static str) {
    let folder = ConfigFolder::new();
    let keypress = "[keypress]\n[no_input]\n[no_response]\n";
    folder.script("a", &format!("{keypress}[trigger]\nurl='https://a.example/'\n{lines}"));
    let script = folder.loaded("a");
    let trigger = script.trigger.as_ref().unwrap();
    let header = |(name, value): &(http::HeaderName, _)| (name.to_string(), filled(value));
    let headers = trigger.headers.iter().map(header).collect();
    let (body, kind) =
        trigger.body.as_ref().map(|b| (filled(&b.text), b.content_type)).unwrap_or_default();
    (headers, body, kind)
}

fn body(lines: &str) -> (String, &'static str) {
    let (_, body, kind) = sent(lines);
    (body, kind)
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

#[test]
fn headers_in_query_string_form_are_split_and_decoded() {
    let text =
        "headers = 'Authorization=Basic%20x+y==&customsource=ivr {caller}&X-Key={keypress}&'";
    let (headers, ..) = sent(text);
    let expected =
        [("authorization", "Basic x+y=="), ("customsource", "ivr +49 30"), ("x-key", "1234")];
    assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn headers_in_a_table_are_not_decoded() {
    let (headers, ..) = sent("headers = { X-A = 'a%20&b={keypress}', Accept = 'text/plain' }");
    let expected = [("x-a", "a%20&b=1234"), ("accept", "text/plain")];
    assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn the_text_of_a_form_is_sent_as_written_and_its_values_are_escaped() {
    let (text, kind) = body("body = 'a={caller}&b=x%20y+z&{keypress}'");
    assert_eq!((text.as_str(), kind), ("a=%2B49%2030&b=x%20y+z&1234", FORM));
}

#[test]
fn names_that_have_no_value_in_the_trigger_are_text_in_json() {
    let graphql =
        r#"body = '{"query": "{order {code} }", "answer": "{answer}", "a": "{nobody.answer}"}'"#;
    let expected = r#"{"query": "{order {code} }", "answer": "{answer}", "a": "{nobody.answer}"}"#;
    assert_eq!(body(graphql), (expected.to_owned(), JSON));
}

#[test]
fn a_form_may_begin_with_a_placeholder() {
    assert_eq!(body("body = '{keypress}=1'"), ("1234=1".to_owned(), FORM));
}

#[test]
fn a_table_becomes_a_form_in_the_order_of_the_file() {
    let (text, kind) = body("body = { z = 'x y&', 'a b' = '{caller}' }");
    assert_eq!((text.as_str(), kind), ("z=x%20y%26&a%20b=%2B49%2030", FORM));
}

#[test]
fn a_body_in_braces_or_brackets_is_json() {
    let (text, kind) = body(r#"body = '{"who": "{caller}", "n": {keypress}, "k": {"x": 1}}'"#);
    assert_eq!((text.as_str(), kind), (r#"{"who": "+49 30", "n": 1234, "k": {"x": 1}}"#, JSON));
    assert_eq!(body("body = ' [{keypress}]'"), (" [1234]".to_owned(), JSON));
}

#[test]
fn a_body_in_angle_brackets_is_xml() {
    let (text, kind) = body("body = '<a n=\"{caller}\">{keypress}</a>'");
    assert_eq!((text.as_str(), kind), ("<a n=\"+49 30\">1234</a>", "application/xml"));
}

#[test]
fn a_placeholder_in_a_tag_of_xml_is_an_error() {
    let folder = ConfigFolder::new();
    let script = |body: &str| {
        format!("[trigger]\nurl = 'https://a.example/'\nbody = \"{body}\"\n[no_response]\n")
    };
    folder
        .script("a", &script("<!-- {caller} --><a b='{caller}'><![CDATA[{caller}]]>{caller}</a>"));
    assert_eq!(folder.errors(), [""; 0]);
    folder.script("a", &script("<{called} b='{caller}'/>"));
    let error = "a placeholder cannot be part of a tag or a declaration in XML | values can be in texts, quoted \
                 attributes, comments and CDATA sections";
    assert!(folder.errors().contains(&error.to_owned()), "{:?}", folder.errors());
}

#[test]
fn raw_json_makes_an_object_of_strings() {
    let (text, kind) =
        body("raw_json = true\nbody = 'a={caller}&b=x%22y+z&c={keypress}&b=%C3%A9&d'");
    let expected = r#"{"a":"+49 30","b":["x\"y z","é"],"c":"1234","d":""}"#;
    assert_eq!((text.as_str(), kind), (expected, JSON));
}

#[test]
fn raw_json_of_a_table_keeps_its_order() {
    let (text, kind) = body("raw_json = true\nbody = { z = '1+1', a = '{keypress}' }");
    assert_eq!((text.as_str(), kind), (r#"{"z":"1+1","a":"1234"}"#, JSON));
}

#[test]
fn separators_inside_a_placeholder_do_not_split_it() {
    let (text, _) = body("raw_json = true\nbody = 'x={arg.a&b=c}'");
    assert_eq!(text, r#"{"x":"Arg(\"a&b=c\")"}"#);
}

#[test]
fn in_json_a_value_outside_quotes_stands_alone() {
    let folder = ConfigFolder::new();
    let keypress = "[keypress]\n[no_input]\n[no_response]\n";
    let errors = |body: &str| {
        let trigger = format!("[trigger]\nurl='https://a.example/'\nbody = '''{body}'''\n");
        folder.script("a", &format!("{keypress}{trigger}")).errors()
    };
    let joined = [
        "{\"n\": {arg.1}00}",
        "{\"n\": -{arg.1}}",
        "{\"n\": 0.{arg.1}}",
        "[{arg.1}{keypress}]",
        "{\"n\": {arg.1}\"x\"}",
        "{\"n\": \"x\"{arg.1}}",
        "{\"n\": \"\\u00{arg.1}{arg.2}\"}",
    ];
    for body in joined {
        let errors = errors(body);
        let says = |error: &String| {
            error.contains(
                "is joined to other characters | in JSON, a value outside quotes stands alone: ",
            )
        };
        assert!(!errors.is_empty() && errors.iter().all(says), "{body}: {errors:?}");
    }
    for body in
        ["[{arg.1}, {arg.2} ]", "{\"{arg.1}0\":\n{arg.2}\n,\"b\":\"-{arg.1}{arg.2}\\\\{arg.1}\"}"]
    {
        assert_eq!(errors(body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn a_table_as_body_is_a_form_and_with_raw_json_it_is_json() {
    let table = "body = { who = '{caller}', id = '{keypress}' }";
    assert_eq!(body(table), ("who=%2B49%2030&id=1234".to_owned(), FORM));
    let json = body(&format!("{table}\nraw_json = true"));
    assert_eq!(json, (r#"{"who":"+49 30","id":"1234"}"#.to_owned(), JSON));
}
