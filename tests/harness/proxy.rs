//! A TCP proxy that a test can cut, hold, or let through in one direction only.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

/// What the proxy does with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Both directions pass.
    Open,
    /// Connections are closed at once.
    Cut,
    /// Connections are taken, and nothing passes.
    Held,
    /// Questions pass and answers do not.
    NoAnswers,
}

/// A proxy before one address; it goes on until the process ends.
pub struct Proxy {
    /// Where it listens, on this machine's loopback address.
    pub port: u16,
    way: Arc<AtomicU8>,
    delay: Arc<AtomicU64>,
}

impl Proxy {
    /// Listens on a free port and passes everything on to another one of this machine.
    pub fn before(port: u16) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let own = listener
            .local_addr()
            .map_err(|error| error.to_string())?
            .port();
        let way = Arc::new(AtomicU8::new(0));
        let delay = Arc::new(AtomicU64::new(0));
        let shared = (Arc::clone(&way), Arc::clone(&delay));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (way, delay) = (Arc::clone(&shared.0), Arc::clone(&shared.1));
                std::thread::spawn(move || carry(client, port, &way, &delay));
            }
        });
        Ok(Self {
            port: own,
            way,
            delay,
        })
    }

    /// From now on a question and its answer take this much longer together, half of it each way.
    pub fn set_round_trip(&self, round_trip: Duration) {
        let half = u64::try_from(round_trip.as_micros() / 2).unwrap_or(0);
        self.delay.store(half, Ordering::SeqCst);
    }

    /// From now on; connections that are open feel it with their next bytes.
    pub fn set(&self, way: Way) {
        self.way.store(way as u8, Ordering::SeqCst);
    }
}

fn is(way: &AtomicU8, what: Way) -> bool {
    way.load(Ordering::SeqCst) == what as u8
}

fn carry(client: TcpStream, port: u16, way: &Arc<AtomicU8>, delay: &Arc<AtomicU64>) {
    if is(way, Way::Cut) {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
        return;
    };
    let (Ok(from_client), Ok(to_client)) = (client.try_clone(), client.try_clone()) else {
        return;
    };
    let (Ok(from_server), Ok(to_server)) = (server.try_clone(), server.try_clone()) else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (back, slow) = (Arc::clone(way), Arc::clone(delay));
    let answering = std::thread::spawn(move || pump(from_server, to_client, (&back, &slow), true));
    pump(from_client, to_server, (way, delay), false);
    let _ = answering.join();
}

fn pump(
    mut from: TcpStream,
    mut to: TcpStream,
    (way, delay): (&AtomicU8, &AtomicU64),
    answers: bool,
) {
    let mut piece = [0_u8; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut piece) {
        std::thread::sleep(Duration::from_micros(delay.load(Ordering::SeqCst)));
        while is(way, Way::Held) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let stops = is(way, Way::Cut) || (answers && is(way, Way::NoAnswers));
        if stops || to.write_all(&piece[..read]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
