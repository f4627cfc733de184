//! The feed that comes through the doors, in one process and over HTTP, also while keys are changed.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::DatabaseTransaction;

use super::*;
use crate::{
    Clock,
    events::{Consumer, Event, FeedSource, HOLD, drain, emit, run},
    feed::{HttpFeed, InProcessFeed, ServiceCaller},
    mutation,
};

struct Counting;

#[async_trait]
impl Consumer for Counting {
    fn source(&self) -> &'static str {
        "thing"
    }
    fn kinds(&self) -> &'static [&'static str] {
        &["Counted"]
    }
    async fn apply(
        &self,
        _: &Services,
        tx: &DatabaseTransaction,
        event: &Event,
    ) -> crate::Result<()> {
        mutation::set_meta(tx, &format!("seen {}", event.key), &event.body.to_string()).await
    }
}

#[tokio::test]
async fn a_consumer_follows_the_feed_of_another_subgraph_and_applies_each_event_once() {
    let setting = setting().await;
    let reader = testing::memory(&Thing("reader"), "51").await;
    let caller =
        ServiceCaller::new("reader", "thing", "51", &setting.keys, testing::clock()).unwrap();
    let db = setting.services.db.clone();
    let feed = InProcessFeed::new(Arc::clone(&setting.endpoint), caller, db);
    for (key, kind) in [("a", "Counted"), ("b", "Other"), ("c", "Counted")] {
        let event = Event {
            kind: kind.into(),
            key: key.into(),
            at: testing::clock().now(),
            body: serde_json::json!({ "version": 1 }),
        };
        setting
            .services
            .db
            .write(move |tx| {
                let event = event.clone();
                Box::pin(async move { emit(tx, &event).await })
            })
            .await
            .unwrap();
    }
    let consumer: Arc<dyn Consumer> = Arc::new(Counting);
    assert_eq!(drain(&consumer, &reader, &feed).await.unwrap(), 2);
    assert_eq!(drain(&consumer, &reader, &feed).await.unwrap(), 0);
    let seen = mutation::meta(reader.db.read(), "seen c").await.unwrap();
    assert_eq!(seen.as_deref(), Some("{\"version\":1}"));
    assert_eq!(
        mutation::meta(reader.db.read(), "seen b").await.unwrap(),
        None
    );
}

/// Notes that an identity has arrived.
struct Arrivals;

#[async_trait]
impl Consumer for Arrivals {
    fn source(&self) -> &'static str {
        "thing"
    }
    fn kinds(&self) -> &'static [&'static str] {
        &[vault::IDENTITY_SEALED]
    }
    async fn apply(
        &self,
        _: &Services,
        tx: &DatabaseTransaction,
        event: &Event,
    ) -> crate::Result<()> {
        mutation::set_meta(tx, &event.key, "arrived").await
    }
}

#[tokio::test]
async fn a_mutation_that_seals_an_identity_answers_when_persons_has_it() {
    let setting = setting().await;
    let persons = testing::memory(&Thing("persons"), "51").await;
    let caller =
        ServiceCaller::new("persons", "thing", "51", &setting.keys, testing::clock()).unwrap();
    let db = setting.services.db.clone();
    let feed = Arc::new(InProcessFeed::new(
        Arc::clone(&setting.endpoint),
        caller,
        db,
    ));
    let seal = |number: &str, nonce: &'static str| {
        let mut call = Call::new(
            &setting,
            &format!("mutation {{ seal(number: \"{number}\") }}"),
        );
        call.nonce = nonce;
        call
    };
    let token = |number: &str| {
        let id = citizen_id::parse(number, testing::clock().today()).unwrap();
        setting.services.tokenizer.token(&id).into_made()
    };
    // Nobody reads: the answer does not wait, and the time is the province's.
    let (_, answer) = seal("519901199003030032", "a").send(&setting).await;
    assert_eq!(answer["data"]["seal"], testing::clock().now().to_rfc3339());
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let following = tokio::spawn(run(Arc::new(Arrivals), persons.clone(), feed, stopped));
    while !setting.services.db.readers().passed("persons", 1).await {
        tokio::task::yield_now().await;
    }
    setting.services.db.readers().be_patient(testing::PATIENCE);
    // Each is there when its answer is, time after time.
    for (number, nonce) in [
        ("51990119900303069X", "b"),
        ("329901199602020025", "c"),
        ("359901199602020020", "d"),
    ] {
        let (status, answer) = seal(number, nonce).send(&setting).await;
        assert_eq!(status, 200, "{answer}");
        let there = mutation::meta(persons.db.read(), token(number).as_str()).await;
        assert_eq!(there.unwrap().as_deref(), Some("arrived"), "{number}");
    }
    stop.send(true).unwrap();
    following.await.unwrap();
}

#[tokio::test]
async fn people_cannot_read_the_feed() {
    let setting = setting().await;
    let call = Call::new(&setting, "{ _events(after: 0, first: 10) { seq } }");
    let call = call.with("scopes", serde_json::json!(["events.read"]));
    let (_, answer) = call.send(&setting).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn a_subgraph_serves_over_http_and_drains() {
    let setting = setting().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let folder = Keys::load(&setting.folder);
    let verifier = Verifier::from_keys("thing", &folder, Clock::system()).unwrap();
    let endpoint = Endpoint::new(setting.endpoint.graph().clone(), verifier);
    let served = tokio::spawn(serve(
        listener,
        None,
        endpoint,
        setting.services.db.clone(),
        1,
        async {
            let _ = stopped.await;
        },
    ));
    let caller = ServiceCaller::new("reader", "thing", "51", &folder, Clock::system()).unwrap();
    let feed = HttpFeed::new(&format!("http://{address}"), caller);
    assert!(feed.fetch(0, 10).await.unwrap().is_empty());
    // A reader that waits is told of a commit at once, without Redis and without asking again. One that was held up
    // for as long as the answer is proves nothing: again.
    let mut last = 0;
    for attempt in 0.. {
        let began = std::time::Instant::now();
        let commit = async {
            // The question is on its way: its answer waits for what comes now, or finds it.
            tokio::task::yield_now().await;
            let event = Event {
                kind: "Counted".into(),
                key: "a".into(),
                at: testing::clock().now(),
                body: serde_json::json!({}),
            };
            let told = setting.services.db.write(move |tx| {
                let event = event.clone();
                Box::pin(async move { emit(tx, &event).await })
            });
            told.await.unwrap();
        };
        tokio::join!(feed.wait(), commit);
        let told = feed.fetch(last, 10).await.unwrap();
        assert_eq!(told.len(), 1);
        last = told[0].seq;
        if began.elapsed() < HOLD {
            break;
        }
        assert!(attempt < 5, "the reader is told by asking again only");
    }
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
}

/// Who follows the events of a subgraph goes on while both keys of their requests are changed, in the order that the
/// page on security names and in another, in one process and over HTTP.
#[tokio::test]
async fn who_follows_events_goes_on_while_keys_are_changed() {
    let setting = setting().await;
    let theirs = setting.folder.clone();
    let followers =
        std::env::temp_dir().join(format!("minzheng-follower-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&followers).unwrap();
    for file in std::fs::read_dir(&theirs).unwrap().flatten() {
        std::fs::copy(file.path(), followers.join(file.file_name())).unwrap();
    }
    let own = Keys::load(&followers);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let verifier = Verifier::from_keys("thing", &setting.keys, Clock::system()).unwrap();
    let endpoint = Endpoint::new(setting.endpoint.graph().clone(), verifier);
    let db = setting.services.db.clone();
    let served = tokio::spawn(serve(
        listener,
        None,
        Arc::clone(&endpoint),
        db.clone(),
        1,
        async {
            let _ = stopped.await;
        },
    ));
    let caller = || ServiceCaller::new("reader", "thing", "51", &own, Clock::system()).unwrap();
    let near = InProcessFeed::new(Arc::clone(&endpoint), caller(), db);
    let far = HttpFeed::new(&format!("http://{address}"), caller());
    let heard = async |step: &str| {
        assert!(near.fetch(0, 1).await.is_ok(), "in one process, {step}");
        assert!(far.fetch(0, 1).await.is_ok(), "over HTTP, {step}");
    };
    heard("before").await;
    let put = |folder: &std::path::Path, name: &str, key: &[u8; 32]| {
        std::fs::write(folder.join(format!("{name}.key")), hex::encode(key)).unwrap();
    };
    for round in 1..=4_u8 {
        let shared = [round; 32];
        let service = ed25519_dalek::SigningKey::from_bytes(&[round + 100; 32]);
        let public = service.verifying_key().to_bytes();
        put(&theirs, "signature-thing-next", &shared);
        put(&theirs, "service-public-next", &public);
        assert!(endpoint.reload_keys(&setting.keys).unwrap());
        heard("announced").await;
        // The followers get theirs in place of the present ones, or beside them, or one so and one so.
        let (beside_shared, beside_service) = (round % 2 == 0, round > 2);
        let name =
            |name: &str, beside: bool| format!("{name}{}", if beside { "-next" } else { "" });
        put(&followers, &name("signature-thing", beside_shared), &shared);
        put(
            &followers,
            &name("service", beside_service),
            service.as_bytes(),
        );
        heard("handed out").await;
        for name in ["signature-thing", "service-public"] {
            let file = |name: &str| theirs.join(format!("{name}.key"));
            std::fs::rename(file(&format!("{name}-next")), file(name)).unwrap();
        }
        assert!(endpoint.reload_keys(&setting.keys).unwrap());
        heard("the old ones forgotten").await;
        for name in ["signature-thing", "service"] {
            let file = |name: &str| followers.join(format!("{name}.key"));
            if file(&format!("{name}-next")).exists() {
                std::fs::rename(file(&format!("{name}-next")), file(name)).unwrap();
            }
        }
        heard("in place").await;
    }
    // Keys that nobody announced are not believed.
    put(&theirs, "signature-thing", &[77; 32]);
    assert!(endpoint.reload_keys(&setting.keys).unwrap());
    for refused in [near.fetch(0, 1).await, far.fetch(0, 1).await] {
        assert!(matches!(refused, Err(crate::Error::Forbidden)));
    }
    std::fs::remove_dir_all(&followers).unwrap();
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
}
