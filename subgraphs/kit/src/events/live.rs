//! A subscription's events out of what the database holds: look, tell, wait to be woken, look again.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::Context;
use futures_util::{StreamExt, stream, stream::BoxStream};
use serde::{Serialize, de::DeserializeOwned};

use super::{POLL, Topic, Watch, watch};
use crate::{
    Database,
    error::{Error, Result},
    principal::PrincipalExt,
};

/// What a look has found, and from where the next one looks on.
pub type Found<T, C> = (Vec<T>, C);

/// Where a subscription goes on that is asked for again, and how far it has told: the gateway keeps the
/// place of the last event and gives it back when the subgraph was away, so that nothing is told twice
/// and nothing left out.
#[derive(Clone, Debug, Default)]
pub struct Resume {
    given: Option<Arc<str>>,
    told: Arc<Mutex<Option<String>>>,
}

impl Resume {
    /// From this place on; from the beginning without one.
    pub fn at(place: Option<String>) -> Self {
        Self {
            given: place.map(Arc::from),
            told: Arc::default(),
        }
    }

    /// The place behind what was told last; none before anything was.
    pub fn place(&self) -> Option<String> {
        self.told
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn tell(&self, place: Option<String>) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }
}

/// What a later look finds behind a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// The same, and what came since behind it.
    Fixed,
    /// What is there then: who was interrupted in the middle is told all of it again.
    Rewritten,
}

/// As [`live`], and when the subscription is resumed, behind what it told last.
pub fn resumable<T, C, F, L>(
    ctx: &Context<'_>,
    topics: Vec<Topic>,
    from: C,
    past: Past,
    look: F,
) -> BoxStream<'static, Result<T>>
where
    T: Send + 'static,
    C: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Fn(C) -> L + Send + Sync + 'static,
    L: Future<Output = Result<Found<T, C>>> + Send,
{
    let resume = ctx.data_opt::<Resume>().cloned().unwrap_or_default();
    from_place(&ctx.services().db, topics, from, past, resume, look)
}

fn from_place<T, C, F, L>(
    db: &Database,
    topics: Vec<Topic>,
    from: C,
    past: Past,
    resume: Resume,
    look: F,
) -> BoxStream<'static, Result<T>>
where
    T: Send + 'static,
    C: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Fn(C) -> L + Send + Sync + 'static,
    L: Future<Output = Result<Found<T, C>>> + Send,
{
    let place: Option<(C, usize)> = resume
        .given
        .as_deref()
        .and_then(|place| serde_json::from_str(place).ok());
    let (cursor, skip) = place.unwrap_or((from, 0));
    let mut live = Live::new(db, topics, cursor, look);
    live.skip = skip;
    live.note = Some(Box::new(move |cursor, told| {
        let told = if past == Past::Fixed { told } else { 0 };
        resume.tell(serde_json::to_string(&(cursor, told)).ok());
    }));
    live.events()
}

/// The events behind a cursor, now and as they come: `look` gives some of what lies behind the cursor
/// it is given, and the cursor behind that; it is asked again at once until it finds nothing, and then
/// whenever one of the topics is heard of. It must look at the database's readers only.
///
/// Watching begins before the first look, so that nothing falls between. An error of the database's
/// making is waited out; any other is the last thing told.
pub fn live<T, C, F, L>(
    db: &Database,
    topics: Vec<Topic>,
    from: C,
    look: F,
) -> BoxStream<'static, Result<T>>
where
    T: Send + 'static,
    C: Clone + Send + Sync + 'static,
    F: Fn(C) -> L + Send + Sync + 'static,
    L: Future<Output = Result<Found<T, C>>> + Send,
{
    Live::new(db, topics, from, look).events()
}

/// Notes a cursor and how many of those behind it were told.
type Note<C> = Box<dyn Fn(&C, usize) + Send + Sync>;

struct Live<T, C, F> {
    watch: Watch,
    cursor: C,
    /// The cursor of the last look, and how many of what it found were told.
    before: C,
    told: usize,
    /// How many of what the first look finds were told before.
    skip: usize,
    note: Option<Note<C>>,
    found: VecDeque<T>,
    look: Arc<F>,
}

impl<T, C, F, L> Live<T, C, F>
where
    T: Send + 'static,
    C: Clone + Send + Sync + 'static,
    F: Fn(C) -> L + Send + Sync + 'static,
    L: Future<Output = Result<Found<T, C>>> + Send,
{
    fn new(db: &Database, topics: Vec<Topic>, from: C, look: F) -> Self {
        Self {
            watch: watch(db, topics),
            cursor: from.clone(),
            before: from,
            told: 0,
            skip: 0,
            note: None,
            found: VecDeque::new(),
            look: Arc::new(look),
        }
    }

    fn events(self) -> BoxStream<'static, Result<T>> {
        let events = stream::unfold(Some(self), |live| async move {
            let mut live = live?;
            match live.next().await {
                Ok(event) => Some((Ok(event), Some(live))),
                Err(error) => Some((Err(error), None)),
            }
        });
        events.boxed()
    }
}

impl<T, C, F, L> Live<T, C, F>
where
    C: Clone,
    F: Fn(C) -> L,
    L: Future<Output = Result<Found<T, C>>> + Send,
{
    async fn next(&mut self) -> Result<T> {
        loop {
            if let Some(event) = self.found.pop_front() {
                self.told += 1;
                if let Some(note) = &self.note {
                    match self.found.is_empty() {
                        true => note(&self.cursor, 0),
                        false => note(&self.before, self.told),
                    }
                }
                return Ok(event);
            }
            match (self.look)(self.cursor.clone()).await {
                Ok((found, cursor)) => {
                    self.found = found.into();
                    self.told = std::mem::take(&mut self.skip).min(self.found.len());
                    self.found.drain(..self.told);
                    self.before = std::mem::replace(&mut self.cursor, cursor);
                }
                Err(Error::Busy | Error::Unavailable) => {
                    tokio::time::sleep(POLL).await;
                    continue;
                }
                Err(error) => return Err(error),
            }
            if self.found.is_empty() {
                self.watch.changed().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        database::tests::Things,
        events::{Event, emit, read_outbox},
        testing,
    };

    #[tokio::test]
    async fn who_is_interrupted_goes_on_behind_what_was_told_last() {
        let db = testing::memory(&Things, "51").await.db;
        let tell = |resume: &Resume, past| {
            let (resume, db) = (resume.clone(), db.clone());
            let mut told = Vec::new();
            async move {
                let topics = vec![Topic::anything()];
                // Three at a time, of ten.
                let look = |after: u64| async move {
                    let found: Vec<u64> = (after + 1..=10).take(3).collect();
                    let cursor = found.last().copied().unwrap_or(after);
                    Ok((found, cursor))
                };
                let mut events = from_place(&db, topics, 0, past, resume, look);
                for _ in 0..4 {
                    told.push(events.next().await.unwrap().unwrap());
                }
                told
            }
        };
        let first = Resume::default();
        assert_eq!(first.place(), None);
        assert_eq!(tell(&first, Past::Fixed).await, [1, 2, 3, 4]);
        let second = Resume::at(first.place());
        assert_eq!(tell(&second, Past::Fixed).await, [5, 6, 7, 8]);
        // In the middle of what may be different by then, it begins with that look again.
        let first = Resume::default();
        assert_eq!(tell(&first, Past::Rewritten).await, [1, 2, 3, 4]);
        let second = Resume::at(first.place());
        assert_eq!(tell(&second, Past::Rewritten).await, [4, 5, 6, 7]);
        let unreadable = Resume::at(Some("x".into()));
        assert_eq!(tell(&unreadable, Past::Fixed).await, [1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn everything_behind_the_cursor_is_told_once_and_in_order() {
        let db = testing::memory(&Things, "51").await.db;
        let happen = |key: i64| {
            let db = db.clone();
            async move {
                let event = Event {
                    kind: "Moved".into(),
                    key: key.to_string(),
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
        };
        for key in 1..=5 {
            happen(key).await;
        }
        let reading = db.clone();
        let mut events = live(&db, vec![Topic::kind("Moved")], 2_i64, move |after| {
            let db = reading.clone();
            async move {
                // Two at a time, so that one look is not enough.
                let rows = read_outbox(db.read(), after, 2).await?;
                let cursor = rows.last().map_or(after, |row| row.seq);
                Ok((rows, cursor))
            }
        });
        let mut told = Vec::new();
        let telling = async {
            for _ in 3..=9 {
                let event = events.next().await.unwrap().unwrap();
                told.push(event.key.clone());
            }
        };
        let happening = async {
            for key in 6..=9 {
                happen(key).await;
            }
        };
        let both = async { tokio::join!(telling, happening) };
        tokio::time::timeout(testing::PATIENCE, both).await.unwrap();
        assert_eq!(told, ["3", "4", "5", "6", "7", "8", "9"]);
        drop(events);
        assert_eq!(db.watchers().count(), 0);
    }

    #[tokio::test]
    async fn a_refusal_is_the_last_thing_told() {
        let db = testing::memory(&Things, "51").await.db;
        let mut events = live(&db, vec![Topic::anything()], (), |()| async {
            Err::<Found<(), ()>, _>(Error::Forbidden)
        });
        assert!(matches!(events.next().await, Some(Err(Error::Forbidden))));
        assert!(events.next().await.is_none());
    }
}
