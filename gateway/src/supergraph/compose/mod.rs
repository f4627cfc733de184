//! Composition: the subgraphs' schemas in, one supergraph out, or every reason why not.
pub(crate) mod field_set;

/// One subgraph's schema as it is handed to [`compose`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubgraphSdl {
    /// The name in configuration, for example `marriage`.
    pub name: String,
    /// Where it listens; empty when it runs in this process.
    pub url: String,
    /// Its federation SDL.
    pub sdl: String,
}

/// One reason why the subgraphs do not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompositionError {
    pub code: &'static str,
    pub message: String,
    pub coordinate: Option<String>,
    pub subgraph: Option<String>,
}
