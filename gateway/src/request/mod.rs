//! GraphQL over HTTP, from bytes to [`GraphQlRequest`] and back, to the letter of the draft
//! specification. Nothing here knows the web server: methods, header values and bytes come in.

use serde_json::{Map, Value};

/// One GraphQL request as the client sent it, decoded but not yet understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphQlRequest {
    /// The document's text; `None` when only a persisted document's hash was sent.
    pub query: Option<String>,
    /// Which operation of the document to run.
    pub operation_name: Option<String>,
    /// The variables as sent; empty when none were.
    pub variables: Map<String, Value>,
    /// The extensions as sent.
    pub extensions: Option<Value>,
}
