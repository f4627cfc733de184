//! Equal requests at the same time are executed once, when all of the answer is public.
//!
//! The one who came first executes inside its own request; the others wait for its answer. An answer
//! with errors is nobody else's: then, and when the first one's client leaves, each of the others
//! executes for itself, so that a failure is never waited for by one after another.
//!
//! Invariant: who joins was identified and authorised first. The plan is part of the key, and a plan
//! that may be joined has nothing refused, nothing personal and no introspection in it, so whoever runs
//! it gets the same answer. A request that came after a mutation had ended never joins one that began
//! before.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_util::FutureExt as _;
use futures_util::future::Shared;
use tokio::sync::oneshot;

use super::Answer;
use crate::operation::Variables;
use crate::plan::Plan;

/// The requests under way that others may join, of all workers.
#[derive(Default)]
pub(super) struct Joined {
    flights: Mutex<HashMap<Key, Landing, ahash::RandomState>>,
    /// How many mutations have ended.
    mutations: AtomicU64,
}

type Landing = Shared<oneshot::Receiver<Answer>>;

/// What a public answer depends on, compared in full.
#[derive(Clone)]
struct Key {
    /// By its place in memory, which this key holds.
    plan: Arc<Plan>,
    /// The coerced variables as JSON.
    variables: Arc<[u8]>,
    /// The province that the tokens of public fetches name.
    province: Arc<str>,
    mutations: u64,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.plan, &other.plan)
            && self.variables == other.variables
            && self.province == other.province
            && self.mutations == other.mutations
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.plan).hash(state);
        self.variables.hash(state);
    }
}

/// The one who executes. Dropped without an answer, it tells the others that none comes.
struct Leader<'a> {
    joined: &'a Joined,
    key: Key,
    landing: oneshot::Sender<Answer>,
}

impl Leader<'_> {
    fn land(self, answer: &Answer) {
        let Self {
            joined,
            key,
            landing,
        } = self;
        joined.leave(&key);
        // Nobody may be waiting.
        let _ = landing.send(answer.clone());
    }
}

/// Takes a flight out of the table however its leader ends.
struct Leaving<'a>(Option<Leader<'a>>);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if let Some(leader) = self.0.take() {
            leader.joined.leave(&leader.key);
        }
    }
}

/// A mutation under way.
pub(super) struct Mutation<'a>(&'a Joined);

impl Drop for Mutation<'_> {
    fn drop(&mut self) {
        self.0.mutations.fetch_add(1, Ordering::AcqRel);
    }
}

impl Joined {
    /// The answer of an equal request under way, or else of `work`.
    pub(super) async fn run(
        &self,
        plan: &Arc<Plan>,
        variables: &Variables,
        province: &Arc<str>,
        deadline: Instant,
        work: impl Future<Output = Answer>,
    ) -> Answer {
        let key = Key {
            plan: Arc::clone(plan),
            variables: variables.json().into(),
            province: Arc::clone(province),
            mutations: self.mutations.load(Ordering::Acquire),
        };
        match self.turn(key) {
            Ok(leader) => {
                let mut leaving = Leaving(Some(leader));
                let answer = work.await;
                if answer.errors == 0
                    && let Some(leader) = leaving.0.take()
                {
                    leader.land(&answer);
                }
                answer
            }
            Err(landing) => match tokio::time::timeout_at(deadline.into(), landing).await {
                Ok(Ok(answer)) => answer,
                // Past the deadline, the work says so.
                Ok(Err(_)) | Err(_) => work.await,
            },
        }
    }

    /// Joins the flight of this key or begins one.
    fn turn(&self, key: Key) -> Result<Leader<'_>, Landing> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(landing) = flights.get(&key) {
            return Err(landing.clone());
        }
        let (landing, landed) = oneshot::channel();
        flights.insert(key.clone(), landed.shared());
        Ok(Leader {
            joined: self,
            key,
            landing,
        })
    }

    fn leave(&self, key: &Key) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        flights.remove(key);
    }

    /// A mutation is under way. When the guard is dropped it has ended, and what began before is not
    /// joined any more.
    pub(super) fn mutation(&self) -> Mutation<'_> {
        Mutation(self)
    }

    #[cfg(test)]
    pub(super) fn under_way(&self) -> usize {
        let flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        flights.len()
    }
}
