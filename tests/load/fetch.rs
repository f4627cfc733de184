//! What trusting nobody behind the gateway costs: one fetch signed by the gateway and verified by the subgraph, in one
//! process, with nothing asked of the subgraph.
//!
//!     cargo bench -p minzheng-tests
//!
//! The measure is ten microseconds for both sides together (issue 4). Tests do not go by the clock; what makes it
//! cheap they hold: a token is signed once in 50 s (`a_token_is_reused_for_fifty_seconds_and_a_nonce_never`).

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use divan::Bencher;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use minzheng_gateway::config::Limits;
use minzheng_gateway::identity::{Caller, Principal};
use minzheng_gateway::telemetry::Metrics;
use minzheng_gateway::transport::{
    FetchRequest, InProcess, SharedKey, Signer, Transport, Upstream,
};
use minzheng_kit::Clock;
use minzheng_kit::keys::{Keys, SIGNATURE_KEY_ID};
use minzheng_kit::server::Verifier;

fn main() {
    divan::main();
}

/// A subgraph that only looks who calls.
struct Door(Option<Verifier>);

impl InProcess for Door {
    fn call(
        &self,
        headers: Vec<(&'static str, String)>,
        _: &'static str,
        body: Bytes,
    ) -> BoxFuture<'static, (u16, Bytes)> {
        let is_let_in = match &self.0 {
            Some(verifier) => verifier.verify(&headers[..], &body).is_ok(),
            None => true,
        };
        async move { (if is_let_in { 200 } else { 401 }, Bytes::from_static(b"{}")) }.boxed()
    }
}

fn fetches(bencher: Bencher<'_, '_>, size: usize, verified: bool) {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys::load_or_create(folder.path()).unwrap();
    let shared = keys.signature_key("places").unwrap().expose().to_vec();
    let shared = SharedKey::new(SIGNATURE_KEY_ID, shared).unwrap();
    let signer = Signer::new(
        keys.principal_signing_key().unwrap(),
        [("places".to_owned(), shared)].into(),
    );
    let door =
        Door(verified.then(|| Verifier::from_keys("places", &keys, Clock::system()).unwrap()));
    let transport = Transport::new(
        &Limits::default(),
        [(Arc::from("places"), Upstream::InProcess(Arc::new(door)))].into(),
        Arc::new(signer),
        Metrics::new(),
    );
    let caller = Caller {
        principal: Arc::new(Principal {
            subject: Some("u-1".into()),
            ..Principal::public("51")
        }),
        purpose: None,
        case: None,
        trace: Default::default(),
    };
    let body = Bytes::from(vec![b'x'; size]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    bencher.bench_local(|| {
        let answer = runtime.block_on(transport.fetch(FetchRequest {
            subgraph: 0,
            body: body.clone(),
            caller: &caller,
            public: false,
            mutation: true,
            generation: 0,
            deadline: Instant::now() + Duration::from_secs(10),
            expected: 0,
        }));
        assert!(answer.is_ok());
    });
}

#[divan::bench(args = [200, 2_000])]
fn signed(bencher: Bencher<'_, '_>, size: usize) {
    fetches(bencher, size, false);
}

#[divan::bench(args = [200, 2_000])]
fn signed_and_verified(bencher: Bencher<'_, '_>, size: usize) {
    fetches(bencher, size, true);
}
