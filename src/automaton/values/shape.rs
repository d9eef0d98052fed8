//! What a value looks like: its shape, the characters it is written in, and how large it is where it is a number.

/// A value with its runs of digits and letters reduced to one character each. All numbers without a sign are `0`, all
/// with one `-0`, however they are written.
///
/// ```
/// use logfsm::automaton::shape;
/// let of = |value: &str| { let mut text = String::new(); shape(value, &mut text); text };
/// assert_eq!(of("job_1445062781478_0011"), "a_0_0");
/// assert_eq!(of("10.0.0.255:80"), "0.0.0.0:0");
/// assert_eq!((of("2"), of("1.5e-07"), of("-3")), ("0".into(), "0".into(), "-0".into()));
/// ```
pub fn shape(value: &str, shape: &mut String) {
    shape.clear();
    if let Some(number) = number(value) {
        shape.push_str(if number < 0.0 { "-0" } else { "0" });
        return;
    }
    let mut last = None;
    for c in value.chars() {
        let class = class_of(c);
        if last != Some(class) || !class.is_alphanumeric() {
            shape.push(class);
        }
        last = Some(class);
    }
}

fn class_of(c: char) -> char {
    if c.is_ascii_digit() {
        '0'
    } else if c.is_alphabetic() {
        'a'
    } else if c.is_whitespace() {
        ' '
    } else {
        c
    }
}

/// The characters that a value is written in, each once; letters and digits are `x`, and so is a number however written.
///
/// ```
/// use logfsm::automaton::character_classes;
/// let of = |value: &str| { let mut text = String::new(); character_classes(value, &mut text); text };
/// assert_eq!((of("/srv/a-1/b-2"), of("b4a1-00ff"), of("-1.5e-07")), ("-/x".into(), "-x".into(), "x".into()));
/// ```
pub fn character_classes(value: &str, classes: &mut String) {
    classes.clear();
    if number(value).is_some() {
        classes.push('x');
        return;
    }
    let mut found: Vec<char> = Vec::with_capacity(8);
    for c in value.chars() {
        let class = class_of(c);
        let class = if matches!(class, '0' | 'a') { 'x' } else { class };
        if let Err(i) = found.binary_search(&class) {
            found.insert(i, class);
        }
    }
    classes.extend(found);
}

/// The number that a value is, where it is a finite one written in decimal digits.
pub fn number(value: &str) -> Option<f64> {
    let plain = |b: &u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
    let bytes = value.as_bytes();
    let begins = bytes.first().is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.'));
    if !begins || !bytes.iter().all(plain) {
        return None;
    }
    value.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The size of a number without its sign, in steps of at most 1/32: as numbers ascend so do they. 0 is that of zero.
pub fn magnitude(number: f64) -> u16 {
    (number.abs().to_bits() >> 47) as u16
}
