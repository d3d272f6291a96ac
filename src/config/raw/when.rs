//! `when` as it was typed: a text, a test, or a list of them.

use serde_spanned::Spanned;
use toml::de::DeValue;

use crate::config::table_reader::TableReader;

/// One thing that a value is compared with.
#[derive(Debug)]
pub(crate) enum Test {
    Text(String),
    Table(Box<TestTable>),
}

#[derive(Debug)]
pub(crate) struct TestTable {
    pub(crate) min: Option<Spanned<String>>,
    pub(crate) max: Option<Spanned<String>>,
    pub(crate) pattern: Option<Spanned<String>>,
    pub(crate) present: Option<Spanned<bool>>,
    pub(crate) absent: Option<Spanned<bool>>,
    pub(crate) status: Option<Spanned<String>>,
}

const WHEN: &str = "write a text such as `when = \"200\"`, a list of them, or a test such as \
                    `when = { min = 200, max = 299 }`";

/// The tests of a branch; any of them takes it.
pub(crate) fn tests(section: &mut TableReader<'_, '_>) -> Vec<Spanned<Test>> {
    let Some(value) = section.take_any("when") else {
        section.file.error_with_help(section.span.clone(), "this branch has no `when`", WHEN);
        return Vec::new();
    };
    let span = value.span();
    let tests = match value.into_inner() {
        DeValue::Array(list) => list.into_iter().collect(),
        one => vec![Spanned::new(span.clone(), one)],
    };
    if tests.is_empty() {
        section.file.error_with_help(span, "this branch can never be taken", WHEN);
    }
    tests.into_iter().filter_map(|test| Test::read(section, test)).collect()
}

impl Test {
    fn read<'i>(of: &TableReader<'_, 'i>, value: Spanned<DeValue<'i>>) -> Option<Spanned<Self>> {
        let span = value.span();
        let test = match value.get_ref() {
            DeValue::String(text) => Self::Text(text.clone().into_owned()),
            DeValue::Table(_) => {
                Self::Table(Box::new(TestTable::read(of.inline_table("when", value)?)?))
            }
            DeValue::Integer(number) => {
                let what = "a value is compared as text";
                of.file.error_with_help(span, what, format!("write \"{number}\""));
                return None;
            }
            _ => {
                of.file.error_with_help(span, "this is nothing to compare a value with", WHEN);
                return None;
            }
        };
        Some(Spanned::new(span, test))
    }
}

impl TestTable {
    /// None where there are unknown keys: what was meant can't be known then.
    fn read(mut section: TableReader<'_, '_>) -> Option<Self> {
        let raw = Self {
            min: section.number_or_text("min"),
            max: section.number_or_text("max"),
            pattern: section.take("pattern"),
            present: section.take("present"),
            absent: section.take("absent"),
            status: section.number_or_text("status"),
        };
        section.finish().then_some(raw)
    }
}
