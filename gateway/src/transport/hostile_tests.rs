//! Subgraphs on real sockets that do what none should: each is told as what it is, in bounded time and
//! memory, and a call to a good one beside it is answered.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::tests::{caller, request, transport};
use super::*;

/// What a subgraph does with a connection whose request was read.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Answers(&'static str),
    /// The head and half the body, then a reset.
    ResetsMidBody,
    /// A byte, a pause, a byte.
    Drips,
    /// Less than it promised.
    Truncates,
    /// A body that does not end at the limit.
    Floods,
    /// Nothing at all.
    Hangs,
    /// A chunk whose length is no number.
    BreaksChunks,
    /// A head that does not end.
    EndlessHead,
}

const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"data\":{}}";

async fn misbehave(mut stream: TcpStream, manner: Manner, sent: &AtomicUsize) -> Option<()> {
    let mut text = String::new();
    let mut buffer = vec![0; 8192];
    while !text.contains("{ a }") {
        let read = stream.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    match manner {
        Manner::Answers(text) => stream.write_all(text.as_bytes()).await.ok()?,
        Manner::ResetsMidBody => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\":")
                .await
                .ok()?;
            // What lies unread when a socket is closed makes it a reset.
            stream.set_zero_linger().ok()?;
            return None;
        }
        Manner::Drips => {
            for byte in GOOD.bytes() {
                stream.write_all(&[byte]).await.ok()?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Manner::Truncates => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\":{}}")
                .await
                .ok()?;
            stream.shutdown().await.ok()?;
        }
        Manner::Floods => {
            let size = 100 * 1024 * 1024;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n{{");
            stream.write_all(head.as_bytes()).await.ok()?;
            let chunk = vec![b' '; 64 * 1024];
            while sent.load(Ordering::SeqCst) < size {
                stream.write_all(&chunk).await.ok()?;
                sent.fetch_add(chunk.len(), Ordering::SeqCst);
            }
        }
        Manner::Hangs => std::future::pending().await,
        Manner::BreaksChunks => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n{}\r\n")
                .await
                .ok()?;
        }
        Manner::EndlessHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await.ok()?;
            let line = format!("x: {}\r\n", "y".repeat(1024));
            loop {
                stream.write_all(line.as_bytes()).await.ok()?;
                sent.fetch_add(line.len(), Ordering::SeqCst);
            }
        }
    }
    // Kept open, so that only what was said ends the call.
    tokio::time::sleep(Duration::from_secs(60)).await;
    Some(())
}

/// A subgraph of this manner, and how many bytes of it were taken.
async fn subgraph(manner: Manner) -> (Upstream, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    let sent = Arc::new(AtomicUsize::new(0));
    let taken = Arc::clone(&sent);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let sent = Arc::clone(&sent);
            tokio::spawn(async move {
                let _ = misbehave(stream, manner, &sent).await;
            });
        }
    });
    let url = url.parse().unwrap();
    (Upstream::Http { url }, taken)
}

#[tokio::test(flavor = "current_thread")]
async fn each_misbehaviour_is_told_as_what_it_is_and_a_good_subgraph_is_not_disturbed() {
    use TransportError::{Malformed, Refused, Timeout, Unavailable};
    let html =
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>";
    let empty = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let away = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\n{}";
    let moved =
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 2\r\n\r\n{}";
    let noise = "\u{0}\u{1}\u{2} this is no HTTP\r\n\r\n";
    for (manner, expected) in [
        (Manner::Answers(html), Malformed),
        (Manner::Answers(empty), Malformed),
        (Manner::Answers(away), Refused(503)),
        (Manner::Answers(moved), Refused(302)),
        (Manner::Answers(noise), Unavailable),
        (Manner::ResetsMidBody, Unavailable),
        (Manner::Truncates, Unavailable),
        (Manner::BreaksChunks, Unavailable),
        (Manner::EndlessHead, Unavailable),
        (Manner::Floods, Malformed),
        (Manner::Drips, Timeout),
        (Manner::Hangs, Timeout),
    ] {
        // Those that never end are ended; the others come to their end on a busy machine too.
        let within = match expected {
            Timeout => Duration::from_millis(1500),
            _ => Duration::from_secs(60),
        };
        let (bad, taken) = subgraph(manner).await;
        let (good, _) = subgraph(Manner::Answers(GOOD)).await;
        let (bad, good) = (transport(bad), transport(good));
        let who = caller();
        let hostile = bad.fetch(request(&who, false, false, within));
        let beside = good.fetch(request(&who, false, false, Duration::from_secs(60)));
        let (told, answered) = tokio::join!(hostile, beside);
        assert_eq!(told, Err(expected), "{manner:?}");
        assert_eq!(answered.unwrap(), "{\"data\":{}}", "{manner:?}");
        // Not much more than the limit was taken, whatever more was offered.
        let largest = config::Limits::default().subgraph_answer.as_usize();
        let taken = taken.load(Ordering::SeqCst);
        assert!(taken < largest + 16 * 1024 * 1024, "{manner:?}: {taken}");
    }
}
