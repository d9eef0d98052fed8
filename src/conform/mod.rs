//! How traces and a machine fit together: replay, acceptance, scores and explanations.
//!
//! ```text
//! Automaton ─ Machine::new ─▶ Machine ─ advance, event by event ─▶ Step … ─▶ score, explanation
//!
//! req-1500 of the shop   GET usual · miss usual · query failed rare (1 of 666) · sent error usual   score 9.4 bits
//! ```
//!
//! In reading order:
//!
//! * `machine`: an automaton with the indexes that replay needs; `replay`: exact replay (the most probable path) and
//!   tolerant replay (the states it may be in, and how surprising each event is)
//! * `live`: the score as a fold over events, with a stored form; `standing`: a live trace with its place in order. A
//!   watch and `score` run the same fold, so that their scores are equal to the last bit
//! * `score`: what makes a trace anomalous, in bits, and the threshold
//! * `explain`, `explanation`: the parts of a score as rows and sentences; `duration` writes times in them
//! * `paths`, `variant_scores`: paths and scores of many traces, found once per variant
//! * `align`: the fewest edits to an accepted trace; `predict`: what comes next; `compare`: two machines side by side
//! * `accuracy`: cross-validation of methods; `evaluate`: scores against labelled traces

pub mod accuracy;
mod align;
mod compare;
mod duration;
mod evaluate;
mod explain;
mod explanation;
mod live;
mod machine;
mod paths;
mod predict;
mod replay;
mod score;
mod standing;
mod variant_scores;

pub use align::{Alignment, Move};
pub use compare::{COMPARE_OPTIONS, Change, Difference, Side, compare};
pub use duration::{duration, duration_range};
pub use evaluate::{Evaluation, Labelled, evaluate};
pub use explanation::{Explanation, ExplanationKind};
pub use live::{EventType, Finished, LIVE_VERSION, Live};
pub use machine::Machine;
pub use paths::{Path, Paths};
pub use predict::{PREDICT_OPTIONS, Prediction};
pub use replay::{Finding, Frontier, Observed, Step};
pub use score::{Deviation, FALSE_POSITIVE_RATE, Oddity, calibrate, threshold};
pub use standing::{Last, NO_SEQ, Standing};
pub use variant_scores::VariantScores;
