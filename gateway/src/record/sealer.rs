//! The thread that seals: at once (what an earlier start left behind), then every so often, and once more when
//! it is told to stop.
//!
//! Number and root of each seal go to the program's log and to its metrics, that is: elsewhere. Whoever cuts off the
//! end of the log together with its last seals cannot take these back.

use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Settings;
use super::seal::{self, Done, SealKey};
use super::store::{Store, StoreError};

/// After a failure it is tried again so soon.
const AGAIN: Duration = Duration::from_secs(60);
/// No group is under way.
pub(super) const NONE: i64 = i64::MAX;

/// Seals until it is told to stop. `under_way` is the time in the records of the group that the writer is writing,
/// in microseconds, or [`NONE`].
pub(super) fn keep(
    mut store: Box<dyn Store>,
    key: &SealKey,
    settings: &Settings,
    under_way: &AtomicI64,
    stopped: &Receiver<()>,
) {
    loop {
        let now = until((settings.now)(), under_way.load(Relaxed));
        let sealed = once(&mut *store, key, settings, now);
        if let Err(error) = &sealed {
            tracing::error!(%error, "the access log cannot be sealed");
        }
        match seal::purge(&mut *store, &key.public(), settings.keep_days, now) {
            Ok(0) => {}
            Ok(segments) => tracing::info!(segments, "old segments of the access log were dropped"),
            Err(error) => tracing::error!(%error, "the access log cannot be purged"),
        }
        let wait = match sealed {
            Ok(_) => settings.seal_every,
            Err(_) => settings.seal_every.min(AGAIN),
        };
        match stopped.recv_timeout(wait.max(Duration::from_secs(1))) {
            Err(RecvTimeoutError::Timeout) => {}
            _ => break,
        }
    }
    // A connection that was cut since the last seal is noticed by the first try.
    for last in [false, true] {
        match once(&mut *store, key, settings, (settings.now)()) {
            Ok(_) => break,
            Err(error) if last => {
                tracing::error!(%error, "the access log could not be sealed at the end");
            }
            Err(_) => {}
        }
    }
}

/// Until when everything written is in the store: now, or when the group that hangs in it was begun.
pub(super) fn until(now: DateTime<Utc>, under_way: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(under_way).map_or(now, |began| began.min(now))
}

/// Seals once and tells about it.
fn once(
    store: &mut dyn Store,
    key: &SealKey,
    settings: &Settings,
    now: DateTime<Utc>,
) -> Result<Done, StoreError> {
    let done = seal::seal(store, key, settings.hash, now)?;
    if let (Some(number), Some(root)) = (done.seal, &done.root) {
        tracing::info!(number, %root, segments = done.sealed, "the access log was sealed");
    }
    if done.doubtful > 0 {
        tracing::error!(
            segments = done.doubtful,
            "the access log is not what was sealed, or records were put into it; what is doubtful is not signed; \
             run `minzheng access-log verify`"
        );
    }
    settings
        .meter
        .sealed(done.seals, done.root.as_deref(), done.doubtful);
    Ok(done)
}
