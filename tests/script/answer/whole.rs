//! An answer without a key, and as a whole.

use dialscript::script::answer::TriggerAnswer;

use crate::script::answer::{FORM, JSON, TEXT, XML, assert_values, read, text};

#[test]
fn without_a_key_a_text_is_the_value_and_other_formats_give_the_status() {
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
        (Some("text/html"), "ACME Ltd", "ACME Ltd"),
        (Some("text/html"), "<p>200", "207"),
        (TEXT, "code=200&x=1", "code=200&x=1"),
        (Some("text/html"), "code=200", "code=200"),
        (TEXT, r#"{"code":200}"#, "207"),
    ];
    for (content_type, body, value) in rows {
        let answer = TriggerAnswer::parse(207, *content_type, body.as_bytes());
        assert_eq!(answer.branch_value(None), text(value), "{content_type:?} {body}");
        assert_eq!(answer.status, 207);
    }
}

#[test]
fn an_empty_body_is_readable_and_has_no_values() {
    for content_type in [None, JSON, XML, FORM, TEXT, Some("text/html")] {
        let answer = TriggerAnswer::parse(204, content_type, b"");
        assert_values(&answer, &[("code", None)]);
        assert_eq!(answer.branch_value(None), text("204"));
    }
}

#[test]
fn a_text_has_no_keys() {
    assert_values(&read(TEXT, "code 200"), &[("code", None)]);
}

#[test]
fn the_size_of_an_answer_counts_at_least_its_stored_texts() {
    let long = "x".repeat(10_000);
    for (content_type, body) in [
        (JSON, format!(r#"{{"a":"{long}"}}"#)),
        (XML, format!("<a>{long}</a>")),
        (XML, format!("<{long}/>")),
        (FORM, format!("a={long}")),
        (TEXT, long.clone()),
    ] {
        let size = read(content_type, body).memory_size();
        assert!((10_000..11_000).contains(&size), "{content_type:?}: {size}");
    }
}

#[test]
fn the_debug_output_of_an_answer_hides_its_content() {
    for content_type in [JSON, XML, FORM, TEXT] {
        let body = if content_type == JSON { r#""canary""# } else { "<canary/>" };
        let shown = format!("{:?}", read(content_type, body));
        assert!(shown.contains("status: 200") && !shown.contains("canary"), "{shown}");
    }
}
