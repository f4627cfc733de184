//! Why the program ends with a non-zero exit: one sentence that says what to do.

use std::fmt;

/// A sentence for the person at the terminal.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// A failure in these words.
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl From<minzheng_kit::Error> for Failure {
    /// The inner words of a kit error are for the operator, and the person at the terminal is one.
    fn from(error: minzheng_kit::Error) -> Self {
        match error {
            minzheng_kit::Error::Internal(sentence) => Self(sentence),
            other => Self(format!(
                "The database does not do what is asked ({}).",
                other.code()
            )),
        }
    }
}

impl From<minzheng_gateway::schema_source::SourceError> for Failure {
    fn from(error: minzheng_gateway::schema_source::SourceError) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
