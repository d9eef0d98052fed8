//! Pseudo-random lines and patterns built to hurt: long runs, control characters, cut escapes, every delimiter, lines of
//! a megabyte. Bounded to seconds; `LOGFSM_FUZZ_LINES` sets the number of lines, and `fuzz/` has a target for cargo-fuzz.
#![allow(missing_docs)]

use logfsm::log::{BUILTIN_FORMATS, LineReader, MinerOptions, Settings, TemplateMiner, explain_format};

const PIECES: [&str; 39] = [
    "a",
    "Z9",
    "0x1f",
    "\u{1}",
    "\u{7f}",
    "é",
    "日本",
    "\u{0}",
    "<*>",
    "::",
    "..",
    "=",
    "\"",
    "'",
    "(",
    ")",
    "[",
    "{",
    "|",
    "\t",
    "  ",
    "/a/b",
    "C:\\",
    "\\\\",
    "@",
    "@x.y",
    "://",
    "1.2.3.4",
    ":80",
    "Jan 1 00:00:00",
    "-",
    "%",
    "\r",
    ",",
    "?a=b",
    "12:30:01",
    "true",
    "\u{5}",
    "kb",
];

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % n
    }

    fn line(&mut self, pieces: usize) -> String {
        (0..self.below(pieces)).map(|_| PIECES[self.below(PIECES.len())]).collect()
    }
}

fn lines_wanted() -> u64 {
    std::env::var("LOGFSM_FUZZ_LINES").ok().and_then(|n| n.parse().ok()).unwrap_or(50_000)
}

#[test]
fn arbitrary_lines_are_mined_matched_and_rebuilt() {
    let mut random = Random(0x1234_5678_9abc_def1);
    let (total, mut done, mut batches) = (lines_wanted(), 0, 0u64);
    while done < total {
        let mut lines: Vec<String> = (0..500)
            .map(|_| {
                let pieces = if random.below(200) == 0 { 2_000 } else { 24 };
                random.line(pieces)
            })
            .collect();
        if batches % 20 == 0 {
            // a megabyte of one piece, and of a few
            let (few, one) = (random.line(9), PIECES[random.below(PIECES.len())]);
            lines.push(one.repeat((1 << 20) / one.len()));
            lines.push(few.repeat((1 << 20) / few.len().max(1)));
        }
        // bytes that are no text become replacement characters, as in any reader of log files
        let bytes: Vec<u8> = (0..60).map(|_| random.below(256) as u8).collect();
        lines.push(String::from_utf8_lossy(&bytes).into_owned());
        let mut miner = TemplateMiner::new(MinerOptions::default(), 256 << 20);
        lines.iter().for_each(|line| miner.add(line).unwrap());
        let templates = miner.finish().unwrap();
        for line in &lines {
            let parsed = templates.parse(line).unwrap_or_else(|| panic!("{line:?} has no template"));
            assert_eq!(&templates.rebuild(parsed.template, &parsed.parameters).unwrap(), line);
        }
        // lines that were not mined may have a template or none
        for _ in 0..4_500 {
            let line = random.line(24);
            if let Some(parsed) = templates.parse(&line) {
                assert_eq!(templates.rebuild(parsed.template, &parsed.parameters).unwrap(), line);
            }
        }
        done += lines.len() as u64 + 4_500;
        batches += 1;
    }
    println!("{done} lines");
}

#[test]
fn arbitrary_formats_are_errors_at_worst() {
    const PARTS: [&str; 24] = [
        "(?<TYPE>",
        "(?<TIME>",
        "(?<DATETIME>",
        "(?<x>)",
        "(?<TYPE=>a)",
        "(?<HIDE=>true)",
        ")",
        "(",
        "[",
        "]",
        "\\d+",
        "\\S*",
        ".*",
        "{3}",
        "{1000}",
        "|",
        "^",
        "$",
        " ",
        "a",
        "\\",
        "(?i)",
        "\\k<x>",
        "(?:",
    ];
    let mut random = Random(0xfeed_5678_9abc_def1);
    let (mut compiled, mut read) = (0, 0);
    for _ in 0..lines_wanted() / 10 {
        let format: String = (0..random.below(9)).map(|_| PARTS[random.below(PARTS.len())]).collect();
        let format = match random.below(4) {
            0 => BUILTIN_FORMATS[random.below(BUILTIN_FORMATS.len())].into(),
            1 => format!("(?<TYPE>){format}"),
            _ => format,
        };
        let line = random.line(20);
        let text = |text: &str| serde_json::to_string(text).unwrap();
        let settings = format!(
            r#"{{"formats": [{}], "trace": {}, "separator": {}, "masks": [{}], "on_unmatched": "{}"}}"#,
            text(&format),
            text(&format),
            text(&random.line(3)),
            text(&line),
            ["error", "skip", "keep"][random.below(3)]
        );
        let _ = explain_format(&line, &format);
        let Ok(settings) = Settings::from_json(&settings) else { continue };
        let Ok(mut reader) = LineReader::new(&settings) else { continue };
        compiled += 1;
        for line in [line.as_str(), "12 a b", "2024-01-01T00:00:00Z x"] {
            read += usize::from(reader.read(line, None, None, |_| ()).is_ok());
        }
    }
    println!("{compiled} formats, {read} lines read");
    assert!(compiled > 0 && read > 0);
}
