//! The doors of the endpoint, one by one.

mod following;

use std::sync::Arc;

use async_graphql::{Context, Object};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::*;
use crate::{
    PrincipalExt, Services, Subsystem, citizen_id,
    contract::signature::{self, Covered, Key, Parameters},
    events::FeedEvent,
    keys::{Keys, Secret},
    testing, vault,
};

struct Query;

#[Object]
impl Query {
    async fn role(&self, ctx: &Context<'_>) -> &'static str {
        ctx.principal().role.as_str()
    }

    async fn purpose(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.principal().purpose.clone()
    }

    async fn twice(&self, number: i32) -> i32 {
        number * 2
    }

    async fn slow(&self) -> i32 {
        std::future::pending().await
    }

    async fn broken(&self) -> crate::Result<i32> {
        Err(crate::Error::internal("secret detail"))
    }

    #[graphql(name = "_events")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        after: i64,
        first: i32,
    ) -> crate::Result<Vec<FeedEvent>> {
        crate::events::feed(ctx, after, first).await
    }
}

struct Mutation;

#[Object]
impl Mutation {
    /// Seals an identity and says when, by the province's clock.
    async fn seal(&self, ctx: &Context<'_>, number: String) -> crate::Result<String> {
        let services = ctx.services().clone();
        let id = citizen_id::parse(&number, services.clock.today())?;
        let job = (services.clone(), id);
        services
            .db
            .write(move |tx| {
                let (services, id) = job.clone();
                Box::pin(async move { vault::announce(tx, &services, &id, "").await })
            })
            .await?;
        Ok(ctx.principal().at.unwrap_or_default().to_rfc3339())
    }
}

struct Thing(&'static str);

#[async_trait]
impl Subsystem for Thing {
    fn name(&self) -> &'static str {
        self.0
    }
    fn migrations(&self) -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
        vec![]
    }
    fn schema(&self, services: Services) -> Graph {
        Graph::build(Query, Mutation, services)
    }
    async fn seed(
        &self,
        _: &Services,
        _: &(dyn Fn(&str, usize, usize) + Sync),
    ) -> crate::Result<()> {
        Ok(())
    }
}

struct Setting {
    endpoint: Arc<Endpoint>,
    services: Services,
    keys: Keys,
    folder: std::path::PathBuf,
}

impl Drop for Setting {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn setting() -> Setting {
    let folder = std::env::temp_dir().join(format!("minzheng-server-{}", uuid::Uuid::new_v4()));
    let keys = Keys::load_or_create(&folder).unwrap();
    let services = testing::memory(&Thing("thing"), "51").await;
    let graph = Thing("thing").schema(services.clone());
    let verifier = Verifier::from_keys("thing", &keys, testing::clock()).unwrap();
    Setting {
        endpoint: Endpoint::new(graph, verifier),
        services,
        keys,
        folder,
    }
}

/// A request as the gateway would sign it, with parts to spoil.
struct Call {
    claims: serde_json::Value,
    created: u64,
    nonce: &'static str,
    key: Secret,
    purpose: &'static str,
    body: Bytes,
}

fn now() -> u64 {
    testing::NOW.parse::<DateTime<Utc>>().unwrap().timestamp() as u64
}

impl Call {
    fn new(setting: &Setting, query: &str) -> Self {
        Self {
            claims: serde_json::json!({
                "iss": "minzheng-gateway", "aud": "thing", "sub": "dev|1", "role": "citizen",
                "iat": now(), "exp": now() + 60, "scopes": ["self"], "province": "51",
                "person": "token",
            }),
            created: now(),
            nonce: "n-1",
            key: setting.keys.signature_key("thing").unwrap(),
            purpose: "",
            body: serde_json::json!({ "query": query }).to_string().into(),
        }
    }

    fn with(mut self, name: &str, value: serde_json::Value) -> Self {
        self.claims[name] = value;
        self
    }

    fn headers(&self, setting: &Setting) -> Vec<(&'static str, String)> {
        use data_encoding::BASE64URL_NOPAD;
        use ed25519_dalek::Signer;
        let head = BASE64URL_NOPAD.encode(br#"{"alg":"EdDSA","typ":"JWT","kid":"x"}"#);
        let claims = BASE64URL_NOPAD.encode(self.claims.to_string().as_bytes());
        let signed = format!("{head}.{claims}");
        let tag = setting
            .keys
            .principal_signing_key()
            .unwrap()
            .sign(signed.as_bytes());
        let token = format!("{signed}.{}", BASE64URL_NOPAD.encode(&tag.to_bytes()));
        let digest = signature::content_digest(&self.body);
        let covered = Covered {
            digest: &digest,
            principal: &token,
            purpose: self.purpose,
            case: "",
        };
        let by = Parameters {
            created: self.created,
            nonce: self.nonce,
            key_id: "k1",
        };
        let (input, signature) = signature::sign(&Key::new(self.key.expose()), covered, by);
        vec![
            (header::PRINCIPAL, token.clone()),
            (header::PURPOSE, self.purpose.to_owned()),
            (header::CASE, String::new()),
            (header::CONTENT_DIGEST, digest.clone()),
            (header::SIGNATURE_INPUT, input),
            (header::SIGNATURE, signature),
        ]
    }

    async fn send(&self, setting: &Setting) -> (u16, serde_json::Value) {
        send(setting, &self.headers(setting), self.body.clone()).await
    }
}

async fn send(
    setting: &Setting,
    headers: &Vec<(&'static str, String)>,
    body: Bytes,
) -> (u16, serde_json::Value) {
    let (status, body) = setting.endpoint.handle(headers, "/graphql", body).await;
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_signed_request_is_answered_as_its_caller() {
    let setting = setting().await;
    let mut call = Call::new(&setting, "{ role purpose }");
    call.purpose = "MARRIAGE_REGISTRATION";
    let (status, answer) = call.send(&setting).await;
    assert_eq!(status, 200);
    assert_eq!(
        answer["data"],
        serde_json::json!({ "role": "citizen", "purpose": "MARRIAGE_REGISTRATION" })
    );
}

#[tokio::test]
async fn each_spoiled_part_is_refused() {
    let setting = setting().await;
    let call = |spoil: fn(&mut Call)| {
        let mut call = Call::new(&setting, "{ role }");
        spoil(&mut call);
        call
    };
    let spoiled = [
        ("stale", call(|c| c.created -= 61)),
        ("future", call(|c| c.created += 61)),
        ("key", call(|c| c.key = Secret::new([9; 32]))),
        ("issuer", call(|_| ()).with("iss", "somebody".into())),
        ("audience", call(|_| ()).with("aud", "other".into())),
        ("expired", call(|_| ()).with("exp", (now() - 6).into())),
        ("long", call(|_| ()).with("exp", (now() + 61).into())),
        ("unborn", call(|_| ()).with("iat", (now() + 6).into())),
        ("role", call(|_| ()).with("role", "root".into())),
        ("service", call(|_| ()).with("role", "service".into())),
    ];
    for (what, call) in spoiled {
        assert_eq!(call.send(&setting).await.0, 401, "{what}");
    }
    let good = Call::new(&setting, "{ role }");
    for missing in 0..6 {
        let mut headers = good.headers(&setting);
        headers.remove(missing);
        assert_eq!(send(&setting, &headers, good.body.clone()).await.0, 401);
    }
    let other = Bytes::from_static(b"{\"query\":\"{ purpose }\"}");
    assert_eq!(send(&setting, &good.headers(&setting), other).await.0, 401);
    let mut headers = good.headers(&setting);
    headers[1].1 = "ADDED_ON_THE_WAY".into();
    assert_eq!(send(&setting, &headers, good.body.clone()).await.0, 401);
    let somebody = Call::new(&setting, "{ role }").with("sub", "dev|2".into());
    let mut headers = good.headers(&setting);
    headers[0].1 = somebody.headers(&setting)[0].1.clone();
    let swapped = send(&setting, &headers, good.body.clone()).await;
    assert_eq!(swapped.0, 401, "another true token");
    // And after all these refusals the good one still passes.
    assert_eq!(good.send(&setting).await.0, 200);
}

#[tokio::test]
async fn a_request_passes_once_only() {
    let setting = setting().await;
    let call = Call::new(&setting, "{ role }");
    let headers = call.headers(&setting);
    assert_eq!(send(&setting, &headers, call.body.clone()).await.0, 200);
    assert_eq!(send(&setting, &headers, call.body.clone()).await.0, 401);
}

/// Run with `RC_OPT=1`, or any optimised build: `cargo test --release -- --ignored costs`.
#[tokio::test]
#[ignore = "measures"]
async fn verifying_a_fetch_costs_less_than_ten_microseconds() {
    const ROUNDS: u32 = 20_000;
    let setting = setting().await;
    let verifier = Verifier::from_keys("thing", &setting.keys, testing::clock()).unwrap();
    for size in [200, 2_000] {
        let query = format!("{{ role }}{}", " ".repeat(size));
        let calls: Vec<_> = (0..ROUNDS)
            .map(|number| {
                let mut call = Call::new(&setting, &query);
                call.nonce = Box::leak(format!("n-{size}-{number}").into_boxed_str());
                (call.headers(&setting), call.body)
            })
            .collect();
        let began = std::time::Instant::now();
        for (headers, body) in &calls {
            verifier.verify(headers, body).unwrap();
        }
        let each = began.elapsed() / ROUNDS;
        println!("verifying a fetch of some {size} bytes: {each:?}");
        assert!(each < Duration::from_micros(10), "{each:?}");
    }
}

#[tokio::test]
async fn a_deadline_ends_a_slow_request() {
    let setting = setting().await;
    let call = Call::new(&setting, "{ slow }");
    let mut headers = call.headers(&setting);
    headers.push((header::DEADLINE, "20".into()));
    let (status, answer) = send(&setting, &headers, call.body.clone()).await;
    assert_eq!(status, 504);
    assert_eq!(
        answer["errors"][0]["extensions"]["code"],
        "SUBGRAPH_TIMEOUT"
    );
}

#[tokio::test]
async fn errors_hide_details_and_never_echo_what_was_sent() {
    let setting = setting().await;
    let broken = Call::new(&setting, "{ broken }")
        .send(&setting)
        .await
        .1
        .to_string();
    assert!(broken.contains("INTERNAL") && !broken.contains("secret detail"));
    let mut call = Call::new(&setting, "{ twice(number: \"519901199003030032\") }");
    call.nonce = "n-2";
    let (_, answer) = call.send(&setting).await;
    assert!(!answer.to_string().contains("5199"), "{answer}");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_REQUEST");
}
