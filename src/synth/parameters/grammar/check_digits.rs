//! Check digits: those of cards, of articles and of bank accounts.

use serde::{Deserialize, Serialize};

/// How the check digits of texts are computed; what is neither letter nor digit does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckDigits {
    /// The last digit, by Luhn (ISO/IEC 7812-1): card numbers, IMEI.
    Luhn,
    /// The last digit, by weights 3 and 1 from the right (GS1): EAN, GTIN, ISBN-13.
    Gs1,
    /// The third and fourth character, modulo 97 (ISO 13616): IBAN.
    Iban,
}

impl CheckDigits {
    /// All of them.
    pub const ALL: [CheckDigits; 3] = [CheckDigits::Luhn, CheckDigits::Gs1, CheckDigits::Iban];

    /// True where a text may have such check digits by its characters.
    pub fn may_be(self, text: &str) -> bool {
        let plain: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
        let digits = plain.iter().all(char::is_ascii_digit);
        let separated = text.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ' || c == '-');
        separated
            && match self {
                CheckDigits::Luhn => digits && (12..=19).contains(&plain.len()),
                CheckDigits::Gs1 => digits && [8, 12, 13, 14].contains(&plain.len()),
                CheckDigits::Iban => {
                    (15..=34).contains(&plain.len())
                        && plain[..2].iter().all(char::is_ascii_uppercase)
                        && plain[2..4].iter().all(char::is_ascii_digit)
                }
            }
    }

    /// The text with the check digits it must have. O(length).
    pub fn correct(self, text: &str) -> String {
        let plain: Vec<char> = text.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        let count = plain.len();
        if count < 5 {
            return text.to_string();
        }
        let digit = |c: &char| c.to_digit(36).unwrap_or(0);
        let (first, right): (usize, Vec<u32>) = match self {
            CheckDigits::Luhn => {
                let doubled = |(i, c): (usize, &char)| {
                    let value = digit(c) * if i % 2 == 0 { 2 } else { 1 };
                    value / 10 + value % 10
                };
                let sum: u32 = plain[..count - 1].iter().rev().enumerate().map(doubled).sum();
                (count - 1, vec![(10 - sum % 10) % 10])
            }
            CheckDigits::Gs1 => {
                let weighed = |(i, c): (usize, &char)| digit(c) * if i % 2 == 0 { 3 } else { 1 };
                let sum: u32 = plain[..count - 1].iter().rev().enumerate().map(weighed).sum();
                (count - 1, vec![(10 - sum % 10) % 10])
            }
            CheckDigits::Iban => {
                let moved = plain[4..].iter().chain(&plain[..2]).map(digit).chain([0, 0]);
                let rest = moved.fold(0, |rest, value| (rest * if value > 9 { 100 } else { 10 } + value) % 97);
                let check = 98 - rest;
                (2, vec![check / 10, check % 10])
            }
        };
        let mut place = 0;
        let replaced = |c: char| {
            if !c.is_ascii_alphanumeric() {
                return c;
            }
            place += 1;
            let at = (place - 1usize).checked_sub(first).and_then(|i| right.get(i));
            at.and_then(|&value| char::from_digit(value, 10)).unwrap_or(c)
        };
        text.chars().map(replaced).collect()
    }

    /// True for a text with right check digits. Those of an IBAN may be written as 00 or 01, too, in place of 97 and 98.
    fn is_right(self, text: &str) -> bool {
        let right = self.correct(text);
        let plain = |text: &str| -> Vec<char> { text.chars().filter(char::is_ascii_alphanumeric).collect() };
        let check = |text: &str| plain(text).get(2..4).and_then(|digits| String::from_iter(digits).parse::<u32>().ok());
        right == text || self == CheckDigits::Iban && check(text).zip(check(&right)).is_some_and(|(a, b)| a + 97 == b)
    }

    /// The check digits that all texts have, if any.
    pub fn of(texts: &[&str]) -> Option<Self> {
        let all = |check: &&CheckDigits| texts.iter().all(|text| check.may_be(text) && check.is_right(text));
        // One digit is right by chance in one of ten texts.
        let enough = |check: &&CheckDigits| texts.len() >= if **check == CheckDigits::Iban { 3 } else { 6 };
        CheckDigits::ALL.iter().filter(enough).find(all).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers_are_right() {
        for (check, text) in [
            (CheckDigits::Luhn, "4111 1111 1111 1111"),
            (CheckDigits::Luhn, "490154203237518"),
            (CheckDigits::Gs1, "4006381333931"),
            (CheckDigits::Gs1, "978-3-16-148410-0"),
            (CheckDigits::Iban, "GB29 NWBK 6016 1331 9268 19"),
            (CheckDigits::Iban, "DE89370400440532013000"),
        ] {
            assert!(check.may_be(text), "{text}");
            assert_eq!(check.correct(text), text);
        }
        assert_eq!(CheckDigits::Luhn.correct("4111 1111 1111 1117"), "4111 1111 1111 1111");
        assert_eq!(CheckDigits::of(&["4111111111111111"; 6]), Some(CheckDigits::Luhn));
        assert_eq!(CheckDigits::of(&["4111111111111112"; 6]), None);
        // The remainder of 97 is 1 with 98, and with 01 as well.
        let written: Vec<String> = (0..100).map(|i| format!("DE{i:02}370400440532013000")).collect();
        assert_eq!(written.iter().filter(|text| CheckDigits::Iban.is_right(text)).count(), 1);
        let two = (0..1000u64).find(|i| CheckDigits::Iban.correct(&format!("DE00{i:018}")).starts_with("DE98"));
        let text = format!("DE01{:018}", two.unwrap());
        assert_eq!(CheckDigits::of(&[text.as_str(); 3]), Some(CheckDigits::Iban));
    }
}
