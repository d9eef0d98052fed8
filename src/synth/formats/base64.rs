//! Texts in base 64 (RFC 4648), whose punctuation is anywhere in them.

use serde::{Deserialize, Serialize};

/// Texts from which on they are told from others.
const ENOUGH: usize = 4;
/// Characters of the shortest that are.
const SHORTEST: usize = 12;
/// One in so many must have a character that is neither letter nor digit: two of the 64 are.
const MARKED: usize = 8;

/// How long texts in base 64 are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base64 {
    length: (u32, u32),
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let usual = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    text.len() >= SHORTEST
        && text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body.bytes().all(usual)
        && body.bytes().any(|b| b.is_ascii_uppercase())
        && body.bytes().any(|b| b.is_ascii_lowercase())
}

impl Base64 {
    /// From texts of which at least half are in base 64.
    pub fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Option<Self> {
        let (mut length, mut all, mut found, mut marked) = ((u32::MAX, 0), 0, 0, 0);
        for text in texts {
            all += 1;
            if is_base64(text) {
                found += 1;
                marked += usize::from(text.trim_end_matches('=').bytes().any(|b| !b.is_ascii_alphanumeric()));
                length = (length.0.min(text.len() as u32), length.1.max(text.len() as u32));
            }
        }
        (found >= ENOUGH && found * 2 >= all && marked * MARKED >= found).then_some(Base64 { length })
    }

    /// True for a text like those.
    pub fn fits(&self, text: &str) -> bool {
        (self.length.0..=self.length.1).contains(&(text.len() as u32)) && is_base64(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_base_64_is_told_from_paths_and_words() {
        let real = [
            "ac20zocMmm3Hh//+BT+O1V==",
            "PM+4k/hVLs8TYyAVimXBpQ==",
            "kyWvcxmwcSj+YxNsX3Ue0+==",
            "gVg4KKaMLYUgnDpjbYHA3g==",
        ];
        let format = Base64::of(real.into_iter()).unwrap();
        assert!(format.fits("24aItWobwtSszdN1pO88Me=="));
        assert!(
            !format.fits("24aItWobwtSszdN1pO88Me=")
                && !format.fits("24aItWobwtSs")
                && !format.fits("24aItWobwtSs.dN1pO88Me==")
        );
        let paths = ["/srv/data/12/f1.csv", "/srv/data/3/f19.csv", "/srv/data/31/f9.csv", "/srv/data/1/f1.csv"];
        assert_eq!(Base64::of(paths.into_iter()), None);
    }
}
