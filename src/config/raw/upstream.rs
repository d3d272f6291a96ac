//! Web applications that have rules of their own, as they were typed.

use serde_spanned::Spanned;

use crate::config::table_reader::TableReader;
use crate::config::value::{TextOrList, WholeNumber};

/// `[upstream."HOST"]`
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) name: Spanned<String>,
    pub(crate) ca: Option<TextOrList>,
    pub(crate) certificate: Option<Spanned<String>>,
    pub(crate) key: Option<Spanned<String>>,
    pub(crate) max_requests: Option<Spanned<WholeNumber>>,
}

impl Upstream {
    /// All tables of the kind.
    pub(crate) fn all(of: &mut TableReader<'_, '_>) -> Vec<Self> {
        let help = |_: &str| "name the host: `[upstream.\"shop.example\"]`".to_owned();
        let tables = of.table("upstream").map(|table| table.tables_by_name("upstream", help));
        let tables = tables.into_iter().flatten();
        tables.filter_map(|(name, section)| Self::read(name, section)).collect()
    }

    fn read(name: Spanned<String>, mut section: TableReader<'_, '_>) -> Option<Self> {
        // `[upstream.shop.example]` is a table `example` in a table `shop`.
        if let Some(inner) = section.first_table() {
            let whole = format!("{}.{}", name.get_ref(), inner.get_ref());
            let help = format!("put the host in quotes: `[upstream.\"{whole}\"]`");
            section.file.error_with_help(inner.span(), "this host is cut at its dot", help);
            return None;
        }
        let raw = Self {
            name,
            ca: section.text_or_list("ca"),
            certificate: section.take("certificate"),
            key: section.take("key"),
            max_requests: section.take("max_requests"),
        };
        section.finish();
        Some(raw)
    }
}
