//! What holds for any body.

use dialscript::script::answer::AnswerValue;
use dialscript::script::path::KeyPath;
use proptest::prelude::*;

use crate::script::answer::{FORM, JSON, TEXT, XML, key, read, text};

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
    fn a_key_path_can_be_looked_up_in_any_bytes(content_type in content_types(), body: Vec<u8>, path in "[a-c@.\\[\\]0-2\"]{1,9}") {
        let answer = read(content_type.as_deref(), body);
        let path = KeyPath::parse(&path);
        answer.branch_value(path.as_ref());
        answer.memory_size();
        answer.unreadable_reason();
    }

    #[test]
    fn a_key_path_can_be_looked_up_in_any_text_that_resembles_a_format(body in "[{}\\[\\]<>/a\"=&:,0 ;!?-]{0,60}") {
        for content_type in [None, JSON, XML, FORM] {
            let answer = read(content_type, &body);
            answer.lookup(&key("a.a[0]"));
        }
    }

    #[test]
    fn a_value_is_absent_exactly_if_there_is_a_reason_for_it(content_type in content_types(), body in "[{}\\[\\]<>/a\"=&:,0 n;!?-]{0,60}") {
        let answer = read(content_type.as_deref(), &body);
        for path in ["a", "a.a", "[0]", "a.@a"].map(key) {
            let reason = answer.missing_reason(&path).or(answer.unreadable_reason());
            let is_absent = answer.lookup(&path) == AnswerValue::Absent;
            prop_assert_eq!(is_absent, reason.is_some(), "{:?}", reason);
        }
    }

    #[test]
    fn every_json_string_is_read_back_unchanged(value: String) {
        let body = serde_json::json!({ "a": [value] }).to_string();
        let answer = read(JSON, body);
        prop_assert_eq!(answer.lookup(&key("a[0]")), text(&value));
    }
}
