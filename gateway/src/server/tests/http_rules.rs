//! GraphQL over HTTP: negotiation, refusals, callers, compression, caching, other origins.

use super::*;

const GRAPHQL: &str = "application/graphql-response+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

#[actix_web::test]
async fn a_post_is_answered_or_refused_as_the_draft_says() {
    let server = Running::start(CONFIG).await;
    let big = format!(r#"{{"query":"{}"}}"#, "x".repeat(5_000));
    let json = ("accept", "application/json");
    let graphql = ("accept", "application/graphql-response+json");
    for (headers, body, status, media, code) in [
        (vec![], r#"{"query":"q"}"#, 200, JSON, ""),
        (vec![("accept", "*/*")], r#"{"query":"q"}"#, 200, JSON, ""),
        (vec![json], r#"{"query":"q"}"#, 200, JSON, ""),
        (vec![graphql], r#"{"query":"q"}"#, 200, GRAPHQL, ""),
        (vec![graphql], "{", 400, GRAPHQL, "REQUEST_MALFORMED"),
        (
            vec![("accept", "text/html")],
            r#"{"query":"q"}"#,
            406,
            GRAPHQL,
            "NOT_ACCEPTABLE",
        ),
        (vec![], "{", 400, JSON, "REQUEST_MALFORMED"),
        (vec![json], "{", 400, JSON, "REQUEST_MALFORMED"),
        (vec![], "", 400, JSON, "REQUEST_MALFORMED"),
        (vec![], r#"{"qeury":"q"}"#, 400, JSON, "REQUEST_MALFORMED"),
        (
            vec![],
            r#"{"query":"q","variables":[7]}"#,
            400,
            JSON,
            "REQUEST_MALFORMED",
        ),
        (vec![], r#"[{"query":"q"}]"#, 400, JSON, "BATCHING_DISABLED"),
        (
            vec![],
            r#"{"query":"broken"}"#,
            400,
            JSON,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            vec![json],
            r#"{"query":"broken"}"#,
            200,
            JSON,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (vec![], big.as_str(), 413, JSON, "REQUEST_TOO_LARGE"),
        (
            vec![("content-encoding", "gzip")],
            "x",
            415,
            JSON,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (
            vec![("authorization", "Bearer x")],
            r#"{"query":"q"}"#,
            401,
            JSON,
            "TOKEN_MALFORMED",
        ),
        (
            vec![("authorization", "Basic x")],
            r#"{"query":"q"}"#,
            401,
            JSON,
            "TOKEN_MALFORMED",
        ),
        (
            vec![("minzheng-purpose", "P1")],
            r#"{"query":"q"}"#,
            403,
            JSON,
            "PURPOSE_NOT_ALLOWED",
        ),
    ] {
        let got = server.post(&headers, body).await;
        let told = (got.status, got.header("content-type"), got.code());
        assert_eq!(
            told,
            (status, media, code.to_owned()),
            "{headers:?} {body:.40}"
        );
        assert_eq!(got.json().get("data").is_some(), code.is_empty());
        assert_eq!(got.header("cache-control"), "no-store");
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert_eq!(got.header("www-authenticate").is_empty(), status != 401);
    }
    let plain = [("content-type", "text/plain")];
    let got = server.ask("POST", "/graphql", &plain, "{}").await;
    assert_eq!(
        (got.status, got.code().as_str()),
        (415, "UNSUPPORTED_MEDIA_TYPE")
    );
    server.stop().await;
}

#[actix_web::test]
async fn a_get_may_query_and_nothing_else() {
    let server = Running::start(CONFIG).await;
    let navigate = ("sec-fetch-mode", "navigate");
    let html = ("accept", "text/html,*/*;q=0.8");
    let graphql = ("accept", "application/graphql-response+json");
    for (headers, path, status, code) in [
        (vec![], "/graphql?query=q", 200, ""),
        (
            vec![graphql],
            "/graphql?query=q&variables=%7B%22a%22%3A1%7D",
            200,
            "",
        ),
        (
            vec![graphql],
            "/graphql?query=mutation",
            405,
            "MUTATION_OVER_GET",
        ),
        (
            vec![("accept", "application/json")],
            "/graphql?query=mutation",
            405,
            "MUTATION_OVER_GET",
        ),
        (vec![], "/graphql", 400, "REQUEST_MALFORMED"),
        (
            vec![],
            "/graphql?query=q&variables=7",
            400,
            "REQUEST_MALFORMED",
        ),
        (
            vec![navigate, html],
            "/graphql?query=q",
            403,
            "PREFLIGHT_REQUIRED",
        ),
        (
            vec![("sec-fetch-mode", "no-cors")],
            "/graphql?query=q",
            403,
            "PREFLIGHT_REQUIRED",
        ),
        (
            vec![navigate, html, ("minzheng-preflight", "1")],
            "/graphql?query=q",
            200,
            "",
        ),
        (vec![navigate, graphql], "/graphql?query=q", 200, ""),
    ] {
        let got = server.ask("GET", path, &headers, "").await;
        assert_eq!(
            (got.status, got.code()),
            (status, code.to_owned()),
            "{headers:?} {path}"
        );
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        let got = server.ask(method, "/graphql", &[], "").await;
        assert_eq!(
            (got.status, got.code().as_str()),
            (405, "METHOD_NOT_ALLOWED")
        );
        assert_eq!(got.header("allow"), "GET, HEAD, POST, OPTIONS");
    }
    server.stop().await;
}

#[actix_web::test]
async fn the_caller_comes_from_the_token_and_the_headers() {
    let server = Running::start(CONFIG).await;
    let token = server.token(Role::Registrar);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = [
        ("authorization", token.as_str()),
        ("minzheng-purpose", "P1"),
        ("traceparent", trace),
    ];
    let body = r#"{"query":"q","variables":{"a":[1]}}"#;
    assert_eq!(
        server.post(&headers, body).await.json()["data"],
        json!({
            "role": "registrar", "purpose": "P1", "variables": {"a": [1]},
            "trace": "4bf92f3577b34da6a3ce929d0e0e4736",
        })
    );
    let refused = [headers[0], headers[2], ("minzheng-purpose", "P2")];
    let got = server.post(&refused, body).await;
    assert_eq!(
        (got.status, got.code().as_str()),
        (403, "PURPOSE_NOT_ALLOWED")
    );
    assert_eq!(
        got.json()["errors"][0]["extensions"]["reference"],
        "4bf92f3577b34da6a3ce929d0e0e4736"
    );
    server.stop().await;
}

#[actix_web::test]
async fn large_answers_are_compressed_and_small_ones_are_not() {
    let server = Running::start(CONFIG).await;
    for (accept, encoding) in [("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"), ("", "")] {
        let got = server
            .post(&[("accept-encoding", accept)], r#"{"query":"large"}"#)
            .await;
        assert_eq!(
            (got.status, got.header("content-encoding")),
            (200, encoding)
        );
        assert_eq!(got.body.len() < 5_000, !encoding.is_empty());
        assert!(got.header("vary").contains("accept-encoding"));
    }
    let got = server
        .post(&[("accept-encoding", "gzip, br")], r#"{"query":"q"}"#)
        .await;
    assert_eq!(got.header("content-encoding"), "");
    server.stop().await;
}

#[actix_web::test]
async fn public_answers_to_get_may_be_kept_and_are_not_sent_twice() {
    let server = Running::start(CONFIG).await;
    let first = server.ask("GET", "/graphql?query=public", &[], "").await;
    assert_eq!(first.header("cache-control"), "public, max-age=60");
    let known = [("if-none-match", first.header("etag"))];
    let again = server.ask("GET", "/graphql?query=public", &known, "").await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let token = server.token(Role::Citizen);
    let signed_in = [("authorization", token.as_str())];
    let own = server
        .ask("GET", "/graphql?query=public", &signed_in, "")
        .await;
    assert_eq!(own.header("cache-control"), "private, max-age=60");
    let posted = server.post(&[], r#"{"query":"public"}"#).await;
    assert_eq!(posted.header("cache-control"), "no-store");
    server.stop().await;
}

#[actix_web::test]
async fn only_listed_origins_may_ask_from_a_page() {
    let server = Running::start(CONFIG).await;
    for (origin, allowed) in [
        ("https://portal.example.org", true),
        ("https://portal.example.org.evil.example", false),
        ("null", false),
    ] {
        let preflight = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
        ];
        let got = server.ask("OPTIONS", "/graphql", &preflight, "").await;
        let expected = if allowed { origin } else { "" };
        assert_eq!(got.status, 204);
        assert_eq!(got.header("access-control-allow-origin"), expected);
        assert_eq!(
            got.header("access-control-allow-headers")
                .contains("authorization"),
            allowed
        );
        let got = server.post(&[("origin", origin)], r#"{"query":"q"}"#).await;
        assert_eq!(got.header("access-control-allow-origin"), expected);
        assert!(got.header("vary").contains("origin"));
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_batch_is_answered_in_its_order_where_it_is_wanted() {
    let batch = r#"[{"query":"a"},{"query":"broken"},{"query":"b"}]"#;
    let server = Running::start(CONFIG).await;
    let got = server.post(&[], batch).await;
    assert_eq!(
        (got.status, got.code().as_str()),
        (400, "BATCHING_DISABLED")
    );
    server.stop().await;
    let server = Running::start("[limits]\nbatch = 3").await;
    let got = server.post(&[], batch).await;
    assert_eq!(got.status, 200);
    let answers = got.json();
    assert_eq!(answers.as_array().map(Vec::len), Some(3));
    assert_eq!(answers[0]["data"]["role"], "public");
    let code = &answers[1]["errors"][0]["extensions"]["code"];
    assert_eq!(code, "GRAPHQL_VALIDATION_FAILED");
    let four = r#"[{"query":"a"},{"query":"a"},{"query":"a"},{"query":"a"}]"#;
    let got = server.post(&[], four).await;
    assert_eq!((got.status, got.code().as_str()), (400, "BATCH_TOO_LARGE"));
    server.stop().await;
}

#[actix_web::test]
async fn a_head_is_answered_as_a_get_without_its_body() {
    let server = Running::start(CONFIG).await;
    let get = server.ask("GET", "/graphql?query=public", &[], "").await;
    let head = server.ask("HEAD", "/graphql?query=public", &[], "").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in ["content-type", "cache-control", "etag", "content-length"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_get_is_judged_the_same_whatever_content_it_says_to_bring() {
    let server = Running::start(CONFIG).await;
    for content in [
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "no/such; thing=\"",
    ] {
        for (more, path, status, code) in [
            (None, "/graphql?query=q", 200, ""),
            (None, "/graphql", 400, "REQUEST_MALFORMED"),
            (None, "/graphql?query=mutation", 405, "MUTATION_OVER_GET"),
            (
                Some(("sec-fetch-mode", "no-cors")),
                "/graphql?query=q",
                403,
                "PREFLIGHT_REQUIRED",
            ),
        ] {
            let headers: Vec<_> = std::iter::once(("content-type", content))
                .chain(more)
                .collect();
            // What stands in the body of a GET is nobody's request.
            for body in ["", "{\"query\":\"mutation\"}", "query=mutation"] {
                let got = server.ask("GET", path, &headers, body).await;
                assert_eq!(
                    (got.status, got.code().as_str()),
                    (status, code),
                    "{content} {path} {body}"
                );
            }
        }
    }
    server.stop().await;
}

#[actix_web::test]
async fn figures_that_have_an_address_of_their_own_are_told_nowhere_else() {
    let server = Running::start("").await;
    assert_eq!(server.ask("GET", "/metrics", &[], "").await.status, 200);
    server.stop().await;

    let server = Running::start("[server]\nmetrics_listen = \"127.0.0.1:0\"").await;
    let got = server.ask("GET", "/metrics", &[], "").await;
    assert_eq!((got.status, got.code().as_str()), (404, "NOT_FOUND"));
    let listener = bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let own = serve_metrics(Arc::clone(&server.gateway), listener).unwrap();
    let handle = own.handle();
    tokio::spawn(own);
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    for (path, status) in [
        ("/metrics", 200),
        ("/health", 200),
        ("/graphql?query=q", 404),
    ] {
        let url = format!("http://{address}{path}").parse().unwrap();
        assert_eq!(client.get(url).await.unwrap().status(), status, "{path}");
    }
    handle.stop(false).await;
    server.stop().await;
}
