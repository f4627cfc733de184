//! Documents and policies before one small subgraph of somebody else's: what each role may run, by text, by hash
//! and by id, and that the files behind it are followed while the gateway runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use minzheng_tests::{Client, Listener, Program, free_port, token};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixtures::Fixtures;
use crate::rights::{codes, expect};
use crate::small::{ISSUER, SUPERGRAPH};
use crate::{Outcome, case};

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![case(
        fixtures,
        "documents_are_open_registered_or_trusted_as_the_role_says",
        documents,
    )]
}

const CONFIG: &str = r#"
province = "51"
[identity]
introspection = ["registrar"]
[identity.revocation]
list = "revoked.json"
refresh = "1s"
[documents]
trusted = "trusted.json"
trusted_only = ["citizen", "public"]
refresh = "1s"
"#;

fn documents(_: &Fixtures) -> Outcome {
    let told = |error: std::io::Error| error.to_string();
    let subgraph = Listener::start(r#"{"data":{"word":"hello","secret":"hush"}}"#)?;
    let folder = TempDir::new().map_err(told)?;
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| std::fs::write(path(name), text).map_err(told);
    let url = format!("http://{}/graphql", subgraph.address);
    write("supergraph.graphql", &SUPERGRAPH.replace("URL", &url))?;
    write("gateway.toml", &format!("{CONFIG}{ISSUER}"))?;
    write("revoked.json", "{}")?;
    let trusted = "{ word }";
    write(
        "trusted.json",
        &json!({ "operations": [{ "id": "word-1", "body": trusted }] }).to_string(),
    )?;
    let keys = path("keys");
    let (status, said) = Program::run(&["keys", "init", &keys.to_string_lossy()], &[])?;
    if !status.success() {
        return Err(said);
    }
    let port = free_port();
    let program = Program::start(
        &[
            "gateway",
            "--config",
            &path("gateway.toml").to_string_lossy(),
            "--supergraph",
            &path("supergraph.graphql").to_string_lossy(),
            "--listen",
            &format!("127.0.0.1:{port}"),
        ],
        &[],
        port,
        Duration::from_secs(120),
    )?;
    let client = Client::new();
    let officer = token(&keys, &["--role", "registrar", "--division", "510104"])?;
    let elsewhere = token(&keys, &["--role", "registrar", "--division", "510781"])?;
    let citizen = token(&keys, &["--role", "citizen"])?;
    let send = |token: Option<&str>, body: Value| -> Result<Value, String> {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![
            ("content-type", "application/json"),
            ("accept", "application/graphql-response+json"),
        ];
        if let Some(bearer) = &bearer {
            headers.push(("authorization", bearer));
        }
        Ok(client
            .post(&program.graphql(), &headers, body.to_string())?
            .json())
    };
    let persisted = |hash: &str| json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    // sha256 of "{ word }" and of "{ a: word }".
    let (known, other) = (sha256(trusted), sha256("{ a: word }"));
    let hello = json!({ "data": { "word": "hello" } });

    // Trusted only: by text, by hash, by id; and nothing else, also not what others registered.
    for token in [None, Some(citizen.as_str())] {
        for body in [
            json!({ "query": trusted }),
            json!({ "extensions": persisted(&known) }),
            json!({ "documentId": "word-1" }),
        ] {
            let answer = send(token, body.clone())?;
            if answer != hello {
                return Err(format!("{body}: {answer}"));
            }
        }
        expect(
            "an open document",
            &send(token, json!({ "query": "{ a: word }" }))?,
            "DOCUMENT_NOT_TRUSTED",
        )?;
        expect(
            "registering",
            &send(
                token,
                json!({ "query": "{ a: word }", "extensions": persisted(&other) }),
            )?,
            "DOCUMENT_NOT_TRUSTED",
        )?;
        let introspection = json!({ "query": "{ __schema { queryType { name } } }" });
        expect(
            "the schema",
            &send(token, introspection)?,
            "DOCUMENT_NOT_TRUSTED",
        )?;
    }
    // Open: registered once, asked by hash from then on.
    let officer_token = Some(officer.as_str());
    expect(
        "an unknown hash",
        &send(officer_token, json!({ "extensions": persisted(&other) }))?,
        "PERSISTED_QUERY_NOT_FOUND",
    )?;
    expect(
        "a wrong hash",
        &send(
            officer_token,
            json!({ "query": "{ word }", "extensions": persisted(&other) }),
        )?,
        "DOCUMENT_HASH_MISMATCH",
    )?;
    send(
        officer_token,
        json!({ "query": "{ a: word }", "extensions": persisted(&other) }),
    )?;
    let answer = send(officer_token, json!({ "extensions": persisted(&other) }))?;
    if answer.get("errors").is_some() {
        return Err(format!("a registered document is not known: {answer}"));
    }
    expect(
        "somebody else's registered document",
        &send(Some(&citizen), json!({ "extensions": persisted(&other) }))?,
        "PERSISTED_QUERY_NOT_FOUND",
    )?;
    let introspection = json!({ "query": "{ __schema { queryType { name } } }" });
    if send(officer_token, introspection)?.get("errors").is_some() {
        return Err("an officer may ask for the schema here".to_owned());
    }
    // The policy, under the name that the ready supergraph gave its directive.
    let secret = json!({ "query": "{ secret }" });
    if send(officer_token, secret.clone())?["data"]["secret"] != "hush" {
        return Err("who satisfies the policy is refused".to_owned());
    }
    expect(
        "a policy not met",
        &send(Some(&elsewhere), secret)?,
        "FORBIDDEN",
    )?;

    // The manifest and the list of revoked tokens are followed while it runs.
    write(
        "trusted.json",
        &json!({ "operations": [{ "id": "a-1", "body": "{ a: word }" }] }).to_string(),
    )?;
    write(
        "revoked.json",
        &json!({ "subjects": [{ "iss": "minzheng-dev", "sub": "registrar-1" }] }).to_string(),
    )?;
    let began = Instant::now();
    loop {
        let followed = codes(&send(None, json!({ "query": trusted }))?) == ["DOCUMENT_NOT_TRUSTED"]
            && codes(&send(None, json!({ "query": "{ a: word }" }))?).is_empty();
        let revoked =
            codes(&send(officer_token, json!({ "query": trusted }))?) == ["TOKEN_REVOKED"];
        if followed && revoked {
            return Ok(());
        }
        if began.elapsed() > Duration::from_secs(60) {
            return Err(format!(
                "not followed: manifest {followed}, revocation {revoked}"
            ));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn sha256(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
