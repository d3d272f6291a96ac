//! The destinations that exist in the dialplan.

/// The destinations that exist in the dialplan.
#[derive(Debug, Clone, Default)]
pub enum FakeDestinations {
    #[default]
    All,
    /// `EXTENSION@CONTEXT` for all priorities, or `EXTENSION@CONTEXT,PRIORITY`.
    Only(Vec<String>),
}

impl FakeDestinations {
    pub(super) fn contains(&self, context: &str, extension: &str, priority: &str) -> bool {
        let destination = format!("{extension}@{context}");
        let exact = format!("{destination},{priority}");
        match self {
            Self::All => true,
            Self::Only(destinations) => {
                destinations.iter().any(|known| *known == destination || *known == exact)
            }
        }
    }
}
