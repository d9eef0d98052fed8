//! Random streams: ChaCha8 keyed by what identifies a run, one stream per trace.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};

/// The key of one domain (path, time, …) of a run; part of the format of a seed, never to change.
pub fn key(domain: &str, seed: i64, fingerprint: &[u8; 32]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"logfsm.generate.1\0");
    hash.update(domain.as_bytes());
    hash.update([0]);
    hash.update(seed.to_le_bytes());
    hash.update(fingerprint);
    hash.finalize().into()
}

/// The random numbers of one trace.
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of a trace's ordinal.
    pub fn new(key: &[u8; 32], ordinal: u64) -> Self {
        let mut rng = ChaCha8Rng::from_seed(*key);
        rng.set_stream(ordinal);
        Stream(rng)
    }

    /// A number in 0..n, exactly uniform (Lemire 2019, with rejection); 0 for n of 0 or 1.
    pub fn below(&mut self, n: u64) -> u64 {
        if n <= 1 {
            return 0;
        }
        let threshold = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.0.next_u64()) * u128::from(n);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }
}

impl Stream {
    /// As [`Stream::below`] for bounds beyond 64 bits: rejection of whole 128-bit draws.
    pub fn below_wide(&mut self, n: u128) -> u128 {
        if let Ok(n) = u64::try_from(n) {
            return self.below(n).into();
        }
        let shift = n.leading_zeros();
        loop {
            let draw = (u128::from(self.0.next_u64()) << 64 | u128::from(self.0.next_u64())) >> shift;
            if draw < n {
                return draw;
            }
        }
    }
}

/// Draws from one number in [0, 1) that is spent digit by digit, as an arithmetic decoder does: traces of neighbouring
/// numbers share their first events, so evenly spread numbers give evenly spread traces. What is known of the number
/// is exact to 64 bits at every draw; digits that run out come from the stream.
pub struct Spread {
    number: u64,
}

impl Spread {
    /// The number of an ordinal: steps of the golden ratio from an offset, which fill [0, 1) evenly from any ordinal on
    /// (Weyl 1916).
    pub fn new(offset: u64, ordinal: u64) -> Self {
        Spread { number: offset.wrapping_add(ordinal.wrapping_mul(0x9e37_79b9_7f4a_7c15)) }
    }

    /// The offset that a key decides.
    pub fn offset(key: &[u8; 32]) -> u64 {
        Stream::new(key, u64::MAX).0.next_u64()
    }

    /// A number in 0..n, n positive.
    pub fn below(&mut self, n: u64, stream: &mut Stream) -> (u64, u64) {
        let spread = u128::from(self.number) * u128::from(n) + u128::from(stream.below(n));
        ((spread >> 64) as u64, spread as u64)
    }

    /// Spends what a draw decided: it fell `into` an interval of this width, with these digits left.
    pub fn spend(&mut self, into: u64, digits: u64, width: u64) {
        self.number = ((u128::from(into) << 64 | u128::from(digits)) / u128::from(width.max(1))) as u64;
    }
}
