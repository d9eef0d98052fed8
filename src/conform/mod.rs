//! How traces and a machine fit together: replay, acceptance, scores and explanations.

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
