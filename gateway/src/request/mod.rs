//! GraphQL over HTTP, from bytes to [`GraphQlRequest`] and from outcomes to status codes, to the letter
//! of the draft specification (GraphQL over HTTP, stage 2). Nothing here knows the web server: methods,
//! header values and bytes come in.
//!
//! Nothing is answered that a web page of another origin could cause without a preflight, except that
//! a GET request may query: it changes nothing, and callers are told by bearer tokens, which browsers
//! never add by themselves. Even so a GET that a browser marks as cross-document is refused unless it
//! names a GraphQL media type or brings a header that needs a preflight.

mod decode;
mod documents;
mod media;

use serde_json::{Map, Value};

pub use decode::{check_post, decode_batch, decode_get, decode_post};
pub use documents::{Documents, ManifestError, Text};
pub use media::MediaType;

/// One GraphQL request as the client sent it, decoded but not yet understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphQlRequest {
    /// The document's text; `None` when only a document's hash or id was sent.
    pub query: Option<String>,
    /// The id of a trusted document (`documentId`), as sent.
    pub document_id: Option<String>,
    /// Which operation of the document to run.
    pub operation_name: Option<String>,
    /// The variables as sent; empty when none were.
    pub variables: Map<String, Value>,
    /// The extensions as sent.
    pub extensions: Option<Value>,
}

/// Headers that a page of another origin can send only after a preflight.
pub const PREFLIGHT_HEADERS: [&str; 2] = ["minzheng-preflight", "apollo-require-preflight"];
