//! What a signed request says of who asks, and for how long.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use serde_json::Value;

use super::tokens::MOST_KNOWN;
use super::*;
use crate::identity::{Caller, Principal};

fn signer() -> Signer {
    let shared = SharedKey::new("k1", vec![7; 32]).unwrap();
    Signer::new(
        SigningKey::from_bytes(&[9; 32]),
        BTreeMap::from([("persons".to_owned(), shared)]),
    )
}

fn caller() -> Caller {
    let mut principal = Principal::public("51");
    principal.issuer = "minzheng-dev".into();
    principal.subject = Some("u-1".into());
    principal.role = crate::identity::Role::Citizen;
    principal.scopes.insert("self".into());
    principal.person = Some("p-token".into());
    Caller {
        principal: Arc::new(principal),
        purpose: Some("P".to_owned()),
        case: None,
        trace: opentelemetry::Context::new(),
    }
}

fn payload(headers: &[(&'static str, String)]) -> Value {
    let token = &headers[0].1;
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[test]
fn gateways_with_one_principal_key_name_entries_alike_and_nobody_else_does() {
    let of = |seed| Signer::new(SigningKey::from_bytes(&[seed; 32]), BTreeMap::new());
    assert_eq!(of(1).names_key(), of(1).names_key());
    assert_ne!(of(1).names_key(), of(2).names_key());
    let secret = SigningKey::from_bytes(&[1; 32]);
    assert_ne!(of(1).names_key(), secret.to_bytes());
    assert_ne!(of(1).names_key(), of(1).public_key().0);
}

#[test]
fn a_principal_token_says_who_asks_and_a_public_one_does_not() {
    let (signer, name) = (signer(), Arc::from("persons"));
    let now = UNIX_EPOCH + Duration::from_secs(1_795_348_800);
    let body = Bytes::from_static(b"{}");
    let own = signer
        .headers(
            &name,
            &Asking::new(&caller(), false),
            &mut Tokens::default(),
            &body,
            now,
        )
        .unwrap();
    assert_eq!(
        payload(&own),
        json!({
            "iss": "minzheng-gateway", "aud": "persons",
            "iat": 1_795_348_800_u64, "exp": 1_795_348_860_u64,
            "role": "citizen", "scopes": ["self"], "province": "51",
            "sub": "minzheng-dev|u-1", "person": "p-token",
        })
    );
    let public = signer
        .headers(
            &name,
            &Asking::new(&caller(), true),
            &mut Tokens::default(),
            &body,
            now,
        )
        .unwrap();
    assert_eq!(
        payload(&public),
        json!({
            "iss": "minzheng-gateway", "aud": "persons",
            "iat": 1_795_348_800_u64, "exp": 1_795_348_860_u64,
            "role": "public", "scopes": [], "province": "51",
        })
    );
    assert_eq!(public[1], (header::PURPOSE, String::new()));
}

#[test]
fn a_token_is_reused_for_fifty_seconds_and_a_nonce_never() {
    let (signer, name) = (signer(), Arc::from("persons"));
    let start = UNIX_EPOCH + Duration::from_secs(1_795_348_800);
    let body = Bytes::from_static(b"{}");
    let asking = Asking::new(&caller(), false);
    let tokens = std::cell::RefCell::new(Tokens::default());
    let at = |seconds| {
        let now = start + Duration::from_secs(seconds);
        signer
            .headers(&name, &asking, &mut tokens.borrow_mut(), &body, now)
            .unwrap()
    };
    let (first, second, third) = (at(0), at(49), at(50));
    assert_eq!(first[0], second[0]);
    assert_ne!(first[0], third[0]);
    assert_ne!(at(49)[4], second[4]);
}

/// Run with `RC_OPT=1`, or any optimised build: `cargo test --release -- --ignored costs`.
#[test]
#[ignore = "measures"]
fn signing_a_fetch_costs_less_than_ten_microseconds() {
    const ROUNDS: u32 = 100_000;
    let (signer, name) = (signer(), Arc::from("persons"));
    let mut tokens = Tokens::default();
    let (asking, now) = (Asking::new(&caller(), false), SystemTime::now());
    for size in [200, 2_000] {
        let body = Bytes::from(vec![b'x'; size]);
        let began = std::time::Instant::now();
        for _ in 0..ROUNDS {
            std::hint::black_box(signer.headers(&name, &asking, &mut tokens, &body, now));
        }
        let each = began.elapsed() / ROUNDS;
        println!("signing a fetch of {size} bytes: {each:?}");
        assert!(each < Duration::from_micros(10), "{each:?}");
    }
}

#[test]
fn a_worker_never_takes_one_callers_token_for_anothers() {
    let (signer, name) = (signer(), Arc::from("persons"));
    let now = UNIX_EPOCH + Duration::from_secs(1_795_348_800);
    let body = Bytes::from_static(b"{}");
    let mut tokens = Tokens::default();
    // Callers that come and go, so that their memory is used again.
    for number in 0..3 * MOST_KNOWN {
        let mut principal = (*caller().principal).clone();
        principal.subject = Some(number.to_string().into());
        let caller = Caller {
            principal: Arc::new(principal),
            ..caller()
        };
        for public in [false, true] {
            let asking = Asking::new(&caller, public);
            let headers = signer.headers(&name, &asking, &mut tokens, &body, now);
            let expected = (!public).then(|| format!("minzheng-dev|{number}"));
            assert_eq!(
                payload(&headers.unwrap())["sub"].as_str(),
                expected.as_deref()
            );
        }
    }
    assert!(tokens.known() <= MOST_KNOWN);
}

#[test]
fn nothing_is_signed_for_a_subgraph_that_shares_no_key() {
    let body = Bytes::from_static(b"{}");
    let asking = Asking::new(&caller(), true);
    assert!(
        signer()
            .headers(
                &Arc::from("strangers"),
                &asking,
                &mut Tokens::default(),
                &body,
                SystemTime::now()
            )
            .is_none()
    );
}
