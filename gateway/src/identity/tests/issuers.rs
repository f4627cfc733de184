//! Issuers whose keys change, are away, or stand in the data folder.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::identity::dev::{DevClaims, DevIssuer, key_in};

#[tokio::test]
async fn the_development_issuer_keeps_its_key_to_itself() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = DevIssuer::open(folder.path()).unwrap();
    let file = folder.path().join("dev-issuer.key.pem");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let mut verifier = Verifier::new(&config::Identity::default(), "51").unwrap();
    verifier
        .add_fixed(&issuer.config(), &issuer.jwks())
        .unwrap();
    let claims = DevClaims {
        subject: "citizen-0".to_owned(),
        role: Role::Citizen,
        province: "51".to_owned(),
        person: Some("token-of-a-person".to_owned()),
        division: None,
        registry: None,
        purposes: vec![],
        scope: None,
        ttl: Duration::from_secs(60),
    };
    // The second opening finds the first one's key.
    let again = DevIssuer::open(folder.path()).unwrap();
    let token = again.mint(&claims, SystemTime::now());
    let principal = verifier.identify(Some(&format!("Bearer {token}"))).unwrap();
    assert_eq!(principal.person.as_deref(), Some("token-of-a-person"));
    assert!(principal.has_scope("self"));
    let old = SystemTime::now() - Duration::from_secs(120);
    let expired = again.mint(&claims, old);
    assert_eq!(
        refused(&verifier, &expired).await,
        Some(IdentityError::TokenExpired)
    );

    std::fs::write(&file, "nonsense").unwrap();
    let error = key_in(folder.path(), "dev-issuer.key.pem").err().unwrap();
    assert!(error.to_string().contains("holds no Ed25519 private key"));
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "nonsense",
        "untouched"
    );
}

#[tokio::test]
async fn keys_are_read_from_a_file_and_followed_when_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    let config = config::Identity {
        issuers: vec![config::Issuer {
            jwks: file.to_str().unwrap().to_owned(),
            ..issuer("one", "EdDSA")
        }],
        ..config::Identity::default()
    };
    let verifier = Verifier::new(&config, "51").unwrap();
    // Older than any reading: a younger one would be told to come again, for its key might have been published since.
    let token = signed(&with(json!({ "iat": now() - 300 })));
    assert_eq!(
        refused(&verifier, &token).await,
        Some(IdentityError::KeysUnavailable),
        "never read yet: not the caller's fault"
    );
    assert_eq!(IdentityError::KeysUnavailable.code().http_status(), 503);
    assert_eq!(verifier.refresh().await.len(), 1);
    let set = |keys: &[&NamedKey]| {
        let mut keys: Vec<Value> = keys.iter().map(|key| key.jwk()).collect();
        keys.push(json!({ "kty": "oct", "k": "c2VjcmV0" }));
        std::fs::write(&file, json!({ "keys": keys }).to_string()).unwrap();
    };
    set(&[&key(1)]);
    assert!(verifier.refresh().await.is_empty());
    assert_eq!(refused(&verifier, &token).await, None);
    let served = verifier.identify(Some(&format!("Bearer {token}"))).unwrap();
    let mut news = verifier.recalls();
    std::fs::write(&file, "half a fi").unwrap();
    assert_eq!(verifier.refresh().await.len(), 1);
    assert_eq!(
        refused(&verifier, &token).await,
        None,
        "the last good set stays"
    );
    set(&[&key(1), &key(2)]);
    assert!(verifier.refresh().await.is_empty());
    assert_eq!(verifier.still_holds(&served, SystemTime::now()), Ok(()));
    assert!(news.has_changed().unwrap());
    news.mark_unchanged();
    set(&[&key(2)]);
    assert!(verifier.refresh().await.is_empty());
    assert_eq!(
        in_the_end(&verifier, &token).await,
        Some(IdentityError::BadSignature),
        "a key that was withdrawn is not remembered"
    );
    assert!(news.has_changed().unwrap());
    assert_eq!(
        verifier.still_holds(&served, SystemTime::now()),
        Err(IdentityError::BadSignature),
        "nor is who is served for longer than a request"
    );
}

/// A server of one JWKS, which counts how often it is read.
pub(super) async fn jwks_server(jwks: String) -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    let reads = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reads);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", jwks.len());
            stream.write_all((head + &jwks).as_bytes()).await.unwrap();
        }
    });
    (url, reads)
}

/// Asks again, as a client told to come again does, until it is told something else.
async fn in_the_end(verifier: &Verifier, token: &str) -> Option<IdentityError> {
    for _ in 0..6_000 {
        let told = refused(verifier, token).await;
        if told != Some(IdentityError::KeysUnavailable) {
            return told;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Some(IdentityError::KeysUnavailable)
}

#[tokio::test]
async fn an_unknown_key_causes_one_reading_of_the_url_and_no_more() {
    let jwks = json!({ "keys": [key(1).jwk()] }).to_string();
    let (url, reads) = jwks_server(jwks).await;
    let config = config::Identity {
        issuers: vec![config::Issuer {
            jwks: url,
            ..issuer("one", "EdDSA")
        }],
        ..config::Identity::default()
    };
    let verifier = Verifier::new(&config, "51").unwrap();
    let good = signed(&claims());
    // Made well before that reading, so that its key would have been among the keys.
    let old = with(json!({ "iat": now() - 300 }));
    let stranger = key(9).sign(&old.to_string());
    // Nobody waits: both are told to come again while the one reading goes on.
    for token in [&good, &stranger] {
        let told = refused(&verifier, token).await;
        assert_eq!(told, Some(IdentityError::KeysUnavailable));
    }
    assert_eq!(in_the_end(&verifier, &good).await, None);
    for _ in 0..20 {
        let told = in_the_end(&verifier, &stranger).await;
        assert_eq!(told, Some(IdentityError::BadSignature));
    }
    assert_eq!(reads.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_key_published_a_moment_ago_is_known_to_the_next_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    let publish = |keys: &[&NamedKey]| {
        let keys: Vec<Value> = keys.iter().map(|key| key.jwk()).collect();
        std::fs::write(&file, json!({ "keys": keys }).to_string()).unwrap();
    };
    publish(&[&key(1)]);
    let config = config::Identity {
        issuers: vec![config::Issuer {
            jwks: file.to_string_lossy().into_owned(),
            ..issuer("one", "EdDSA")
        }],
        ..config::Identity::default()
    };
    let verifier = Verifier::new(&config, "51").unwrap();
    assert!(verifier.refresh().await.is_empty());
    publish(&[&key(1), &key(2)]);
    let (old, new) = (signed(&claims()), key(2).sign(&claims().to_string()));
    assert_eq!(
        refused(&verifier, &new).await,
        Some(IdentityError::KeysUnavailable)
    );
    assert_eq!(refused(&verifier, &old).await, None, "others go on");
    assert_eq!(in_the_end(&verifier, &new).await, None);
}

/// Asks until it is so.
async fn comes_true(mut is_so: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        if is_so() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn keys_are_followed_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    let publish = |key: &NamedKey| {
        let next = folder.path().join("next.json");
        std::fs::write(&next, json!({ "keys": [key.jwk()] }).to_string()).unwrap();
        std::fs::rename(&next, &file).unwrap();
    };
    publish(&key(1));
    let config = config::Identity {
        issuers: vec![config::Issuer {
            jwks: file.to_string_lossy().into_owned(),
            refresh: Duration::from_secs(1),
            ..issuer("one", "EdDSA")
        }],
        ..config::Identity::default()
    };
    let verifier = Arc::new(Verifier::new(&config, "51").unwrap());
    assert!(verifier.refresh().await.is_empty());
    let header = format!("Bearer {}", signed(&claims()));
    let principal = verifier.identify(Some(&header)).unwrap();
    let following = tokio::spawn(Arc::clone(&verifier).keep_fresh());
    publish(&key(2));
    // Nobody asks with a key that is not known, so nothing else has the set read.
    let holds = || verifier.still_holds(&principal, SystemTime::now());
    assert!(comes_true(|| holds().is_err()).await, "never read again");
    assert_eq!(holds(), Err(IdentityError::BadSignature));
    let told = verifier.identify(Some(&header)).err();
    assert!(told.is_some(), "a remembered token of a key that is gone");
    following.abort();
}

#[tokio::test]
async fn a_token_that_is_remembered_is_refused_once_it_has_ended() {
    let config = config::Identity {
        clock_skew: Duration::ZERO,
        ..config::Identity::default()
    };
    let mut verifier = Verifier::new(&config, "51").unwrap();
    let set = json!({ "keys": [key(1).jwk()] }).to_string();
    verifier.add_fixed(&issuer("one", "EdDSA"), &set).unwrap();
    let begun = Instant::now();
    // One that is let in, however slow this machine is.
    let header = loop {
        let token = signed(&with(json!({ "exp": now() + 2 })));
        let header = format!("Bearer {token}");
        if verifier.identify(Some(&header)).is_ok() {
            break header;
        }
        assert!(begun.elapsed() < Duration::from_secs(60));
    };
    let ended = comes_true(|| verifier.identify(Some(&header)).is_err()).await;
    assert!(ended, "believed for ever");
    let told = verifier.identify(Some(&header)).err();
    assert_eq!(told, Some(IdentityError::TokenExpired));
}
