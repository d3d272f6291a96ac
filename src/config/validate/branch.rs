//! What a value is compared with.

use serde_spanned::Spanned;

use super::keypress::pattern;
use super::outcome::Table;
use super::reachable::Tested;
use super::scope::Scope;
use crate::config::raw::script::Branch as Raw;
use crate::config::raw::when::{Test, TestTable};
use crate::script::definition::{Branch, Decimal, Matcher};

const ONE_TEST: &str = "write one of `min`/`max`, `pattern`, `present`, `absent` and `status`; \
                        a list of tests takes any";

impl Scope<'_> {
    pub(crate) fn branches(&self) -> Vec<Branch> {
        let mut tested = Vec::new();
        self.raw.branches.iter().map(|raw| self.branch(raw, &mut tested)).collect()
    }

    fn branch(&self, raw: &Raw, tested: &mut Vec<Tested>) -> Branch {
        let when = raw.when.iter().filter_map(|test| {
            let matcher = self.matcher(test)?;
            self.check_reachable(&matcher, test.span(), tested);
            Some(matcher)
        });
        Branch { when: when.collect(), outcome: self.outcome(&raw.outcome, Table::Other) }
    }

    fn matcher(&self, test: &Spanned<Test>) -> Option<Matcher> {
        match test.get_ref() {
            Test::Text(text) => Some(Matcher::Text(text.clone())),
            Test::Table(table) => self.single(test, table),
        }
    }

    fn single(&self, test: &Spanned<Test>, table: &TestTable) -> Option<Matcher> {
        let TestTable { min, max, pattern: look, present, absent, status } = table;
        let range = min.is_some() || max.is_some();
        let kinds = [range, look.is_some(), present.is_some(), absent.is_some(), status.is_some()];
        if kinds.into_iter().filter(|kind| *kind).count() != 1 {
            let what = "a test has one kind of comparison";
            self.file.error_with_help(test.span(), what, ONE_TEST);
            return None;
        }
        let present = present.as_ref().map(|yes| self.yes(yes, Matcher::Present));
        let absent = absent.as_ref().map(|yes| self.yes(yes, Matcher::Absent));
        let pattern = look.as_ref().and_then(|look| pattern(self.file, look)).map(Matcher::Pattern);
        let status = status.as_ref().and_then(|status| self.status(status));
        let range = range.then(|| self.range(min.as_ref(), max.as_ref())).flatten();
        range.or(pattern).or(status).or(present.flatten()).or(absent.flatten())
    }

    fn yes(&self, given: &Spanned<bool>, matcher: Matcher) -> Option<Matcher> {
        if !given.get_ref() {
            let help = "write `present = true` or `absent = true`";
            self.file.error_with_help(given.span(), "a test is for something", help);
        }
        given.get_ref().then_some(matcher)
    }

    fn range(
        &self,
        min: Option<&Spanned<String>>,
        max: Option<&Spanned<String>>,
    ) -> Option<Matcher> {
        let low = min.map(|min| self.decimal(min));
        let high = max.map(|max| self.decimal(max));
        let (low, high) = (low.flatten(), high.flatten());
        if let (Some(low), Some(high), Some(min)) = (&low, &high, min)
            && low > high
        {
            self.file.error_with_help(
                min.span(),
                "nothing is in this range",
                "`min` is above `max`",
            );
        }
        let complete = low.is_some() == min.is_some() && high.is_some() == max.is_some();
        complete.then_some(Matcher::Range(low, high))
    }

    fn decimal(&self, given: &Spanned<String>) -> Option<Decimal> {
        let decimal = Decimal::parse(given.get_ref());
        if decimal.is_none() {
            let help = "write it with digits alone, such as 200 or 1.50";
            self.file.error_with_help(given.span(), "this is no decimal number", help);
        }
        decimal
    }

    fn status(&self, given: &Spanned<String>) -> Option<Matcher> {
        if !self.raw.waits() {
            let help = "compare the value itself, such as `when = \"1\"`";
            self.file.error_with_help(
                given.span(),
                "no HTTP status comes: no answer is waited for",
                help,
            );
        }
        let matcher = status(given.get_ref());
        if matcher.is_none() {
            let help = "write a number from 100 to 599, or a class such as \"5xx\"";
            self.file.error_with_help(given.span(), "this is no HTTP status", help);
        }
        matcher
    }
}

fn status(text: &str) -> Option<Matcher> {
    if let Some(class) = text.strip_suffix("xx") {
        return class
            .parse()
            .ok()
            .filter(|class| (1..=5).contains(class))
            .map(Matcher::StatusClass);
    }
    text.parse().ok().filter(|status| (100..600).contains(status)).map(Matcher::Status)
}
