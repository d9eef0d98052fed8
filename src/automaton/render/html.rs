//! One HTML page: the picture and a table of transitions that a click on a heading sorts.

use super::svg::Drawing;
use super::{RenderOptions, picture, text};
use crate::automaton::{Automaton, Transition};
use crate::error::Result;
use std::cmp::Reverse;
use std::fmt::Write;

/// Rows of the table; a browser does not sort millions.
const MAX_ROWS: usize = 5000;

const HEAD: &str = "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\"/>
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>
<style>
body { font: 14px/1.4 Helvetica, Arial, sans-serif; margin: 1.5em; background: white; color: #1b1f23; }
.picture { overflow: auto; max-height: 90vh; border: 1px solid #d0d7de; }
table { border-collapse: collapse; margin-top: 1em; }
th, td { padding: .25em .75em; border-bottom: 1px solid #d0d7de; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { cursor: pointer; background: #f6f8fa; position: sticky; top: 0; }
.n { text-align: right; white-space: nowrap; }
.rare { color: #8c959f; }
</style>
";

/// Sorts by a column: by `data-v` where cells have one, else by text; a second click turns the order round. Written
/// without `<` and `&`, so that the page is well-formed XML too.
const SCRIPT: &str = "<script>
document.querySelectorAll('th').forEach(function (head, column) {
  var sign = 1;
  head.addEventListener('click', function () {
    var body = document.querySelector('tbody');
    function key(row) { var cell = row.cells[column]; return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v); }
    Array.from(body.rows).sort(function (a, b) {
      var x = key(a), y = key(b);
      return sign * (x > y ? 1 : y > x ? -1 : 0);
    }).forEach(function (row) { body.appendChild(row); });
    sign = -sign;
  });
});
</script>
";

impl Automaton {
    /// The machine as one HTML page that needs nothing else: the picture and a sortable table of its transitions.
    ///
    /// # Arguments
    /// * `options`: what of the machine to show; the table also lists what the picture hides
    ///
    /// # Returns
    /// The page; all labels are escaped. Fails where an option is out of range.
    ///
    /// # Complexity
    /// O(n + m log m) for n states and m transitions, and bounded time for the layout.
    ///
    /// # Example
    /// ```
    /// use logfsm::automaton::{PrefixTree, RenderOptions};
    ///
    /// let page = PrefixTree::new(usize::MAX).to_automaton().to_html(&RenderOptions::default())?;
    /// assert!(page.starts_with("<!DOCTYPE html>"));
    /// # Ok::<(), logfsm::error::Error>(())
    /// ```
    pub fn to_html(&self, options: &RenderOptions) -> Result<String> {
        let drawing = Drawing::of(self, options)?;
        let title = text::xml(&drawing.picture.legend);
        let mut out = format!("{HEAD}<title>{title}</title>\n</head>\n<body>\n<div class=\"picture\">\n");
        out.push_str(&drawing.to_svg());
        out.push_str(
            "</div>\n<table>\n<thead><tr><th>From</th><th>Event</th><th>To</th><th class=\"n\">Count</th>\
             <th class=\"n\">Probability</th><th class=\"n\">Mean delay</th></tr></thead>\n<tbody>\n",
        );
        let mut order: Vec<usize> = (0..self.transitions.len()).collect();
        order.sort_by_key(|&i| (Reverse(self.transitions[i].count), i));
        order.truncate(MAX_ROWS);
        let (names, visits) = (self.state_infos(), self.visits());
        // The picture has room for numbers only: here both stand side by side.
        let name = |state: u32| {
            let name = text::shorten(&text::clean(&names[state as usize].name), 200);
            format!("{state} · {}", text::xml(&name))
        };
        for &i in &order {
            let t: &Transition = &self.transitions[i];
            let class = if drawing.picture.shown[i] { "" } else { " class=\"rare\"" };
            let event = text::xml(&text::label_texts(&self.labels[t.label as usize], 0).1);
            let p = picture::probability(t, &visits);
            let delay = match t.delays.mean() {
                Some(mean) => format!("<td class=\"n\" data-v=\"{mean:.1}\">{}</td>", text::duration(mean)),
                None => "<td class=\"n\" data-v=\"-1\"></td>".into(),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "<tr{class}><td data-v=\"{source}\">{}</td><td>{event}</td>\
                 <td data-v=\"{target}\">{}</td><td class=\"n\" data-v=\"{}\">{}</td>\
                 <td class=\"n\" data-v=\"{p:.6}\">{p:.4}</td>{delay}</tr>",
                name(t.source),
                name(t.target),
                t.count,
                text::thousands(t.count),
                source = t.source,
                target = t.target,
            );
        }
        out.push_str("</tbody>\n</table>\n");
        let rest = self.transitions.len() - order.len();
        if rest > 0 {
            let _ = writeln!(out, "<p>{} not listed.</p>", text::counted(rest as u64, "rarer transition"));
        }
        out.push_str(SCRIPT);
        out.push_str("</body>\n</html>\n");
        Ok(out)
    }
}
