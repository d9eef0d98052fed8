//! What the values of a template slot look like.

use serde::{Deserialize, Serialize};

/// The detected kind of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// Always the same value.
    Constant,
    /// One of a few words.
    Categorical,
    /// A whole number.
    Integer,
    /// A number with a decimal point.
    Decimal,
    /// Hexadecimal digits, a UUID or a hardware address.
    Hex,
    /// An internet address, with or without a port.
    Ip,
    /// A file path or URL.
    Path,
    /// A date, a time of day or both.
    Timestamp,
    /// A duration or size with its unit.
    Quantity,
    /// A name with digits: host, block id, version …
    Identifier,
    /// Anything else.
    Text,
}

impl SlotKind {
    /// All kinds, in the order of their bits in a `Kinds`.
    pub const ALL: [SlotKind; 11] = [
        SlotKind::Constant,
        SlotKind::Categorical,
        SlotKind::Integer,
        SlotKind::Decimal,
        SlotKind::Hex,
        SlotKind::Ip,
        SlotKind::Path,
        SlotKind::Timestamp,
        SlotKind::Quantity,
        SlotKind::Identifier,
        SlotKind::Text,
    ];

    /// The kind's name as users see it.
    pub fn name(self) -> &'static str {
        match self {
            SlotKind::Constant => "constant",
            SlotKind::Categorical => "categorical",
            SlotKind::Integer => "integer",
            SlotKind::Decimal => "decimal",
            SlotKind::Hex => "hex",
            SlotKind::Ip => "ip",
            SlotKind::Path => "path",
            SlotKind::Timestamp => "timestamp",
            SlotKind::Quantity => "quantity",
            SlotKind::Identifier => "identifier",
            SlotKind::Text => "text",
        }
    }
}

/// A set of kinds, one bit each: what the values of one slot were seen to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Kinds(pub u16);

impl Kinds {
    /// Adds a kind.
    pub fn add(&mut self, kind: SlotKind) {
        self.0 |= 1 << kind as u16;
    }

    /// Union.
    pub fn merge(&mut self, other: Kinds) {
        self.0 |= other.0;
    }

    /// True where no bit stands for an unknown kind.
    pub fn is_valid(self) -> bool {
        usize::from(self.0) < 1 << SlotKind::ALL.len()
    }

    /// True for one kind of name: addresses, identifiers, hexadecimal numbers or paths.
    pub fn is_name(self) -> bool {
        let names = [SlotKind::Ip, SlotKind::Identifier, SlotKind::Hex, SlotKind::Path];
        names.iter().any(|kind| self.0 == 1 << *kind as u16)
    }

    /// The one kind that covers all of them.
    pub fn common(self) -> SlotKind {
        let bit = |kind: SlotKind| 1u16 << kind as u16;
        if self.0.count_ones() == 1 {
            return SlotKind::ALL[self.0.trailing_zeros() as usize % SlotKind::ALL.len()];
        }
        for (cover, of) in [
            (SlotKind::Decimal, bit(SlotKind::Integer) | bit(SlotKind::Decimal)),
            (SlotKind::Hex, bit(SlotKind::Integer) | bit(SlotKind::Hex)),
            (SlotKind::Quantity, bit(SlotKind::Integer) | bit(SlotKind::Decimal) | bit(SlotKind::Quantity)),
            (SlotKind::Identifier, bit(SlotKind::Integer) | bit(SlotKind::Hex) | bit(SlotKind::Identifier)),
        ] {
            if self.0 != 0 && self.0 & !of == 0 {
                return cover;
            }
        }
        SlotKind::Text
    }
}
