//! The wish to stop: SIGINT (Ctrl-C) or SIGTERM.

use crate::failure::Failure;

/// Waits until the process is asked to stop.
pub(crate) async fn asked() -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::new(format!("Signals cannot be listened to ({error})."));
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map_err(failed)
}
