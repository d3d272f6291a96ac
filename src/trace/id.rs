//! The identifiers of traces and spans: random, so that they say nothing about a call.

use std::fmt;

use data_encoding::HEXLOWER;
use ring::rand::SystemRandom;

/// The identifier of a trace. The default, all zeros, is not valid.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct TraceId(pub [u8; 16]);

/// The identifier of a span within its trace. The default, all zeros, is not valid.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct SpanId(pub [u8; 8]);

impl TraceId {
    pub(super) fn random() -> Option<Self> {
        random().map(Self)
    }
}

impl SpanId {
    pub(super) fn random() -> Option<Self> {
        random().map(Self)
    }
}

/// `None` if the system has no random numbers.
fn random<const N: usize>() -> Option<[u8; N]> {
    ring::rand::generate(&SystemRandom::new()).ok().map(|random| random.expose())
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEXLOWER.encode_mut_str(&self.0, &mut [0; 32]))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEXLOWER.encode_mut_str(&self.0, &mut [0; 16]))
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
