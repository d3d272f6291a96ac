//! Web applications that have rules of their own, as they were typed.

use serde_spanned::Spanned;

use super::{Texts, Whole};
use crate::config::section::Section;

/// `[upstream."HOST"]`
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) name: Spanned<String>,
    pub(crate) ca: Option<Texts>,
    pub(crate) certificate: Option<Spanned<String>>,
    pub(crate) key: Option<Spanned<String>>,
    pub(crate) max_requests: Option<Spanned<Whole>>,
}

impl Upstream {
    /// All tables of the kind.
    pub(crate) fn all(of: &mut Section<'_, '_>) -> Vec<Self> {
        let help = |_: &str| "name the host: `[upstream.\"shop.example\"]`".to_owned();
        let tables = of.table("upstream").map(|table| table.tables_by_name("upstream", help));
        let tables = tables.into_iter().flatten();
        tables.filter_map(|(name, section)| Self::read(name, section)).collect()
    }

    fn read(name: Spanned<String>, mut section: Section<'_, '_>) -> Option<Self> {
        // `[upstream.shop.example]` is a table `example` in a table `shop`.
        if let Some(inner) = section.inner_table() {
            let whole = format!("{}.{}", name.get_ref(), inner.get_ref());
            let help = format!("put the host in quotes: `[upstream.\"{whole}\"]`");
            section.file.fault_help(inner.span(), "this host is cut at its dot", help);
            return None;
        }
        let raw = Self {
            name,
            ca: section.texts("ca"),
            certificate: section.take("certificate"),
            key: section.take("key"),
            max_requests: section.take("max_requests"),
        };
        section.finish();
        Some(raw)
    }
}
