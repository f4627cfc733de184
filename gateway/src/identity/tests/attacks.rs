//! Attacks on tokens, each by the name it is known by. None may give anybody's rights, and none may pass
//! for no token at all.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::issuers::jwks_server;
use super::*;

/// Two issuers with one algorithm and a key each: "one" (key 1) for registrars and citizens, "other"
/// (key 2) for citizens.
fn two() -> Verifier {
    let mut verifier = Verifier::new(&config::Identity::default(), "51").unwrap();
    let set = |seed| json!({ "keys": [key(seed).jwk()] }).to_string();
    verifier
        .add_fixed(&issuer("one", "EdDSA"), &set(1))
        .unwrap();
    let other = config::Issuer {
        roles: vec!["citizen".to_owned()],
        ..issuer("other", "EdDSA")
    };
    verifier.add_fixed(&other, &set(2)).unwrap();
    verifier
}

fn header_with(extra: &Value) -> Value {
    let mut header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": key(1).id() });
    header
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    header
}

/// A token of these header fields and claims with a signature that really holds for them.
fn truly_signed(seed: u8, header: &Value, claims: &Value) -> String {
    use ed25519_dalek::Signer as _;
    let text = forged(header, claims, "");
    let text = text.trim_end_matches('.');
    let signature = SigningKey::from_bytes(&[seed; 32]).sign(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

#[tokio::test]
async fn the_key_of_one_issuer_signs_for_no_other() {
    let verifier = two();
    let mine = truly_signed(1, &header_with(&json!({})), &claims());
    assert_eq!(
        refused(&verifier, &mine).await,
        None,
        "the forgery below is well made"
    );
    let for_other = with(json!({ "iss": "https://other.example", "role": "citizen" }));
    for kid in [
        json!({}),
        json!({ "kid": key(2).id() }),
        json!({ "kid": null }),
    ] {
        let token = truly_signed(1, &header_with(&kid), &for_other);
        assert_eq!(
            refused(&verifier, &token).await,
            Some(IdentityError::BadSignature),
            "{kid}"
        );
        let token = truly_signed(2, &header_with(&kid), &claims());
        assert_eq!(
            refused(&verifier, &token).await,
            Some(IdentityError::BadSignature),
            "{kid}"
        );
    }
}

#[tokio::test]
async fn an_issuer_that_may_make_citizens_makes_no_registrar() {
    let registrar = with(json!({ "iss": "https://other.example" }));
    let token = truly_signed(
        2,
        &json!({ "alg": "EdDSA", "kid": key(2).id() }),
        &registrar,
    );
    assert_eq!(
        refused(&two(), &token).await,
        Some(IdentityError::RoleNotAllowed)
    );
}

#[tokio::test]
async fn a_token_without_a_true_signature_is_refused_whatever_it_calls_its_algorithm() {
    let verifier = two();
    for alg in ["none", "None", "NONE", "nOnE"] {
        for signature in ["", "eA", "AAAA"] {
            let token = forged(&header_with(&json!({ "alg": alg })), &claims(), signature);
            let got = refused(&verifier, &token).await;
            assert_eq!(got, Some(IdentityError::TokenUnsigned), "{alg} {signature}");
        }
    }
    for alg in [
        "HS256",
        "HS384",
        "HS512",
        "ES384",
        "PS256",
        "RS256",
        "",
        "EDDSA",
        "eddsa",
        "ES256\u{0}",
    ] {
        let token = forged(&header_with(&json!({ "alg": alg })), &claims(), "AAAA");
        let got = refused(&verifier, &token).await;
        assert_eq!(got, Some(IdentityError::AlgorithmNotAllowed), "{alg}");
    }
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    let verifier = two();
    let raw = key(1).public();
    let jwk = key(1).jwk();
    let x = jwk["x"].as_str().unwrap();
    for secret in [raw.as_slice(), x.as_bytes(), jwk.to_string().as_bytes()] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let mut header = Header::new(algorithm);
            header.kid = Some(key(1).id().to_owned());
            let secret = EncodingKey::from_secret(secret);
            let token = jsonwebtoken::encode(&header, &claims(), &secret).unwrap();
            let got = refused(&verifier, &token).await;
            assert_eq!(
                got,
                Some(IdentityError::AlgorithmNotAllowed),
                "{algorithm:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_key_id_is_a_name_and_never_a_place() {
    let (url, reads) = jwks_server(json!({ "keys": [key(9).jwk()] }).to_string()).await;
    let verifier = two();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), json!({ "keys": [key(9).jwk()] }).to_string()).unwrap();
    for place in [
        url.as_str(),
        "../../../../etc/passwd",
        "file:///etc/passwd",
        &file.path().to_string_lossy(),
        "'; DROP TABLE keys; --",
        "%2e%2e%2f",
        "a\u{0}b",
        "",
    ] {
        for header in [
            json!({ "kid": place }),
            json!({ "kid": place, "jku": place, "x5u": place }),
            json!({ "kid": null, "jku": place }),
        ] {
            let token = truly_signed(9, &header_with(&header), &claims());
            let got = refused(&verifier, &token).await;
            assert_eq!(got, Some(IdentityError::BadSignature), "{header}");
        }
    }
    assert_eq!(
        reads.load(Ordering::SeqCst),
        0,
        "nobody was asked for a key"
    );
}

#[tokio::test]
async fn a_token_brings_no_key_of_its_own() {
    let verifier = two();
    for header in [
        json!({ "jwk": key(9).jwk() }),
        json!({ "kid": key(9).id(), "jwk": key(9).jwk() }),
        json!({ "x5c": ["AAAA"] }),
    ] {
        let token = truly_signed(9, &header_with(&header), &claims());
        let got = refused(&verifier, &token).await;
        assert_eq!(got, Some(IdentityError::BadSignature), "{header}");
    }
}

#[tokio::test]
async fn extensions_that_must_be_understood_are_not() {
    let verifier = two();
    for header in [
        json!({ "crit": ["exp"], "exp": 1 }),
        json!({ "crit": ["b64"], "b64": false }),
        json!({ "crit": [] }),
    ] {
        let token = truly_signed(1, &header_with(&header), &claims());
        let got = refused(&verifier, &token).await;
        assert_eq!(got, Some(IdentityError::TokenMalformed), "{header}");
    }
}

#[tokio::test]
async fn a_token_of_64_kilobytes_is_refused_unread() {
    let verifier = two();
    for size in [8 * 1024 + 1, 64 * 1024, 1 << 20] {
        let long = with(json!({ "filler": "x".repeat(size) }));
        let token = truly_signed(1, &header_with(&json!({})), &long);
        assert_eq!(
            refused(&verifier, &token).await,
            Some(IdentityError::TokenMalformed)
        );
    }
}

#[tokio::test]
async fn a_scope_is_read_as_text_and_as_list_and_as_nothing_else() {
    let verifier = two();
    for (scope, expected) in [
        (
            json!("hotline funeral.case"),
            Some(&["funeral.case", "hotline"][..]),
        ),
        (json!(" hotline\thotline "), Some(&["hotline"])),
        (json!(["hotline"]), Some(&["hotline"])),
        (json!([]), Some(&[])),
        (json!(""), Some(&[])),
        (json!(["hotline funeral.case"]), Some(&[])),
        (json!("audit.read *"), Some(&[])),
        (json!({ "hotline": true }), None),
        (json!(7), None),
        (json!([["hotline"]]), None),
        (json!([null]), None),
    ] {
        let token = truly_signed(
            1,
            &header_with(&json!({})),
            &with(json!({ "scope": scope })),
        );
        let got = verifier.identify(Some(&format!("Bearer {token}")));
        match expected {
            Some(expected) => {
                let scopes = got.unwrap().scopes.clone();
                let scopes: Vec<&str> = scopes.iter().map(|scope| &**scope).collect();
                assert_eq!(scopes, expected, "{scope}");
            }
            None => assert_eq!(got.err(), Some(IdentityError::TokenMalformed), "{scope}"),
        }
    }
}

#[tokio::test]
async fn a_claim_that_is_said_twice_or_in_another_form_is_no_claim() {
    let verifier = two();
    let text = claims().to_string();
    let twice = text.replacen('{', "{\"role\":\"auditor\",", 1);
    let header = URL_SAFE_NO_PAD.encode(header_with(&json!({})).to_string());
    let body = format!("{header}.{}", URL_SAFE_NO_PAD.encode(twice));
    let signature = {
        use ed25519_dalek::Signer as _;
        SigningKey::from_bytes(&[1; 32])
            .sign(body.as_bytes())
            .to_bytes()
    };
    let token = format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature));
    assert_eq!(
        refused(&verifier, &token).await,
        Some(IdentityError::TokenMalformed)
    );
    for changes in [
        json!({ "role": ["registrar"] }),
        json!({ "role": "Registrar" }),
        json!({ "role": "registrar " }),
        json!({ "province": ["51"] }),
        json!({ "purposes": "P" }),
        json!({ "exp": now() + 600, "sub": 7 }),
        json!({ "aud": ["hotel", "bank"] }),
    ] {
        let token = truly_signed(1, &header_with(&json!({})), &with(changes.clone()));
        assert!(refused(&verifier, &token).await.is_some(), "{changes}");
    }
}

#[tokio::test]
async fn nobody_waits_for_a_source_that_never_answers_and_it_is_asked_once() {
    // Takes connections and never says anything.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", silent.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let held = tokio::spawn(async move {
        let mut all = Vec::new();
        while let Ok((stream, _)) = silent.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            all.push(stream);
        }
    });
    let config = config::Identity {
        issuers: vec![config::Issuer {
            jwks: url,
            ..issuer("two", "EdDSA")
        }],
        ..config::Identity::default()
    };
    let mut verifier = Verifier::new(&config, "51").unwrap();
    let set = json!({ "keys": [key(1).jwk()] }).to_string();
    verifier.add_fixed(&issuer("one", "EdDSA"), &set).unwrap();
    let strange = signed(&with(json!({ "iss": "https://two.example" })));
    let began = Instant::now();
    for _ in 0..200 {
        // Identifying is no future: there is nothing to wait for.
        let told = verifier.identify(Some(&format!("Bearer {strange}")));
        assert_eq!(told.err(), Some(IdentityError::KeysUnavailable));
        assert_eq!(refused(&verifier, &signed(&claims())).await, None);
        // So that what goes on in the background does so.
        tokio::task::yield_now().await;
    }
    while asked.load(Ordering::SeqCst) == 0 && began.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    held.abort();
}

#[tokio::test]
async fn what_was_taken_back_is_refused_also_when_it_was_believed_before() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("revoked.json");
    let config = config::Identity {
        revocation: config::Revocation {
            list: Some(list.to_string_lossy().into_owned()),
            ..config::Revocation::default()
        },
        ..config::Identity::default()
    };
    let mut verifier = Verifier::new(&config, "51").unwrap();
    let set = json!({ "keys": [key(1).jwk()] }).to_string();
    verifier.add_fixed(&issuer("one", "EdDSA"), &set).unwrap();
    let (first, second) = (signed(&claims()), signed(&with(json!({ "jti": "s-2" }))));
    let other = signed(&with(json!({ "sub": "u-2", "jti": "s-3" })));
    let write = |text: &Value| std::fs::write(&list, text.to_string()).unwrap();
    assert_eq!(
        refused(&verifier, &first).await,
        Some(IdentityError::KeysUnavailable)
    );
    write(&json!({}));
    assert!(verifier.refresh().await.is_empty());
    let principal = verifier.identify(Some(&format!("Bearer {first}"))).unwrap();
    assert_eq!(verifier.still_holds(&principal, SystemTime::now()), Ok(()));

    write(&json!({ "tokens": [{ "iss": "https://one.example", "jti": "s-1" }] }));
    assert!(verifier.refresh().await.is_empty());
    assert_eq!(
        refused(&verifier, &first).await,
        Some(IdentityError::TokenRevoked)
    );
    assert_eq!(
        verifier.still_holds(&principal, SystemTime::now()),
        Err(IdentityError::TokenRevoked)
    );
    assert_eq!(refused(&verifier, &second).await, None);

    // Another issuer's subject of the same name is somebody else.
    write(&json!({ "subjects": [{ "iss": "https://two.example", "sub": "u-1" }] }));
    assert!(verifier.refresh().await.is_empty());
    assert_eq!(refused(&verifier, &second).await, None);
    write(&json!({ "subjects": [{ "iss": "https://one.example", "sub": "u-1" }] }));
    assert!(verifier.refresh().await.is_empty());
    for token in [&first, &second] {
        assert_eq!(
            refused(&verifier, token).await,
            Some(IdentityError::TokenRevoked)
        );
    }
    assert_eq!(refused(&verifier, &other).await, None);
    assert_eq!(verifier.identify(None).unwrap().role, Role::Public);

    // A damaged list leaves the last good one in force.
    for damaged in [
        "",
        "[]",
        "{\"subject\": []}",
        "{\"subjects\": [{\"sub\": \"u-1\"}]}",
    ] {
        std::fs::write(&list, damaged).unwrap();
        assert_eq!(verifier.refresh().await.len(), 1, "{damaged}");
        assert_eq!(
            refused(&verifier, &first).await,
            Some(IdentityError::TokenRevoked)
        );
    }
    assert_eq!(
        verifier.still_holds(&principal, principal.expires + Duration::from_secs(60)),
        Err(IdentityError::TokenExpired)
    );
}

#[tokio::test]
async fn the_list_of_what_was_taken_back_is_followed_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("revoked.json");
    std::fs::write(&list, "{}").unwrap();
    let config = config::Identity {
        revocation: config::Revocation {
            list: Some(list.to_string_lossy().into_owned()),
            refresh: Duration::from_millis(20),
        },
        ..config::Identity::default()
    };
    let mut verifier = Verifier::new(&config, "51").unwrap();
    let set = json!({ "keys": [key(1).jwk()] }).to_string();
    verifier.add_fixed(&issuer("one", "EdDSA"), &set).unwrap();
    assert!(verifier.refresh().await.is_empty());
    let verifier = Arc::new(verifier);
    let task = tokio::spawn(Arc::clone(&verifier).keep_fresh());
    let token = signed(&claims());
    assert_eq!(refused(&verifier, &token).await, None);
    let text = json!({ "tokens": [{ "iss": "https://one.example", "jti": "s-1" }] });
    std::fs::write(&list, text.to_string()).unwrap();
    let mut got = None;
    for _ in 0..6_000 {
        got = refused(&verifier, &token).await;
        if got.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(got, Some(IdentityError::TokenRevoked));
    task.abort();
}

#[tokio::test]
async fn policies_are_judged_from_the_verified_claims() {
    let config = config::Identity {
        policies: [(
            "chengdu_officer".to_owned(),
            config::Policy {
                roles: vec!["registrar".to_owned()],
                begins: [("division".to_owned(), vec!["5101".to_owned()])].into(),
                ..config::Policy::default()
            },
        )]
        .into(),
        introspection: vec!["registrar".to_owned()],
        ..config::Identity::default()
    };
    let mut verifier = Verifier::new(&config, "51").unwrap();
    let set = json!({ "keys": [key(1).jwk()] }).to_string();
    verifier.add_fixed(&issuer("one", "EdDSA"), &set).unwrap();
    for (changes, held, introspects) in [
        (json!({}), true, true),
        (json!({ "division": "510781" }), false, true),
        (json!({ "division": null }), false, true),
        (json!({ "role": "citizen" }), false, false),
    ] {
        let token = signed(&with(changes.clone()));
        let principal = verifier.identify(Some(&format!("Bearer {token}"))).unwrap();
        assert_eq!(
            principal.policies.contains("chengdu_officer"),
            held,
            "{changes}"
        );
        assert_eq!(principal.introspects, introspects, "{changes}");
    }
    assert!(!verifier.identify(None).unwrap().introspects);
    let names = ["chengdu_officer", "nobody_wrote_this"].map(Arc::from);
    assert_eq!(
        verifier.unknown_policies(names),
        [Arc::<str>::from("nobody_wrote_this")]
    );
}
