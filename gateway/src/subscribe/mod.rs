//! The words in which clients are told what happens: `graphql-transport-ws` over WebSocket,
//! server-sent events, and the parts of an answer. Only texts and codes; connections are the server's, and what a subscription
//! tells is the [`pipeline`](crate::pipeline::subscription)'s.

pub mod multipart;
pub mod sse;
pub mod transport_ws;
