//! Where the schema comes from: a ready supergraph file, or the subgraphs' own schemas composed here.
//!
//! Subgraphs are asked for their schema over the same signed road as for everything else. A schema that
//! does not compose never replaces the one that serves.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::try_join_all;
use serde::Deserialize;

use crate::identity::{Caller, Principal};
use crate::supergraph::compose::compose;
use crate::supergraph::{SubgraphSdl, Supergraph};
use crate::transport::{FetchRequest, Transport, TransportError};

/// How long a subgraph may take to tell its schema.
const PATIENCE: Duration = Duration::from_secs(10);

/// The federation specification's question for a schema.
const QUESTION: &[u8] = b"{\"query\":\"{ _service { sdl } }\"}";

/// Why there is no schema.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The supergraph file cannot be read.
    #[error("the supergraph file {path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// A subgraph does not tell its schema.
    #[error("the subgraph {subgraph} does not tell its schema: {reason}")]
    Silent {
        /// Its name.
        subgraph: Arc<str>,
        /// Why.
        reason: TransportError,
    },
    /// The schemas do not fit together, or the file is no supergraph.
    #[error("{0}")]
    Unfit(String),
}

/// The place that is asked for the schema, again and again.
pub enum SchemaSource {
    /// A supergraph file, as `minzheng compose --supergraph` or another composer writes it.
    File(PathBuf),
    /// The subgraphs behind a transport, by name and URL in its order.
    Subgraphs {
        /// The way to them.
        transport: Transport,
        /// Names and URLs, in the transport's order.
        subgraphs: Vec<(Arc<str>, String)>,
        /// As whom they are asked: nobody in particular.
        caller: Caller,
    },
}

impl SchemaSource {
    /// The subgraphs behind a transport, asked on behalf of the public.
    pub fn subgraphs(
        transport: Transport,
        subgraphs: Vec<(Arc<str>, String)>,
        province: &str,
    ) -> Self {
        let caller = Caller {
            principal: Arc::new(Principal::public(province)),
            purpose: None,
            case: None,
            trace: opentelemetry::Context::new(),
        };
        Self::Subgraphs {
            transport,
            subgraphs,
            caller,
        }
    }

    /// The supergraph SDL as the source gives it now.
    ///
    /// # Errors
    /// See [`SourceError`].
    pub async fn read(&self) -> Result<String, SourceError> {
        match self {
            Self::File(path) => {
                tokio::fs::read_to_string(path)
                    .await
                    .map_err(|error| SourceError::Unreadable {
                        path: path.clone(),
                        reason: error.to_string(),
                    })
            }
            Self::Subgraphs {
                transport,
                subgraphs,
                caller,
            } => {
                let asking = subgraphs
                    .iter()
                    .enumerate()
                    .map(|(index, (name, url))| async move {
                        let sdl = ask(transport, index, caller).await.map_err(|reason| {
                            SourceError::Silent {
                                subgraph: Arc::clone(name),
                                reason,
                            }
                        })?;
                        Ok(SubgraphSdl {
                            name: name.to_string(),
                            url: url.clone(),
                            sdl,
                        })
                    });
                composed(&try_join_all(asking).await?)
            }
        }
    }
}

/// The supergraph SDL of subgraph schemas.
///
/// # Errors
/// [`SourceError::Unfit`] with everything that is wrong, one sentence a line.
pub fn composed(sdls: &[SubgraphSdl]) -> Result<String, SourceError> {
    compose(sdls).map_err(|errors| {
        let sentences: Vec<String> = errors.iter().map(ToString::to_string).collect();
        SourceError::Unfit(format!(
            "the subgraphs do not compose:\n  {}",
            sentences.join("\n  ")
        ))
    })
}

/// The loaded supergraph of a supergraph SDL.
///
/// # Errors
/// [`SourceError::Unfit`].
pub fn load(sdl: &str, generation: u64) -> Result<Supergraph, SourceError> {
    Supergraph::load(sdl, generation).map_err(|error| SourceError::Unfit(error.to_string()))
}

async fn ask(
    transport: &Transport,
    subgraph: usize,
    caller: &Caller,
) -> Result<String, TransportError> {
    #[derive(Deserialize)]
    struct Answer {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        #[serde(rename = "_service")]
        service: Service,
    }
    #[derive(Deserialize)]
    struct Service {
        sdl: String,
    }
    let body = transport
        .fetch(FetchRequest {
            subgraph,
            body: Bytes::from_static(QUESTION),
            caller,
            public: true,
            mutation: false,
            generation: 0,
            deadline: Instant::now() + PATIENCE,
            expected: 0,
        })
        .await?;
    serde_json::from_slice::<Answer>(&body)
        .map(|answer| answer.data.service.sdl)
        .map_err(|_| TransportError::Malformed)
}
