//! Explanations of real traces with one injected fault: is the top row the fault, and where it is?

use crate::data::Numbers;
use crate::logs::{self, Event};
use logfsm::automaton::PrefixTree;
use logfsm::conform::Machine;
use logfsm::infer::{Control, infer};
use logfsm::trace::{Trace, TraceBuilder, TraceView};
use std::collections::{BTreeMap, HashSet};

/// Faults over all kinds and logs.
const FAULTS: usize = 500;
const KINDS: [&str; 7] = ["missing", "extra", "swapped", "replaced", "wrong_end", "delay", "parameter"];

fn trace(events: &[Event]) -> Trace {
    let mut builder = TraceBuilder::default();
    for (i, e) in events.iter().enumerate() {
        builder.push(None, &e.event, e.at, Some(i as i64), e.parameters.as_deref());
    }
    builder.finish()
}

fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|e| e.event.as_str()).collect()
}

/// A log with its machine.
struct Log {
    name: &'static str,
    traces: Vec<Vec<Event>>,
    seen: HashSet<Vec<String>>,
    machine: Machine,
}

impl Log {
    fn new(name: &'static str, traces: Vec<Vec<Event>>, method: &str) -> Self {
        let mut tree = PrefixTree::new(usize::MAX);
        for events in &traces {
            let bytes = trace(events).to_bytes();
            tree.add(&TraceView::from_bytes(&bytes).expect("a trace just written")).expect("no limit");
        }
        let machine = infer(&tree.to_automaton(), method, "{}", &Control::unlimited()).expect("a valid method");
        let seen = traces.iter().map(|t| t.iter().map(|e| e.event.clone()).collect()).collect();
        Log { name, traces, seen, machine: Machine::new(machine) }
    }

    fn has(&self, kind: &str) -> bool {
        let some = |f: fn(&Event) -> bool| self.traces.iter().flatten().any(f);
        match kind {
            "delay" => some(|e| e.at.is_some()),
            "parameter" => some(|e| e.parameters.is_some()),
            _ => true,
        }
    }

    /// A trace with a fault of a kind, with the position (from 1) where it is; `None` where this try does not work.
    fn inject(&self, kind: &str, numbers: &mut Numbers) -> Option<(Vec<Event>, usize)> {
        let mut events = self.traces[numbers.below(self.traces.len() as u64) as usize].clone();
        let length = events.len();
        if length < 4 {
            return None;
        }
        let mut pick = |n: usize| numbers.below(n as u64) as usize;
        let at = match kind {
            // Not the last one: that is another end.
            "missing" => {
                let at = pick(length - 1);
                if events[at..].iter().all(|e| e.event == events[at].event) {
                    return None;
                }
                events.remove(at);
                at
            }
            "extra" => {
                let (from, at) = (pick(length), pick(length));
                let copy = Event { at: events[at].at, ..events[from].clone() };
                events.insert(at, copy);
                at
            }
            "swapped" => {
                let at = pick(length - 1);
                let (first, second) = (events[at].at, events[at + 1].at);
                events.swap(at, at + 1);
                (events[at].at, events[at + 1].at) = (first, second);
                at
            }
            "replaced" => {
                let (from, at) = (pick(length), pick(length - 1));
                events[at] = Event { at: events[at].at, ..events[from].clone() };
                at
            }
            "wrong_end" => {
                let left = length - 1 - pick(3);
                events.truncate(left);
                left
            }
            "delay" => {
                let at = 1 + pick(length - 1);
                let whole = events[length - 1].at? - events[0].at?;
                let late = 10 * whole.max(60_000_000);
                events[at..].iter_mut().for_each(|e| e.at = e.at.map(|t| t + late));
                at
            }
            _ => {
                let with: Vec<usize> = (0..length).filter(|&i| events[i].parameters.is_some()).collect();
                let at = *with.get(pick(with.len().max(1)))?;
                let mut values: Vec<String> = serde_json::from_str(events[at].parameters.as_deref()?).ok()?;
                let slot = pick(values.len().max(1));
                *values.get_mut(slot)? = "?!".into();
                events[at].parameters = Some(serde_json::to_string(&values).ok()?);
                at
            }
        };
        let new = !self.seen.contains(&events.iter().map(|e| e.event.clone()).collect::<Vec<_>>());
        let order = !matches!(kind, "delay" | "parameter");
        (new == order).then_some((events, at + 1))
    }

    /// The mutant with the named edit undone: is it a training trace?
    fn restores(&self, events: &[Event], kind: &str, position: usize, expected: Option<&str>) -> bool {
        let mut edited: Vec<String> = events.iter().map(|e| e.event.clone()).collect();
        let at = position - 1;
        match kind {
            "missing" => edited.insert(at.min(edited.len()), expected.unwrap_or_default().into()),
            "extra" if at < edited.len() => drop(edited.remove(at)),
            "replaced" if at < edited.len() => edited[at] = expected.unwrap_or_default().into(),
            "swapped" if at + 1 < edited.len() => edited.swap(at, at + 1),
            // The end is where it should not be: some training trace goes on from here.
            "wrong_end" => return self.seen.iter().any(|t| t.len() > edited.len() && t.starts_with(&edited)),
            _ => return false,
        }
        self.seen.contains(&edited)
    }
}

/// Prints per kind and log how often kind and position of the top row are right.
pub fn run(method: &str) {
    let plain = |traces: Vec<Vec<String>>| -> Vec<Vec<Event>> {
        let event = |e: String| Event { event: e, at: None, parameters: None };
        traces.into_iter().map(|t| t.into_iter().map(event).collect()).collect()
    };
    let Some((train, ..)) = logs::hdfs() else { return };
    let (Some(hadoop), Some(ngl), Some(timed)) = (logs::prins("hadoop"), logs::prins("nglclient"), logs::hdfs_timed())
    else {
        return;
    };
    let logs = [
        Log::new("hdfs", plain(train), method),
        Log::new("hdfs_raw", timed, method),
        Log::new("hadoop", hadoop, method),
        Log::new("nglclient", ngl, method),
    ];
    let mut numbers = Numbers(7);
    let mut table: BTreeMap<(&str, &str), [usize; 4]> = BTreeMap::new();
    let mut worst: f64 = 0.0;
    let mut made = 0;
    while made < FAULTS {
        let kind = KINDS[made % KINDS.len()];
        let able: Vec<&Log> = logs.iter().filter(|log| log.has(kind)).collect();
        let log = able[(made / KINDS.len()) % able.len()];
        let Some((events, position)) = log.inject(kind, &mut numbers) else { continue };
        made += 1;
        let trace = trace(&events);
        let rows = log.machine.explain(&trace);
        worst = worst.max((rows.iter().map(|r| r.contribution).sum::<f64>() - log.machine.score_trace(&trace)).abs());
        let top = rows.iter().fold(&rows[0], |best, row| {
            let key = |r: &logfsm::conform::Explanation| (r.contribution, !r.kind.is_usual());
            if key(row) > key(best) { row } else { best }
        });
        let found = top.kind.as_str();
        let there = (top.position as usize).abs_diff(position) <= 1
            || log.restores(&events, found, top.position as usize, top.expected.as_deref());
        let counts = table.entry((kind, log.name)).or_default();
        counts[0] += 1;
        counts[1] += usize::from(found == kind);
        counts[2] += usize::from(there);
        counts[3] += usize::from(found == kind && there);
        if std::env::var_os("LOGFSM_SHOW").is_some() && !(found == kind && there) {
            println!(
                "{} {kind}@{position} explained as {found}@{}: {}  {:?}",
                log.name,
                top.position,
                top.sentence(),
                names(&events).len()
            );
        }
    }
    println!("\nExplanations of {made} injected faults (method {method}): top row right");
    println!("{:<10} {:<10} {:>6} {:>7} {:>9} {:>7}", "kind", "log", "faults", "kind", "position", "both");
    let mut all = [0; 4];
    for kind in KINDS {
        let mut sum = [0; 4];
        for ((_, log), counts) in table.iter().filter(|entry| entry.0.0 == kind) {
            print_row(kind, log, counts);
            sum = [0, 1, 2, 3].map(|i| sum[i] + counts[i]);
        }
        print_row(kind, "all", &sum);
        all = [0, 1, 2, 3].map(|i| all[i] + sum[i]);
    }
    print_row("all", "all", &all);
    println!("contributions and score differ by at most {worst:e} bits");
}

fn print_row(kind: &str, log: &str, counts: &[usize; 4]) {
    let share = |i: usize| format!("{:.1} %", 100.0 * counts[i] as f64 / counts[0].max(1) as f64);
    println!("{kind:<10} {log:<10} {:>6} {:>7} {:>9} {:>7}", counts[0], share(1), share(2), share(3));
}
