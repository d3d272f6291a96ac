//! Placeholders in XML: the document stays well-formed whatever the values are.

use dialscript::script::escape::EscapeContext;
use dialscript::script::template::{BraceSyntax, Template};
use proptest::prelude::*;

use super::{SameValue, escaped, pieces};

/// Texts in which the marks of XML are frequent.
fn any_text_with_marks() -> impl Strategy<Value = String> {
    let mark = prop::sample::select(vec![
        "-", "--", "]", "]]>", ">", "<", "&", "\"", "'", "\u{fffe}", "\u{1}",
    ]);
    let piece = prop_oneof![mark.prop_map(str::to_owned), any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// A character as an application reads it.
fn expected_in_xml(c: char) -> char {
    if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') { ' ' } else { c }
}

#[test]
fn characters_that_xml_forbids_become_spaces() {
    for context in [EscapeContext::Xml, EscapeContext::XmlComment, EscapeContext::XmlCdata] {
        let value = "a\u{fffe}b\u{ffff}c\0d\u{1b}e\u{fffd}\u{1f600}";
        assert_eq!(escaped(context, value).unwrap().trim(), "a b c d e\u{fffd}\u{1f600}");
    }
}

#[test]
fn a_value_cannot_end_a_comment_or_a_cdata_section() {
    assert_eq!(escaped(EscapeContext::XmlComment, "1-2---").unwrap(), " 1-2- - - ");
    assert_eq!(escaped(EscapeContext::XmlCdata, "a > b").unwrap(), "a > b");
    assert_eq!(escaped(EscapeContext::XmlCdata, "]]>").unwrap(), "]]]><![CDATA[]]]><![CDATA[>");
}

#[test]
fn a_value_cannot_be_a_part_of_a_tag_or_a_declaration_in_xml() {
    for text in [
        "<{caller}/>",
        "<a{caller}/>",
        "<a {caller}='1'/>",
        "<a b={caller}/>",
        "<a b='1' {caller}/>",
        "</{caller}>",
        "<?{caller}?><a/>",
        "<!DOCTYPE {caller}><a/>",
    ] {
        let (_, misplaced) = Template::xml(pieces(text, BraceSyntax::Doubled));
        assert_eq!(misplaced.len(), 1, "{text}");
    }
    let text = "<?xml version='1.0'?><!DOCTYPE a><a b='>' c=\"'<\">{caller}</a>";
    assert_eq!(Template::xml(pieces(text, BraceSyntax::Doubled)).1, [0_usize; 0]);
}

proptest! {
    #[test]
    fn any_value_stays_one_value_in_xml(value in any_text_with_marks()) {
        let text = "<?xml version='1.0'?><!-- -{caller}- --><r a=\"{caller}\" b='{caller}'>{caller}\
                    <c><![CDATA[]{caller}{caller}]>]]></c></r>";
        let (template, misplaced) = Template::xml(pieces(text, BraceSyntax::Doubled));
        prop_assert!(misplaced.is_empty());
        let filled = template.fill(&SameValue(&value)).unwrap().into_text();
        let document = roxmltree::Document::parse(&filled).unwrap();
        let root = document.root_element();
        let expected: String = value.chars().map(expected_in_xml).collect();
        prop_assert_eq!(root.attribute("a"), Some(&*expected));
        prop_assert_eq!(root.attribute("b"), Some(&*expected));
        prop_assert_eq!(root.text().unwrap_or_default(), &expected);
        let cdata: String = root.last_element_child().unwrap().children().filter_map(|n| n.text()).collect();
        prop_assert_eq!(cdata, format!("]{expected}{expected}]>"));
        prop_assert_eq!(document.descendants().filter(|node| node.is_element()).count(), 2);
        prop_assert_eq!(document.descendants().filter(|node| node.is_comment()).count(), 1);
    }
}
