//! The floor: a program that passes bytes on without looking at them. What a gateway costs more than
//! this, it costs for what it does.

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpStream};

/// Enough for the answer in one piece.
const BUFFER: usize = 256 * 1024;

/// Passes connections on until the process is ended.
///
/// # Errors
/// A sentence when the port cannot be served on.
pub(crate) fn run(port: u16, to: u16) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .map_err(|error| format!("cannot serve on port {port}: {error}"))?;
        loop {
            let Ok((mut client, _)) = listener.accept().await else {
                continue;
            };
            tokio::spawn(async move {
                let Ok(mut server) = TcpStream::connect(("127.0.0.1", to)).await else {
                    return;
                };
                let _ = client.set_nodelay(true);
                let _ = server.set_nodelay(true);
                let (client, server) = (&mut client, &mut server);
                let _ = copy_bidirectional_with_sizes(client, server, 4096, BUFFER).await;
            });
        }
    })
}
