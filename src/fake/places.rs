//! The places that a dialplan has.

/// The places that a dialplan has.
#[derive(Debug, Clone, Default)]
pub enum Places {
    /// Whatever is asked for is there.
    #[default]
    All,
    /// These alone: `EXTENSION@CONTEXT`, at every priority, or `EXTENSION@CONTEXT,PRIORITY`.
    These(Vec<String>),
}

impl Places {
    pub(super) fn have(&self, context: &str, extension: &str, priority: &str) -> bool {
        let place = format!("{extension}@{context}");
        let exact = format!("{place},{priority}");
        match self {
            Self::All => true,
            Self::These(places) => places.iter().any(|its| *its == place || *its == exact),
        }
    }
}
