//! Which branch a reply, or an input, takes.

use dialscript::script::answer::{AnswerValue, TriggerAnswer};
use dialscript::script::branch::{BranchDecision, BranchExplanation, choose_branch, decide_branch};
use dialscript::script::branch_context::BranchContext;
use dialscript::script::condition::{Condition, NoCallTexts};
use dialscript::script::decimal::Decimal;
use dialscript::script::definition::{Branch, ScriptOutcome, ThenAction};
use dialscript::script::matcher::Matcher;
use dialscript::script::path::KeyPath;
use dialscript::script::subject::BranchSubject;
use regex::Regex;

fn same(text: &str) -> Matcher {
    Matcher::Text(text.to_owned())
}

fn pattern(text: &str) -> Matcher {
    Matcher::Pattern(Regex::new(text).unwrap())
}

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap_or_else(|| panic!("{text} is no number"))
}

fn range(min: &str, max: &str) -> Matcher {
    let end = |text: &str| (!text.is_empty()).then(|| decimal(text));
    Matcher::Range(end(min), end(max))
}

/// A branch without `and`.
fn branch_on(when: Vec<Matcher>, outcome: ScriptOutcome) -> Branch {
    Branch { when: when.into_iter().map(Condition::from).collect(), and: Vec::new(), outcome }
}

fn judged_by(subject: BranchSubject<'_>) -> BranchContext<'_, NoCallTexts> {
    let mut context = BranchContext::from_input("", NoCallTexts);
    context.subject = subject;
    context
}

#[test]
fn matchers_compare_exact_text_patterns_and_exact_ranges() {
    let rows: &[(Matcher, &str, bool)] = &[
        (same("200"), "200", true),
        (same("200"), "200.0", false),
        (same("7"), "007", false),
        (same("yes"), "Yes", false),
        (same("true"), "true", true),
        (same(""), "", true),
        (pattern("^ORD-[0-9]+$"), "ORD-17", true),
        (pattern("^ORD-[0-9]+$"), "XORD-17", false),
        (pattern("17"), "ORD-1717", true),
        (range("200", "299"), "200", true),
        (range("200", "299"), "299", true),
        (range("200", "299"), "299.0001", false),
        (range("200", "299"), "199.9999", false),
        (range("200", "299"), "0250", true),
        (range("200", "299"), " 250", false),
        (range("200", "299"), "2.5e2", true),
        (range("200", "299"), "", false),
        (range("200", "299"), "many", false),
        (range("", "5"), "-99999999999999999999", true),
        (range("5", ""), "99999999999999999999", true),
        (range("99999999999999999998", "99999999999999999998"), "99999999999999999999", false),
        (range("-2", "-1"), "-1.5", true),
        (range("-2", "-1"), "1.5", false),
        (Matcher::Present, "", true),
        (Matcher::Absent, "", false),
        (Matcher::Status(200), "200", false),
        (Matcher::StatusClass(2), "200", false),
    ];
    for (matcher, text, expected) in rows {
        assert_eq!(matcher.matches_text(text), *expected, "{matcher:?} on {text:?}");
        let subject =
            BranchSubject { value: Some(AnswerValue::Text((*text).into())), status: None };
        assert_eq!(matcher.matches(&subject), *expected, "{matcher:?} on the subject {text:?}");
    }
}

#[test]
fn an_absent_value_or_an_object_matches_only_by_presence() {
    let rows = [
        (same(""), false, false),
        (pattern(""), false, false),
        (range("", ""), false, false),
        (Matcher::Present, false, true),
        (Matcher::Absent, true, false),
    ];
    for (matcher, absent, composite) in rows {
        let matches =
            |value| matcher.matches(&BranchSubject { value: Some(value), status: Some(200) });
        assert_eq!(matches(AnswerValue::Absent), absent, "{matcher:?} on nothing");
        assert_eq!(matches(AnswerValue::Composite), composite, "{matcher:?} on an object");
        assert!(!matcher.matches(&BranchSubject { value: None, status: Some(200) }), "{matcher:?}");
    }
}

#[test]
fn a_status_matcher_ignores_the_value() {
    let rows = [
        (Matcher::Status(404), Some(404), true),
        (Matcher::Status(404), Some(400), false),
        (Matcher::StatusClass(4), Some(404), true),
        (Matcher::StatusClass(5), Some(404), false),
        (Matcher::Status(404), None, false),
        (Matcher::StatusClass(0), None, false),
    ];
    for (matcher, status, expected) in rows {
        for value in [None, Some(AnswerValue::Absent), Some(AnswerValue::Composite)] {
            assert_eq!(matcher.matches(&BranchSubject { value, status }), expected, "{matcher:?}");
        }
    }
}

#[test]
fn an_answer_is_compared_by_its_key_unless_unreadable_or_an_error_without_the_key() {
    let key = KeyPath::parse("code").unwrap();
    let json = Some("application/json");
    let rows: &[(u16, Option<&str>, &str, Option<AnswerValue<'static>>)] = &[
        (200, json, r#"{"code":7}"#, Some(AnswerValue::Text("7".into()))),
        (200, json, r#"{"code":null}"#, Some(AnswerValue::Absent)),
        (200, json, "{}", Some(AnswerValue::Absent)),
        (200, json, "", Some(AnswerValue::Absent)),
        (200, json, "{", None),
        (200, Some("text/html"), "7", Some(AnswerValue::Absent)),
        (200, Some("text/html"), "<p>7", None),
        (404, json, r#"{"code":7}"#, Some(AnswerValue::Text("7".into()))),
        (404, json, r#"{"code":null}"#, None),
        (404, json, "{}", None),
        (500, json, "{", None),
        (302, None, "", None),
    ];
    for (status, content_type, body, expected) in rows {
        let answer = TriggerAnswer::parse(*status, *content_type, body.as_bytes());
        let subject = BranchSubject::from_answer(&answer, Some(&key));
        assert_eq!(subject.value, *expected, "{status} {body}");
        assert_eq!(subject.status, Some(*status));
    }
}

#[test]
fn without_a_key_an_error_is_compared_by_its_status() {
    let answer = TriggerAnswer::parse(503, None, b"");
    let subject = BranchSubject::from_answer(&answer, None);
    assert!(same("503").matches(&subject));
    let page = TriggerAnswer::parse(503, Some("text/html"), b"<html>");
    assert_eq!(BranchSubject::from_answer(&page, None).value, None);
}

#[test]
fn an_input_has_no_status_and_an_empty_input_is_absent() {
    assert_eq!(BranchSubject::from_input("007").value, Some(AnswerValue::Text("007".into())));
    assert_eq!(BranchSubject::from_input("").value, Some(AnswerValue::Absent));
    assert_eq!(BranchSubject::from_input("200").status, None);
}

#[test]
fn the_first_branch_of_the_file_wins() {
    let branch = |when: Vec<Matcher>, to: &str| {
        let then = ThenAction::Script(to.to_owned());
        branch_on(when, ScriptOutcome { then, ..ScriptOutcome::default() })
    };
    let branches = [
        branch(vec![same("1"), same("2")], "either"),
        branch(vec![range("2", "5")], "range"),
        branch(vec![], "never"),
        branch(vec![Matcher::Present], "any"),
    ];
    let rows =
        [("1", Some("either")), ("2", Some("either")), ("3", Some("range")), ("9", Some("any"))];
    for (input, expected) in rows.into_iter().chain([("", None)]) {
        let chosen = choose_branch(&branches, &BranchContext::from_input(input, NoCallTexts));
        let to = chosen.map(|chosen| match &chosen.outcome().then {
            ThenAction::Script(name) => name.as_str(),
            other => panic!("{other:?}"),
        });
        assert_eq!(to, expected, "{input}");
    }
}

/// Matchers, a value, and the explanation of the result.
type ExplainedMiss = (Vec<Matcher>, Option<AnswerValue<'static>>, &'static str);

fn explained_texts() -> Vec<ExplainedMiss> {
    let text = |value: &'static str| Some(AnswerValue::Text(value.into()));
    vec![
        (vec![same("404")], text("200"), r#"wants "404"; the value is "200""#),
        (
            vec![same("404"), Matcher::StatusClass(5)],
            text("200"),
            r#"wants "404" or HTTP status 5xx; the value is "200"; the HTTP status is 200"#,
        ),
        (vec![same("1"), same("2")], text("3"), r#"wants "1" or "2"; the value is "3""#),
        (
            vec![same("Yes")],
            text("yes"),
            r#"wants "Yes"; the value is "yes", and the comparison is case-sensitive"#,
        ),
        (
            vec![same("1")],
            text("1\n"),
            r#"wants "1"; the value is "1\n", and spaces are significant"#,
        ),
        (
            vec![same("7")],
            text("007"),
            r#"wants "7"; the value is "007", and it is compared as text, not as a number"#,
        ),
    ]
}

fn explained_kinds() -> Vec<ExplainedMiss> {
    let text = |value: &'static str| Some(AnswerValue::Text(value.into()));
    vec![
        (vec![range("1", "5")], text("9"), r#"wants a number from 1 to 5; the value is "9""#),
        (
            vec![range("-1.50", "")],
            text("-2"),
            r#"wants a number of at least -1.5; the value is "-2""#,
        ),
        (
            vec![range("", "5")],
            text("1e3x"),
            r#"wants a number of at most 5; the value is "1e3x", which is not a decimal number"#,
        ),
        (vec![pattern("^A")], text("B"), r#"wants text that matches ^A; the value is "B""#),
        (vec![Matcher::Absent], text(""), r#"wants no value; the value is """#),
        (
            vec![Matcher::Present],
            Some(AnswerValue::Absent),
            "wants any value; the value is absent or null",
        ),
        (
            vec![same("1")],
            Some(AnswerValue::Composite),
            r#"wants "1"; the value is an object or a list"#,
        ),
        (vec![Matcher::Absent], None, "wants no value; this answer has no value to compare"),
        (vec![Matcher::Status(404)], None, "wants HTTP status 404; the HTTP status is 200"),
    ]
}

#[test]
fn the_explanation_of_a_branch_names_the_matcher_and_the_value() {
    for (when, value, expected) in explained_texts().into_iter().chain(explained_kinds()) {
        let branch = branch_on(when, ScriptOutcome::default());
        let subject = judged_by(BranchSubject { value, status: Some(200) });
        assert_eq!(branch.explain(&subject), BranchExplanation::Misses(expected.to_owned()));
    }
    let branch = branch_on(vec![same("1"), range("2", "")], ScriptOutcome::default());
    let why = branch.explain(&BranchContext::from_input("3", NoCallTexts));
    assert_eq!(why, BranchExplanation::Matches("is at least 2".to_owned()));
}

#[test]
fn the_explanation_of_a_branch_agrees_with_whether_it_matches() {
    let matchers = [
        same("7"),
        range("1", "9"),
        pattern("7"),
        Matcher::Present,
        Matcher::Absent,
        Matcher::Status(200),
        Matcher::StatusClass(5),
    ];
    let values = [
        None,
        Some(AnswerValue::Absent),
        Some(AnswerValue::Composite),
        Some(AnswerValue::Text("7".into())),
    ];
    for (matcher, value) in matchers.iter().flat_map(|m| values.iter().map(move |v| (m, v))) {
        for status in [None, Some(200), Some(503)] {
            let branch = branch_on(vec![matcher.clone()], ScriptOutcome::default());
            let subject = BranchSubject { value: value.clone(), status };
            let explanation = branch.explain(&judged_by(subject.clone()));
            let matches = matches!(explanation, BranchExplanation::Matches(_));
            assert_eq!(matches, matcher.matches(&subject), "{matcher:?} on {subject:?}");
        }
    }
}

#[test]
fn an_unreadable_answer_with_an_error_status_is_explained_by_both() {
    let reason = |status| {
        let answer = TriggerAnswer::parse(status, Some("text/html"), b"<html></html>");
        let key = KeyPath::parse("code");
        match decide_branch(&[], &BranchContext::from_answer(&answer, key.as_ref(), NoCallTexts)) {
            BranchDecision::NoResponse(reason) => reason,
            other => panic!("{other:?}"),
        }
    };
    for status in [407, 502] {
        let begin = format!("HTTP status {status}: the answer is an HTML page");
        assert!(reason(status).starts_with(&begin), "{}", reason(status));
    }
    assert!(reason(200).starts_with("the answer is an HTML page"));
}
