//! Which characters stand at a place: those seen, or the smallest usual set that has them all.

use std::collections::BTreeMap;

/// Characters with how often they were seen.
pub type Characters = BTreeMap<char, u64>;

/// Letters or digits that are looked at before what is missing is taken to be ruled out, per character of the usual set.
const SATURATED: u64 = 8;
/// Letters that are all hexadecimal digits by chance with a probability below 1 in 2000 (6 of 26 are, so 5 suffice).
const HEX_LETTERS: u64 = 6;
/// Characters of one block of Unicode that other scripts are extended by.
const BLOCK: u32 = 64;

/// Adds up two counts of characters.
pub fn count(characters: &mut Characters, text: &str) {
    text.chars().for_each(|c| *characters.entry(c).or_default() += 1);
}

/// The characters that texts may have where these were seen.
///
/// * `hex`: what is known elsewhere of the same texts says that letters are hexadecimal digits
pub fn closure(seen: &Characters, hex: bool) -> Vec<char> {
    let mut all = Vec::new();
    let usual = |test: fn(&char) -> bool, set: &str, all: &mut Vec<char>| {
        let own: Vec<(char, u64)> = seen.iter().map(|(&c, &n)| (c, n)).filter(|(c, _)| test(c)).collect();
        let n: u64 = own.iter().map(|o| o.1).sum();
        let hexadecimal = own.iter().all(|(c, _)| c.is_ascii_hexdigit()) && (hex || n >= HEX_LETTERS);
        if own.is_empty() {
        } else if n >= SATURATED * set.len() as u64 {
            all.extend(own.iter().map(|o| o.0));
        } else if hexadecimal {
            all.extend(set.chars().filter(char::is_ascii_hexdigit));
        } else {
            all.extend(set.chars());
        }
    };
    usual(char::is_ascii_digit, "0123456789", &mut all);
    usual(char::is_ascii_uppercase, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", &mut all);
    usual(char::is_ascii_lowercase, "abcdefghijklmnopqrstuvwxyz", &mut all);
    let others: Vec<char> = seen.keys().copied().filter(|c| !c.is_ascii_alphanumeric()).collect();
    let like = |c: char, of: char| {
        (c.is_uppercase(), c.is_lowercase(), c.is_numeric()) == (of.is_uppercase(), of.is_lowercase(), of.is_numeric())
    };
    for &of in &others {
        if !of.is_alphanumeric() {
            all.push(of);
            continue;
        }
        // A letter here and there among ASCII ones, as in names, stands for itself and its neighbours of equal case;
        // a script of its own has the letters around those seen.
        let start = u32::from(of) / BLOCK * BLOCK;
        let near = (start..start + BLOCK).filter_map(char::from_u32);
        all.extend(near.filter(|&c| c.is_alphanumeric() && like(c, of) && !c.is_ascii()));
    }
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(text: &str, hex: bool) -> String {
        let mut seen = Characters::new();
        count(&mut seen, text);
        closure(&seen, hex).into_iter().collect()
    }

    #[test]
    fn sets_are_the_smallest_usual_ones() {
        assert_eq!(closed("1", false), "0123456789");
        assert_eq!(closed("1a", true), "0123456789abcdef");
        assert_eq!(closed("1abcabcd", false), "0123456789abcdef");
        assert_eq!(closed("xY", false), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
        // Digits of base 8, seen so often that 8 and 9 would have been.
        assert_eq!(closed(&"01234567".repeat(10), false), "01234567");
        assert!(closed("張", false).contains('張') && closed("張", false).chars().count() > 30);
        assert!(closed("ж", false).chars().all(|c| c.is_lowercase() && ('а'..='ѿ').contains(&c)));
    }
}
