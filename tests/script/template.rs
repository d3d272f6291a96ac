//! Texts with placeholders. Hostile values must stay values.

use dialscript::script::answer_part::AnswerPart;
use dialscript::script::definition::SayAs;
use dialscript::script::escape::{EscapeContext, EscapeError};
use dialscript::script::path::{KeyPath, KeyPathStep};
use dialscript::script::template::{
    BraceSyntax, Placeholder, PlaceholderError, PlaceholderValue, PlaceholderValues, SpokenPhrase,
    Template, TemplatePiece, parse_spoken, parse_template,
};
use proptest::prelude::*;

mod xml;

/// One value for every placeholder.
struct SameValue<'a>(&'a str);

impl PlaceholderValues for SameValue<'_> {
    fn value(&self, of: &Placeholder) -> PlaceholderValue<'_> {
        PlaceholderValue { text: self.0.into(), sensitive: matches!(of, Placeholder::Keypress) }
    }
}

/// One value for the caller's name, and one for every other placeholder.
struct TwoValues<'a>(&'a str, &'a str);

impl PlaceholderValues for TwoValues<'_> {
    fn value(&self, of: &Placeholder) -> PlaceholderValue<'_> {
        PlaceholderValue::public(if *of == Placeholder::CallerName { self.0 } else { self.1 })
    }
}

fn pieces(text: &str, braces: BraceSyntax) -> Vec<TemplatePiece> {
    let (pieces, problems) = parse_template(text, braces);
    assert_eq!(problems, []);
    pieces.into_iter().map(|(_, piece)| piece).collect()
}

fn at(path: &str) -> AnswerPart {
    AnswerPart::At(KeyPath::parse(path).unwrap())
}

fn problems(text: &str) -> Vec<PlaceholderError> {
    parse_template(text, BraceSyntax::Doubled).1
}

fn url(text: &str, value: &str) -> Result<String, EscapeError> {
    let (template, _) = Template::url(pieces(text, BraceSyntax::Doubled));
    template.fill(&SameValue(value)).map(|filled| filled.into_text())
}

fn escaped(context: EscapeContext, value: &str) -> Result<String, EscapeError> {
    let mut out = String::new();
    context.escape_into(value, &mut out).map(|()| out)
}

#[test]
fn a_value_is_escaped_by_its_position_in_a_url() {
    let filled = url("http://h/{arg.a}/x?q={caller}#{called}", "a/b?c&d=e#f g%");
    let value = "a%2Fb%3Fc%26d%3De%23f%20g%25";
    assert_eq!(filled.unwrap(), format!("http://h/{value}/x?q={value}#{value}"));
}

#[test]
fn a_value_in_the_host_can_only_be_a_host_name() {
    let (_, decides) = Template::url(pieces("http://{arg.h}.example/x", BraceSyntax::Doubled));
    assert!(decides);
    assert_eq!(url("http://{arg.h}.example/x", "shop").unwrap(), "http://shop.example/x");
    for hostile in ["evil.example/", "a@b", "a:80", "", "a#", "a?b", "ä"] {
        assert_eq!(url("http://{arg.h}.example/x", hostile), Err(EscapeError::Host), "{hostile:?}");
    }
}

#[test]
fn a_value_can_be_a_whole_url_with_its_host() {
    let (template, decides) = Template::url(pieces("{$next}?x={caller}", BraceSyntax::Doubled));
    assert!(decides);
    let filled = template.fill(&SameValue("http://h/a?b=c")).unwrap();
    assert_eq!(filled.text(), "http://h/a?b=c?x=http%3A%2F%2Fh%2Fa%3Fb%3Dc");
}

#[test]
fn a_value_in_a_path_can_not_reach_a_parent_folder() {
    assert_eq!(url("http://h/a/{caller}/b", ".."), Err(EscapeError::Path));
    assert_eq!(url("http://h/a/{caller}/b", "."), Err(EscapeError::Path));
    assert_eq!(url("http://h/a/{caller}/b", "../c").unwrap(), "http://h/a/..%2Fc/b");
}

#[test]
fn the_host_of_a_url_without_a_path_ends_at_its_query() {
    assert_eq!(url("http://h?a={caller}", "x y").unwrap(), "http://h?a=x%20y");
}

#[test]
fn json_values_are_strings_inside_of_quotes_and_numbers_or_strings_outside() {
    let template =
        Template::json(pieces(r#"{"a": "x{caller}", "b": {called}}"#, BraceSyntax::Literal)).0;
    for (value, json) in [
        ("4711", r#"{"a": "x4711", "b": 4711}"#),
        ("007", r#"{"a": "x007", "b": "007"}"#),
        (r#"","c":{"#, r#"{"a": "x\",\"c\":{", "b": "\",\"c\":{"}"#),
        ("1\r\n2\0", r#"{"a": "x1\r\n2\u0000", "b": "1\r\n2\u0000"}"#),
        ("", r#"{"a": "x", "b": ""}"#),
        ("1e5 ", r#"{"a": "x1e5 ", "b": "1e5 "}"#),
    ] {
        let filled = template.fill(&SameValue(value)).unwrap().into_text();
        assert_eq!(filled, json);
        serde_json::from_str::<serde_json::Value>(&filled).unwrap();
    }
}

#[test]
fn in_json_only_known_placeholders_are_placeholders() {
    let text = r#"{"a": {"b": {}}, "{kaller}": [{caller}]}"#;
    let (template, _) = Template::json(pieces(text, BraceSyntax::Literal));
    assert_eq!(template.placeholders().count(), 1);
    let filled = template.fill(&SameValue("1")).unwrap().into_text();
    assert_eq!(filled, r#"{"a": {"b": {}}, "{kaller}": [1]}"#);
}

#[test]
fn xml_headers_and_variables_escape_a_value() {
    assert_eq!(
        escaped(EscapeContext::Xml, "<a b='c'>&").unwrap(),
        "&lt;a b=&apos;c&apos;&gt;&amp;"
    );
    assert_eq!(escaped(EscapeContext::Header, "a\r\nX-Evil: 1\0").unwrap(), "a  X-Evil: 1 ");
    assert_eq!(escaped(EscapeContext::Variable, "a\nb${X}").unwrap(), "a b${X}");
}

#[test]
fn a_variable_has_no_character_that_a_terminal_interprets() {
    for character in ["\u{1b}", "\u{7}", "\u{7f}", "\u{9b}", "\u{2028}", "\u{202e}", "\u{2066}"] {
        let value = format!("a{character}b");
        assert_eq!(escaped(EscapeContext::Variable, &value).unwrap(), "a b", "{value:?}");
    }
    for text in ["Jürgen 日本", "שלום\u{200f}!", "zero\u{200d}width"] {
        assert_eq!(escaped(EscapeContext::Variable, text).unwrap(), text);
    }
}

#[test]
fn a_destination_accepts_only_characters_without_meaning_to_a_switch() {
    assert_eq!(escaped(EscapeContext::Destination, "_+4*7#.a-B").unwrap(), "_+4*7#.a-B");
    for hostile in ["", "1,2", "1@b", "${A}", "a b", "ä", "1&2", "a\n"] {
        assert_eq!(
            escaped(EscapeContext::Destination, hostile),
            Err(EscapeError::Destination),
            "{hostile:?}"
        );
    }
    assert_eq!(escaped(EscapeContext::Destination, &"1".repeat(80)), Err(EscapeError::Destination));
}

#[test]
fn doubled_braces_give_literal_braces() {
    let template = Template::with_context(
        pieces("{{{caller}}}", BraceSyntax::Doubled),
        EscapeContext::Variable,
    );
    assert_eq!(template.fill(&SameValue("x")).unwrap().text(), "{x}");
}

#[test]
fn every_placeholder_error_has_a_position_and_the_nearest_name() {
    let problems = problems("{caler} and {nope.x} {");
    assert_eq!(problems.len(), 3, "{problems:#?}");
    assert_eq!(problems[0].range, 0..7);
    assert_eq!(problems[0].help.as_deref(), Some("did you mean `{caller}`?"));
    assert_eq!(problems[1].range, 12..20);
    assert_eq!(problems[2].range, 21..22);
}

#[test]
fn sensitive_values_are_masked_in_logs_and_displays() {
    let text = "http://h/?a={keypress}&b={caller}&c={keypress}";
    let (template, _) = Template::url(pieces(text, BraceSyntax::Doubled));
    let filled = template.fill(&SameValue("47&11")).unwrap();
    assert_eq!(filled.redacted(), "http://h/?a=***&b=47%2611&c=***");
    assert_eq!(format!("{filled:?}"), "\"http://h/?a=***&b=47%2611&c=***\"");
    assert!(filled.is_sensitive());
}

#[test]
fn key_paths_accept_keys_indexes_and_quoted_keys() {
    for (text, steps) in [
        ("code", vec![KeyPathStep::Key("code".into())]),
        (
            "data.items[0].code",
            ["data", "items"]
                .map(|k| KeyPathStep::Key(k.into()))
                .into_iter()
                .chain([KeyPathStep::Index(0), KeyPathStep::Key("code".into())])
                .collect(),
        ),
        (
            r#"["odd.key"].x"#,
            vec![KeyPathStep::Key("odd.key".into()), KeyPathStep::Key("x".into())],
        ),
        (r#"a["q\"\\"]"#, vec![KeyPathStep::Key("a".into()), KeyPathStep::Key("q\"\\".into())]),
        ("order.@id", vec![KeyPathStep::Key("order".into()), KeyPathStep::Key("@id".into())]),
    ] {
        let path = KeyPath::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(path.steps(), steps);
        assert_eq!(KeyPath::parse(&path.to_string()), Some(path));
    }
    for text in ["", ".", "a.", ".a", "a..b", "[", "[x]", "a[-1]", "$.a", "a b", "[\"\"]", "a]"] {
        assert_eq!(KeyPath::parse(text), None, "{text:?}");
    }
}

fn phrases(text: &str) -> Vec<SpokenPhrase> {
    let (phrases, problems) = parse_spoken(text);
    assert_eq!(problems, []);
    phrases.into_iter().map(|(_, phrase)| phrase).collect()
}

#[test]
fn a_spoken_text_says_how_each_value_is_spoken() {
    use Placeholder::{Arg, Caller, Keypress};
    let words = |text: &str| SpokenPhrase::Text(text.into());
    for (text, read) in [
        ("  Hello,\n\tyou. ", vec![words("Hello, you.")]),
        (" - . !", vec![]),
        ("{caller}{say:caller}", vec![SpokenPhrase::Value(Caller, SayAs::Words); 2]),
        ("{digits:keypress}.", vec![SpokenPhrase::Value(Keypress, SayAs::Keys)]),
        ("{digits:caller}", vec![SpokenPhrase::Value(Caller, SayAs::Digits)]),
        ("{number:arg.a:b}", vec![SpokenPhrase::Value(Arg("a:b".into()), SayAs::Number)]),
        ("{arg.a:b}", vec![SpokenPhrase::Value(Arg("a:b".into()), SayAs::Words)]),
        ("{play:switch:beep}", vec![SpokenPhrase::Sound("switch:beep".into())]),
        ("{{{play:a}}}", vec![SpokenPhrase::Sound("a".into())]),
        ("a {{b}} c", vec![words("a {b} c")]),
    ] {
        assert_eq!(phrases(text), read, "{text:?}");
    }
    assert_eq!(phrases("{play:$a.b}"), [SpokenPhrase::SoundUrl(Placeholder::Answer(at("a.b")))]);
}

#[test]
fn punctuation_after_a_value_is_not_spoken() {
    let (phrases, _) = parse_spoken("It is {say:$x}. Wait, {caller}!  ¿Sí?");
    let texts = phrases.into_iter().filter_map(|(_, phrase)| match phrase {
        SpokenPhrase::Text(text) => Some(text),
        _ => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), ["It is", "Wait,", "¿Sí?"]);
}

#[test]
fn every_error_in_a_spoken_text_has_a_position() {
    let (_, problems) = parse_spoken("a {say:callr} {spell:caller} {play:$} }");
    let places: Vec<_> = problems.iter().map(|problem| problem.range.clone()).collect();
    assert_eq!(places, [2..13, 14..28, 29..37, 38..39], "{problems:#?}");
    assert_eq!(problems[0].help.as_deref(), Some("did you mean `{say:caller}`?"));
}

proptest! {
    #[test]
    fn parsing_any_spoken_text_does_not_panic(text in "[{}a-z:$. ä]{0,20}\\PC*") {
        let (phrases, problems) = parse_spoken(&text);
        let places = phrases.iter().map(|(at, _)| at).chain(problems.iter().map(|p| &p.range));
        for at in places {
            prop_assert!(text.get(at.clone()).is_some_and(|stretch| !stretch.is_empty()));
        }
    }

    #[test]
    fn parsing_any_template_does_not_panic_and_pieces_cover_the_text(text in "\\PC*") {
        for braces in [BraceSyntax::Doubled, BraceSyntax::Literal] {
            let (pieces, problems) = parse_template(&text, braces);
            // The error for `${x}` begins at the dollar sign, which also ends the piece of text before it.
            let dollars = problems.iter().filter(|problem| text[problem.range.clone()].starts_with('$'));
            let covered = pieces.iter().map(|(at, _)| at.len()).sum::<usize>()
                + problems.iter().map(|problem| problem.range.len()).sum::<usize>()
                - dollars.count();
            prop_assert_eq!(covered, text.len());
        }
    }

    #[test]
    fn no_value_adds_a_query_parameter_a_path_segment_or_a_line(value in ".*") {
        if let Ok(text) = url("http://h.example/a/{caller}/b?x={called}&y=1", &value) {
            let url = url::Url::parse(&text).unwrap();
            prop_assert_eq!(url.host_str(), Some("h.example"));
            prop_assert_eq!(url.path_segments().unwrap().count(), 3);
            let pairs: Vec<_> = url.query_pairs().collect();
            prop_assert_eq!(pairs.len(), 2);
            prop_assert_eq!(&pairs[0].1, &value);
        }
        for context in [EscapeContext::Header, EscapeContext::Variable, EscapeContext::Xml, EscapeContext::Url] {
            let text = escaped(context, &value).unwrap();
            prop_assert!(!text.contains(['\r', '\n', '\0']));
        }
    }

    #[test]
    fn different_values_have_different_cache_keys(
        values in prop::collection::vec("[a1:\\-, ]{0,4}", 2), others in prop::collection::vec("[a1:\\-, ]{0,4}", 2),
    ) {
        let written = pieces("{caller_name}-{arg.1}{arg.2}", BraceSyntax::Doubled);
        let template = Template::with_context(written, EscapeContext::CacheKey);
        let key = |values: &[String]| {
            template.fill(&TwoValues(&values[0], &values[1])).unwrap().into_text()
        };
        prop_assert_eq!(key(&values) == key(&others), values == others);
    }

    #[test]
    fn any_value_stays_one_value_in_json(value in ".*") {
        let (template, _) = Template::json(pieces(r#"{"a":"{caller}","b":{called}}"#, BraceSyntax::Literal));
        let filled = template.fill(&SameValue(&value)).unwrap().into_text();
        let json: serde_json::Value = serde_json::from_str(&filled).unwrap();
        prop_assert_eq!(json["a"].as_str(), Some(value.as_str()));
        prop_assert_eq!(json.as_object().unwrap().len(), 2);
    }
}

#[test]
fn the_values_of_a_cache_key_are_told_apart() {
    let template = Template::with_context(
        pieces("{caller_name}-{arg.1}", BraceSyntax::Doubled),
        EscapeContext::CacheKey,
    );
    let key = |name, argument| template.fill(&TwoValues(name, argument)).unwrap().into_text();
    assert_ne!(key("Ann-7", "1"), key("Ann", "7-1"));
    assert_ne!(key("a\nb", "1"), key("a b", "1"), "control characters count");
    assert_eq!(key("Ann", "7-1"), key("Ann", "7-1"));
}

#[test]
fn the_answer_of_a_named_script_can_be_read_in_every_form() {
    let answer = |script: &str, path: &str| Placeholder::OtherAnswer(script.to_owned(), at(path));
    let text = TemplatePiece::Placeholder(answer("a-1", "b[0].c"));
    for braces in [BraceSyntax::Doubled, BraceSyntax::Literal] {
        assert_eq!(pieces("{a-1.$b[0].c}", braces), std::slice::from_ref(&text));
    }
    let (spoken, problems) =
        parse_spoken("{m.$x} {say:m.$x} {digits:m.$x} {number:m.$x} {play:m.$x} {play:m.x}");
    assert_eq!(problems, []);
    let spoken: Vec<_> = spoken.into_iter().map(|(_, phrase)| phrase).collect();
    let value = |how| SpokenPhrase::Value(answer("m", "x"), how);
    let expected = [
        value(SayAs::Words),
        value(SayAs::Words),
        value(SayAs::Digits),
        value(SayAs::Number),
        SpokenPhrase::SoundUrl(answer("m", "x")),
        SpokenPhrase::Sound("m.x".to_owned()),
    ];
    assert_eq!(spoken, expected);
    let argument = TemplatePiece::Placeholder(Placeholder::Arg("$x".to_owned()));
    assert_eq!(pieces("{arg.$x}", BraceSyntax::Doubled), [argument]);
    let help = problems_help("{m.$x..y}");
    assert_eq!(help, "write it as `{m.$data.items[0].code}` or `{m.$[\"odd.key\"]}`");
}

#[test]
fn the_compared_value_of_an_answer_can_be_read_in_every_spoken_form_also_with_the_name_of_a_script()
{
    let own = Placeholder::Answer(AnswerPart::Compared);
    let named = |script: &str| Placeholder::OtherAnswer(script.to_owned(), AnswerPart::Compared);
    for (text, read) in [
        ("{answer}", SpokenPhrase::Value(own.clone(), SayAs::Words)),
        ("{digits:answer}", SpokenPhrase::Value(own.clone(), SayAs::Digits)),
        ("{number:a-1.answer}", SpokenPhrase::Value(named("a-1"), SayAs::Number)),
        ("{say:answer.answer}", SpokenPhrase::Value(named("answer"), SayAs::Words)),
        ("{play:answer}", SpokenPhrase::Sound("answer".to_owned())),
    ] {
        assert_eq!(phrases(text), [read], "{text}");
    }
    let written = "{answer} {a.answer} {arg.answer} {answer.keypress}";
    let template =
        Template::with_context(pieces(written, BraceSyntax::Literal), EscapeContext::Variable);
    assert_eq!(template.to_string(), written);
    assert_eq!(template.placeholders().count(), 4);
    assert_eq!(problems_help("{Answer}"), "did you mean `{answer}`?");
    assert_eq!(problems_help("{response}"), "write `{answer}`");
}

fn problems_help(text: &str) -> String {
    problems(text).pop().and_then(|problem| problem.help).unwrap_or_default()
}

#[test]
fn a_template_is_displayed_as_it_was_written() {
    for written in [
        "",
        "plain {{braces}}",
        "{caller}{caller_name}{called}{keypress}{speech}{input}{call_id}{channel}{language}{attempt}{script}",
        "a{arg.order}b{secret.KEY}c{menu.keypress}{menu.speech}{menu.input}",
        "{$data.items[0].code} and {$[\"odd.key\"]}",
        "{menu.$data.code} and {a-b.$[\"odd.key\"][0]} but {arg.$x}",
    ] {
        let template =
            Template::with_context(pieces(written, BraceSyntax::Doubled), EscapeContext::Variable);
        assert_eq!(template.to_string(), written);
    }
}
