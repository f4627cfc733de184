//! Documents by text, by hash and by id, for roles of both kinds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::config::ByteSize;
use serde_json::json;

const KNOWN: &str = "query Known { a }";

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn request(query: Option<&str>, hash: Option<&str>, id: Option<&str>) -> GraphQlRequest {
    GraphQlRequest {
        query: query.map(str::to_owned),
        document_id: id.map(str::to_owned),
        extensions: hash
            .map(|hash| json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })),
        ..GraphQlRequest::default()
    }
}

fn documents(folder: &Path, change: impl FnOnce(&mut config::Documents)) -> Documents {
    let file = folder.join("trusted.json");
    let manifest = json!({ "format": "apollo-persisted-query-manifest", "version": 1,
        "operations": [{ "id": "known-1", "name": "Known", "type": "query", "body": KNOWN }] });
    std::fs::write(&file, manifest.to_string()).unwrap();
    let mut config = config::Documents {
        trusted: Some(file),
        trusted_only: vec!["citizen".to_owned()],
        refresh: Duration::from_millis(20),
        ..config::Documents::default()
    };
    change(&mut config);
    Documents::open(&config, &config::Limits::default()).unwrap()
}

fn outcome(
    documents: &Documents,
    request: &GraphQlRequest,
    role: Role,
) -> Result<String, ErrorCode> {
    documents.text(request, role).map(|text| text.to_string())
}

#[test]
fn a_document_is_known_by_its_hash_after_it_was_sent_once_with_it() {
    let documents = Documents::default();
    let (text, hash) = ("{ b }", hash("{ b }"));
    let ask = |query: Option<&str>, hash: Option<&str>| {
        outcome(&documents, &request(query, hash, None), Role::Public)
    };
    assert_eq!(
        ask(None, Some(&hash)),
        Err(ErrorCode::PersistedQueryNotFound)
    );
    assert_eq!(
        ask(Some("{ other }"), Some(&hash)),
        Err(ErrorCode::DocumentHashMismatch)
    );
    assert_eq!(
        ask(None, Some(&hash)),
        Err(ErrorCode::PersistedQueryNotFound)
    );
    assert_eq!(ask(Some(text), Some(&hash)), Ok(text.to_owned()));
    assert_eq!(ask(None, Some(&hash)), Ok(text.to_owned()));
    assert_eq!(ask(None, Some(&hash.to_uppercase())), Ok(text.to_owned()));
    for wrong in ["", "00", &"x".repeat(64), &format!("{hash}00")] {
        assert_eq!(
            ask(None, Some(wrong)),
            Err(ErrorCode::RequestMalformed),
            "{wrong}"
        );
    }
    assert_eq!(ask(None, None), Err(ErrorCode::RequestMalformed));
}

#[test]
fn registered_documents_never_take_more_memory_than_they_may() {
    let folder = tempfile::tempdir().unwrap();
    let documents = documents(folder.path(), |config| {
        config.automatic_memory = ByteSize::kib(64);
    });
    for number in 0..2_000 {
        let text = format!("{{ a{number} }} # {}", "x".repeat(300));
        let _ = documents.text(
            &request(Some(&text), Some(&hash(&text)), None),
            Role::Public,
        );
    }
    let registered = documents.registered.as_ref().unwrap();
    registered.run_pending_tasks();
    assert!(
        registered.weighted_size() <= 64 * 1024,
        "{}",
        registered.weighted_size()
    );
    assert!(registered.entry_count() > 10);
}

#[test]
fn a_peer_runs_its_one_document_and_no_other_whatever_is_configured() {
    let folder = tempfile::tempdir().unwrap();
    for documents in [Documents::default(), documents(folder.path(), |_| {})] {
        let own = crate::contract::PEER_DOCUMENT;
        let sent = request(Some(own), None, None);
        assert_eq!(outcome(&documents, &sent, Role::Peer), Ok(own.to_owned()));
        for other in [
            "{ other }",
            &format!("{own} "),
            "{ interopStation { epoch } }",
        ] {
            // Somebody else has registered it: that must open nothing.
            let registered = request(Some(other), Some(&hash(other)), None);
            outcome(&documents, &registered, Role::Public).unwrap();
            let sent = request(Some(other), None, None);
            assert_eq!(
                outcome(&documents, &sent, Role::Peer),
                Err(ErrorCode::DocumentNotTrusted),
                "{other}"
            );
            let by_hash = request(None, Some(&hash(other)), None);
            assert_eq!(
                outcome(&documents, &by_hash, Role::Peer),
                Err(ErrorCode::PersistedQueryNotFound)
            );
        }
    }
}

#[test]
fn a_role_of_trusted_documents_runs_those_and_no_others_however_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let documents = documents(folder.path(), |_| {});
    let other = "{ other }";
    // Someone else registers it: that must open nothing.
    outcome(
        &documents,
        &request(Some(other), Some(&hash(other)), None),
        Role::Public,
    )
    .unwrap();
    for (query, by_hash, by_id, expected) in [
        (Some(KNOWN), None, None, Ok(KNOWN)),
        (None, Some(hash(KNOWN)), None, Ok(KNOWN)),
        (None, None, Some("known-1".to_owned()), Ok(KNOWN)),
        (
            None,
            None,
            Some(format!("sha256:{}", hash(KNOWN))),
            Ok(KNOWN),
        ),
        (Some(other), None, None, Err(ErrorCode::DocumentNotTrusted)),
        (
            Some(other),
            Some(hash(other)),
            None,
            Err(ErrorCode::DocumentNotTrusted),
        ),
        (
            Some(other),
            Some(hash(KNOWN)),
            None,
            Err(ErrorCode::DocumentNotTrusted),
        ),
        (
            Some("query Known { a } "),
            None,
            None,
            Err(ErrorCode::DocumentNotTrusted),
        ),
        (
            None,
            Some(hash(other)),
            None,
            Err(ErrorCode::PersistedQueryNotFound),
        ),
        (
            None,
            None,
            Some("known-2".to_owned()),
            Err(ErrorCode::PersistedQueryNotFound),
        ),
        (
            None,
            Some(hash(KNOWN)),
            Some("known-1".to_owned()),
            Err(ErrorCode::RequestMalformed),
        ),
    ] {
        let request = request(query, by_hash.as_deref(), by_id.as_deref());
        let got = outcome(&documents, &request, Role::Citizen);
        assert_eq!(got, expected.map(str::to_owned), "{request:?}");
    }
    let open = outcome(
        &documents,
        &request(Some(other), None, None),
        Role::Registrar,
    );
    assert_eq!(open, Ok(other.to_owned()));
}

#[tokio::test]
async fn a_changed_manifest_is_followed_and_a_damaged_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let documents = Arc::new(documents(folder.path(), |_| {}));
    let following = Arc::clone(&documents);
    let task = tokio::spawn(async move { following.follow().await });
    let file = folder.path().join("trusted.json");
    let new = "{ fresh }";
    let knows =
        |text: &str| outcome(&documents, &request(Some(text), None, None), Role::Citizen).is_ok();
    std::fs::write(&file, json!({ hash(new): new }).to_string()).unwrap();
    for _ in 0..6_000 {
        if knows(new) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(knows(new) && !knows(KNOWN));
    std::fs::write(&file, "{ \"operations\": [{}] }").unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(knows(new), "the last good one stays");
    task.abort();
    let config = config::Documents {
        trusted: Some(file),
        ..config::Documents::default()
    };
    let error = Documents::open(&config, &config::Limits::default()).unwrap_err();
    assert!(error.to_string().contains("is no manifest"), "{error}");
}
