//! A subscription's events out of what the database holds: look, tell, wait to be woken, look again.

use std::{collections::VecDeque, sync::Arc};

use futures_util::{StreamExt, stream, stream::BoxStream};

use super::{POLL, Topic, Watch, watch};
use crate::{
    Database,
    error::{Error, Result},
};

/// What a look has found, and from where the next one looks on.
pub type Found<T, C> = (Vec<T>, C);

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
    let live = Live {
        watch: watch(db, topics),
        cursor: from,
        found: VecDeque::new(),
        look: Arc::new(look),
    };
    let events = stream::unfold(Some(live), |live| async move {
        let mut live = live?;
        match live.next().await {
            Ok(event) => Some((Ok(event), Some(live))),
            Err(error) => Some((Err(error), None)),
        }
    });
    events.boxed()
}

struct Live<T, C, F> {
    watch: Watch,
    cursor: C,
    found: VecDeque<T>,
    look: Arc<F>,
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
                return Ok(event);
            }
            match (self.look)(self.cursor.clone()).await {
                Ok((found, cursor)) => {
                    self.found = found.into();
                    self.cursor = cursor;
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
    use std::time::Duration;

    use super::*;
    use crate::{
        database::tests::Things,
        events::{Event, emit, read_outbox},
        testing,
    };

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
        tokio::time::timeout(Duration::from_secs(10), both)
            .await
            .unwrap();
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
