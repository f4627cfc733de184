//! Against a server that answers with given bytes, whole or one by one.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;

use super::*;

/// How the server sends an answer.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Whole,
    ByteByByte,
    /// And closes the connection after it.
    Closing,
}

/// Gives every request this answer; counts connections.
async fn server(answer: &'static [u8], manner: Manner) -> (Uri, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let connections = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            connections.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut seen = Vec::new();
                loop {
                    while !seen.ends_with(b"\r\n\r\n{}") {
                        if stream.read_buf(&mut seen).await.unwrap_or(0) == 0 {
                            return;
                        }
                    }
                    assert!(seen.starts_with(b"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1"));
                    seen.clear();
                    let step = if manner == Manner::ByteByByte {
                        1
                    } else {
                        answer.len()
                    };
                    for part in answer.chunks(step.max(1)) {
                        if stream.write_all(part).await.is_err() {
                            return;
                        }
                        tokio::task::yield_now().await;
                    }
                    if manner == Manner::Closing {
                        return;
                    }
                }
            });
        }
    });
    (url.parse().unwrap(), count)
}

fn client() -> Rc<Http1> {
    Rc::new(Http1::new(
        Duration::from_secs(2),
        Duration::from_secs(50),
        64,
    ))
}

async fn call(client: &Http1, url: &Uri, once: bool) -> Result<(u16, Bytes), TransportError> {
    let headers = [("minzheng-case", "c-1".to_owned())];
    let how = How { once, expected: 0 };
    client
        .call(url, &headers, Bytes::from_static(b"{}"), how)
        .await
        .map_err(|failure| failure.error)
}

#[tokio::test]
async fn an_answer_is_read_to_its_end_however_that_is_told_and_however_it_comes() {
    let answers: [(&[u8], u16, &str, bool); 7] = [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, "hello", true),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 503, "", true),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", 200, "hello", true),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nsum: 1\r\nmore: 2\r\n\r\n", 200, "hello", true),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, "hello", true),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello", 200, "hello", false),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, "hello", false),
    ];
    for (answer, status, body, kept) in answers {
        for manner in [Manner::Whole, Manner::ByteByByte] {
            let (url, connections) = server(answer, manner).await;
            let client = client();
            for _ in 0..2 {
                let got = call(&client, &url, false).await.unwrap();
                assert_eq!(got, (status, Bytes::from_static(body.as_bytes())));
            }
            let expected = if kept { 1 } else { 2 };
            assert_eq!(connections.load(Ordering::SeqCst), expected, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_length_ends_with_its_connection() {
    let (url, connections) = server(b"HTTP/1.1 200 OK\r\n\r\nhello", Manner::Closing).await;
    let client = client();
    for _ in 0..2 {
        assert_eq!(call(&client, &url, false).await.unwrap().1, "hello");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_its_connection_is_not_used_again() {
    let no_http: [&[u8]; 9] = [
        b"SSH-2.0-OpenSSH_9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: five\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
    ];
    let too_large: [&[u8]; 3] = [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nhello",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n41\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 65\r\n\r\n",
    ];
    let all = no_http
        .map(|answer| (answer, TransportError::Unavailable))
        .into_iter()
        .chain(too_large.map(|answer| (answer, TransportError::Malformed)));
    for (answer, expected) in all {
        let (url, connections) = server(answer, Manner::Whole).await;
        let client = client();
        for calls in 1..=2 {
            let got = call(&client, &url, false).await;
            assert_eq!(got, Err(expected), "{answer:?}");
            assert_eq!(connections.load(Ordering::SeqCst), calls);
        }
    }
}

#[tokio::test]
async fn bytes_behind_an_answer_are_not_taken_for_the_next_one() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
    let (url, connections) = server(answer, Manner::Whole).await;
    let client = client();
    for _ in 0..3 {
        assert_eq!(call(&client, &url, false).await.unwrap().1, "ok");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_unavailable() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200",
        b"",
    ] {
        let (url, _) = server(answer, Manner::Closing).await;
        let got = call(&client(), &url, false).await;
        assert_eq!(got, Err(TransportError::Unavailable), "{answer:?}");
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_is_not_used() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    let (url, connections) = server(answer, Manner::Closing).await;
    let client = client();
    for calls in 1..=5 {
        assert_eq!(call(&client, &url, true).await.unwrap().1, "ok");
        assert_eq!(connections.load(Ordering::SeqCst), calls);
        // The end has arrived when the loop has turned.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_line_break_in_a_header_never_reaches_the_wire() {
    let (url, connections) = server(b"", Manner::Whole).await;
    let headers = [("minzheng-case", "c\r\nrole: operator".to_owned())];
    let client = client();
    let got = client
        .call(&url, &headers, Bytes::from_static(b"{}"), How::default())
        .await;
    assert_eq!(got.unwrap_err().error, TransportError::Malformed);
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}
