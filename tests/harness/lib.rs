//! What the end-to-end tests stand on: the real program started as real processes, and a plain HTTP
//! client. Nothing here knows how the program works inside.

mod client;
mod listener;
mod program;
mod proxy;

pub use client::{Answer, Client};
pub use listener::Listener;
pub use program::{Program, binary, faulty_binary, free_port, token};
pub use proxy::{Proxy, Way};
