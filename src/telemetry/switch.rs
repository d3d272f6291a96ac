//! The two kinds of switch, as logs and metrics name them.

/// The switch that a call is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Asterisk, over FastAGI.
    Asterisk,
    /// FreeSWITCH, over the outbound Event Socket.
    FreeSwitch,
}

impl Switch {
    /// All switches, in the order of the enum.
    pub const ALL: [Self; 2] = [Self::Asterisk, Self::FreeSwitch];

    /// The name in log fields and metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asterisk => "asterisk",
            Self::FreeSwitch => "freeswitch",
        }
    }
}
