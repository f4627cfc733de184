//! Loading for siblings: the keys that were resolved together (one `_entities` call, one page) know
//! each other, so the first child that needs something loads it for all of them in one statement.
//!
//! This is what keeps one operation over 183 districts at one statement per field instead of 183,
//! without the extra turn of the event loop that a timed batcher costs. Answers live as long as the
//! siblings do, which is one request.

use std::{
    any::Any,
    collections::HashMap,
    fmt,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

use crate::error::{Error, Result};

type Loaded = Result<Arc<dyn Any + Send + Sync>>;

/// What was or is being loaded, by field and arguments.
type Cells = HashMap<(&'static str, String), Arc<OnceCell<Loaded>>>;

/// The keys resolved together, and what has been loaded for them.
pub struct Siblings<K> {
    keys: Arc<[K]>,
    /// One cell per (what, arguments). Never held across an await.
    cells: Mutex<Cells>,
}

impl<K> fmt::Debug for Siblings<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Siblings")
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}

impl<K> Siblings<K>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
{
    /// The siblings with these keys. Doubles are dropped.
    pub fn new(keys: Vec<K>) -> Arc<Self> {
        let mut seen = std::collections::HashSet::with_capacity(keys.len());
        let keys = keys
            .into_iter()
            .filter(|key| seen.insert(key.clone()))
            .collect();
        Arc::new(Self {
            keys,
            cells: Mutex::default(),
        })
    }

    /// All keys.
    pub fn keys(&self) -> Arc<[K]> {
        Arc::clone(&self.keys)
    }

    /// What `f` loads for `key`. `f` runs once per (`what`, `args`) for all siblings together and
    /// gives a map; a key that is missing from it has nothing (`None`).
    ///
    /// `what` names the field, `args` its arguments as text, so that the same field asked twice with
    /// different arguments is loaded twice. `V` is usually an `Arc` or a `Vec` behind one.
    pub async fn load<V, F, Fut>(
        &self,
        key: &K,
        what: &'static str,
        args: &str,
        f: F,
    ) -> Result<Option<V>>
    where
        V: Clone + Send + Sync + 'static,
        F: FnOnce(Arc<[K]>) -> Fut,
        Fut: Future<Output = Result<HashMap<K, V>>>,
    {
        let cell = {
            let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry((what, args.to_owned())).or_default())
        };
        let keys = self.keys();
        let loaded = cell
            .get_or_init(|| async move {
                let map = f(keys).await?;
                Ok(Arc::new(map) as Arc<dyn Any + Send + Sync>)
            })
            .await;
        let map = loaded.as_ref().map_err(Error::clone)?;
        let map = map.downcast_ref::<HashMap<K, V>>().ok_or_else(|| {
            Error::internal(format!("siblings: `{what}` is loaded with two types"))
        })?;
        Ok(map.get(key).cloned())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn siblings_load_once_for_all() {
        let siblings = Siblings::new(vec![1, 2, 3, 2]);
        let calls = AtomicUsize::new(0);
        let one = |key: i32| {
            let (siblings, calls) = (&siblings, &calls);
            async move {
                siblings
                    .load(&key, "double", "", |keys| async move {
                        calls.fetch_add(1, Ordering::SeqCst);
                        tokio::task::yield_now().await;
                        Ok(keys
                            .iter()
                            .filter(|k| **k != 3)
                            .map(|k| (*k, k * 2))
                            .collect())
                    })
                    .await
            }
        };
        let (a, b, c) = tokio::join!(one(1), one(2), one(3));
        assert_eq!(
            (a.unwrap(), b.unwrap(), c.unwrap()),
            (Some(2), Some(4), None)
        );
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn other_arguments_are_loaded_apart_and_an_error_reaches_every_sibling() {
        let siblings = Siblings::new(vec![1]);
        let first = siblings
            .load(&1, "x", "a", |_| async { Ok(HashMap::from([(1, "a")])) })
            .await;
        assert_eq!(first.unwrap(), Some("a"));
        for _ in 0..2 {
            let failed = siblings
                .load::<&str, _, _>(&1, "x", "b", |_| async { Err(Error::Unavailable) })
                .await;
            assert!(matches!(failed, Err(Error::Unavailable)));
        }
    }
}
