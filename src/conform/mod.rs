//! How traces and a machine fit together: replay, acceptance, scores and explanations.

mod explain;
mod machine;
mod replay;

pub use explain::{Explanation, ExplanationKind};
pub use machine::Machine;
pub use replay::{Frontier, Step};
