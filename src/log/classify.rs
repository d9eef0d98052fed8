//! Which kind of value a run of word bytes is, if it is one.

use super::kind::SlotKind;
use super::scan::is_ip;
use super::token::{Class, MAX_WORD};

const UNITS: [&str; 46] = [
    "ns", "us", "ms", "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "h", "hr", "hrs", "d", "day",
    "days", "b", "k", "kb", "kib", "m", "mb", "mib", "g", "gb", "gib", "t", "tb", "tib", "byte", "bytes", "kbytes",
    "mbytes", "gbytes", "hz", "khz", "mhz", "ghz", "%", "bit", "bits", "kbps", "mbps", "gbps", "w",
];

/// Values by themselves, in any language that prints them.
fn is_literal(text: &[u8]) -> bool {
    matches!(text, b"true" | b"True" | b"TRUE" | b"null" | b"NULL" | b"false" | b"False" | b"FALSE")
}

/// True for the name of a unit of size, time or rate.
pub fn is_unit(word: &str) -> bool {
    UNITS.iter().any(|u| u.eq_ignore_ascii_case(word))
}

/// What text without digits is that is no path.
pub fn word(text: &[u8]) -> Class {
    if is_literal(text) {
        return Class::Value(SlotKind::Categorical);
    }
    if text.len() <= MAX_WORD {
        return Class::Word;
    }
    // in characters, of which other scripts have fewer bytes' worth
    let continued = text.iter().filter(|b| **b & 0xc0 == 0x80).count();
    if text.len() - continued > MAX_WORD { Class::Value(SlotKind::Text) } else { Class::Word }
}

/// Names of protocols, algorithms, formats and machines whose digits are part of them, without dashes, in lower case;
/// sorted.
const NAMES_WITH_DIGITS: [&str; 105] = [
    "a11y",
    "aarch64",
    "aes128",
    "aes192",
    "aes256",
    "amd64",
    "arm64",
    "b2b",
    "base32",
    "base64",
    "blake2",
    "blake3",
    "bzip2",
    "cp1252",
    "crc16",
    "crc32",
    "crc64",
    "db2",
    "des3",
    "dhcp4",
    "dhcp6",
    "dhcpv4",
    "dhcpv6",
    "ec2",
    "ed25519",
    "ext2",
    "ext3",
    "ext4",
    "g711",
    "g722",
    "g726",
    "g729",
    "gb18030",
    "gb2312",
    "h2",
    "h264",
    "h265",
    "http1",
    "http2",
    "http3",
    "i18n",
    "i2c",
    "i386",
    "i486",
    "i586",
    "i686",
    "ia64",
    "icmp6",
    "icmpv4",
    "icmpv6",
    "igmpv2",
    "igmpv3",
    "inet4",
    "inet6",
    "ip4",
    "ip6",
    "ip6tables",
    "ipv4",
    "ipv6",
    "jpeg2000",
    "k8s",
    "l10n",
    "l2tp",
    "log4j",
    "log4j2",
    "lz4",
    "md4",
    "md5",
    "mldv2",
    "mp3",
    "mp4",
    "mpeg2",
    "mpeg4",
    "mqtt3",
    "mqtt5",
    "nfsv3",
    "nfsv4",
    "oauth1",
    "oauth2",
    "ospfv2",
    "ospfv3",
    "p2p",
    "pkcs1",
    "pkcs11",
    "pkcs12",
    "pkcs7",
    "pkcs8",
    "rc4",
    "rs232",
    "rs485",
    "s3",
    "saml2",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "slf4j",
    "smbv1",
    "snmpv2",
    "snmpv3",
    "socks4",
    "socks5",
    "sqlite3",
    "ss7",
];
/// The longest of them, dashes included.
const MAX_NAME: usize = 10;

/// True for a name whose digits tell it from other names, not one of its kind from the next: `IPv6`, `SHA-256`.
pub fn is_name_with_digits(text: &[u8]) -> bool {
    if text.len() > MAX_NAME {
        return false;
    }
    let mut name = [0u8; MAX_NAME];
    let mut len = 0;
    for byte in text.iter().filter(|b| **b != b'-' && **b != b'_') {
        name[len] = byte.to_ascii_lowercase();
        len += 1;
    }
    NAMES_WITH_DIGITS.binary_search_by(|known| known.as_bytes().cmp(&name[..len])).is_ok()
}

/// Where the number is that stands between letters, at least two on each side, as in `login42ok`.
pub fn glued(text: &[u8]) -> Option<(usize, usize)> {
    let from = text.iter().position(u8::is_ascii_digit).filter(|from| *from >= 2)?;
    let to = from + text[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let letters = |part: &[u8]| part.len() >= 2 && part.iter().all(u8::is_ascii_alphabetic);
    let hex = text.len() >= 6 && text.iter().all(u8::is_ascii_hexdigit);
    (letters(&text[..from]) && letters(&text[to..]) && !hex).then_some((from, to))
}

/// What a run of word bytes is.
pub fn classify(text: &[u8]) -> Class {
    let (mut digits, mut letters, mut longest, mut run, mut runs) = (0usize, 0usize, 0usize, 0usize, 0usize);
    let (mut hex, mut backslashes) = (true, 0usize);
    for &b in text {
        if b.is_ascii_digit() {
            digits += 1;
            runs += usize::from(run == 0);
            run += 1;
            longest = longest.max(run);
        } else {
            run = 0;
            letters += usize::from(b.is_ascii_alphabetic() || b >= 0x80);
            hex &= b.is_ascii_hexdigit();
            backslashes += usize::from(b == b'\\');
        }
    }
    let first = text[0];
    if is_path(text, backslashes) {
        return Class::Value(SlotKind::Path);
    }
    if digits == 0 {
        return word(text);
    }
    let body = if matches!(first, b'-' | b'+') { &text[1..] } else { text };
    if letters == 0 {
        return Class::Value(number_kind(body));
    }
    if body.len() > 2 && body[0] == b'0' && (body[1] | 32) == b'x' && body[2..].iter().all(u8::is_ascii_hexdigit) {
        return Class::Value(SlotKind::Hex);
    }
    if hex && text.len() >= 6 {
        return Class::Value(SlotKind::Hex);
    }
    if is_uuid(text) {
        return Class::Value(SlotKind::Hex);
    }
    if body.first().is_some_and(u8::is_ascii_digit) {
        return Class::Value(leading_digit_kind(body));
    }
    if is_ip(text.strip_prefix(b"/").unwrap_or(text)) {
        return Class::Value(SlotKind::Ip);
    }
    if longest >= 4 || runs > 1 || digits > letters || text.len() > MAX_WORD {
        return Class::Value(SlotKind::Identifier);
    }
    Class::Soft
}

/// A slash at the start, or several backslashes.
fn is_path(text: &[u8], backslashes: usize) -> bool {
    match text[0] {
        b'/' => text.len() > 1 && text[1] != b'/' && !is_ip(&text[1..]),
        b'.' => text.starts_with(b"./") || text.starts_with(b"../"),
        b'~' => text.starts_with(b"~/"),
        _ => backslashes >= 2,
    }
}

fn number_kind(body: &[u8]) -> SlotKind {
    let dots = body.iter().filter(|b| **b == b'.').count();
    let plain = body.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    if plain && dots == 0 {
        return SlotKind::Integer;
    }
    if plain && dots == 1 {
        return SlotKind::Decimal;
    }
    if is_ip(body) || (body[0] == b'/' && is_ip(&body[1..])) {
        return SlotKind::Ip;
    }
    if let Some(number) = body.strip_suffix(b"%")
        && number.iter().all(|b| b.is_ascii_digit() || *b == b'.')
    {
        return SlotKind::Quantity;
    }
    let separators = body.iter().filter(|b| matches!(b, b'-' | b'/')).count();
    if separators == 2 && body.len() >= 8 && body.iter().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'/')) {
        return SlotKind::Timestamp;
    }
    SlotKind::Identifier
}

fn leading_digit_kind(body: &[u8]) -> SlotKind {
    let number = body.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let unit = &body[number..];
    if unit.len() <= 7 && UNITS.iter().any(|u| u.as_bytes().eq_ignore_ascii_case(unit)) {
        return SlotKind::Quantity;
    }
    SlotKind::Identifier
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whatever_their_dashes_and_case() {
        assert!(NAMES_WITH_DIGITS.is_sorted() && NAMES_WITH_DIGITS.iter().all(|name| name.len() <= MAX_NAME));
        for name in ["IPv6", "ipv4", "SHA-256", "md5", "x86_64", "OSPFv2", "Log4j"] {
            assert_eq!(is_name_with_digits(name.as_bytes()), name != "x86_64", "{name}");
        }
        for name in ["eth0", "sda1", "node17", "blk_5140072410813878235"] {
            assert!(!is_name_with_digits(name.as_bytes()), "{name}");
        }
        assert_eq!(glued(b"login42ok"), Some((5, 7)));
        for text in ["eth0", "a1b", "jk2_init", "abc12def", "12ms", "p2p", "ab1cd2ef"] {
            assert_eq!(glued(text.as_bytes()), None, "{text}");
        }
    }
}
