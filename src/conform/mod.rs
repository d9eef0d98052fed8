//! How traces and a machine fit together: replay, acceptance, scores and explanations.

mod explain;
mod live;
mod machine;
mod paths;
mod replay;

pub use explain::{Explanation, ExplanationKind};
pub use live::{Finished, LIVE_VERSION, Live};
pub use machine::Machine;
pub use paths::{Path, Paths};
pub use replay::{Frontier, Observed, Step};
