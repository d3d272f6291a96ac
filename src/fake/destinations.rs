//! The places that a dialplan has.

/// The places that a dialplan has.
#[derive(Debug, Clone, Default)]
pub enum FakeDestinations {
    /// Whatever is asked for is there.
    #[default]
    All,
    /// These alone: `EXTENSION@CONTEXT`, at every priority, or `EXTENSION@CONTEXT,PRIORITY`.
    Only(Vec<String>),
}

impl FakeDestinations {
    pub(super) fn contains(&self, context: &str, extension: &str, priority: &str) -> bool {
        let place = format!("{extension}@{context}");
        let exact = format!("{place},{priority}");
        match self {
            Self::All => true,
            Self::Only(places) => places.iter().any(|its| *its == place || *its == exact),
        }
    }
}
