//! Good and bad tokens.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod attacks;
mod issuers;

use std::time::{Duration, Instant, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::jws::NamedKey;
use super::*;
use crate::config;

/// A P-256 key made for these tests only, and its public half.
const EC_KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQW5+U/L+Xk3RGQD+
3gkA0UPpEfF5q0RMch/bg6kXUcuhRANCAAS8Zokg5jDb4iE4MuYsqYDkhlvQOyNH
gUDtGW+wCO0RX1+uuH+LQDFvAa8m/PvwLorV6tHXm+nHOH5WErFIfW6c
-----END PRIVATE KEY-----
";
const EC_X: &str = "vGaJIOYw2-IhODLmLKmA5IZb0DsjR4FA7RlvsAjtEV8";
const EC_Y: &str = "X664f4tAMW8Bryb8-_AuitXq0deb6cc4flYSsUh9bpw";

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

fn key(seed: u8) -> NamedKey {
    NamedKey::new(SigningKey::from_bytes(&[seed; 32]))
}

fn issuer(name: &str, algorithm: &str) -> config::Issuer {
    config::Issuer {
        name: name.to_owned(),
        issuer: format!("https://{name}.example"),
        audience: "minzheng".to_owned(),
        jwks: "unused".to_owned(),
        algorithms: vec![algorithm.to_owned()],
        roles: vec!["citizen".to_owned(), "registrar".to_owned()],
        scopes: vec![],
        provinces: vec![],
        persons: false,
        max_lifetime: Duration::from_secs(3_600),
        refresh: Duration::from_secs(300),
    }
}

/// One issuer with EdDSA (key 1), one with ES256.
fn verifier() -> Verifier {
    let mut verifier = Verifier::new(&config::Identity::default(), "51").unwrap();
    let ed = json!({ "keys": [key(1).jwk()] }).to_string();
    verifier.add_fixed(&issuer("one", "EdDSA"), &ed).unwrap();
    let mut narrow = issuer("two", "ES256");
    narrow.scopes = vec!["self".to_owned(), "marriage.case".to_owned()];
    narrow.provinces = vec!["51".to_owned(), "32".to_owned()];
    let ec = json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig", "x": EC_X, "y": EC_Y,
    }] });
    verifier.add_fixed(&narrow, &ec.to_string()).unwrap();
    verifier
}

fn claims() -> Value {
    json!({
        "iss": "https://one.example", "aud": "minzheng", "sub": "u-1", "jti": "s-1",
        "iat": now(), "exp": now() + 600, "role": "registrar", "province": "51",
        "division": "510104", "registry": "r-9", "purposes": ["MARRIAGE_REGISTRATION"],
    })
}

fn with(changes: Value) -> Value {
    let mut claims = claims();
    let map = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            map.remove(name);
        } else {
            map.insert(name.clone(), value.clone());
        }
    }
    claims
}

fn signed(claims: &Value) -> String {
    key(1).sign(&claims.to_string())
}

fn forged(header: &Value, claims: &Value, signature: &str) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", encode(header), encode(claims))
}

async fn refused(verifier: &Verifier, token: &str) -> Option<IdentityError> {
    verifier.identify(Some(&format!("Bearer {token}"))).err()
}

#[tokio::test]
async fn a_good_token_becomes_its_principal() {
    let verifier = verifier();
    let header = format!("bearer {}", signed(&claims()));
    let principal = verifier.identify(Some(&header)).unwrap();
    assert_eq!(principal.role, Role::Registrar);
    assert_eq!(&*principal.issuer, "https://one.example");
    assert_eq!(principal.subject.as_deref(), Some("u-1"));
    assert_eq!(principal.session.as_deref(), Some("s-1"));
    assert_eq!(principal.division.as_deref(), Some("510104"));
    assert_eq!(principal.registry.as_deref(), Some("r-9"));
    assert!(principal.has_scope("marriage.case") && !principal.has_scope("self"));
    assert!(principal.is_authenticated());
    assert!(principal.purposes.contains("MARRIAGE_REGISTRATION"));
    let again = verifier.identify(Some(&header)).unwrap();
    assert!(Arc::ptr_eq(&principal, &again), "remembered");
}

#[tokio::test]
async fn identifiers_that_say_nothing_are_let_through_however_many_digits_they_have() {
    let verifier = verifier();
    for id in [
        "12345678-1234-4234-8234-123456789012",
        "0123456789012345678901234567890a",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "2026-000123",
    ] {
        let token = signed(&with(json!({ "sub": id, "jti": id })));
        assert_eq!(refused(&verifier, &token).await, None, "{id}");
    }
}

#[tokio::test]
async fn an_issuer_that_may_name_persons_names_them() {
    let mut verifier = verifier();
    let ours = config::Issuer {
        issuer: "https://ours.example".to_owned(),
        persons: true,
        ..issuer("ours", "EdDSA")
    };
    let keys = json!({ "keys": [key(3).jwk()] }).to_string();
    verifier.add_fixed(&ours, &keys).unwrap();
    let claims = with(json!({
        "iss": "https://ours.example", "role": "citizen", "division": null, "person": "token-of-a-person",
    }));
    let token = format!("Bearer {}", key(3).sign(&claims.to_string()));
    let principal = verifier.identify(Some(&token)).unwrap();
    assert_eq!(principal.person.as_deref(), Some("token-of-a-person"));
}

#[tokio::test]
async fn no_token_is_the_public_and_a_bad_one_is_not() {
    let verifier = verifier();
    let public = verifier.identify(None).unwrap();
    assert_eq!(public.role, Role::Public);
    assert!(!public.is_authenticated());
    for header in ["", "Bearer", "Bearer ", "Basic dTpw", "token"] {
        let got = verifier.identify(Some(header));
        assert_eq!(got.err(), Some(IdentityError::TokenMalformed), "{header}");
    }
}

#[tokio::test]
async fn every_bad_token_has_its_own_code() {
    use IdentityError as E;
    let verifier = verifier();
    let alg = |alg: &str| json!({ "alg": alg, "typ": "JWT" });
    let good = signed(&claims());
    let (body, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = body.split_once('.').unwrap();
    let other_claims = URL_SAFE_NO_PAD.encode(with(json!({ "role": "citizen" })).to_string());
    let hmac = jsonwebtoken::encode(
        &Header::new(Algorithm::HS256),
        &claims(),
        &EncodingKey::from_secret(&key(1).public()),
    )
    .unwrap();
    let two = json!({ "iss": "https://two.example", "role": "citizen" });
    for (what, token, expected, code) in [
        (
            "no token at all",
            "x".to_owned(),
            E::TokenMalformed,
            "TOKEN_MALFORMED",
        ),
        (
            "two parts",
            body.to_owned(),
            E::TokenMalformed,
            "TOKEN_MALFORMED",
        ),
        (
            "four parts",
            format!("{good}.x"),
            E::TokenMalformed,
            "TOKEN_MALFORMED",
        ),
        (
            "too long",
            "x".repeat(10_000),
            E::TokenMalformed,
            "TOKEN_MALFORMED",
        ),
        (
            "header is no JSON",
            format!("eA.{good}"),
            E::TokenMalformed,
            "TOKEN_MALFORMED",
        ),
        (
            "alg none",
            forged(&alg("none"), &claims(), ""),
            E::TokenUnsigned,
            "TOKEN_UNSIGNED",
        ),
        (
            "alg nOnE",
            forged(&alg("nOnE"), &claims(), "x"),
            E::TokenUnsigned,
            "TOKEN_UNSIGNED",
        ),
        (
            "signature cut off",
            format!("{body}."),
            E::TokenUnsigned,
            "TOKEN_UNSIGNED",
        ),
        (
            "HS256 with the public key",
            hmac,
            E::AlgorithmNotAllowed,
            "TOKEN_ALGORITHM",
        ),
        (
            "ES256 from an EdDSA issuer",
            forged(&alg("ES256"), &claims(), "eA"),
            E::AlgorithmNotAllowed,
            "TOKEN_ALGORITHM",
        ),
        (
            "another key",
            key(2).sign(&claims().to_string()),
            E::BadSignature,
            "TOKEN_SIGNATURE",
        ),
        (
            "claims changed",
            format!("{header}.{other_claims}.{signature}"),
            E::BadSignature,
            "TOKEN_SIGNATURE",
        ),
        (
            "signature of another issuer",
            signed(&with(two)),
            E::AlgorithmNotAllowed,
            "TOKEN_ALGORITHM",
        ),
        (
            "unknown issuer",
            signed(&with(json!({ "iss": "https://evil.example" }))),
            E::UnknownIssuer,
            "TOKEN_ISSUER_UNKNOWN",
        ),
        (
            "issuers in a list",
            signed(&with(json!({ "iss": ["https://one.example"] }))),
            E::TokenMalformed,
            "TOKEN_MALFORMED",
        ),
        (
            "no issuer",
            signed(&with(json!({ "iss": null }))),
            E::TokenMalformed,
            "TOKEN_MALFORMED",
        ),
        (
            "no audience",
            signed(&with(json!({ "aud": null }))),
            E::TokenMalformed,
            "TOKEN_MALFORMED",
        ),
        (
            "another audience",
            signed(&with(json!({ "aud": "hotel" }))),
            E::WrongAudience,
            "TOKEN_AUDIENCE",
        ),
        (
            "no subject",
            signed(&with(json!({ "sub": null }))),
            E::TokenMalformed,
            "TOKEN_MALFORMED",
        ),
        (
            "empty subject",
            signed(&with(json!({ "sub": "" }))),
            E::TokenMalformed,
            "TOKEN_MALFORMED",
        ),
        (
            "line break in subject",
            signed(&with(json!({ "sub": "a\nb" }))),
            E::TokenMalformed,
            "TOKEN_MALFORMED",
        ),
        (
            "no end",
            signed(&with(json!({ "exp": null }))),
            E::TokenMalformed,
            "TOKEN_MALFORMED",
        ),
        (
            "end is a text",
            signed(&with(json!({ "exp": "soon" }))),
            E::TokenMalformed,
            "TOKEN_MALFORMED",
        ),
        (
            "expired",
            signed(&with(json!({ "exp": now() - 60 }))),
            E::TokenExpired,
            "TOKEN_EXPIRED",
        ),
        (
            "not before a minute from now",
            signed(&with(json!({ "nbf": now() + 60 }))),
            E::TokenNotYetValid,
            "TOKEN_NOT_YET_VALID",
        ),
        (
            "issued in the future",
            signed(&with(json!({ "iat": now() + 60 }))),
            E::TokenNotYetValid,
            "TOKEN_NOT_YET_VALID",
        ),
        (
            "too long a life",
            signed(&with(json!({ "exp": now() + 4_000 }))),
            E::LifetimeNotAllowed,
            "TOKEN_LIFETIME",
        ),
        (
            "endless life",
            signed(&with(json!({ "exp": u64::MAX }))),
            E::LifetimeNotAllowed,
            "TOKEN_LIFETIME",
        ),
        (
            "a person, of an issuer that may name none",
            signed(&with(json!({ "person": "token-of-a-person" }))),
            E::PersonNotAllowed,
            "TOKEN_PERSON",
        ),
        (
            "a division of another province",
            signed(&with(json!({ "division": "320106" }))),
            E::ProvinceNotAllowed,
            "TOKEN_PROVINCE",
        ),
        (
            "a number for a subject",
            signed(&with(json!({ "sub": "519901199003030032" }))),
            E::IdentifierTells,
            "TOKEN_IDENTIFIER",
        ),
        (
            "a number in a subject",
            signed(&with(json!({ "sub": "idp|51990119900303003X@example" }))),
            E::IdentifierTells,
            "TOKEN_IDENTIFIER",
        ),
        (
            "a number for the token's own id",
            signed(&with(json!({ "jti": "519901199003030032-1" }))),
            E::IdentifierTells,
            "TOKEN_IDENTIFIER",
        ),
        (
            "a number for a registry",
            signed(&with(json!({ "registry": "r 519901 19900303 0032" }))),
            E::IdentifierTells,
            "TOKEN_IDENTIFIER",
        ),
        (
            "a number for a division",
            signed(&with(json!({ "division": "519901199003030032" }))),
            E::IdentifierTells,
            "TOKEN_IDENTIFIER",
        ),
        (
            "a role not the issuer's",
            signed(&with(json!({ "role": "auditor" }))),
            E::RoleNotAllowed,
            "TOKEN_ROLE",
        ),
        (
            "no such role",
            signed(&with(json!({ "role": "king" }))),
            E::RoleNotAllowed,
            "TOKEN_ROLE",
        ),
        (
            "the role public",
            signed(&with(json!({ "role": "public" }))),
            E::RoleNotAllowed,
            "TOKEN_ROLE",
        ),
        (
            "no role",
            signed(&with(json!({ "role": null }))),
            E::TokenMalformed,
            "TOKEN_MALFORMED",
        ),
        (
            "another province",
            signed(&with(json!({ "province": "32" }))),
            E::ProvinceNotAllowed,
            "TOKEN_PROVINCE",
        ),
    ] {
        let got = refused(&verifier, &token).await;
        assert_eq!(got, Some(expected), "{what}");
        assert_eq!(expected.code().as_str(), code, "{what}");
        assert_eq!(expected.code().http_status(), 401, "{what}");
        // A refusal is not remembered as anything else.
        assert_eq!(
            refused(&verifier, &token).await,
            Some(expected),
            "{what}, again"
        );
    }
}

fn ec_token(changes: Value) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some("ec".to_owned());
    let mut all = json!({ "iss": "https://two.example" });
    all.as_object_mut()
        .unwrap()
        .extend(changes.as_object().unwrap().clone());
    let key = EncodingKey::from_ec_pem(EC_KEY.as_bytes()).unwrap();
    jsonwebtoken::encode(&header, &with(all), &key).unwrap()
}

#[tokio::test]
async fn an_issuer_grants_only_what_it_may() {
    let verifier = verifier();
    let scopes = |token: String| {
        let verifier = &verifier;
        async move {
            let principal = verifier.identify(Some(&format!("Bearer {token}")))?;
            let scopes = principal.scopes.iter().map(ToString::to_string);
            Ok::<_, IdentityError>(scopes.collect::<Vec<_>>())
        }
    };
    let of = |names: &[&str]| Ok(names.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(scopes(ec_token(json!({}))).await, of(&["marriage.case"]));
    assert_eq!(
        scopes(ec_token(
            json!({ "province": "32", "role": "citizen", "division": null, "registry": null })
        ))
        .await,
        of(&["self"])
    );
    // The province that it may name has no officers and no registries here.
    for officer in [
        json!({ "province": "32", "division": null, "registry": null }),
        json!({ "province": "32", "division": null }),
        json!({ "province": "32", "division": "320106", "registry": null }),
        json!({ "province": "32", "division": null, "role": "citizen" }),
    ] {
        let got = scopes(ec_token(officer.clone())).await;
        assert_eq!(got, Err(IdentityError::ProvinceNotAllowed), "{officer}");
    }
    assert_eq!(
        scopes(ec_token(json!({ "scope": "hotline" }))).await,
        Err(IdentityError::ScopeNotAllowed)
    );
    for narrowed in [
        json!({ "scope": "hotline funeral.case unknown" }),
        json!({ "scope": ["hotline", "funeral.case", "self"] }),
    ] {
        assert_eq!(
            scopes(signed(&with(narrowed))).await,
            of(&["funeral.case", "hotline"]),
            "a token narrows its role's scopes and never widens them"
        );
    }
    assert_eq!(scopes(signed(&with(json!({ "scope": "" })))).await, of(&[]));
}

#[test]
fn a_purpose_is_short_plain_text_that_the_token_permits() {
    let mut principal = Principal::public("51");
    principal.purposes.insert("P1".into());
    let principal = Arc::new(principal);
    let state = |purpose, case| {
        let trace = opentelemetry::Context::new();
        let caller = Caller::new(Arc::clone(&principal), purpose, case, trace)?;
        Ok::<_, ErrorCode>((caller.purpose, caller.case))
    };
    let long = "x".repeat(200);
    assert_eq!(state(None, None), Ok((None, None)));
    assert_eq!(
        state(Some(" P1 "), Some("")),
        Ok((Some("P1".to_owned()), None))
    );
    assert_eq!(state(Some("P2"), None), Err(ErrorCode::PurposeNotAllowed));
    assert_eq!(state(Some(&long), None), Err(ErrorCode::PurposeMalformed));
    assert_eq!(state(None, Some("案")), Err(ErrorCode::PurposeMalformed));
    // Subgraphs keep a case in plain: nobody's number may be one.
    for number in [
        "519901199003030032",
        "51990119900303003X",
        "519901-19900303-0032",
        "case 519901199003030032",
    ] {
        let refusal = state(None, Some(number));
        assert_eq!(refusal, Err(ErrorCode::PurposeMalformed), "{number}");
    }
    for case in ["ab69bd8f-1441-541f-9f13-2e65e66630a9", "C-2026-000123"] {
        assert_eq!(state(None, Some(case)), Ok((None, Some(case.to_owned()))));
    }
}
