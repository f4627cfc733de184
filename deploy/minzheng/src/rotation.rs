//! Keys between gateway and subgraph are changed while requests go on, and none fails.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use minzheng_gateway::config::{Limits, SharedKey, Signing};
use minzheng_gateway::identity::{Caller, Principal};
use minzheng_gateway::telemetry::Metrics;
use minzheng_gateway::transport::{FetchRequest, InProcess, Signer, Transport, Upstream};
use minzheng_kit::keys::{Keys, SIGNATURE_KEY_ID};
use minzheng_kit::server::Endpoint;
use minzheng_kit::{Clock, Province, Services, database};

use crate::{assemble, subsystems};

struct Near(Arc<Endpoint>);

impl InProcess for Near {
    fn call(
        &self,
        headers: Vec<(&'static str, String)>,
        path: &'static str,
        body: Bytes,
    ) -> BoxFuture<'static, (u16, Bytes)> {
        let endpoint = Arc::clone(&self.0);
        async move { endpoint.handle(&headers, path, body).await }.boxed()
    }
}

/// The gateway's side: its key files.
struct GatewayFiles<'a>(&'a Path);

impl GatewayFiles<'_> {
    fn config(&self) -> Signing {
        let shared = SharedKey {
            id: SIGNATURE_KEY_ID.to_owned(),
            key: None,
            key_file: Some(self.0.join("signature.b64")),
        };
        Signing {
            principal_key: Some(self.0.join("principal.pem")),
            subgraphs: BTreeMap::from([("places".to_owned(), shared)]),
        }
    }

    fn put(&self, principal: &SigningKey, shared: &[u8; 32]) {
        let pem = principal.to_pkcs8_pem(LineEnding::LF).unwrap();
        fs::write(self.0.join("principal.pem"), pem.as_bytes()).unwrap();
        fs::write(self.0.join("signature.b64"), STANDARD.encode(shared)).unwrap();
    }
}

fn digits(key: &[u8; 32]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn keys_are_changed_under_load_and_no_request_fails() {
    let (theirs, ours) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let keys = Keys::load_or_create(theirs.path()).unwrap();
    let files = GatewayFiles(ours.path());
    files.put(
        &keys.principal_signing_key().unwrap(),
        keys.signature_key("places").unwrap().expose(),
    );
    let subsystem = subsystems::named("places", minzheng_audit::Source::default()).unwrap();
    let services = Services::assemble(
        subsystem.as_ref(),
        database::open("sqlite::memory:").await.unwrap(),
        &keys,
        Clock::system(),
        Province::new("51").unwrap(),
    )
    .unwrap();
    let endpoint = assemble::open(subsystem, services, &keys).unwrap().endpoint;
    let signer = Arc::new(Signer::from_config(&files.config()).unwrap());
    let near = Upstream::InProcess(Arc::new(Near(Arc::clone(&endpoint))));
    let transport = Transport::new(
        &Limits::default(),
        [(Arc::from("places"), near)].into(),
        Arc::clone(&signer),
        Metrics::new(),
    );
    /// Requests answered between two steps of a rotation.
    const ANSWERED: u32 = 20;
    let (done, good, bad) = (
        Rc::new(Cell::new(false)),
        Rc::new(Cell::new(0)),
        Rc::new(Cell::new(0)),
    );
    let local = tokio::task::LocalSet::new();
    for number in 0..8 {
        let (transport, done) = (transport.clone(), Rc::clone(&done));
        let (good, bad) = (Rc::clone(&good), Rc::clone(&bad));
        local.spawn_local(async move {
            let mut principal = Principal::public("51");
            principal.subject = Some(format!("caller-{number}").into());
            let caller = Caller {
                principal: Arc::new(principal),
                purpose: None,
                case: None,
                trace: Default::default(),
            };
            while !done.get() {
                let fetched = transport.fetch(FetchRequest {
                    subgraph: 0,
                    body: Bytes::from_static(b"{\"query\":\"{ __typename }\"}"),
                    caller: &caller,
                    public: false,
                    // Never sent a second time, so that no retry hides a refusal.
                    mutation: true,
                    generation: 0,
                    deadline: Instant::now() + Duration::from_secs(10),
                    expected: 0,
                });
                let counter = match fetched.await {
                    Ok(_) => &good,
                    Err(_) => &bad,
                };
                counter.set(counter.get() + 1);
                tokio::task::yield_now().await;
            }
        });
    }
    // Until so many more were answered; one refusal is enough to stop.
    let pause = || async {
        let enough = good.get() + ANSWERED;
        while good.get() < enough && bad.get() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    local
        .run_until(async {
            for round in 1..=5_u8 {
                let (principal, shared) = (SigningKey::from_bytes(&[round; 32]), [round + 100; 32]);
                let public = digits(principal.verifying_key().as_bytes());
                let put =
                    |name: &str, text: &str| fs::write(theirs.path().join(name), text).unwrap();
                // Subgraphs believe the next keys, the gateway signs with them, the old ones are forgotten.
                put("principal-public-next.key", &public);
                put("signature-places-next.key", &digits(&shared));
                assert!(endpoint.reload_keys(&keys).unwrap());
                pause().await;
                files.put(&principal, &shared);
                assert!(signer.reload(&files.config()).unwrap());
                pause().await;
                put("principal-public.key", &public);
                put("signature-places.key", &digits(&shared));
                fs::remove_file(theirs.path().join("principal-public-next.key")).unwrap();
                fs::remove_file(theirs.path().join("signature-places-next.key")).unwrap();
                assert!(endpoint.reload_keys(&keys).unwrap());
                assert!(!endpoint.reload_keys(&keys).unwrap(), "nothing changed");
                pause().await;
            }
            // A damaged file changes nothing.
            fs::write(ours.path().join("principal.pem"), "nonsense").unwrap();
            assert!(signer.reload(&files.config()).is_err());
            fs::write(theirs.path().join("signature-places.key"), "nonsense").unwrap();
            assert!(endpoint.reload_keys(&keys).is_err());
            pause().await;
            done.set(true);
        })
        .await;
    local.await;
    assert_eq!(bad.get(), 0, "of {} requests", good.get() + bad.get());
    assert!(good.get() >= 16 * ANSWERED, "{} requests", good.get());
    println!("{} requests over 5 rotations, none refused", good.get());

    // Keys that were never announced are refused: the overlap is what keeps requests going.
    let stranger = SigningKey::from_bytes(&[99; 32]);
    files.put(&stranger, &[98; 32]);
    assert!(signer.reload(&files.config()).unwrap());
    let caller = Caller {
        principal: Arc::new(Principal::public("51")),
        purpose: None,
        case: None,
        trace: Default::default(),
    };
    let refused = transport.fetch(FetchRequest {
        subgraph: 0,
        body: Bytes::from_static(b"{\"query\":\"{ __typename }\"}"),
        caller: &caller,
        public: false,
        mutation: true,
        generation: 0,
        deadline: Instant::now() + Duration::from_secs(10),
        expected: 0,
    });
    assert!(refused.await.is_err());
}
