//! Other numbers than those seen, where these must not be repeated: the next ones, or any of their length.

use super::part::{Form, Part};
use super::ways::Way;
use crate::synth::parameters::few::{digit_count, next_numbers};

/// Lets the numbers at the one place that varies go on after those seen; false where there is no such place.
pub fn go_on(parts: &mut [Part], texts: usize) -> bool {
    let mut varying = parts.iter_mut().filter(|part| !part.is_fixed());
    let (Some(part), None) = (varying.next(), varying.next()) else { return false };
    if let Form::Ways(ways) = &mut part.form {
        let [Way { runs, lengths }] = &mut ways[..] else { return false };
        let Some(place) = runs.iter().position(|run| !run.is_fixed()) else { return false };
        if !go_on(runs, texts) {
            return false;
        }
        let Some(first) = lengths.first().map(|l| l.0.clone()) else { return false };
        let with = |&(length, count): &(u32, u64)| {
            let of_run = |(i, &of): (usize, &u32)| if i == place { length } else { of };
            (first.iter().enumerate().map(of_run).collect(), count)
        };
        *lengths = runs[place].others.iter().map(with).collect();
        let sum = |l: &(Vec<u32>, u64)| (l.0.iter().sum(), l.1);
        part.others = lengths.iter().map(sum).collect();
        return true;
    }
    let Form::Digits { range, padded } = &mut part.form else { return false };
    let Some((least, most)) = next_numbers(*range, texts) else { return false };
    *range = (least, most);

    // As many of each length as there are numbers of it.
    let shortest = if *padded { part.others.last().map_or(0, |o| o.0) } else { 0 };
    let lengths = digit_count(least).max(shortest)..=digit_count(most).max(shortest);
    let of_length = |length: u32| {
        let from = if length == shortest { least } else { least.max(10u64.saturating_pow(length - 1)) };
        most.min(10u64.saturating_pow(length) - 1).saturating_sub(from) + 1
    };
    part.others = lengths.map(|length| (length, of_length(length))).collect();
    true
}

/// Lets numbers that too few traces have to be repeated, and that are the only ones of their place, be any of their length; false
/// where there are none.
pub fn widen(parts: &mut [Part]) -> bool {
    let mut widened = false;
    for part in parts {
        if let Form::Digits { range, padded } = &mut part.form
            && part.atoms.is_empty()
            && range.0 == range.1
        {
            let power = |n: u32| 10u64.saturating_pow(n);
            let length = part.others.last().map_or(1, |o| o.0);
            let least = if *padded || length <= 1 { 0 } else { power(length - 1) };
            *range = (least, power(length) - 1);
            widened = true;
        }
    }
    widened
}
