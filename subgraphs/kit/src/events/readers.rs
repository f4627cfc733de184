//! How far the readers of a subgraph's feed have come, as this process has seen it: a subgraph that asks
//! for what is behind a place has applied all in front of it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// How long an answer waits for a reader.
const PATIENCE: Duration = Duration::from_secs(1);

/// A reader that has not asked for this long is away, and nobody waits for it.
const AWAY: Duration = Duration::from_secs(5);

/// The readers of one feed.
#[derive(Debug)]
pub struct Readers {
    seen: Mutex<HashMap<String, (i64, Instant)>>,
    moved: Notify,
    patience: Mutex<Duration>,
    away: Duration,
}

impl Default for Readers {
    fn default() -> Self {
        Self::with(PATIENCE, AWAY)
    }
}

impl Readers {
    fn with(patience: Duration, away: Duration) -> Self {
        Self {
            seen: Mutex::default(),
            moved: Notify::new(),
            patience: Mutex::new(patience),
            away,
        }
    }

    /// Waits longer, for a test on a machine that is busy with others.
    #[cfg(test)]
    pub(crate) fn be_patient(&self, patience: Duration) {
        *self.patience.lock().unwrap_or_else(PoisonError::into_inner) = patience;
    }

    /// A reader asks for what is behind a place.
    pub(super) fn reached(&self, reader: &str, place: i64) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let last = seen.get(reader).map_or(i64::MIN, |(place, _)| *place);
        seen.insert(reader.to_owned(), (last.max(place), Instant::now()));
        drop(seen);
        self.moved.notify_waiters();
    }

    /// Waits until a reader has passed a place, at most a second, and not at all for a reader that is
    /// away. Answers whether it has.
    pub async fn passed(&self, reader: &str, place: i64) -> bool {
        let waiting = async {
            loop {
                let moved = self.moved.notified();
                tokio::pin!(moved);
                moved.as_mut().enable();
                match self.place_of(reader) {
                    Some(reached) if reached >= place => return true,
                    Some(_) => moved.await,
                    None => return false,
                }
            }
        };
        let patience = *self.patience.lock().unwrap_or_else(PoisonError::into_inner);
        tokio::time::timeout(patience, waiting)
            .await
            .unwrap_or(false)
    }

    /// Waits until every reader that is there has passed a place, at most a second for all of them; answers
    /// which are there, by name, and whether each has passed.
    pub async fn all_passed(&self, place: i64) -> Vec<(String, bool)> {
        let mut there: Vec<String> = {
            let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let here = seen.iter().filter(|(_, (_, at))| at.elapsed() < self.away);
            here.map(|(reader, _)| reader.clone()).collect()
        };
        there.sort_unstable();
        let passed = there.iter().map(|reader| self.passed(reader, place));
        let passed = futures_util::future::join_all(passed).await;
        there.into_iter().zip(passed).collect()
    }

    /// Where a reader stands that is not away.
    fn place_of(&self, reader: &str) -> Option<i64> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(reader)
            .filter(|(_, at)| at.elapsed() < self.away)
            .map(|(place, _)| *place)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn an_answer_waits_for_a_reader_that_is_there() {
        let readers = Arc::new(Readers::with(LONG, LONG));
        readers.reached("persons", 2);
        let waiting = tokio::spawn({
            let readers = Arc::clone(&readers);
            async move { readers.passed("persons", 3).await }
        });
        tokio::task::yield_now().await;
        readers.reached("persons", 3);
        assert!(waiting.await.unwrap());
        // A later question for an earlier place (another process of the same reader) takes nothing back.
        readers.reached("persons", 1);
        assert!(readers.passed("persons", 3).await);
    }

    #[tokio::test]
    async fn all_readers_that_are_there_are_told_by_name() {
        let readers = Readers::with(SHORT, LONG);
        assert_eq!(readers.all_passed(1).await, []);
        readers.reached("societies", 2);
        readers.reached("marriage", 3);
        let told = readers.all_passed(3).await;
        let expected = [("marriage", true), ("societies", false)];
        assert_eq!(
            told,
            expected.map(|(name, passed)| (name.to_owned(), passed))
        );
        let away = Readers::with(LONG, Duration::ZERO);
        away.reached("marriage", 3);
        assert_eq!(away.all_passed(9).await, []);
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_patience_lasts_nor_for_a_reader_that_is_away() {
        let readers = Readers::with(SHORT, LONG);
        readers.reached("persons", 2);
        let began = Instant::now();
        assert!(!readers.passed("persons", 3).await);
        assert!(began.elapsed() >= SHORT);
        // Neither of these could end within the test if it waited.
        assert!(!Readers::with(LONG, LONG).passed("persons", 3).await);
        let away = Readers::with(LONG, Duration::ZERO);
        away.reached("persons", 2);
        assert!(!away.passed("persons", 3).await);
    }
}
