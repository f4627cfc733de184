//! The subgraphs' HTTP: as little as HTTP/1.1 needs, because it shares the machine with what is measured.
//!
//! One thread; keep-alive; every distinct request is executed once, its whole answer kept. Beside the
//! subgraphs, `/bytes/N` answers with N bytes, for the floor ([`relay`](crate::relay)).

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

use minzheng_load::{Subgraph, execute};

/// Distinct requests kept; a gateway that sends more (unique variables) makes the subgraphs execute.
const MOST_KEPT: usize = 10_000;
/// The largest answer of meaningless bytes.
const MOST_BYTES: usize = 64 * 1024 * 1024;
const LONGEST_HEAD: usize = 64 * 1024;

type Kept = Rc<RefCell<HashMap<(Subgraph, Bytes), Bytes, ahash::RandomState>>>;

/// Serves until the process is ended.
///
/// # Errors
/// A sentence when the port cannot be served on.
pub(crate) fn run(port: u16) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(LocalSet::new().run_until(async {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .map_err(|error| format!("cannot serve on port {port}: {error}"))?;
        let kept = Kept::default();
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            let kept = Rc::clone(&kept);
            tokio::task::spawn_local(async move {
                // A connection that breaks is its client's affair.
                let _ = connection(stream, kept).await;
            });
        }
    }))
}

async fn connection(mut stream: TcpStream, kept: Kept) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut read = BytesMut::with_capacity(16 * 1024);
    let mut ready = Bytes::new();
    loop {
        let (head, length) = loop {
            if let Some(head) = head_length(&read) {
                match content_length(&read[..head]) {
                    Some(length) => break (head, length),
                    None => {
                        return stream
                            .write_all(b"HTTP/1.1 411 Length Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                            .await;
                    }
                }
            }
            if read.len() > LONGEST_HEAD || stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        };
        while read.len() < head + length {
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        }
        let path = path(&read[..head]).unwrap_or("");
        let answer = match (Subgraph::at(path), path.strip_prefix("/bytes/")) {
            (Some(subgraph), _) => answer(subgraph, &read[head..head + length], &kept),
            (None, Some(length)) => bytes(length, &mut ready),
            (None, None) => whole("404 Not Found", b"{}"),
        };
        read.advance(head + length);
        stream.write_all(&answer).await?;
    }
}

/// The whole answer to a request, kept or made now.
fn answer(subgraph: Subgraph, body: &[u8], kept: &Kept) -> Bytes {
    let key = (subgraph, Bytes::copy_from_slice(body));
    if let Some(answer) = kept.borrow().get(&key) {
        return answer.clone();
    }
    let answer = match execute(subgraph, body) {
        Ok(answer) => whole("200 OK", &answer),
        Err(sentence) => {
            eprintln!("a subgraph was asked what it does not know: {sentence}");
            let errors = serde_json::json!({"errors": [{"message": sentence}]}).to_string();
            whole("200 OK", errors.as_bytes())
        }
    };
    let mut kept = kept.borrow_mut();
    if kept.len() < MOST_KEPT {
        kept.insert(key, answer.clone());
    }
    answer
}

/// An answer of this length that means nothing, made once for a connection.
fn bytes(length: &str, ready: &mut Bytes) -> Bytes {
    if ready.is_empty() {
        let length = length.parse().unwrap_or(0).min(MOST_BYTES);
        *ready = whole("200 OK", &vec![b' '; length]);
    }
    ready.clone()
}

fn whole(status: &str, body: &[u8]) -> Bytes {
    let mut answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer.into()
}

/// The length of a request's or answer's head with its empty line, when all of it is there.
pub(crate) fn head_length(read: &[u8]) -> Option<usize> {
    read.windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map(|at| at + 4)
}

/// A header's value in a head, looked up without regard to case.
pub(crate) fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    std::str::from_utf8(head).ok()?.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// What `content-length` says.
pub(crate) fn content_length(head: &[u8]) -> Option<usize> {
    header(head, "content-length")?.parse().ok()
}

fn path(head: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(head).ok()?.lines().next()?;
    line.strip_prefix("POST ")?.split(' ').next()
}
