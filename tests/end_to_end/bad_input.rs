//! Bad input: each kind has its own code and the right HTTP status, and no answer repeats what was
//! sent.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::fixtures::{Fixtures, Province};
use crate::{Outcome, case};

/// A word that stands in every bad request and must stand in no answer.
const SECRET: &str = "519901199003030032";

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![
        case(fixtures, "a_bad_body_has_its_own_code_and_status", bodies),
        case(
            fixtures,
            "a_bad_token_has_its_own_code_and_is_never_anonymous",
            tokens,
        ),
        case(
            fixtures,
            "a_hostile_document_is_refused_before_it_costs_anything",
            documents,
        ),
    ]
}

struct Bad {
    what: &'static str,
    body: String,
    status: u16,
    code: &'static str,
}

fn bodies(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    let query = |query: &str| json!({ "query": query }).to_string();
    let table = [
        Bad { what: "malformed JSON", body: format!("{{\"query\": \"{SECRET}"), status: 400, code: "REQUEST_MALFORMED" },
        Bad { what: "not an object", body: format!("\"{SECRET}\""), status: 400, code: "REQUEST_MALFORMED" },
        Bad { what: "no query", body: format!("{{\"operationName\": \"{SECRET}\"}}"), status: 400, code: "REQUEST_MALFORMED" },
        Bad { what: "a batch", body: "[{\"query\": \"{ __typename }\"}]".to_owned(), status: 400, code: "BATCHING_DISABLED" },
        Bad { what: "syntax", body: query(&format!("{{ divisionByCode(code: \"{SECRET}\" ")), status: 400, code: "GRAPHQL_PARSE_FAILED" },
        Bad { what: "unknown field", body: query("{ noSuchField }"), status: 400, code: "GRAPHQL_VALIDATION_FAILED" },
        Bad { what: "unknown argument", body: query(&format!("{{ divisionByCode(kode: \"{SECRET}\") {{ id }} }}")), status: 400, code: "GRAPHQL_VALIDATION_FAILED" },
        Bad { what: "wrong literal type", body: query(&format!("{{ divisions(level: \"{SECRET}\") {{ nodes {{ id }} }} }}")), status: 400, code: "GRAPHQL_VALIDATION_FAILED" },
        Bad { what: "two operations without a name", body: query("query A { __typename } query B { __typename }"), status: 400, code: "OPERATION_NAME_REQUIRED" },
        Bad {
            what: "an operation that is not there",
            body: json!({ "query": "query A { __typename }", "operationName": "B" }).to_string(),
            status: 400,
            code: "OPERATION_NOT_FOUND",
        },
        Bad {
            what: "a missing variable",
            body: query("query A($id: ID!) { division(id: $id) { id } }"),
            status: 400,
            code: "BAD_USER_INPUT",
        },
        Bad {
            what: "a variable of a wrong type",
            body: json!({ "query": "query A($first: Int) { divisions(level: PROVINCE, first: $first) { nodes { id } } }", "variables": { "first": SECRET } }).to_string(),
            status: 400,
            code: "BAD_USER_INPUT",
        },
    ];
    let headers = [
        ("content-type", "application/json"),
        ("accept", "application/graphql-response+json"),
    ];
    for bad in table {
        let answer = province
            .client
            .post(&province.program.graphql(), &headers, bad.body)?;
        refused(
            bad.what,
            answer.status,
            &answer.json(),
            bad.status,
            bad.code,
        )?;
        silent(bad.what, &answer.body)?;
    }
    let answer = province.client.get(
        &format!(
            "{}?query=mutation%7B__typename%7D",
            province.program.graphql()
        ),
        &headers,
    )?;
    refused(
        "a mutation over GET",
        answer.status,
        &answer.json(),
        405,
        "MUTATION_OVER_GET",
    )?;
    let answer = province.client.post(
        &province.program.graphql(),
        &[("content-type", "text/plain")],
        "{}",
    )?;
    refused(
        "a content type that browsers send unasked",
        answer.status,
        &answer.json(),
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    )
}

fn tokens(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    let good = province.token("registrar")?.unwrap_or_default();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let change = |name: &'static str, value: Value| {
        resign(&province, &good, move |claims| claims[name] = value.clone())
    };
    let table = [
        ("no token at all", "Bearer".to_owned(), "TOKEN_MALFORMED"),
        ("another scheme", "Basic YTpi".to_owned(), "TOKEN_MALFORMED"),
        ("not a token", format!("Bearer {SECRET}"), "TOKEN_MALFORMED"),
        (
            "unsigned",
            format!("Bearer {}", unsigned(&good)?),
            "TOKEN_UNSIGNED",
        ),
        (
            "expired",
            format!("Bearer {}", change("exp", json!(now - 600))?),
            "TOKEN_EXPIRED",
        ),
        (
            "not yet valid",
            format!("Bearer {}", change("nbf", json!(now + 600))?),
            "TOKEN_NOT_YET_VALID",
        ),
        (
            "another issuer",
            format!(
                "Bearer {}",
                change("iss", json!("https://elsewhere.invalid"))?
            ),
            "TOKEN_ISSUER_UNKNOWN",
        ),
        (
            "another audience",
            format!("Bearer {}", change("aud", json!("elsewhere"))?),
            "TOKEN_AUDIENCE",
        ),
        (
            "a role nobody grants",
            format!("Bearer {}", change("role", json!("emperor"))?),
            "TOKEN_ROLE",
        ),
        (
            "another signature",
            format!("Bearer {}", tampered(&good)),
            "TOKEN_SIGNATURE",
        ),
    ];
    for (what, authorization, code) in table {
        let headers = [
            ("content-type", "application/json"),
            ("authorization", authorization.as_str()),
        ];
        let answer = province.client.post(
            &province.program.graphql(),
            &headers,
            "{\"query\":\"{ __typename }\"}",
        )?;
        refused(what, answer.status, &answer.json(), 401, code)?;
        silent(what, &answer.body)?;
    }
    Ok(())
}

fn documents(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    let aliases: String = (0..10_000).map(|i| format!("a{i}: __typename ")).collect();
    let deep = "{ a ".repeat(10_000) + &"}".repeat(10_000);
    let doubled: String = (0..30)
        .map(|i| format!("fragment F{i} on Query {{ ...F{} ...F{} }} ", i + 1, i + 1))
        .collect::<String>()
        + "fragment F30 on Query { __typename }";
    let table = [
        ("ten thousand aliases", format!("{{ {aliases} }}")),
        ("a depth of ten thousand", deep),
        (
            "fragments that double thirty times",
            format!("{{ ...F0 }} {doubled}"),
        ),
        (
            "fragments in a circle",
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(),
        ),
        (
            "a megabyte of string",
            format!(
                "{{ divisionByCode(code: \"{}\") {{ id }} }}",
                "x".repeat(1 << 20)
            ),
        ),
    ];
    let headers = [("content-type", "application/json")];
    for (what, document) in table {
        let answer = province.client.post(
            &province.program.graphql(),
            &headers,
            json!({ "query": document }).to_string(),
        )?;
        let body = answer.json();
        if body["errors"][0]["extensions"]["code"].as_str().is_none()
            || body.get("data").is_some_and(|data| !data.is_null())
        {
            return Err(format!(
                "{what}: status {} {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            ));
        }
    }
    province
        .data("public", "{ __typename }", &Value::Null)
        .map(|_| ())
}

fn refused(what: &str, status: u16, body: &Value, expected: u16, code: &str) -> Outcome {
    let error = &body["errors"][0];
    let given = error["extensions"]["code"].as_str().unwrap_or("none");
    if status != expected || given != code {
        return Err(format!(
            "{what}: {status} {given}, expected {expected} {code}; body {body}"
        ));
    }
    if error["message"].as_str().is_none_or(str::is_empty)
        || error["extensions"]["messageZh"]
            .as_str()
            .is_none_or(str::is_empty)
    {
        return Err(format!(
            "{what}: no sentence in both languages; body {body}"
        ));
    }
    Ok(())
}

fn silent(what: &str, body: &[u8]) -> Outcome {
    if String::from_utf8_lossy(body).contains(SECRET) {
        return Err(format!("{what}: the answer repeats what was sent"));
    }
    Ok(())
}

fn part(token: &str, index: usize) -> Result<Value, String> {
    let text = token
        .split('.')
        .nth(index)
        .ok_or("a token has three parts")?;
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

/// The token with other claims, signed by the real key of the installation.
fn resign(province: &Province, token: &str, change: impl Fn(&mut Value)) -> Result<String, String> {
    let key = std::fs::read(province.data.path().join("keys/dev-issuer.key.pem"))
        .map_err(|error| error.to_string())?;
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = part(token, 0)?["kid"].as_str().map(str::to_owned);
    let mut claims = part(token, 1)?;
    change(&mut claims);
    let key = EncodingKey::from_ed_pem(&key).map_err(|error| error.to_string())?;
    jsonwebtoken::encode(&header, &claims, &key).map_err(|error| error.to_string())
}

fn unsigned(token: &str) -> Result<String, String> {
    let claims = token.split('.').nth(1).ok_or("a token has three parts")?;
    Ok(format!(
        "{}.{claims}.",
        URL_SAFE_NO_PAD.encode("{\"alg\":\"none\",\"typ\":\"JWT\"}")
    ))
}

fn tampered(token: &str) -> String {
    let (rest, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{rest}.{first}{}", signature.get(1..).unwrap_or_default())
}
