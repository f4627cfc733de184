//! Rights, as a caller meets them: each case of the study's security list by its number, the ways a
//! document comes in, and what a role may not even ask.

use std::sync::Arc;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use minzheng_tests::{Client, Listener, Program, free_port, token};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixtures::{Fixtures, Province};
use crate::{Outcome, case, enumeration};

/// Two demonstration persons, and the registry that the named operations use.
pub(crate) const MAN: &str = "51990119900303069X";
const WOMAN: &str = "519901199408150067";
pub(crate) const REGISTRY: &str = "4b9c2643-738f-588f-a8d6-3310355e6c5d";
const OFFICER: &str = "registrar --division 510118";
/// The same, serving whoever holds the third ticket of that hall today.
const SERVING: &str = "registrar --division 510118 --purpose MARRIAGE_REGISTRATION --case ab69bd8f-1441-541f-9f13-2e65e66630a9";

const CHECK: &str = "query($man: CitizenIdInput!, $woman: CitizenIdInput!, $registry: ID!) { eligibilityCheck(man: $man, woman: $woman, registry: $registry) { parties { person { id maskedName fullIdentity(reason: \"I am curious\") { name } } status } } }";

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![
        case(
            fixtures,
            "d6_49_an_officer_without_an_open_case_sees_nobody_and_with_one_nobody_in_full_without_a_reason",
            without_a_case,
        ),
        case(
            fixtures,
            "d6_50_a_peer_outside_its_transactions_is_given_no_person",
            peer,
        ),
        case(
            fixtures,
            "d6_51_a_citizens_token_opens_nothing_at_the_officers_end",
            citizen_at_the_counter,
        ),
        case(
            fixtures,
            "d6_54_a_refusal_is_the_same_whether_a_person_is_married_or_not",
            same_refusal,
        ),
        case(
            fixtures,
            "d6_55_ids_that_exist_and_ids_that_do_not_are_told_apart_by_nobody_else",
            enumeration::cases_of_ids,
        ),
        case(
            fixtures,
            "a_field_is_refused_by_get_as_by_post_and_a_bad_token_is_never_anonymous",
            by_get,
        ),
        case(
            fixtures,
            "documents_are_open_registered_or_trusted_as_the_role_says",
            documents,
        ),
    ]
}

fn check() -> Value {
    json!({ "man": MAN, "woman": WOMAN, "registry": REGISTRY })
}

/// The codes of an answer's errors, without repetition.
fn codes(answer: &Value) -> Vec<String> {
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    let mut codes: Vec<String> = errors
        .iter()
        .map(|error| {
            error["extensions"]["code"]
                .as_str()
                .unwrap_or("none")
                .to_owned()
        })
        .collect();
    codes.sort();
    codes.dedup();
    codes
}

fn expect(what: &str, answer: &Value, code: &str) -> Outcome {
    if codes(answer) == [code] {
        Ok(())
    } else {
        Err(format!("{what}: expected {code}, got {answer}"))
    }
}

fn without_a_case(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    // Without a case nothing at all: the persons may be celebrities.
    let answer = province.ask(OFFICER, CHECK, &check())?;
    expect("the check without a case", &answer, "FORBIDDEN")?;
    let person = persons(&province)?.remove(0);
    for (what, case) in [
        (
            "a case that is none",
            "00000000-0000-7000-8000-000000000000",
        ),
        (
            "a case that is over",
            "b13a3169-53d0-595f-94e0-6909dc6d21f6",
        ),
        ("a case in words", "celebrity"),
    ] {
        let role = format!("{OFFICER} --purpose MARRIAGE_REGISTRATION --case {case}");
        let answer = province.ask(&role, CHECK, &check())?;
        expect(what, &answer, "FORBIDDEN")?;
        let proof = "query($p: ID!) { maritalProof(person: $p) { answer } }";
        let answer = province.ask(&role, proof, &json!({ "p": person }))?;
        expect(what, &answer, "FORBIDDEN")?;
    }
    // A matter of two others, which is open, opens nobody else.
    let others =
        format!("{{ openDivorceApplications(registry: \"{REGISTRY}\", first: 1) {{ id }} }}");
    let others = province.data(OFFICER, &others, &Value::Null)?;
    let others = others["openDivorceApplications"][0]["id"].as_str();
    let others = others.ok_or("there is no open divorce")?;
    let role = format!("{OFFICER} --purpose MARRIAGE_REGISTRATION --case {others}");
    let answer = province.ask(&role, CHECK, &check())?;
    expect("the check on a matter of others", &answer, "FORBIDDEN")?;
    let held = "query($p: ID!) { archiveFiles(search: { person: $p }) { edges { node { id } } } }";
    let answer = province.ask(&role, held, &json!({ "p": person }))?;
    expect("the archive on a matter of others", &answer, "FORBIDDEN")?;
    // With one they are seen masked, and in full only for a reason that is one.
    let curious = CHECK.replace("I am curious", "?");
    let answer = province.ask(SERVING, &curious, &check())?;
    let parties = answer["data"]["eligibilityCheck"]["parties"].as_array();
    let parties = parties.filter(|parties| parties.len() == 2);
    let parties = parties.ok_or_else(|| format!("no parties: {answer}"))?;
    for party in parties {
        if !party["person"]["fullIdentity"].is_null() {
            return Err(format!("an identity was shown: {answer}"));
        }
        if party["person"]["maskedName"].is_null() {
            return Err(format!("what may be seen is missing: {answer}"));
        }
    }
    if codes(&answer).is_empty() {
        return Err("the refusal is not told".to_owned());
    }
    // A purpose that the token does not permit refuses the request as a whole.
    let bearer = format!("Bearer {}", province.token(OFFICER)?.unwrap_or_default());
    let headers = [
        ("content-type", "application/json"),
        ("authorization", bearer.as_str()),
        ("minzheng-purpose", "CURIOSITY"),
        ("minzheng-case", "none"),
    ];
    let body = json!({ "query": CHECK, "variables": check() }).to_string();
    let answer = province
        .client
        .post(&province.program.graphql(), &headers, body)?;
    expect(
        "a purpose of one's own",
        &answer.json(),
        "PURPOSE_NOT_ALLOWED",
    )
}

fn peer(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    for query in [
        "{ me { id } }",
        "{ maritalProof(person: \"x\") { answer } }",
        "{ registrationApplication(id: \"x\") { id } }",
        "{ identityCases { nodes { id } } }",
        "{ impersonationCases(registry: \"x\") { nodes { id } } }",
        "{ permitCase(id: \"x\") { id } }",
        "{ funeralCase(id: \"x\") { id } }",
    ] {
        for role in ["peer", "operator", "dashboard", "auditor"] {
            let answer = province.ask(role, query, &Value::Null)?;
            expect(&format!("{role}: {query}"), &answer, "FORBIDDEN")?;
        }
    }
    let answer = province.ask("peer", CHECK, &check())?;
    expect("the peer's check", &answer, "FORBIDDEN")?;
    // The one field of peers answers to the token of a province that is trusted, about a transaction of its own;
    // `marriage/tests/interop` asks as one of these.
    let exchange = "mutation { interopExchange(jws: \"eyJhbGciOiJub25lIn0.e30.\") }";
    for role in ["peer", "operator", "dashboard", "auditor"] {
        let answer = province.ask(role, exchange, &Value::Null)?;
        expect(&format!("{role}: the exchange"), &answer, "FORBIDDEN")?;
    }
    Ok(())
}

fn citizen_at_the_counter(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    let answer = province.ask("citizen", CHECK, &check())?;
    expect("the check at the counter", &answer, "FORBIDDEN")?;
    for query in [
        format!("{{ registrationApplications(registry: \"{REGISTRY}\") {{ nodes {{ id }} }} }}"),
        format!("{{ queueTickets(registry: \"{REGISTRY}\") {{ nodes {{ id }} }} }}"),
        format!("{{ marriageRegistrars(registry: \"{REGISTRY}\") {{ id }} }}"),
        format!("{{ courtNotices(registry: \"{REGISTRY}\") {{ nodes {{ id }} }} }}"),
        "{ identityCases { nodes { id } } }".to_owned(),
        "{ openTickets { nodes { id } } }".to_owned(),
        "{ permitCases(division: \"x\") { nodes { id } } }".to_owned(),
        "{ cleanupCases(division: \"x\") { nodes { id } } }".to_owned(),
    ] {
        let answer = province.ask("citizen", &query, &Value::Null)?;
        if answer["data"]
            .as_object()
            .is_some_and(|data| data.values().any(|value| !value.is_null()))
        {
            return Err(format!("{query} gave {answer}"));
        }
        expect(&query, &answer, "FORBIDDEN")?;
    }
    Ok(())
}

/// The tokens of the two demonstration persons, as an officer learns them.
fn persons(province: &Province) -> Result<Vec<String>, String> {
    let query = CHECK.replace("fullIdentity(reason: \"I am curious\") { name }", "");
    let data = province.data(SERVING, &query, &check())?;
    let parties = data["eligibilityCheck"]["parties"].as_array();
    let ids = parties.into_iter().flatten();
    Ok(ids
        .filter_map(|party| party["person"]["id"].as_str().map(str::to_owned))
        .collect())
}

/// An answer without what depends on the question.
pub(crate) fn shape(answer: &Value) -> String {
    json!([
        answer["data"],
        answer["errors"].as_array().map(|errors| errors
            .iter()
            .map(|error| json!([error["message"], error["extensions"]["code"], error["path"]]))
            .collect::<Vec<_>>())
    ])
    .to_string()
}

fn same_refusal(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    let mut tokens = persons(&province)?;
    if tokens.len() != 2 {
        return Err("the demonstration persons are not there".to_owned());
    }
    // Nobody's: as long as the others, and never given.
    tokens.push("z".repeat(tokens[0].len()));
    // Citizen 7 is neither of them.
    let role = "citizen --citizen 7";
    for query in [
        "query($person: ID!) { maritalProof(person: $person) { answer } }",
        "query($person: ID!) { legalRepConflicts(person: $person) { isConflict } }",
    ] {
        let mut shapes = Vec::new();
        let mut slowest = Duration::ZERO;
        for token in &tokens {
            let began = Instant::now();
            let answer = province.ask(role, query, &json!({ "person": token }))?;
            slowest = slowest.max(began.elapsed());
            shapes.push(shape(&answer));
        }
        shapes.dedup();
        if shapes.len() != 1 {
            return Err(format!("{query} tells persons apart: {shapes:?}"));
        }
        if slowest > Duration::from_secs(5) {
            return Err(format!("{query} took {slowest:?}"));
        }
    }
    Ok(())
}

fn by_get(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    let url = format!(
        "{}?query=%7B%20x%3A%20identityCases%20%7B%20nodes%20%7B%20id%20%7D%20%7D%20%7D",
        province.program.graphql()
    );
    for (role, code) in [("public", "UNAUTHENTICATED"), ("citizen", "FORBIDDEN")] {
        let bearer = province.token(role)?.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("accept", "application/graphql-response+json")];
        if let Some(bearer) = &bearer {
            headers.push(("authorization", bearer));
        }
        let answer = province.client.get(&url, &headers)?;
        expect(role, &answer.json(), code)?;
        if answer.header("cache-control") != Some("no-store") {
            return Err(format!(
                "{role}: a refusal may be kept: {:?}",
                answer.headers
            ));
        }
    }
    // A GET is judged by its query string alone, whatever it says of a body that it has not.
    for odd in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "x/y; z",
    ] {
        let headers = [
            ("accept", "application/graphql-response+json"),
            ("content-type", odd),
        ];
        let answer = province.client.get(&url, &headers)?;
        expect(odd, &answer.json(), "UNAUTHENTICATED")?;
        let mutation = format!(
            "{}?query=mutation%7B__typename%7D",
            province.program.graphql()
        );
        let answer = province.client.get(&mutation, &headers)?;
        expect(odd, &answer.json(), "MUTATION_OVER_GET")?;
    }
    let from_a_page = [("sec-fetch-mode", "no-cors"), ("accept", "*/*")];
    let answer = province.client.get(&url, &from_a_page)?;
    expect("another page's GET", &answer.json(), "PREFLIGHT_REQUIRED")?;
    for bad in ["Bearer", "Bearer x.y.z", "Basic dTpw", ""] {
        let headers = [
            ("accept", "application/graphql-response+json"),
            ("authorization", bad),
        ];
        let answer = province.client.get(&url, &headers)?;
        if answer.status != 401 || answer.json().get("data").is_some() {
            return Err(format!("{bad:?} passed for somebody: {}", answer.json()));
        }
    }
    Ok(())
}

/// A gateway before one small subgraph of somebody else's.
const SUPERGRAPH: &str = r#"
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/policy/v0.1", as: "rule", for: SECURITY)
{ query: Query }
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @rule(policies: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph { ONE @join__graph(name: "one", url: "URL") }
type Query @join__type(graph: ONE) { word: String secret: String @rule(policies: [["keeper"]]) }
"#;

const CONFIG: &str = r#"
province = "51"
[identity]
introspection = ["registrar"]
[[identity.issuers]]
name = "development"
issuer = "minzheng-dev"
jwks = "keys/gateway/jwks.json"
algorithms = ["EdDSA"]
roles = ["citizen", "registrar", "supervisor"]
[identity.policies.keeper]
roles = ["registrar"]
begins = { division = ["5101"] }
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
    write("gateway.toml", CONFIG)?;
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
        Duration::from_secs(30),
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
        if began.elapsed() > Duration::from_secs(20) {
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
