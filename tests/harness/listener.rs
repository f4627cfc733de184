//! A server of a few lines: keeps every body it is sent and always answers the same. It stands for a
//! collector of traces, or for a subgraph of somebody else's.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A listening server; it goes on until the process ends.
pub struct Listener {
    /// Where it listens, on this machine's loopback address.
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<u8>>>,
}

impl Listener {
    /// Listens on a free port and answers every request with this JSON.
    pub fn start(answer: &'static str) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let received = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let all = Arc::clone(&all);
                std::thread::spawn(move || receive(stream, &all, answer));
            }
        });
        Ok(Self { address, received })
    }

    /// All bodies so far, one after the other.
    pub fn received(&self) -> Vec<u8> {
        self.received
            .lock()
            .map(|all| all.clone())
            .unwrap_or_default()
    }
}

fn receive(mut stream: TcpStream, all: &Mutex<Vec<u8>>, answer: &str) {
    let mut request = Vec::new();
    let mut piece = [0_u8; 16 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut piece) {
        request.extend_from_slice(&piece[..read]);
        let Some(head) = request.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let length = String::from_utf8_lossy(&request[..head])
            .to_ascii_lowercase()
            .lines()
            .find_map(|line| {
                line.strip_prefix("content-length:")?
                    .trim()
                    .parse::<usize>()
                    .ok()
            })
            .unwrap_or(0);
        if request.len() >= head + 4 + length {
            if let Ok(mut all) = all.lock() {
                all.extend_from_slice(&request[head + 4..]);
            }
            request.clear();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
            let _ =
                stream.write_all(format!("{head}: {}\r\n\r\n{answer}", answer.len()).as_bytes());
        }
    }
}
