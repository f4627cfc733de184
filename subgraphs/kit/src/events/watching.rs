//! Waking who watches: a subscription looks anew when what it shows has changed.
//!
//! One task per process follows the subgraph's own outbox while anybody watches, and wakes the watchers
//! of each event's topic. It hears of commits of this process at once, of those of other processes
//! through Redis ([`crate::Wake`]), and looks by itself every second; so ten thousand watchers cost one
//! reader and no polling of their own.
//!
//! A wake-up carries nothing: the watcher reads what is there now. Therefore many that come while it is
//! busy are one, none can queue up behind a slow client, and one too many does no harm.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::Notify;

use super::{FeedEvent, MAX_PULL, POLL, last_event, read_outbox};
use crate::{Database, error::Result};

/// What somebody watches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Topic {
    kind: Option<Cow<'static, str>>,
    key: Option<String>,
}

impl Topic {
    /// Every event.
    pub const fn anything() -> Self {
        Self {
            kind: None,
            key: None,
        }
    }

    /// Every event of a kind.
    pub const fn kind(kind: &'static str) -> Self {
        Self {
            kind: Some(Cow::Borrowed(kind)),
            key: None,
        }
    }

    /// Events of a kind that happen to one entity.
    pub fn of(kind: &'static str, key: impl Into<String>) -> Self {
        Self {
            kind: Some(Cow::Borrowed(kind)),
            key: Some(key.into()),
        }
    }
}

/// Who watches a database's events.
#[derive(Default)]
pub struct Watchers {
    state: Mutex<State>,
    /// Commits of other processes, as Redis tells them.
    elsewhere: Arc<Notify>,
}

#[derive(Default)]
struct State {
    next: u64,
    rested: u64,
    following: bool,
    topics: HashMap<Topic, HashMap<u64, Weak<Notify>>>,
}

impl Watchers {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Is to be notified when another process has committed something.
    pub fn elsewhere(&self) -> Arc<Notify> {
        Arc::clone(&self.elsewhere)
    }

    /// How many watches there are, counted once for each topic.
    pub fn count(&self) -> usize {
        self.state().topics.values().map(HashMap::len).sum()
    }

    /// How many watches have come to wait so far, those that are over with them: whoever waits has looked, and knows
    /// from where to tell on.
    pub fn rested(&self) -> u64 {
        self.state().rested
    }

    fn wake(&self, topics: &[Topic]) {
        let state = self.state();
        for topic in topics {
            for woken in state
                .topics
                .get(topic)
                .into_iter()
                .flat_map(HashMap::values)
            {
                if let Some(woken) = woken.upgrade() {
                    woken.notify_one();
                }
            }
        }
    }

    fn wake_all(&self) {
        let state = self.state();
        for woken in state.topics.values().flat_map(HashMap::values) {
            if let Some(woken) = woken.upgrade() {
                woken.notify_one();
            }
        }
    }

    fn wake_for(&self, event: FeedEvent) {
        let (kind, key) = (Some(Cow::Owned(event.kind)), Some(event.key));
        self.wake(&[
            Topic::anything(),
            Topic {
                kind: kind.clone(),
                key: None,
            },
            Topic { kind, key },
        ]);
    }
}

/// A place among the watchers, left when it is dropped.
pub struct Watch {
    db: Database,
    id: u64,
    topics: Vec<Topic>,
    woken: Arc<Notify>,
    has_rested: AtomicBool,
}

impl Watch {
    /// Ends when something happened since the watch began or this ended last, and now and then for
    /// nothing.
    pub async fn changed(&self) {
        if !self.has_rested.swap(true, Ordering::Relaxed) {
            self.db.watchers().state().rested += 1;
        }
        self.woken.notified().await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut state = self.db.watchers().state();
        for topic in &self.topics {
            let left = state.topics.get_mut(topic).map(|all| {
                all.remove(&self.id);
                all.len()
            });
            if left == Some(0) {
                state.topics.remove(topic);
            }
        }
    }
}

/// Watches these topics from now on: what is read after this has either seen a change or is followed by
/// its wake-up. Must be called inside the runtime that serves the database.
pub fn watch(db: &Database, topics: Vec<Topic>) -> Watch {
    let woken = Arc::new(Notify::new());
    let mut state = db.watchers().state();
    state.next += 1;
    let id = state.next;
    for topic in &topics {
        let all = state.topics.entry(topic.clone()).or_default();
        all.insert(id, Arc::downgrade(&woken));
    }
    if !std::mem::replace(&mut state.following, true) {
        tokio::spawn(follow(Following {
            db: db.clone(),
            over: false,
        }));
    }
    drop(state);
    Watch {
        db: db.clone(),
        id,
        topics,
        woken,
        has_rested: AtomicBool::new(false),
    }
}

/// Says that nobody follows, however the following ended.
struct Following {
    db: Database,
    /// It was said already, and somebody else may follow by now.
    over: bool,
}

impl Drop for Following {
    fn drop(&mut self) {
        if !self.over {
            self.db.watchers().state().following = false;
        }
    }
}

/// Follows the outbox until nobody watches.
async fn follow(mut following: Following) {
    let db = following.db.clone();
    let db = &db;
    let mut after = None;
    loop {
        let committed = db.committed().notified();
        tokio::pin!(committed);
        // Listening starts before looking, so that nothing falls between.
        committed.as_mut().enable();
        if let Err(error) = look(db, &mut after).await {
            tracing::warn!(code = error.code(), "the outbox cannot be followed");
            after = None;
        }
        {
            let mut state = db.watchers().state();
            if state.topics.is_empty() {
                // Whoever comes from here on starts another one.
                state.following = false;
                following.over = true;
                return;
            }
        }
        tokio::select! {
            () = committed => {}
            () = db.watchers().elsewhere.notified() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// Wakes for all that is new. Who does not know where the outbox ended starts at its end and wakes
/// everybody, since anything may have happened before.
async fn look(db: &Database, after: &mut Option<i64>) -> Result<()> {
    let Some(seen) = after else {
        *after = Some(last_event(db.read()).await?);
        db.watchers().wake_all();
        return Ok(());
    };
    loop {
        let events = read_outbox(db.read(), *seen, MAX_PULL).await?;
        let all = events.len();
        for event in events {
            *seen = event.seq;
            db.watchers().wake_for(event);
        }
        if all < usize::try_from(MAX_PULL).unwrap_or(1) {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        database::tests::Things,
        events::{Event, emit},
        testing,
    };

    const PATIENCE: Duration = testing::PATIENCE;

    async fn happen(db: &Database, kind: &str, key: &str) {
        let event = Event {
            kind: kind.into(),
            key: key.into(),
            at: testing::clock().now(),
            body: serde_json::json!({}),
        };
        db.write(move |tx| {
            let event = event.clone();
            Box::pin(async move { emit(tx, &event).await })
        })
        .await
        .unwrap();
    }

    /// Takes the wake-up that comes for nothing when following starts.
    async fn begun(watch: &Watch) {
        tokio::time::timeout(PATIENCE, watch.changed())
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn who_watches_a_topic_is_woken_by_it_and_by_nothing_else() {
        let db = testing::memory(&Things, "51").await.db;
        let all = [
            Topic::anything(),
            Topic::kind("Moved"),
            Topic::of("Moved", "a"),
            Topic::of("Moved", "b"),
            Topic::kind("Gone"),
        ]
        .map(|topic| watch(&db, vec![topic]));
        for one in &all {
            begun(one).await;
        }
        happen(&db, "Moved", "a").await;
        for one in &all[..3] {
            tokio::time::timeout(PATIENCE, one.changed()).await.unwrap();
        }
        // They were woken in one go; had the others been meant, they would be awake by now.
        for one in &all[3..] {
            let now = tokio::time::timeout(Duration::ZERO, one.changed()).await;
            assert!(now.is_err());
        }
        drop(all);
        assert_eq!(db.watchers().count(), 0);
    }

    #[tokio::test]
    async fn a_change_right_after_the_beginning_is_never_missed() {
        let db = testing::memory(&Things, "51").await.db;
        for round in 0..50 {
            let watch = watch(&db, vec![Topic::of("Moved", round.to_string())]);
            happen(&db, "Moved", &round.to_string()).await;
            tokio::time::timeout(PATIENCE, watch.changed())
                .await
                .unwrap();
        }
    }

    #[tokio::test]
    async fn ten_thousand_watchers_cost_one_reader() {
        let db = testing::memory(&Things, "51").await.db;
        let all: Vec<Watch> = (0..10_000)
            .map(|_| watch(&db, vec![Topic::kind("Moved")]))
            .collect();
        begun(&all[0]).await;
        let before = db.statements();
        happen(&db, "Moved", "a").await;
        for one in &all {
            tokio::time::timeout(PATIENCE, one.changed()).await.unwrap();
        }
        // The write, the follower's look, and one more look should the second have passed.
        assert!(db.statements() - before < 20);
    }
}
