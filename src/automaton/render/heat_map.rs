//! Transition matrices as heat maps: what follows each event, in two sets of traces and their difference.

use super::text;
use crate::automaton::LabelId;
use crate::trace::Label;
use hashbrown::{HashMap, HashSet};
use std::fmt::Write;

/// How often each event is followed by each; [`START_OR_END`] stands for the start where it is first, else the end.
pub type Follows = HashMap<LabelId, HashMap<LabelId, f64>>;
/// No event: before the first and after the last.
pub const START_OR_END: LabelId = LabelId::MAX;

/// Events shown at most: the most frequent ones.
const MOST_EVENTS: usize = 60;
const MOST_CHARACTERS: usize = 34;
const MARGIN: f64 = 20.0;
const GAP: f64 = 26.0;
const FONT: f64 = 10.0;
const TITLE: f64 = 13.0;
const BAR: (f64, f64) = (130.0, 9.0);
/// Shares from none to all (ColorBrewer "Blues"), and differences from less to more ("RdBu", turned around).
const SHARES: &[u32] = &[0xf7fbff, 0xc6dbef, 0x6baed6, 0x2171b5, 0x08306b];
const DIFFERENCES: &[u32] = &[0x2166ac, 0x92c5de, 0xf7f7f7, 0xf4a582, 0xb2182b];
/// Differences below this are not worth a full colour.
const LEAST_SCALE: f64 = 0.05;

/// A colour between some, at 0 to 1.
fn color(stops: &[u32], at: f64) -> String {
    let at = at.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
    let first = (at as usize).min(stops.len() - 2);
    let within = at - first as f64;
    let part = |shift: u32| {
        let of = |stop: u32| f64::from(stop >> shift & 0xff);
        libm::round(of(stops[first]) + (of(stops[first + 1]) - of(stops[first])) * within) as u8
    };
    format!("#{:02x}{:02x}{:02x}", part(16), part(8), part(0))
}

/// Each row as shares.
fn shares(of: &Follows) -> HashMap<(LabelId, LabelId), f64> {
    let mut shares = HashMap::new();
    for (&from, row) in of {
        let mut counts: Vec<f64> = row.values().copied().collect();
        counts.sort_unstable_by(f64::total_cmp);
        let total = counts.into_iter().fold(0.0, |sum, count| sum + count);
        shares.extend(row.iter().filter(|_| total > 0.0).map(|(&to, count)| ((from, to), count / total)));
    }
    shares
}

/// The events, most frequent ones only, in the order in which traces tend to have them: from the start along the most
/// frequent step to an event not yet placed.
fn order(sides: &[&Follows; 2]) -> (Vec<LabelId>, usize) {
    let mut counts: HashMap<LabelId, f64> = HashMap::new();
    let mut steps: HashMap<(LabelId, LabelId), f64> = HashMap::new();
    for (&from, row) in sides.iter().flat_map(|side| side.iter()) {
        for (&to, &count) in row {
            *steps.entry((from, to)).or_default() += count;
            if to != START_OR_END {
                *counts.entry(to).or_default() += count;
            }
        }
    }
    let mut events: Vec<(LabelId, f64)> = counts.into_iter().collect();
    events.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let hidden = events.len().saturating_sub(MOST_EVENTS);
    events.truncate(MOST_EVENTS);
    let mut left: HashSet<LabelId> = events.iter().map(|e| e.0).collect();
    let (mut placed, mut at) = (Vec::with_capacity(left.len()), START_OR_END);
    while !left.is_empty() {
        let after = |from: LabelId| {
            let steps = events.iter().filter(|e| left.contains(&e.0)).map(|e| (steps.get(&(from, e.0)), e.0));
            let found = steps.filter_map(|(count, event)| Some((*count?, event)));
            found.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))).map(|step| step.1)
        };
        // Where the last one leads nowhere new, an earlier one does, or else the most frequent event left.
        let next = after(at).or_else(|| placed.iter().rev().find_map(|&from| after(from)));
        let Some(next) = next.or_else(|| events.iter().map(|e| e.0).find(|e| left.contains(e))) else { break };
        left.remove(&next);
        placed.push(next);
        at = next;
    }
    (placed, hidden)
}

/// Real and synthetic transition matrices and their difference, side by side, as an SVG.
///
/// Rows are events that are followed, the start first; columns those that follow, the end last. The most frequent 60
/// events are shown. O(events² + steps).
pub fn transition_matrices_svg(labels: &[Label], real: &Follows, synthetic: &Follows) -> String {
    let (events, hidden) = order(&[real, synthetic]);
    // Components only where event types alone are not told apart; full texts are in tooltips.
    let mut texts: HashMap<&str, u32> = HashMap::new();
    labels.iter().for_each(|label| *texts.entry(&label.event).or_default() += 1);
    let names = |last: &'static str, label: LabelId| match labels.get(label as usize) {
        Some(label) if texts.get(&*label.event) == Some(&1) => {
            let shown = text::label_texts(&Label::event(&label.event), MOST_CHARACTERS).0;
            (shown, text::label_texts(label, MOST_CHARACTERS).1)
        }
        Some(label) => text::label_texts(label, MOST_CHARACTERS),
        None if label == START_OR_END => (last.into(), last.into()),
        None => ("?".into(), "?".into()),
    };
    let rows: Vec<LabelId> = [START_OR_END].into_iter().chain(events.iter().copied()).collect();
    let columns: Vec<LabelId> = events.iter().copied().chain([START_OR_END]).collect();
    let (row_names, column_names): (Vec<_>, Vec<_>) =
        (rows.iter().map(|&l| names("START", l)).collect(), columns.iter().map(|&l| names("END", l)).collect());
    let size = (440.0 / rows.len() as f64).clamp(7.0, 26.0);
    let font = FONT.min(size);
    let widest = |names: &[(String, String)]| names.iter().map(|n| text::width(&n.0) * font).fold(0.0, f64::max);
    let (left, top) = (MARGIN + widest(&row_names) + 8.0, MARGIN + TITLE + 12.0 + widest(&column_names) * 0.87 + 8.0);
    let side = size * rows.len() as f64;
    let overhang = widest(&column_names) * 0.5;
    let width = (left + 3.0 * side + 2.0 * GAP + overhang.max(MARGIN) + 8.0).ceil();
    let height = (top + side + GAP + BAR.1 + 2.5 * FONT + MARGIN).ceil();
    let shares = [shares(real), shares(synthetic)];
    let share = |which: usize, from: LabelId, to: LabelId| shares[which].get(&(from, to)).copied().unwrap_or(0.0);
    let mut scale = LEAST_SCALE;
    for (&from, &to) in rows.iter().flat_map(|from| columns.iter().map(move |to| (from, to))) {
        scale = f64::max(scale, (share(1, from, to) - share(0, from, to)).abs());
    }
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" font-size=\"{font:.1}\" fill=\"#1b1f23\">\n\
         <title>What follows each event: real, synthetic, difference</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (i, (shown, full)) in row_names.iter().enumerate() {
        let y = top + (i as f64 + 0.5) * size + font * 0.35;
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{}<title>{}</title></text>",
            left - 8.0,
            text::xml(shown),
            text::xml(full)
        );
    }
    let titles = ["real", "synthetic", "synthetic − real"];
    for (panel, title) in titles.iter().enumerate() {
        let x = left + panel as f64 * (side + GAP);
        let _ = write!(
            out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"{TITLE}\" font-weight=\"bold\">{title}</text>\n\
             <rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{side:.1}\" height=\"{side:.1}\" fill=\"#fbfbfb\" stroke=\"#d0d7de\"/>\n",
            MARGIN + TITLE * 0.8
        );
        for (i, (shown, full)) in column_names.iter().enumerate() {
            let (x, y) = (x + (i as f64 + 0.5) * size + font * 0.3, top - 6.0);
            let _ = writeln!(
                out,
                "<text transform=\"translate({x:.1} {y:.1}) rotate(-60)\">{}<title>{}</title></text>",
                text::xml(shown),
                text::xml(full)
            );
        }
        for (i, &from) in rows.iter().enumerate() {
            for (j, &to) in columns.iter().enumerate() {
                let (a, b) = (share(0, from, to), share(1, from, to));
                let fill = match panel {
                    _ if a == 0.0 && b == 0.0 => continue,
                    2 => color(DIFFERENCES, 0.5 + (b - a) / (2.0 * scale)),
                    _ if [a, b][panel] == 0.0 => continue,
                    // Rare steps stay visible on white.
                    _ => color(SHARES, 0.12 + 0.88 * [a, b][panel]),
                };
                let _ = writeln!(
                    out,
                    "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{fill}\"><title>{} → {}: real {a:.3}, synthetic {b:.3}</title></rect>",
                    x + j as f64 * size + 0.5,
                    top + i as f64 * size + 0.5,
                    size - 1.0,
                    size - 1.0,
                    text::xml(&row_names[i].0),
                    text::xml(&column_names[j].0)
                );
            }
        }
    }
    let y = top + side + GAP * 0.7;
    legend(&mut out, (left, y), "share of what follows", SHARES, ["0", "1"]);
    let ends = [format!("−{scale:.2}"), format!("+{scale:.2}")];
    legend(
        &mut out,
        (left + 2.0 * (side + GAP), y),
        "difference of shares",
        DIFFERENCES,
        [ends[0].as_str(), ends[1].as_str()],
    );
    if hidden > 0 {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{FONT}\" fill=\"#57606a\">{hidden} less frequent events are not shown</text>",
            left + side + GAP,
            y + BAR.1
        );
    }
    out.push_str("</svg>\n");
    out
}

/// A bar of a scale's colours with its ends.
fn legend(out: &mut String, (x, y): (f64, f64), title: &str, stops: &[u32], ends: [&str; 2]) {
    const STEPS: usize = 26;
    let step = BAR.0 / STEPS as f64;
    for i in 0..STEPS {
        let fill = color(stops, i as f64 / (STEPS - 1) as f64);
        let _ = writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{}\" fill=\"{fill}\"/>",
            x + i as f64 * step,
            step + 0.3,
            BAR.1
        );
    }
    let below = y + BAR.1 + FONT + 3.0;
    let _ = write!(
        out,
        "<g font-size=\"{FONT}\" fill=\"#57606a\"><text x=\"{x:.1}\" y=\"{below:.1}\">{}</text>\n\
         <text x=\"{:.1}\" y=\"{below:.1}\" text-anchor=\"end\">{}</text>\n\
         <text x=\"{:.1}\" y=\"{:.1}\">{title}</text></g>\n",
        ends[0],
        x + BAR.0,
        ends[1],
        x + BAR.0 + 8.0,
        y + BAR.1
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follows(pairs: &[(LabelId, LabelId, f64)]) -> Follows {
        let mut all = Follows::new();
        pairs.iter().for_each(|&(a, b, n)| {
            all.entry(a).or_default().insert(b, n);
        });
        all
    }

    #[test]
    fn events_come_in_the_order_of_traces() {
        let real = follows(&[(START_OR_END, 2, 9.0), (2, 0, 8.0), (2, 1, 1.0), (0, 1, 8.0), (1, START_OR_END, 9.0)]);
        assert_eq!(order(&[&real, &Follows::new()]), (vec![2, 0, 1], 0));
    }

    #[test]
    fn all_three_panels_are_drawn_and_labels_escaped() {
        let labels = [Label::event("<a & \"b\">"), Label::new(Some("svc"), "close")];
        let real = follows(&[(START_OR_END, 0, 3.0), (0, 0, 1.0), (0, 1, 3.0), (1, START_OR_END, 3.0)]);
        let synthetic = follows(&[(START_OR_END, 0, 3.0), (0, 1, 3.0), (1, START_OR_END, 3.0)]);
        let svg = transition_matrices_svg(&labels, &real, &synthetic);
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert!(svg.contains("&lt;a &amp; &quot;b&quot;&gt;") && !svg.contains("<a &"), "{svg}");
        // A step of real traces only: drawn in the first and in the last panel.
        assert_eq!(svg.matches("real 0.250, synthetic 0.000").count(), 2);
        assert_eq!(svg.matches("real 0.750, synthetic 1.000").count(), 3);
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    }

    #[test]
    fn many_events_and_none() {
        let labels: Vec<Label> = (0..100).map(|i| Label::event(&format!("event number {i}"))).collect();
        let chain: Vec<_> = (0..99).map(|i| (i, i + 1, 1.0)).collect();
        let svg = transition_matrices_svg(&labels, &follows(&chain), &Follows::new());
        assert!(svg.contains("39 less frequent events are not shown"));
        assert!(transition_matrices_svg(&[], &Follows::new(), &Follows::new()).contains("</svg>"));
    }

    #[test]
    fn colours_are_at_their_stops() {
        assert_eq!(
            (color(SHARES, 0.0), color(SHARES, 1.0), color(DIFFERENCES, 0.5)),
            ("#f7fbff".into(), "#08306b".into(), "#f7f7f7".into())
        );
    }
}
