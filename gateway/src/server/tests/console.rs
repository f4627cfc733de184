//! The console: complete, asking nobody else, and for the roles that the configuration names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::contract;

/// A part of the console that only they have to whom it is given; found in no other part.
const PARTS: [(&str, &str); 4] = [
    ("/console", "id=\"graphiql\""),
    ("/console/console.js", "React.createElement(GraphiQL"),
    ("/console/graphiql.min.js", "GraphiQL"),
    ("/console/first-query.graphql", "queryType"),
];

#[actix_web::test]
async fn the_console_is_complete_and_loads_nothing_from_outside() {
    let server = Running::start(CONFIG).await;
    let home = server.ask("GET", "/", &[], "").await;
    assert_eq!((home.status, home.header("location")), (303, "/console"));
    let page = server.ask("GET", "/console", &[], "").await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    let text = String::from_utf8(page.body.to_vec()).unwrap();
    let mut linked = 0;
    for reference in text.split("src=\"").chain(text.split("href=\"")).skip(1) {
        let Some(path) = reference
            .split('"')
            .next()
            .filter(|path| path.starts_with('/'))
        else {
            continue;
        };
        linked += 1;
        let plain = server.ask("GET", path, &[], "").await;
        assert_eq!(
            (plain.status, plain.header("content-encoding")),
            (200, ""),
            "{path}"
        );
        let packed = server
            .ask("GET", path, &[("accept-encoding", "gzip")], "")
            .await;
        assert_eq!(packed.header("content-encoding"), "gzip", "{path}");
        assert!(packed.body.len() < plain.body.len(), "{path}");
    }
    assert_eq!(linked, 5);
    let first = server
        .ask("GET", "/console/first-query.graphql", &[], "")
        .await;
    assert!(first.body.starts_with(b"# "));
    assert_eq!(
        server
            .ask("GET", "/console/../Cargo.toml", &[], "")
            .await
            .status,
        404
    );
    server.stop().await;
}

#[actix_web::test]
async fn the_console_is_given_to_the_roles_that_are_named_and_to_nobody_else() {
    let named = ["supervisor", "operator"];
    let server = Running::start("server.console = [\"supervisor\", \"operator\"]").await;
    for role in contract::ROLES {
        let token = match Role::parse(role).unwrap() {
            Role::Public => None,
            role => Some(server.token(role)),
        };
        let headers: Vec<(&str, &str)> = token
            .iter()
            .map(|token| ("authorization", token.as_str()))
            .collect();
        for (path, mark) in PARTS {
            let got = server.ask("GET", path, &headers, "").await;
            let text = String::from_utf8_lossy(&got.body);
            let expected = if named.contains(&role) {
                (200, String::new())
            } else if token.is_some() {
                (403, "CONSOLE_FORBIDDEN".to_owned())
            } else if path == "/console" {
                // The form that asks for a token.
                (200, String::new())
            } else {
                (401, "UNAUTHENTICATED".to_owned())
            };
            let code = if got.status == 200 {
                String::new()
            } else {
                got.code()
            };
            assert_eq!((got.status, code), expected, "{role} {path}");
            assert_eq!(text.contains(mark), named.contains(&role), "{role} {path}");
            assert_eq!(got.header("cache-control"), "no-store", "{role} {path}");
        }
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_token_that_is_no_good_opens_no_console_and_is_not_taken_for_none() {
    let server = Running::start("server.console = [\"operator\"]").await;
    let good = server.token(Role::Operator);
    // One character within the signature.
    let (rest, signature) = good.split_at(good.len() - 10);
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{rest}{other}{}", &signature[1..]);
    for (token, code) in [
        (forged.as_str(), "TOKEN_SIGNATURE"),
        ("Bearer nonsense", "TOKEN_MALFORMED"),
        ("", "TOKEN_MALFORMED"),
    ] {
        for (path, _) in PARTS {
            let got = server
                .ask("GET", path, &[("authorization", token)], "")
                .await;
            assert_eq!((got.status, got.code().as_str()), (401, code), "{path}");
            assert!(got.header("www-authenticate").starts_with("Bearer"));
        }
    }
    // Neither a cookie nor the address carries a token, and nothing is taken by POST.
    let token = good.trim_start_matches("Bearer ");
    let cookie = format!("token={token}; authorization={token}");
    for (method, path) in [
        ("GET", format!("/console/console.js?token={token}")),
        ("GET", format!("/console/console.js?authorization={token}")),
        ("POST", "/console/console.js".to_owned()),
    ] {
        let got = server.ask(method, &path, &[("cookie", &cookie)], "").await;
        assert!(
            matches!(got.status, 401 | 404),
            "{method} {path}: {}",
            got.status
        );
    }
    // A page of another origin that may ask GraphQL is told no more here.
    let origin = ("origin", "https://elsewhere.example.org");
    let headers = [origin, ("authorization", good.as_str())];
    let got = server.ask("GET", "/console", &headers, "").await;
    assert_eq!(got.header("access-control-allow-origin"), "");
    server.stop().await;
}

#[actix_web::test]
async fn a_revoked_token_opens_no_console() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("revoked.json");
    std::fs::write(&list, "{}").unwrap();
    let config = format!(
        "server.console = [\"operator\"]\n[identity.revocation]\nlist = {:?}",
        list.to_str().unwrap()
    );
    let mut server = Running::start(&config).await;
    server.gateway.parts.verifier.refresh().await;
    server.revoked = Some((folder, list));
    let token = server.token(Role::Operator);
    let headers = [("authorization", token.as_str())];
    let before = server.ask("GET", "/console/console.js", &headers, "").await;
    assert_eq!(before.status, 200);
    server.revoke().await;
    let after = server.ask("GET", "/console/console.js", &headers, "").await;
    assert_eq!(
        (after.status, after.code().as_str()),
        (401, "TOKEN_REVOKED")
    );
    server.stop().await;
}

#[actix_web::test]
async fn the_form_that_asks_for_a_token_runs_only_our_scripts_and_is_never_sent() {
    let server = Running::start("server.console = [\"operator\"]").await;
    let home = server.ask("GET", "/", &[], "").await;
    assert_eq!((home.status, home.header("location")), (303, "/console"));
    let form = server.ask("GET", "/console", &[], "").await;
    let policy = form.header("content-security-policy").to_owned();
    for held in [
        "default-src 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(held), "{held}: {policy}");
    }
    let scripts = policy.split("script-src ").nth(1).unwrap();
    let scripts: Vec<&str> = scripts.split(';').next().unwrap().split(' ').collect();
    let text = String::from_utf8(form.body.to_vec()).unwrap();
    // Without a name no browser would put the token into an address, if the form were sent at all.
    assert!(!text.contains("name=\"token\"") && !text.contains("action="));
    // What it puts into itself is what the policy knows: each script of the page, and no other.
    let token = server.token(Role::Operator);
    let headers = [("authorization", token.as_str())];
    let page = server.ask("GET", "/console", &headers, "").await;
    let page = String::from_utf8(page.body.to_vec()).unwrap();
    let mut hashes = vec!["'self'".to_owned()];
    for path in page.split("script src=\"").skip(1) {
        let path = path.split('"').next().unwrap();
        let script = server.ask("GET", path, &headers, "").await;
        assert_eq!(script.status, 200, "{path}");
        hashes.push(format!(
            "'sha256-{}'",
            STANDARD.encode(Sha256::digest(&script.body))
        ));
    }
    hashes.sort_unstable();
    let mut allowed = scripts.clone();
    allowed.sort_unstable();
    assert_eq!(allowed, hashes);
    let script = server.ask("GET", "/console/gate.js", &[], "").await;
    assert_eq!(script.status, 200);
    server.stop().await;
}

#[actix_web::test]
async fn without_a_role_there_is_no_console() {
    let server = Running::start("server.console = []").await;
    let token = server.token(Role::Operator);
    for headers in [&[][..], &[("authorization", token.as_str())]] {
        for path in ["/", "/console/gate.js"]
            .into_iter()
            .chain(PARTS.map(|(path, _)| path))
        {
            assert_eq!(
                server.ask("GET", path, headers, "").await.status,
                404,
                "{path}"
            );
        }
    }
    server.stop().await;
}
