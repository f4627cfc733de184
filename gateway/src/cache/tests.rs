//! The cache as the executor uses it. The Redis tests run where `MINZHENG_TEST_REDIS` names a server
//! (`redis://127.0.0.1:6379/9`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::Cell;
use std::convert::Infallible;

use super::*;
use crate::config::{ByteSize, Secret};

const TTL: Duration = Duration::from_secs(60);

fn names() -> NameKey {
    NameKey::new(&[7; 32])
}

fn memory_only() -> Cache {
    let config = config::Cache::default();
    Cache::new(&config, "51", names(), Metrics::new(), Handle::current()).unwrap()
}

fn tags(names: &[&str]) -> Vec<Arc<str>> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

/// A source whose answer is the number of times it was asked.
#[derive(Default)]
struct Source(Cell<u32>);

impl Source {
    async fn fetch(&self) -> Result<Bytes, Infallible> {
        self.0.set(self.0.get() + 1);
        tokio::task::yield_now().await;
        Ok(Bytes::from(self.0.get().to_string()))
    }

    async fn through(&self, cache: &Cache, key: &str, names: &[&str]) -> Bytes {
        let key = CacheKey::new(&[key.as_bytes()]);
        let Ok(body) = cache
            .get_or_fetch(key, TTL, &tags(names), self.fetch())
            .await;
        body
    }
}

#[tokio::test(flavor = "current_thread")]
async fn an_entry_is_fetched_once_until_one_of_its_tags_changes() {
    let (cache, source) = (memory_only(), Source::default());
    for expected in ["1", "1"] {
        assert_eq!(
            source.through(&cache, "k", &["Place", "Division"]).await,
            expected
        );
    }
    cache.invalidate(&tags(&["Person"])).await;
    assert_eq!(
        source.through(&cache, "k", &["Place", "Division"]).await,
        "1"
    );
    cache.invalidate(&tags(&["Division"])).await;
    assert_eq!(
        source.through(&cache, "k", &["Place", "Division"]).await,
        "2"
    );
    assert_eq!(source.through(&cache, "other", &["Place"]).await, "3");
}

#[tokio::test(flavor = "current_thread")]
async fn of_many_who_look_at_once_one_fetches() {
    let (cache, source) = (memory_only(), Source::default());
    let all = (0..50).map(|_| source.through(&cache, "k", &["Place"]));
    for body in futures_util::future::join_all(all).await {
        assert_eq!(body, "1");
    }
    assert_eq!(source.0.get(), 1);
}

#[tokio::test(flavor = "current_thread")]
async fn a_failure_is_not_kept_and_those_who_waited_fetch_for_themselves() {
    let cache = memory_only();
    let asked = Cell::new(0);
    let fetch = || async {
        asked.set(asked.get() + 1);
        tokio::task::yield_now().await;
        if asked.get() < 4 {
            Err("down")
        } else {
            Ok(Bytes::from_static(b"up"))
        }
    };
    let key = CacheKey::new(&[b"k"]);
    let both = futures_util::future::join(
        cache.get_or_fetch(key.clone(), TTL, &[], fetch()),
        cache.get_or_fetch(key.clone(), TTL, &[], fetch()),
    );
    assert_eq!(both.await, (Err("down"), Err("down")));
    asked.set(10);
    let again = cache.get_or_fetch(key, TTL, &[], fetch()).await;
    assert_eq!(again.unwrap(), "up");
}

#[tokio::test(flavor = "current_thread")]
async fn when_the_one_who_fetches_leaves_the_others_still_get_an_answer() {
    let (cache, source) = (memory_only(), Source::default());
    let key = CacheKey::new(&[b"k"]);
    let never = std::future::pending::<Result<Bytes, Infallible>>();
    let gone = cache.get_or_fetch(key, TTL, &[], never);
    let gone = tokio::time::timeout(Duration::from_millis(20), gone);
    let (gone, body) = futures_util::future::join(gone, source.through(&cache, "k", &[])).await;
    assert!(gone.is_err());
    assert_eq!(body, "1");
}

#[tokio::test(flavor = "current_thread")]
async fn what_was_fetched_before_an_invalidation_is_neither_kept_nor_joined() {
    let (cache, source) = (memory_only(), Source::default());
    let (open, gate) = tokio::sync::oneshot::channel::<()>();
    let key = CacheKey::new(&[b"k"]);
    let place = tags(&["Place"]);
    let slow = cache.get_or_fetch(key, TTL, &place, async {
        gate.await.unwrap();
        Ok::<_, Infallible>(Bytes::from_static(b"old"))
    });
    let meanwhile = async {
        tokio::task::yield_now().await;
        cache.invalidate(&place).await;
        let fresh = source.through(&cache, "k", &["Place"]).await;
        open.send(()).unwrap();
        fresh
    };
    let (old, fresh) = futures_util::future::join(slow, meanwhile).await;
    assert_eq!(
        (old.unwrap().as_ref(), fresh.as_ref()),
        (&b"old"[..], &b"1"[..])
    );
    assert_eq!(source.through(&cache, "k", &["Place"]).await, "1");
}

#[tokio::test(flavor = "current_thread")]
async fn many_are_got_and_put_together() {
    let cache = memory_only();
    let keys: Vec<CacheKey> = (0..4_u8).map(|n| CacheKey::new(&[&[n]])).collect();
    let place = tags(&["Place"]);
    let (found, ticket) = cache.get_many(&keys, &place).await;
    assert!(found.iter().all(Option::is_none));
    let entries = vec![
        (keys[1].clone(), Bytes::from_static(b"b")),
        (keys[3].clone(), Bytes::from_static(b"d")),
    ];
    cache.put_many(&ticket, entries.clone(), TTL).await;
    let (found, _) = cache.get_many(&keys, &place).await;
    assert_eq!(found, [None, Some("b".into()), None, Some("d".into())]);
    cache.invalidate(&place).await;
    cache.put_many(&ticket, entries, TTL).await;
    let (found, _) = cache.get_many(&keys, &place).await;
    assert!(found.iter().all(Option::is_none), "the ticket is void");
}

#[tokio::test(flavor = "current_thread")]
async fn memory_is_bounded_and_answers_that_are_too_large_are_not_kept() {
    let config = config::Cache {
        memory: ByteSize::kib(64),
        largest: ByteSize::kib(4),
        ..config::Cache::default()
    };
    let cache = Cache::new(&config, "51", names(), Metrics::new(), Handle::current()).unwrap();
    let (_, ticket) = cache.get_many(&[], &[]).await;
    let big = CacheKey::new(&[b"big"]);
    cache
        .put_many(&ticket, vec![(big.clone(), vec![0; 5000].into())], TTL)
        .await;
    assert_eq!(cache.get_many(&[big], &[]).await.0, [None]);
    for n in 0..1000_u32 {
        let key = CacheKey::new(&[&n.to_be_bytes()]);
        cache
            .put_many(&ticket, vec![(key, vec![0; 1000].into())], TTL)
            .await;
    }
    let memory = &cache.tiers.as_ref().unwrap().memory;
    memory.run_pending_tasks();
    assert!(memory.weighted_size() <= 64 * 1024);
}

#[tokio::test(flavor = "current_thread")]
async fn without_a_cache_everything_is_fetched() {
    let (cache, source) = (Cache::disabled(), Source::default());
    for expected in ["1", "2"] {
        assert_eq!(source.through(&cache, "k", &["Place"]).await, expected);
    }
}

#[tokio::test]
async fn redis_that_is_not_there_holds_nobody_up() {
    let config = config::Cache {
        redis_url: Some(Secret::new("redis://127.0.0.1:1/")),
        redis_timeout: Duration::from_secs(600),
        ..config::Cache::default()
    };
    let cache = Cache::new(&config, "51", names(), Metrics::new(), Handle::current()).unwrap();
    let source = Source::default();
    let begun = Instant::now();
    assert_eq!(source.through(&cache, "k", &["Place"]).await, "1");
    cache.invalidate(&tags(&["Place"])).await;
    assert_eq!(source.through(&cache, "k", &["Place"]).await, "2");
    // Nobody has waited for an answer, however busy this machine is.
    assert!(begun.elapsed() < Duration::from_secs(300));
    assert!(!cache.redis_is_up());
}

#[test]
fn a_redis_url_that_cannot_be_read_is_refused_without_repeating_it() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let config = config::Cache {
        redis_url: Some(Secret::new("rediss//:hunter2@nowhere")),
        ..config::Cache::default()
    };
    let handle = runtime.handle().clone();
    let Err(error) = Cache::new(&config, "51", names(), Metrics::new(), handle) else {
        panic!("taken");
    };
    assert!(error.contains("cache.redis_url") && !error.contains("hunter2"));
}

/// Two gateways on one Redis, in a province of their own.
async fn two_gateways(test: &str) -> Option<(Cache, Cache)> {
    let Ok(url) = std::env::var("MINZHENG_TEST_REDIS") else {
        eprintln!("skipped: MINZHENG_TEST_REDIS is not set");
        return None;
    };
    let config = config::Cache {
        redis_url: Some(Secret::new(url)),
        redis_timeout: Duration::from_secs(30),
        ..config::Cache::default()
    };
    let province = format!("{test}-{}", uuid::Uuid::now_v7());
    let make = || {
        let runtime = Handle::current();
        Cache::new(&config, &province, names(), Metrics::new(), runtime).unwrap()
    };
    let both = (make(), make());
    wait_until(|| both.0.redis_is_up() && both.1.redis_is_up()).await;
    Some(both)
}

async fn wait_until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never came true");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn one_gateway_reads_what_another_fetched() {
    let Some((a, b)) = two_gateways("read").await else {
        return;
    };
    let source = Source::default();
    assert_eq!(source.through(&a, "k", &["Place", "Division"]).await, "1");
    // The write goes on in the background.
    let tiers = a.tiers.as_ref().unwrap();
    let writes = &tiers.redis.as_ref().unwrap();
    wait_until(|| writes.writes_done()).await;
    assert_eq!(source.through(&b, "k", &["Division", "Place"]).await, "1");
    assert_eq!(source.0.get(), 1);
}

#[tokio::test]
async fn an_invalidation_reaches_the_other_gateways_memory_within_a_second() {
    let Some((a, b)) = two_gateways("invalidate").await else {
        return;
    };
    let source = Source::default();
    assert_eq!(source.through(&a, "k", &["Place"]).await, "1");
    let writes = a.tiers.as_ref().unwrap().redis.as_ref().unwrap();
    wait_until(|| writes.writes_done()).await;
    assert_eq!(source.through(&b, "k", &["Place"]).await, "1");
    a.invalidate(&tags(&["Place"])).await;
    let begun = Instant::now();
    while source.through(&b, "k", &["Place"]).await == "1" {
        assert!(begun.elapsed() < Duration::from_secs(60), "still stale");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(source.through(&a, "k", &["Place"]).await, "2");
}

#[tokio::test]
async fn what_changed_while_redis_was_away_is_not_served_when_it_returns() {
    let Some((a, b)) = two_gateways("return").await else {
        return;
    };
    let source = Source::default();
    assert_eq!(source.through(&a, "k", &["Place"]).await, "1");
    let redis = a.tiers.as_ref().unwrap().redis.as_ref().unwrap();
    wait_until(|| redis.writes_done()).await;
    redis.lose_for_test();
    a.invalidate(&tags(&["Place"])).await;
    wait_until(|| a.redis_is_up()).await;
    let begun = Instant::now();
    while source.through(&b, "k", &["Place"]).await == "1" {
        assert!(begun.elapsed() < Duration::from_secs(60), "still stale");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
