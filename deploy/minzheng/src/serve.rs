//! Serves a gateway until the process is asked to stop, then drains it.

use std::net::TcpListener;
use std::sync::Arc;

use minzheng_gateway::server::{self, Gateway};

use crate::failure::Failure;
use crate::stop;

/// Serves until asked to stop; requests under way are finished.
pub(crate) async fn until_stopped(
    gateway: Arc<Gateway>,
    listener: TcpListener,
    workers: usize,
) -> Result<(), Failure> {
    let failure = |error: server::ServeError| Failure::new(error.to_string());
    let figures = match &gateway.parts().config.server.metrics_listen {
        Some(address) => {
            let listener = server::bind(address).map_err(failure)?;
            Some(server::serve_metrics(Arc::clone(&gateway), listener).map_err(failure)?)
        }
        None => None,
    };
    let figures_handle = figures.as_ref().map(|server| server.handle());
    let server = server::serve(Arc::clone(&gateway), listener, workers).map_err(failure)?;
    let handle = server.handle();
    let mut running = tokio::spawn(server);
    if let Some(figures) = figures {
        tokio::spawn(figures);
    }
    tokio::select! {
        ended = &mut running => return finished(ended),
        asked = stop::asked() => asked?,
    }
    eprintln!("Stopping: requests under way are finished first.");
    gateway.begin_drain();
    handle.stop(true).await;
    // Last, so that figures are to be had of the draining too.
    if let Some(figures) = figures_handle {
        figures.stop(false).await;
    }
    finished(running.await)
}

fn finished(ended: Result<std::io::Result<()>, tokio::task::JoinError>) -> Result<(), Failure> {
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Failure::new(format!("The server ended ({error})."))),
        Err(_) => Err(Failure::new("The server ended without a word.")),
    }
}
