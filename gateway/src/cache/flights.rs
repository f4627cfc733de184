//! Single flight: of all that look for one key at one time, one fetches and the others wait for it.
//!
//! Workers have event loops of their own, so the one who fetches does it inside its own request and the
//! others wait on a channel. If it fails or its client leaves, each of the others fetches for itself:
//! a failure must not be waited for by one after another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use super::key::CacheKey;
use super::tags::Snapshot;

/// Enough that two workers rarely meet at one lock.
const SHARDS: usize = 16;

struct Flight {
    began: Snapshot,
    landed: watch::Receiver<Option<Bytes>>,
}

type Shard = Mutex<HashMap<CacheKey, Arc<Flight>, ahash::RandomState>>;

pub(super) struct Flights([Shard; SHARDS]);

/// What someone who looks for a key shall do.
pub(super) enum Turn<'a> {
    /// Fetch, and land the outcome.
    Fetch(Pilot<'a>),
    /// Wait for the one who fetches.
    Wait(watch::Receiver<Option<Bytes>>),
}

/// The one who fetches. Dropping it without [`Pilot::land`] tells the others that nothing came.
pub(super) struct Pilot<'a> {
    shard: &'a Shard,
    key: CacheKey,
    flight: Arc<Flight>,
    landing: watch::Sender<Option<Bytes>>,
}

impl Flights {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| Shard::default()))
    }

    /// Joins the flight of this key or begins one. A flight that began before one of its tags was
    /// invalidated is not joined: it may bring what the caller has just changed.
    pub(super) fn join(&self, key: &CacheKey, now: Snapshot) -> Turn<'_> {
        let shard = &self.0[key.shard(SHARDS)];
        let mut flights = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(key)
            && flight.began.holds()
        {
            return Turn::Wait(flight.landed.clone());
        }
        let (landing, landed) = watch::channel(None);
        let flight = Arc::new(Flight { began: now, landed });
        flights.insert(key.clone(), Arc::clone(&flight));
        Turn::Fetch(Pilot {
            shard,
            key: key.clone(),
            flight,
            landing,
        })
    }
}

impl Pilot<'_> {
    /// Gives the outcome to all who wait.
    pub(super) fn land(self, body: Bytes) {
        self.landing.send_replace(Some(body));
    }
}

impl Drop for Pilot<'_> {
    fn drop(&mut self) {
        let mut flights = self.shard.lock().unwrap_or_else(PoisonError::into_inner);
        // A younger flight may have taken the place.
        if flights
            .get(&self.key)
            .is_some_and(|flight| Arc::ptr_eq(flight, &self.flight))
        {
            flights.remove(&self.key);
        }
    }
}

/// What the one who fetches brought; `None` when it failed or left.
pub(super) async fn landed(mut flight: watch::Receiver<Option<Bytes>>) -> Option<Bytes> {
    match flight.wait_for(Option::is_some).await {
        Ok(body) => body.clone(),
        Err(_) => None,
    }
}
