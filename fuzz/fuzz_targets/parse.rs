//! Arbitrary bytes as lines, patterns and stored forms: `cargo +nightly fuzz run parse`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use logfsm::log::{FormatOptions, LineFormats, MinerOptions, TemplateMiner, Templates, explain_format};

fuzz_target!(|data: &[u8]| {
    let _ = TemplateMiner::from_bytes(data, 16 << 20).map(|miner| miner.finish());
    let _ = Templates::from_bytes(data);
    let text = String::from_utf8_lossy(data);
    let mut miner = TemplateMiner::new(MinerOptions::default(), 16 << 20);
    for line in text.lines() {
        if miner.add(line).is_err() {
            return;
        }
    }
    let templates = miner.finish().expect("what was added can be finished");
    for line in text.lines() {
        let parsed = templates.parse(line).expect("every line has a template");
        let rebuilt = templates.rebuild(parsed.template, &parsed.parameters).expect("parameters fit");
        assert_eq!(rebuilt, line);
    }
    if let Some((pattern, rest)) = text.split_once('\n') {
        let options = FormatOptions { formats: vec![pattern.into()], ..FormatOptions::default() };
        if let Ok(formats) = LineFormats::new(&options) {
            let _ = formats.read(rest.lines());
        }
        let _ = explain_format(rest, pattern);
    }
});
