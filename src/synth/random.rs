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
