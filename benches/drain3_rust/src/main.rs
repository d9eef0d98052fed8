//! The Rust crate drain3 on the lines that `cargo bench --bench parsing -- export DIR` wrote: lines per second, without
//! masks and with three. `drain3-rust-peer DIR LINES` adds rows to DIR/speed.tsv.

use drain3::{Config, MaskingInstruction, Matcher};
use std::fmt::Write;
use std::time::Instant;

fn masks() -> Vec<MaskingInstruction> {
    [(r"\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b", "<IP>"), (r"\b(0x)?[0-9a-f]{8,}\b", "<HEX>"), (r"-?\b\d+\b", "<NUM>")]
        .map(|(pattern, mask)| MaskingInstruction { pattern: pattern.into(), mask: mask.into() })
        .into()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("the folder with the lines is missing")?;
    let wanted: usize = arguments.next().map_or(Ok(1_000_000), |n| n.parse())?;
    let mut rows = std::fs::read_to_string(format!("{folder}/speed.tsv")).unwrap_or_default();
    let mut files: Vec<_> = std::fs::read_dir(&folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    for path in files.iter().filter(|path| path.extension().is_some_and(|e| e == "txt")) {
        let text = std::fs::read_to_string(path)?;
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() <= 2_000 {
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        for (kind, config) in [("rust", Config::default()), ("rust3", Config::builder().masking(masks()).build())] {
            let mut matcher = Matcher::new(config);
            let start = Instant::now();
            for line in lines.iter().cycle().take(wanted) {
                matcher.add_log_message(line)?;
            }
            let rate = wanted as f64 / start.elapsed().as_secs_f64();
            writeln!(rows, "{name}\t{kind}\t{rate:.0}\t{}", matcher.templates().len())?;
        }
    }
    std::fs::write(format!("{folder}/speed.tsv"), rows)?;
    Ok(())
}
