//! Sets of telephone keys.

use std::fmt::{self, Write};

/// All DTMF keys. The position of a key is its bit in a [`KeySet`].
const DTMF_KEYS: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

pub(crate) fn is_dtmf_key(key: char) -> bool {
    DTMF_KEYS.contains(&key)
}

/// A set of the DTMF keys `0` to `9`, `*`, `#` and `A` to `D`. It can be collected from characters, of which
/// those that are no keys are left out.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct KeySet(u16);

impl KeySet {
    pub const NONE: Self = Self(0);
    /// The digits 0 to 9.
    pub const DIGITS: Self = Self(0x3ff);
    pub const ALL: Self = Self(u16::MAX);

    pub fn contains(self, key: char) -> bool {
        self.keys().any(|own| own == key)
    }

    pub fn contains_all(self, keys: &str) -> bool {
        keys.chars().all(|key| self.contains(key))
    }

    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// The keys that are in both sets.
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The keys in their order.
    pub fn keys(self) -> impl Iterator<Item = char> {
        (0..).zip(DTMF_KEYS).filter(move |(bit, _)| self.0 >> bit & 1 == 1).map(|(_, key)| key)
    }
}

impl Extend<char> for KeySet {
    fn extend<I: IntoIterator<Item = char>>(&mut self, keys: I) {
        for key in keys {
            let bit = DTMF_KEYS.iter().position(|known| *known == key);
            self.0 |= bit.map_or(0, |bit| 1 << bit);
        }
    }
}

impl FromIterator<char> for KeySet {
    fn from_iter<I: IntoIterator<Item = char>>(keys: I) -> Self {
        let mut set = Self::NONE;
        set.extend(keys);
        set
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySet({self})")
    }
}

/// As script authors write it: `0-9*#`.
impl fmt::Display for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.keys().collect();
        let follows =
            |a: &char, b: &char| a.is_ascii_alphanumeric() && u32::from(*a) + 1 == u32::from(*b);
        for run in keys.chunk_by(follows) {
            match run {
                [first, _, .., last] => write!(f, "{first}-{last}")?,
                few => few.iter().try_for_each(|key| f.write_char(*key))?,
            }
        }
        Ok(())
    }
}
