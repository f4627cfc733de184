//! Why subgraphs do not compose.

use std::fmt;

/// One reason why the subgraphs do not fit together: a sentence, a code, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CompositionError {
    /// A stable code, where possible the one Apollo's composer uses, for example
    /// `INVALID_FIELD_SHARING`.
    pub code: &'static str,
    /// One sentence that says what is wrong and what would be right.
    pub message: String,
    /// The type, field, argument or value concerned, for example `Division.name`.
    pub coordinate: Option<String>,
    /// The subgraph to look in, when it is one in particular.
    pub subgraph: Option<String>,
}

impl fmt::Display for CompositionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}", self.message, self.code)?;
        if let Some(coordinate) = &self.coordinate {
            write!(f, " at {coordinate}")?;
        }
        if let Some(subgraph) = &self.subgraph {
            write!(f, " in {subgraph}")?;
        }
        f.write_str("]")
    }
}

impl std::error::Error for CompositionError {}

/// Collects errors; composition goes on as long as it makes sense, so that everything wrong is said
/// at once.
#[derive(Debug, Default)]
pub(super) struct Errors(pub(super) Vec<CompositionError>);

impl Errors {
    /// An error of one subgraph.
    pub(super) fn in_subgraph(
        &mut self,
        subgraph: &str,
        code: &'static str,
        coordinate: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.0.push(CompositionError {
            code,
            message: message.into(),
            coordinate: Some(coordinate.into()).filter(|c| !c.is_empty()),
            subgraph: Some(subgraph.to_owned()),
        });
    }

    /// An error between subgraphs.
    pub(super) fn between(
        &mut self,
        code: &'static str,
        coordinate: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.0.push(CompositionError {
            code,
            message: message.into(),
            coordinate: Some(coordinate.into()).filter(|c| !c.is_empty()),
            subgraph: None,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The errors in a stable order, each once.
    pub(super) fn into_sorted(mut self) -> Vec<CompositionError> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}

/// Joins names as a sentence does: `a`, `a and b`, `a, b and c`.
pub(super) fn sentence<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
