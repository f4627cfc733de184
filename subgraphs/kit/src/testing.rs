//! What tests of subgraphs use: services over a fresh database, with a clock that stands at noon of
//! 2026-11-22 in Shanghai and keys that are no secret; and running an operation as somebody.
#![expect(
    clippy::expect_used,
    reason = "a test that cannot be set up should fail at once and say where"
)]

pub mod articles;
pub mod columns;
pub mod equations;
pub mod rows;

use async_graphql::{Request, Variables};
use futures_util::{StreamExt, future::BoxFuture, stream::BoxStream};

use crate::{
    Clock, Graph, Principal, Province, Services, Subsystem, database,
    keys::Secret,
    seal::{Cipher, Keyring, LocalMaster},
    subsystem::{self, VaultKeys},
    tokenizer::Tokenizer,
    vault::{VaultOpen, VaultSeal},
};

/// The instant at which tests play: noon of 2026-11-22 in Shanghai.
pub const NOW: &str = "2026-11-22T04:00:00Z";

/// The clock of tests, standing at [`NOW`].
pub fn clock() -> Clock {
    Clock::fixed(NOW.parse().expect("a valid instant"))
}

/// The tokenizer of tests.
pub fn tokenizer() -> Tokenizer {
    Tokenizer::new([1; 32], 1)
}

/// The vault of tests, for `persons` and for looking into sealed identities.
pub fn vault_open() -> VaultOpen {
    VaultOpen::new(&[3; 32]).expect("a valid key")
}

/// The public side of [`vault_open`].
pub fn vault_seal() -> VaultSeal {
    VaultSeal::new(&vault_open().public_key()).expect("a valid key")
}

/// The keys of columns under given master keys, the newest first.
pub fn columns(masters: &[[u8; 32]]) -> Keyring {
    let masters = masters.iter().map(|key| Secret::new(*key)).collect();
    let cipher = Cipher::default();
    Keyring::new(
        std::sync::Arc::new(LocalMaster::given(masters, cipher)),
        cipher,
    )
}

/// Services over a fresh SQLite database with the subsystem's tables, without data.
pub async fn memory(subsystem: &dyn Subsystem, province: &str) -> Services {
    over(
        database::open("sqlite::memory:").await.expect("a database"),
        subsystem,
        province,
    )
    .await
}

/// Services over a given database, brought to the subsystem's schema.
pub async fn over(db: crate::Database, subsystem: &dyn Subsystem, province: &str) -> Services {
    subsystem::migrate(subsystem, &db)
        .await
        .expect("migrations");
    Services {
        db,
        tokenizer: tokenizer(),
        vault: vault_seal(),
        clock: clock(),
        province: Province::new(province).expect("a province of two digits"),
        name: subsystem.name(),
        vault_keys: subsystem
            .opens_vault()
            .then(|| VaultKeys { open: vault_open() }),
        columns: columns(&[[5; 32]]),
        peers: None,
    }
}

/// Services over each kind of database that is there: SQLite always, and PostgreSQL, in a schema of
/// its own, where `MINZHENG_TEST_POSTGRES` names a server.
pub async fn databases(subsystem: &dyn Subsystem, province: &str) -> Vec<Services> {
    let mut all = vec![memory(subsystem, province).await];
    if let Ok(url) = std::env::var("MINZHENG_TEST_POSTGRES") {
        let schema = format!("{}_{}", subsystem.name(), uuid::Uuid::new_v4().simple());
        let db = database::open_in_schema(&url, &schema)
            .await
            .expect("PostgreSQL");
        all.push(over(db, subsystem, province).await);
    }
    all
}

/// Services over a fresh database with the subsystem's demonstration data.
pub async fn seeded(subsystem: &dyn Subsystem, province: &str) -> Services {
    let services = memory(subsystem, province).await;
    subsystem
        .seed(&services, &|_, _, _| ())
        .await
        .expect("demonstration data");
    services
}

/// The statements that this database has run since the last call, with their values and in their order; the first call
/// begins to listen. A test that asks the server for plans takes them from here, and not from a copy of the code.
pub fn listen(db: &crate::Database) -> Vec<sea_orm::Statement> {
    db.listened()
}

/// Writes, and tries again while the database is too busy, as a client would.
///
/// # Errors
/// What the work itself ends with.
pub async fn eagerly<T: Send>(
    db: &crate::Database,
    work: impl for<'c> Fn(&'c sea_orm::DatabaseTransaction) -> BoxFuture<'c, crate::Result<T>>
    + Send
    + Clone,
) -> crate::Result<T> {
    loop {
        match db.write(work.clone()).await {
            Err(crate::Error::Unavailable) => {}
            other => return other,
        }
    }
}

/// Runs an operation as somebody and gives the whole answer (`data`, `errors`) as JSON.
pub async fn execute(
    graph: &Graph,
    mut principal: Principal,
    query: &str,
    variables: serde_json::Value,
) -> serde_json::Value {
    principal.at = principal.at.or_else(|| graph.now());
    let request = Request::new(query)
        .variables(Variables::from_json(variables))
        .data(principal);
    let response = graph.execute(request).await;
    serde_json::to_value(response).expect("an answer is JSON")
}

/// Subscribes as somebody; each event is the whole answer for it as JSON.
pub fn subscribe(
    graph: &Graph,
    principal: Principal,
    query: &str,
    variables: serde_json::Value,
) -> BoxStream<'static, serde_json::Value> {
    let request = Request::new(query)
        .variables(Variables::from_json(variables))
        .data(principal);
    let events = graph.stream(request);
    events
        .map(|response| serde_json::to_value(response).expect("an answer is JSON"))
        .boxed()
}

/// The events of a subgraph as its own database has them, for consumers of other subgraphs in the same test.
#[derive(Debug)]
pub struct Outbox(pub crate::Database);

#[async_trait::async_trait]
impl crate::events::FeedSource for Outbox {
    async fn fetch(&self, after: i64, first: i32) -> crate::Result<Vec<crate::events::FeedEvent>> {
        crate::events::read_outbox(self.0.read(), after, first).await
    }
}

/// How long a test waits for what must come. Long, for the machine may be busy with others.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// Waits until so many watches have come to wait ([`crate::events::Watchers::rested`]): what happens from now on is told
/// to the subscriptions that are polled meanwhile.
pub async fn watching(db: &crate::Database, rested: u64) {
    let waiting = async {
        while db.watchers().rested() < rested {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .expect("nobody watches");
}

/// The next event.
pub async fn told(events: &mut BoxStream<'static, serde_json::Value>) -> serde_json::Value {
    tokio::time::timeout(PATIENCE, events.next())
        .await
        .expect("an event in time")
        .expect("an event")
}

/// Resolves representations through `_entities` with a selection such as
/// `... on Person { maskedName }`, and gives the whole answer.
pub async fn entities(
    graph: &Graph,
    principal: Principal,
    representations: serde_json::Value,
    selection: &str,
) -> serde_json::Value {
    let query = format!(
        "query ($representations: [_Any!]!) \
         {{ _entities(representations: $representations) {{ __typename {selection} }} }}"
    );
    let variables = serde_json::json!({ "representations": representations });
    execute(graph, principal, &query, variables).await
}
