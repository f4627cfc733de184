//! A key that its issuer withdraws ends what is open by tokens that it signed.

use super::websocket::{Heard, code};
use super::*;
use crate::identity::jws::NamedKey;

const PATIENCE: Duration = Duration::from_secs(60);
const EVENTS: (&str, &str) = ("accept", "text/event-stream");
const PARTS: (&str, &str) = ("accept", "multipart/mixed;deferSpec=20220824");

/// A server with an issuer whose key set stands in a file.
struct Followed {
    server: Running,
    file: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

fn key(seed: u8) -> NamedKey {
    NamedKey::new(ed25519_dalek::SigningKey::from_bytes(&[seed; 32]))
}

/// A registrar's token, signed with that key.
fn token(seed: u8) -> String {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let claims = json!({
        "iss": "https://followed.example", "aud": "minzheng", "sub": "u-7", "jti": "s-7",
        "iat": now, "exp": now + 3_600, "role": "registrar", "division": "510104",
    });
    format!("Bearer {}", key(seed).sign(&claims.to_string()))
}

impl Followed {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jwks.json");
        let config = format!(
            "[[identity.issuers]]\nname = \"followed\"\nissuer = \"https://followed.example\"\njwks = {:?}\n\
             algorithms = [\"EdDSA\"]\nroles = [\"registrar\"]",
            file.to_str().unwrap()
        );
        let followed = Self {
            server: Running::start(&config).await,
            file,
            _folder: folder,
        };
        followed.publish(&[1]).await;
        followed
    }

    /// Puts another set in place of the last, and has it read as the background does.
    async fn publish(&self, seeds: &[u8]) {
        let keys: Vec<Value> = seeds.iter().map(|seed| key(*seed).jwk()).collect();
        std::fs::write(&self.file, json!({ "keys": keys }).to_string()).unwrap();
        let problems = self.server.gateway.parts.verifier.refresh().await;
        assert_eq!(problems, Vec::<String>::new());
    }
}

#[actix_web::test]
async fn a_key_that_is_withdrawn_ends_what_is_open_and_one_that_is_added_ends_nothing() {
    let followed = Followed::start().await;
    let params = json!({ "authorization": token(1) });
    let mut client = followed.server.connect(params.clone()).await;
    client.subscribe("a", "silence").await;
    let mut public = followed.server.connect(json!({})).await;

    followed.publish(&[1, 2]).await;
    client.subscribe("q", "anything").await;
    let told = client.message().await;
    assert_eq!(told["payload"]["data"]["role"], "registrar", "{told}");
    assert_eq!(client.message().await["type"], "complete");

    followed.publish(&[2]).await;
    let ended = client.message().await;
    let name = (ended["type"].as_str(), ended["id"].as_str(), code(&ended));
    assert_eq!(name, (Some("error"), Some("a"), "TOKEN_SIGNATURE"));
    let closed = Heard::Closed(4403, "TOKEN_SIGNATURE".to_owned());
    assert_eq!(client.hear().await, closed);

    // Who was given a token of the next key, and who has none, go on.
    let next = json!({ "authorization": token(2) });
    let mut next = followed.server.connect(next).await;
    for client in [&mut next, &mut public] {
        client.subscribe("q", "anything").await;
        assert_eq!(client.message().await["type"], "next");
    }
    followed.server.stop().await;
}

#[actix_web::test]
async fn a_key_that_is_withdrawn_ends_streams_and_answers_in_parts() {
    for (accepted, query, end) in [
        (EVENTS, "silence", "event: complete\ndata:\n\n"),
        (PARTS, "half", "\"hasNext\":false}\r\n-----\r\n"),
    ] {
        let followed = Followed::start().await;
        let token = token(1);
        let (headers, asked) = (
            [accepted, ("authorization", token.as_str())],
            json!({ "query": query }).to_string(),
        );
        let streaming = followed.server.post(&headers, &asked);
        let withdrawing = async {
            while followed.server.gateway.subscriptions.load(Ordering::SeqCst) == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            followed.publish(&[2]).await;
        };
        let both = futures_util::future::join(streaming, withdrawing);
        let (got, ()) = tokio::time::timeout(PATIENCE, both).await.unwrap();
        assert_eq!(got.status, 200);
        let text = String::from_utf8(got.body.to_vec()).unwrap();
        assert_eq!(text.matches("\"TOKEN_SIGNATURE\"").count(), 1, "{text}");
        assert!(text.ends_with(end), "{text}");
        followed.server.stop().await;
    }
}
