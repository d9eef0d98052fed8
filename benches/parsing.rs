//! Accuracy of template mining on labelled sets and its speed. `LOGFSM_DATA=dir cargo bench --bench parsing [-- errors SET]`.
//!
//! `scripts/bench_parsing.sh` runs it beside Drain3: `export DIR` writes the lines, `peer DIR` prints both side by side.
//!
//! GA and FGA compare groups of lines, PA and FTA texts of templates (white space and adjacent slots collapsed).
#![allow(missing_docs)]

use flate2::read::GzDecoder;
use logfsm::log::{MinerOptions, Scratch, TemplateMiner};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// All lines of a set, in 256ths.
const ALL: u64 = 256;

type Failure = Box<dyn std::error::Error>;

fn read(path: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path)?).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// RFC 4180 records.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            c => field.push(c),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}

fn normal(template: &str) -> String {
    let mut out = template.split_whitespace().collect::<Vec<_>>().join(" ");
    while out.contains("<*><*>") {
        out = out.replace("<*><*>", "<*>");
    }
    out
}

struct Score {
    ga: f64,
    fga: f64,
    pa: f64,
    fta: f64,
    found: usize,
    truth: usize,
}

fn groups<T: Ord>(labels: &[T]) -> BTreeMap<&T, BTreeSet<usize>> {
    let mut out: BTreeMap<&T, BTreeSet<usize>> = BTreeMap::new();
    for (i, label) in labels.iter().enumerate() {
        out.entry(label).or_default().insert(i);
    }
    out
}

fn f1(correct: usize, found: usize, truth: usize) -> f64 {
    2.0 * correct as f64 / (found + truth).max(1) as f64
}

fn score(truth: &[String], ids: &[u32], texts: &[String]) -> Score {
    let (by_truth, by_id, by_text) = (groups(truth), groups(ids), groups(texts));
    let sets: BTreeSet<&BTreeSet<usize>> = by_truth.values().collect();
    let right: Vec<_> = by_id.values().filter(|set| sets.contains(set)).collect();
    let exact = truth.iter().zip(texts).filter(|(a, b)| a == b).count();
    let templates = by_text.iter().filter(|(text, lines)| lines.iter().all(|&i| truth[i] == ***text)).count();
    let n = truth.len().max(1) as f64;
    Score {
        ga: right.iter().map(|set| set.len()).sum::<usize>() as f64 / n,
        fga: f1(right.len(), by_id.len(), by_truth.len()),
        pa: exact as f64 / n,
        fta: f1(templates, by_text.len(), by_truth.len()),
        found: by_id.len(),
        truth: by_truth.len(),
    }
}

/// The messages of a set and their templates.
fn labelled(dir: &Path, name: &str) -> Result<(Vec<String>, Vec<String>), Failure> {
    let rows = csv(&read(&dir.join(format!("{name}_2k.log_structured_corrected.csv.gz")))?);
    let column = |c: &str| rows[0].iter().position(|h| h == c).ok_or(format!("{name} has no column {c}"));
    let (content, template) = (column("Content")?, column("EventTemplate")?);
    Ok(rows[1..].iter().map(|r| (r[content].clone(), normal(&r[template]))).unzip())
}

/// The labelled sets by name.
fn sets(data: &Path) -> Result<Vec<(PathBuf, String)>, Failure> {
    let mut sets: Vec<PathBuf> =
        std::fs::read_dir(data.join("loghub2k"))?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    sets.sort();
    let name = |dir: &PathBuf| dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(sets.into_iter().map(|dir| (dir.clone(), name(&dir))).collect())
}

/// The two logs for timing, without their headers.
fn timed(data: &Path) -> Result<Vec<(&'static str, Vec<String>)>, Failure> {
    let mut out = Vec::new();
    for (name, file, header) in
        [("HDFS_20000", "hdfs_raw/HDFS_20000.log.gz", 5), ("BGL_5000", "raw/BGL_5000.log.gz", 9)]
    {
        let text = read(&data.join(file))?;
        // the message behind the header, as a format would cut it
        let lines = text.lines().filter_map(|l| l.splitn(header + 1, ' ').nth(header)).map(String::from).collect();
        out.push((name, lines));
    }
    Ok(out)
}

/// Writes the lines of all sets for another program.
fn export(data: &Path, folder: &Path) -> Result<(), Failure> {
    let write =
        |name: &str, lines: &[String]| std::fs::write(folder.join(format!("{name}.txt")), lines.join("\n") + "\n");
    for (dir, name) in sets(data)? {
        write(&name, &labelled(&dir, &name)?.0)?;
    }
    for (name, lines) in timed(data)? {
        write(name, &lines)?;
    }
    Ok(())
}

/// Prints our scores and speed beside those of another program, from what it left in `folder`.
fn peer(data: &Path, folder: &Path) -> Result<(), Failure> {
    println!("GA FGA PA FTA of logfsm, of Drain3, and of Drain3 with the masks of its README");
    let (mut sums, all) = ([[0.0; 4]; 3], sets(data)?);
    for (dir, name) in &all {
        let (lines, truth) = labelled(dir, name)?;
        let mut miner = TemplateMiner::new(MinerOptions::default(), 512 << 20);
        lines.iter().try_for_each(|line| miner.add(line))?;
        let templates = miner.finish()?;
        let ids: Vec<u32> = lines.iter().map(|l| templates.parse(l).map_or(u32::MAX, |p| p.template)).collect();
        let text = |i: &u32| templates.templates().get(*i as usize).map_or("-".into(), |t| normal(&t.text));
        let mut scores = vec![score(&truth, &ids, &ids.iter().map(text).collect::<Vec<_>>())];
        for kind in ["plain", "masked"] {
            let found = std::fs::read_to_string(folder.join(format!("{name}.{kind}.tsv")))?;
            let rows = found.lines().filter_map(|line| line.split_once('\t'));
            let (ids, texts): (Vec<u32>, Vec<String>) = rows.map(|(i, t)| (i.parse().unwrap_or(0), normal(t))).unzip();
            scores.push(score(&truth, &ids, &texts));
        }
        let values = scores.iter().map(|s| [s.ga, s.fga, s.pa, s.fta]).collect::<Vec<_>>();
        print_scores(name, &values);
        for (sum, value) in sums.iter_mut().flatten().zip(values.iter().flatten()) {
            *sum += value / all.len() as f64;
        }
    }
    print_scores("mean", &sums);
    let rates = speed(data)?;
    println!("\nmining, logfsm / Drain3 on the same lines");
    for line in std::fs::read_to_string(folder.join("speed.tsv"))?.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, kind, rate, clusters] = fields[..] else { continue };
        let (theirs, ours) = (rate.parse::<f64>()?, rates.iter().find(|r| r.0 == name).map_or(0.0, |r| r.1));
        println!("{name:12} {kind:7} {ours:10.0} / {theirs:8.0} = {:6.1}   {clusters} clusters", ours / theirs);
    }
    Ok(())
}

fn print_scores(name: &str, all: &[[f64; 4]]) {
    let columns: Vec<String> = all.iter().map(|s| s.map(|value| format!("{value:.3}")).join(" ")).collect();
    println!("{name:12} {}", columns.join("   "));
}

fn accuracy(data: &Path, errors: Option<&str>, share: u64) -> Result<(), Failure> {
    println!("{:12} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}", "set", "GA", "FGA", "PA", "FTA", "found", "truth");
    let sets = sets(data)?;
    let mut sums = [0.0; 4];
    for (dir, name) in &sets {
        if errors.is_some_and(|e| e != name) {
            continue;
        }
        let (lines, truth) = labelled(dir, name)?;
        // a part of each set, to see what depends on having seen much
        let kept = |i: &usize| (*i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & 0xff < share;
        let (lines, truth): (Vec<&str>, Vec<String>) =
            (0..lines.len()).filter(kept).map(|i| (lines[i].as_str(), truth[i].clone())).unzip();
        let mut miner = TemplateMiner::new(MinerOptions::default(), 512 << 20);
        for line in &lines {
            miner.add(line)?;
        }
        let templates = miner.finish()?;
        let ids: Vec<u32> = lines.iter().map(|l| templates.parse(l).map_or(u32::MAX, |p| p.template)).collect();
        let texts: Vec<String> = ids
            .iter()
            .map(|&i| templates.templates().get(i as usize).map_or("-".into(), |t| normal(&t.text)))
            .collect();
        let s = score(&truth, &ids, &texts);
        println!("{name:12} {:6.3} {:6.3} {:6.3} {:6.3} {:6} {:6}", s.ga, s.fga, s.pa, s.fta, s.found, s.truth);
        for (sum, value) in sums.iter_mut().zip([s.ga, s.fga, s.pa, s.fta]) {
            *sum += value / sets.len() as f64;
        }
        if errors.is_some() {
            report(&truth, &texts, &ids);
        }
    }
    println!("{:12} {:6.3} {:6.3} {:6.3} {:6.3}", "mean", sums[0], sums[1], sums[2], sums[3]);
    Ok(())
}

/// Where found and true groups differ, largest first.
fn report(truth: &[String], texts: &[String], ids: &[u32]) {
    let by_id = groups(ids);
    let sets: BTreeSet<&BTreeSet<usize>> = by_id.values().collect();
    let mut wrong: Vec<(usize, String)> = Vec::new();
    for (text, lines) in groups(truth) {
        let found: BTreeSet<&String> = lines.iter().map(|&i| &texts[i]).collect();
        let grouped = sets.contains(&lines);
        if grouped && found.len() == 1 && found.contains(text) {
            continue;
        }
        let mark = if grouped { "text " } else { "GROUP" };
        let shown: Vec<String> = found.iter().take(6).map(|t| format!("\n        {t}")).collect();
        wrong.push((lines.len(), format!("{mark} {text}  -> {} {}", found.len(), shown.concat())));
    }
    wrong.sort_by(|a, b| b.cmp(a));
    for (n, text) in wrong {
        println!("{n:5} {text}");
    }
}

/// Times mining and matching; gives the lines mined per second.
fn speed(data: &Path) -> Result<Vec<(&'static str, f64)>, Failure> {
    let mut rates = Vec::new();
    println!("\n{:14} {:>8} {:>12} {:>12} {:>12} {:>9}", "lines", "number", "mine/s", "find/s", "parse/s", "templates");
    for (name, lines) in timed(data)? {
        let repeats = 1_000_000 / lines.len().max(1);
        let n = (repeats * lines.len()) as f64;
        let start = Instant::now();
        let mut miner = TemplateMiner::new(MinerOptions::default(), 512 << 20);
        for _ in 0..repeats {
            for line in &lines {
                miner.add(line)?;
            }
        }
        let mined = start.elapsed().as_secs_f64();
        let templates = miner.finish()?;
        let (start, mut scratch, mut hits) = (Instant::now(), Scratch::default(), 0usize);
        for _ in 0..repeats {
            hits += lines.iter().filter(|l| templates.find(l, &mut scratch).is_some()).count();
        }
        let found = start.elapsed().as_secs_f64();
        if hits as f64 != n {
            println!("{name}: {} lines have no template", n - hits as f64);
        }
        let (start, mut values) = (Instant::now(), 0usize);
        for _ in 0..repeats {
            values += lines.iter().filter_map(|l| templates.parse(l)).map(|p| p.parameters.len()).sum::<usize>();
        }
        let parsed = start.elapsed().as_secs_f64();
        std::hint::black_box(values);
        println!(
            "{name:14} {n:8} {:12.0} {:12.0} {:12.0} {:9}",
            n / mined,
            n / found,
            n / parsed,
            templates.templates().len()
        );
        rates.push((name, n / mined));
    }
    Ok(rates)
}

/// Prints the templates of a file of lines.
fn show(file: &Path) -> Result<(), Failure> {
    let mut miner = TemplateMiner::new(MinerOptions::default(), 512 << 20);
    for line in std::fs::read_to_string(file)?.lines() {
        miner.add(line)?;
    }
    for t in miner.finish()?.templates() {
        println!("{:6} {} {:?}", t.count, t.text, t.kinds);
    }
    Ok(())
}

fn main() -> Result<(), Failure> {
    let Some(data) = std::env::var_os("LOGFSM_DATA").map(PathBuf::from) else {
        println!("skipped: LOGFSM_DATA not set");
        return Ok(());
    };
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["errors", set] => accuracy(&data, Some(set), ALL),
        ["part", share] => accuracy(&data, None, share.parse()?),
        ["show", file] => show(Path::new(file)),
        ["accuracy"] => accuracy(&data, None, ALL),
        ["export", folder] => export(&data, Path::new(folder)),
        ["peer", folder] => peer(&data, Path::new(folder)),
        ["speed"] => speed(&data).map(drop),
        _ => accuracy(&data, None, ALL).and_then(|()| speed(&data).map(drop)),
    }
}
