//! How traces and a machine fit together: replay, acceptance, scores and explanations.

mod compare;
mod explain;
mod live;
mod machine;
mod paths;
mod predict;
mod replay;

pub use compare::{COMPARE_OPTIONS, Change, Difference, Side, compare};
pub use explain::{Explanation, ExplanationKind};
pub use live::{Finished, LIVE_VERSION, Live};
pub use machine::Machine;
pub use paths::{Path, Paths};
pub use predict::{PREDICT_OPTIONS, Prediction};
pub use replay::{Frontier, Observed, Step};
