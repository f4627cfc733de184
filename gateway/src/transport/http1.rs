//! HTTP/1.1 towards subgraphs: what one request and its answer need, and nothing else.
//!
//! A general client hands each request to a task per connection and back through channels. Here the
//! caller's own task writes the request and reads the answer: no task, no lock, and the body stays in
//! the one buffer it was read into.
//!
//! Invariant: a connection belongs to one call at a time and goes back among the idle ones only after an
//! answer that ended exactly where it said it would. A call that is dropped drops its connection.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes, BytesMut};
use http::Uri;
use http::uri::Authority;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::TransportError;
use super::client::{Failure, How};

/// A mutation goes only over a connection that was used this recently, or a new one: an idle one may be
/// closed by the other side just as we write, and a mutation is never sent twice.
const FRESH: Duration = Duration::from_secs(1);
/// Idle connections kept to one subgraph by one worker.
const MOST_IDLE: usize = 256;
/// The head of an answer.
const LARGEST_HEAD: usize = 64 * 1024;
const MOST_HEADERS: usize = 96;
/// A line of a chunked body, or its trailers.
const LONGEST_LINE: usize = 8 * 1024;
/// What is made ready for the first read of an answer, at least and at most.
const FIRST_READ: std::ops::RangeInclusive<usize> = 2 * 1024..=256 * 1024;
/// Memory that an answer may hold without use.
const LOOSE: usize = 2 * 1024;

/// A worker's HTTP/1.1 connections.
pub(super) struct Http1 {
    /// The idle ones, the freshest last.
    origins: RefCell<HashMap<Authority, Vec<Idle>, ahash::RandomState>>,
    connect: Duration,
    idle: Duration,
    largest: usize,
}

struct Idle {
    stream: TcpStream,
    since: Instant,
}

/// How an answer's body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
    Close,
}

/// What the head of an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    status: u16,
    framing: Framing,
    keep: bool,
    length: usize,
}

impl Http1 {
    /// No connections yet. Those idle for longer than `idle` are not used again.
    pub(super) fn new(connect: Duration, idle: Duration, largest: usize) -> Self {
        Self {
            origins: RefCell::default(),
            connect,
            idle,
            largest,
        }
    }

    /// Sends one POST request and reads its whole answer: status and body.
    pub(super) async fn call(
        &self,
        url: &Uri,
        headers: &[(&'static str, String)],
        body: Bytes,
        how: How,
    ) -> Result<(u16, Bytes), Failure> {
        let failed = |error| Failure {
            error,
            never_sent: false,
        };
        let authority = url
            .authority()
            .ok_or_else(|| failed(TransportError::Unavailable))?;
        let head = request_head(url, authority, headers, body.len())
            .ok_or_else(|| failed(TransportError::Malformed))?;
        let mut stream = match self.take(authority, how.once) {
            Some(stream) => stream,
            None => self.open(authority).await?,
        };
        let answered = exchange(&mut stream, head, body, how.expected, self.largest).await;
        match answered {
            Ok((status, body, keep)) => {
                if keep {
                    self.give_back(authority, stream);
                }
                Ok((status, body))
            }
            Err(Broken::Wire(error)) => {
                tracing::debug!(%error, "a connection to a subgraph broke");
                // The others were probably closed by the same restart.
                if let Some(idle) = self.origins.borrow_mut().get_mut(authority) {
                    idle.clear();
                }
                Err(failed(TransportError::Unavailable))
            }
            Err(Broken::Protocol(what)) => {
                tracing::debug!(what, "a subgraph's answer is no HTTP");
                Err(failed(TransportError::Unavailable))
            }
            Err(Broken::TooLarge) => Err(failed(TransportError::Malformed)),
        }
    }

    /// An idle connection that is still open, if there is one.
    fn take(&self, authority: &Authority, once: bool) -> Option<TcpStream> {
        let mut origins = self.origins.borrow_mut();
        let idle = origins.get_mut(authority)?;
        let longest = if once { FRESH } else { self.idle };
        // The last one given back is the freshest.
        while let Some(Idle { stream, since }) = idle.pop() {
            if since.elapsed() > longest {
                // What lies below is older still; too old for a mutation may do for a query.
                if once {
                    idle.push(Idle { stream, since });
                } else {
                    idle.clear();
                }
                break;
            }
            // Nothing may come before a request: not the end, and no bytes either.
            let waiting = stream.try_read(&mut [0]);
            if matches!(waiting, Err(error) if error.kind() == io::ErrorKind::WouldBlock) {
                return Some(stream);
            }
        }
        None
    }

    /// Closes what is idle to addresses that are no longer asked.
    pub(super) fn keep_only(&self, asked: impl Fn(&Authority) -> bool) {
        let mut origins = self.origins.borrow_mut();
        origins.retain(|authority, _| asked(authority));
    }

    fn give_back(&self, authority: &Authority, stream: TcpStream) {
        let mut origins = self.origins.borrow_mut();
        if !origins.contains_key(authority) {
            origins.insert(authority.clone(), Vec::new());
        }
        if let Some(idle) = origins.get_mut(authority) {
            let since = Instant::now();
            // The oldest lie lowest: those of a busy time are closed when it is over.
            let old = idle
                .iter()
                .take_while(|idle| idle.since.elapsed() > self.idle);
            let old = old.count();
            idle.drain(..old);
            if idle.len() < MOST_IDLE {
                idle.push(Idle { stream, since });
            }
        }
    }

    async fn open(&self, authority: &Authority) -> Result<TcpStream, Failure> {
        let host = authority.host();
        // An IPv6 address stands in brackets.
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        let to = (host, authority.port_u16().unwrap_or(80));
        let unreachable = || Failure {
            error: TransportError::Unavailable,
            never_sent: true,
        };
        let opened = tokio::time::timeout(self.connect, TcpStream::connect(to)).await;
        let stream = match opened {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                tracing::debug!(%error, "a subgraph cannot be reached");
                return Err(unreachable());
            }
            Err(_) => return Err(unreachable()),
        };
        stream.set_nodelay(true).map_err(|_| unreachable())?;
        Ok(stream)
    }
}

/// The head of the request, or nothing when a header's value cannot stand in one.
fn request_head(
    url: &Uri,
    authority: &Authority,
    headers: &[(&'static str, String)],
    length: usize,
) -> Option<Vec<u8>> {
    let values: usize = headers
        .iter()
        .map(|(name, value)| name.len() + value.len() + 4)
        .sum();
    let mut head = Vec::with_capacity(values + 256);
    head.extend_from_slice(b"POST ");
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    head.extend_from_slice(path.as_bytes());
    head.extend_from_slice(b" HTTP/1.1\r\nhost: ");
    let host = authority.as_str();
    // A user and password do not belong into the host.
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    head.extend_from_slice(host.as_bytes());
    head.extend_from_slice(
        b"\r\ncontent-type: application/json\r\naccept: application/json\r\ncontent-length: ",
    );
    head.extend_from_slice(length.to_string().as_bytes());
    for (name, value) in headers {
        // A line break would begin another header.
        if value.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return None;
        }
        head.extend_from_slice(b"\r\n");
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
    }
    head.extend_from_slice(b"\r\n\r\n");
    Some(head)
}

/// Why an exchange ended without an answer.
enum Broken {
    /// The connection.
    Wire(io::Error),
    /// What came over it is no HTTP.
    Protocol(&'static str),
    /// The body is larger than allowed.
    TooLarge,
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Wire(error)
    }
}

/// Writes a request and reads its answer: status, body, and whether the connection can be used again.
async fn exchange(
    stream: &mut TcpStream,
    head: Vec<u8>,
    body: Bytes,
    expected: usize,
    largest: usize,
) -> Result<(u16, Bytes, bool), Broken> {
    stream
        .write_all_buf(&mut Bytes::from(head).chain(body))
        .await?;
    // Room for the head too.
    let first = (expected + 512).clamp(*FIRST_READ.start(), *FIRST_READ.end());
    let mut read = BytesMut::with_capacity(first);
    let head = loop {
        if let Some(head) = answer_head(&read)? {
            if (100..200).contains(&head.status) && head.status != 101 {
                read.advance(head.length);
                continue;
            }
            break head;
        }
        if read.len() > LARGEST_HEAD {
            return Err(Broken::Protocol("the head is too large"));
        }
        more(stream, &mut read).await?;
    };
    read.advance(head.length);
    let (body, held, ended) = match head.framing {
        Framing::Length(length) => {
            if length > largest {
                return Err(Broken::TooLarge);
            }
            read.reserve(length.saturating_sub(read.len()));
            while read.len() < length {
                more(stream, &mut read).await?;
            }
            let held = read.capacity();
            let body = read.split_to(length);
            (body, held, read.is_empty())
        }
        Framing::Chunked => {
            let body = chunked(stream, &mut read, largest).await?;
            let held = body.capacity();
            (body, held, read.is_empty())
        }
        Framing::Close => {
            while stream.read_buf(&mut read).await? > 0 {
                if read.len() > largest {
                    return Err(Broken::TooLarge);
                }
            }
            let held = read.capacity();
            (read, held, false)
        }
    };
    // What is much shorter than its memory does not keep it: an answer stays until the client's is written.
    let body = match held > 2 * body.len() + LOOSE {
        true => Bytes::copy_from_slice(&body),
        false => body.freeze(),
    };
    Ok((head.status, body, head.keep && ended))
}

/// Reads a chunked body to its end.
async fn chunked(
    stream: &mut TcpStream,
    read: &mut BytesMut,
    largest: usize,
) -> Result<BytesMut, Broken> {
    let mut body = BytesMut::new();
    loop {
        let (line, size) = loop {
            match httparse::parse_chunk_size(read) {
                Ok(httparse::Status::Complete(found)) => break found,
                Ok(httparse::Status::Partial) if read.len() <= LONGEST_LINE => {}
                _ => return Err(Broken::Protocol("a chunk without a size")),
            }
            more(stream, read).await?;
        };
        read.advance(line);
        if size == 0 {
            break;
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size > largest.saturating_sub(body.len()) {
            return Err(Broken::TooLarge);
        }
        let mut left = size;
        while left > 0 {
            if read.is_empty() {
                more(stream, read).await?;
            }
            let part = left.min(read.len());
            body.extend_from_slice(&read[..part]);
            read.advance(part);
            left -= part;
        }
        while read.len() < 2 {
            more(stream, read).await?;
        }
        if !read.starts_with(b"\r\n") {
            return Err(Broken::Protocol("a chunk without an end"));
        }
        read.advance(2);
    }
    // Trailers, which mean nothing to us, up to an empty line.
    loop {
        match read.windows(2).position(|two| two == b"\r\n") {
            Some(0) => {
                read.advance(2);
                return Ok(body);
            }
            Some(line) => read.advance(line + 2),
            None if read.len() > LONGEST_LINE => {
                return Err(Broken::Protocol("a trailer without an end"));
            }
            None => more(stream, read).await?,
        }
    }
}

/// Reads on; the end of the stream is an error here.
async fn more(stream: &mut TcpStream, read: &mut BytesMut) -> Result<(), Broken> {
    match stream.read_buf(read).await? {
        0 => Err(Broken::Wire(io::ErrorKind::UnexpectedEof.into())),
        _ => Ok(()),
    }
}

/// The head of an answer when all of it is there.
fn answer_head(read: &[u8]) -> Result<Option<Head>, Broken> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    let length = match answer.parse(read) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(Broken::Protocol("no HTTP/1 answer")),
    };
    let status = answer.code.unwrap_or(0);
    let mut keep = answer.version == Some(1);
    let mut framing = Framing::Close;
    let mut coded = false;
    for header in answer.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        if is("content-length") {
            let told = std::str::from_utf8(header.value)
                .ok()
                .map(str::trim)
                .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|text| text.parse().ok())
                .ok_or(Broken::Protocol("a length that is no number"))?;
            if matches!(framing, Framing::Length(other) if other != told) {
                return Err(Broken::Protocol("two lengths"));
            }
            framing = Framing::Length(told);
        } else if is("transfer-encoding") {
            if coded || !header.value.eq_ignore_ascii_case(b"chunked") {
                return Err(Broken::Protocol("an unknown transfer coding"));
            }
            coded = true;
        } else if is("content-encoding") && !header.value.eq_ignore_ascii_case(b"identity") {
            // We did not say that we understand any.
            return Err(Broken::Protocol("an encoded body"));
        } else if is("connection") {
            let says = |word: &[u8]| {
                header
                    .value
                    .split(|byte| *byte == b',')
                    .any(|token| token.trim_ascii().eq_ignore_ascii_case(word))
            };
            keep = !says(b"close") && (keep || says(b"keep-alive"));
        }
    }
    if coded {
        // Both at once is how requests are smuggled; nothing honest sends it.
        if framing != Framing::Close {
            return Err(Broken::Protocol("a length and chunks"));
        }
        framing = Framing::Chunked;
    }
    if matches!(status, 204 | 304) {
        framing = Framing::Length(0);
    }
    Ok(Some(Head {
        status,
        framing,
        keep,
        length,
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;
