//! The load generator: so many connections, each with one request at a time, for so long.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::serve::{content_length, head_length, header};

/// How to load.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct How {
    /// Connections, each with one request at a time.
    #[arg(long, default_value_t = 50)]
    pub(crate) connections: usize,
    /// Seconds of one round.
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,
    /// A header of every request, `name: value`; may be given several times.
    #[arg(long = "header")]
    pub(crate) headers: Vec<String>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Answers with status 200.
    pub(crate) answered: usize,
    /// Requests that broke, or had another status, or whose answer tells errors.
    pub(crate) failed: usize,
    /// The time it took.
    pub(crate) took: Duration,
    /// Latencies in microseconds, sorted.
    pub(crate) latencies: Vec<u32>,
    /// The length of the last answer's body.
    pub(crate) length: usize,
}

impl Done {
    /// The latency that so many of a thousand requests stay below, in milliseconds.
    pub(crate) fn below(&self, permille: usize) -> f64 {
        let at =
            (self.latencies.len() * permille / 1000).min(self.latencies.len().saturating_sub(1));
        self.latencies
            .get(at)
            .map_or(0.0, |us| f64::from(*us) / 1000.0)
    }

    /// Answers a second.
    #[allow(clippy::cast_precision_loss)] // far fewer than 2^52
    pub(crate) fn rate(&self) -> f64 {
        self.answered as f64 / self.took.as_secs_f64()
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.0} requests/s  p50 {:.2} ms  p99 {:.2} ms  p99.9 {:.2} ms  answer {} B  failed {}",
            self.rate(),
            self.below(500),
            self.below(990),
            self.below(999),
            self.length,
            self.failed
        )
    }
}

/// Loads a URL with one request body.
///
/// # Errors
/// A sentence when the URL cannot be used or nothing answers there.
pub(crate) fn run(url: &str, body: &[u8], how: &How) -> Result<Done, String> {
    let (address, request) = request(url, body, &how.headers)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(async {
        let stop = Arc::new(AtomicBool::new(false));
        let started = Instant::now();
        let tasks: Vec<_> = (0..how.connections)
            .map(|_| {
                tokio::spawn(connection(
                    address.clone(),
                    Arc::clone(&request),
                    Arc::clone(&stop),
                ))
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(how.seconds)).await;
        stop.store(true, Ordering::Relaxed);
        let mut done = Done::default();
        for task in tasks {
            let one = task
                .await
                .map_err(|error| format!("a connection was lost: {error}"))?;
            done.answered += one.answered;
            done.failed += one.failed;
            done.length = done.length.max(one.length);
            done.latencies.extend(one.latencies);
        }
        done.took = started.elapsed();
        done.latencies.sort_unstable();
        if done.answered == 0 {
            return Err(format!("nothing answers at {url}"));
        }
        Ok(done)
    })
}

/// Where to connect, and the bytes of the request.
fn request(url: &str, body: &[u8], headers: &[String]) -> Result<(String, Arc<[u8]>), String> {
    let rest = url
        .strip_prefix("http://")
        .ok_or("only http:// URLs can be loaded")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut request = format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\naccept: application/json\r\n"
    );
    for line in headers {
        request.push_str(line);
        request.push_str("\r\n");
    }
    request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut request = request.into_bytes();
    request.extend_from_slice(body);
    Ok((host.to_owned(), request.into()))
}

async fn connection(address: String, request: Arc<[u8]>, stop: Arc<AtomicBool>) -> Done {
    let mut done = Done::default();
    let mut stream = None;
    let mut read = BytesMut::with_capacity(256 * 1024);
    while !stop.load(Ordering::Relaxed) {
        let mut open = match stream.take() {
            Some(open) => open,
            None => match TcpStream::connect(&address).await {
                Ok(open) => {
                    let _ = open.set_nodelay(true);
                    read.clear();
                    open
                }
                Err(_) => {
                    done.failed += 1;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                }
            },
        };
        let began = Instant::now();
        match one(&mut open, &request, &mut read).await {
            Ok((good, length)) => {
                let took = u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX);
                done.latencies.push(took);
                done.length = length;
                if good {
                    done.answered += 1;
                } else {
                    done.failed += 1;
                }
                stream = Some(open);
            }
            Err(_) => done.failed += 1,
        }
    }
    done
}

/// One request and its answer: whether it was good, and the body's length.
async fn one(
    stream: &mut TcpStream,
    request: &[u8],
    read: &mut BytesMut,
) -> std::io::Result<(bool, usize)> {
    stream.write_all(request).await?;
    let head = loop {
        if let Some(head) = head_length(read) {
            break head;
        }
        more(stream, read).await?;
    };
    let good = read.starts_with(b"HTTP/1.1 200");
    let chunked = header(&read[..head], "transfer-encoding").is_some();
    let length = content_length(&read[..head]);
    read.advance(head);
    // Errors stand before the data, or after it at the end.
    let told = |body: &[u8]| {
        let at_end = &body[body.len().saturating_sub(4096)..];
        body.starts_with(b"{\"errors\"") || at_end.windows(9).any(|nine| nine == b"\"errors\":")
    };
    if let Some(length) = length {
        while read.len() < length {
            more(stream, read).await?;
        }
        let good = good && !told(&read[..length]);
        read.advance(length);
        return Ok((good, length));
    }
    if !chunked {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    let mut body = Vec::new();
    loop {
        let line = loop {
            if let Some(at) = read.windows(2).position(|two| two == b"\r\n") {
                break at;
            }
            more(stream, read).await?;
        };
        let size = std::str::from_utf8(&read[..line])
            .ok()
            .and_then(|text| usize::from_str_radix(text.split(';').next()?.trim(), 16).ok())
            .ok_or(std::io::ErrorKind::InvalidData)?;
        read.advance(line + 2);
        while read.len() < size + 2 {
            more(stream, read).await?;
        }
        body.extend_from_slice(&read[..size]);
        read.advance(size + 2);
        if size == 0 {
            return Ok((good && !told(&body), body.len()));
        }
    }
}

async fn more(stream: &mut TcpStream, read: &mut BytesMut) -> std::io::Result<()> {
    match stream.read_buf(read).await? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}
