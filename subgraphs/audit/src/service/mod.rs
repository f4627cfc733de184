//! What is done with the log: taking it in, and finding things in it.

pub mod find;
pub mod ingest;
pub mod whose;
