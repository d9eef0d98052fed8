//! From raw HDFS lines to templates, times and block ids, against a structured form made by others.
#![allow(missing_docs)]

use flate2::read::GzDecoder;
use logfsm::log::{FormatOptions, KeyPattern, Line, LineFormats, MinerOptions, TemplateMiner, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

fn gunzip(path: &Path) -> String {
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn raw_lines_give_the_known_templates_times_and_blocks() {
    let Some(data) = std::env::var_os("LOGFSM_DATA") else {
        println!("skipped: LOGFSM_DATA not set");
        return;
    };
    let folder = Path::new(&data).join("hdfs_raw");
    let raw = gunzip(&folder.join("HDFS_AD_5k.log.gz"));
    let structured = gunzip(&folder.join("HDFS_AD_5k_structured.csv.gz"));
    let rows: Vec<Vec<&str>> = structured.lines().skip(1).map(|l| l.split(',').collect()).collect();
    let formats =
        LineFormats::new(&FormatOptions { formats: vec!["hdfs".into()], ..FormatOptions::default() }).unwrap();
    let events: Vec<_> = raw
        .lines()
        .enumerate()
        .map(|(i, line)| match formats.read_line(line, Some(i as u64 + 1)).unwrap() {
            Line::Event(event) => event,
            other => panic!("line {}: {other:?}", i + 1),
        })
        .collect();
    assert_eq!((events.len(), rows.len()), (4519, 4519));
    let mut miner = TemplateMiner::new(MinerOptions::default(), 64 << 20);
    for event in &events {
        miner.add(event.message.as_deref().unwrap()).unwrap();
    }
    let templates = miner.finish().unwrap();
    let pattern = KeyPattern::new(r"blk_-?\d+").unwrap();
    let (mut blocks, mut ids, mut known) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
    for (event, row) in events.iter().zip(&rows) {
        let message = event.message.as_deref().unwrap();
        let moment: jiff::civil::DateTime = row[1].parse().unwrap();
        let micros = moment.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_microsecond();
        assert_eq!(event.time, Some(Time::Timestamp(micros - 946_684_800_000_000)));
        assert_eq!(event.level.as_deref(), Some(row[3]));
        let keys = pattern.keys(message);
        let expected: BTreeSet<&str> = row[row.len() - 2].split(' ').collect();
        assert_eq!(keys.iter().copied().collect::<BTreeSet<_>>(), expected, "{message}");
        blocks.extend(keys);
        let found = templates.parse(message).unwrap();
        assert_eq!(templates.rebuild(found.template, &found.parameters).unwrap(), message);
        let event_id = row[row.len() - 1];
        assert_eq!(*ids.entry(found.template).or_insert(event_id), event_id, "{message}");
        // event 7 is whatever follows "received exception": two texts here
        let same = *known.entry(event_id).or_insert(found.template) == found.template;
        assert!(same || event_id == "7", "{message}");
    }
    assert_eq!(blocks.len(), 110);
}
