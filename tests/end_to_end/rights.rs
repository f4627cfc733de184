//! Rights, as a caller meets them: each case of the study's security list by its number, and what a role may
//! not even ask.

use std::sync::Arc;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::fixtures::{Fixtures, Province};
use crate::{Outcome, case, enumeration};

/// Two demonstration persons, and the registry that the named operations use.
pub(crate) const MAN: &str = "51990119900303069X";
const WOMAN: &str = "519901199408150067";
pub(crate) const REGISTRY: &str = "4b9c2643-738f-588f-a8d6-3310355e6c5d";
pub(crate) const OFFICER: &str = "registrar --division 510118";
/// The same, serving whoever holds the third ticket of that hall today.
pub(crate) const SERVING: &str = "registrar --division 510118 --purpose MARRIAGE_REGISTRATION --case ab69bd8f-1441-541f-9f13-2e65e66630a9";

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
    ]
}

fn check() -> Value {
    json!({ "man": MAN, "woman": WOMAN, "registry": REGISTRY })
}

/// The codes of an answer's errors, without repetition.
pub(crate) fn codes(answer: &Value) -> Vec<String> {
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

pub(crate) fn expect(what: &str, answer: &Value, code: &str) -> Outcome {
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
        for role in ["operator", "dashboard", "auditor"] {
            let answer = province.ask(role, query, &Value::Null)?;
            expect(&format!("{role}: {query}"), &answer, "FORBIDDEN")?;
        }
        // A peer has one document, and asks nothing else.
        let answer = province.ask("peer", query, &Value::Null)?;
        expect(&format!("peer: {query}"), &answer, "DOCUMENT_NOT_TRUSTED")?;
    }
    let answer = province.ask("peer", CHECK, &check())?;
    expect("the peer's check", &answer, "DOCUMENT_NOT_TRUSTED")?;
    // The one field of peers answers to the token of a province that is trusted, about a transaction of its own;
    // `marriage/tests/interop` asks as one of these.
    let exchange = "mutation InteropExchange($jws: String!) { interopExchange(jws: $jws) }";
    let text = serde_json::json!({ "jws": "eyJhbGciOiJub25lIn0.e30." });
    for role in ["peer", "operator", "dashboard", "auditor"] {
        let answer = province.ask(role, exchange, &text)?;
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

/// How far apart the shortest times are in which these variables are refused, all in the same words. The shortest of
/// many is the work itself, without what the machine did meanwhile.
fn shortest_apart(
    province: &Province,
    role: &str,
    query: &str,
    variables: &[Value],
) -> Result<Duration, String> {
    let mut shapes = Vec::new();
    let mut times = vec![Vec::new(); variables.len()];
    // In turns, so that whatever else the machine does slows all alike.
    for _ in 0..ROUNDS {
        for (variables, times) in variables.iter().zip(&mut times) {
            let began = Instant::now();
            let answer = province.ask(role, query, variables)?;
            times.push(began.elapsed());
            shapes.push(shape(&answer));
        }
    }
    shapes.dedup();
    if shapes.len() != 1 {
        return Err(format!("{query} tells persons apart: {shapes:?}"));
    }
    let shortest: Vec<Duration> = times
        .into_iter()
        .filter_map(|times| times.into_iter().min())
        .collect();
    let most = shortest.iter().max().copied().unwrap_or_default();
    Ok(most - shortest.iter().min().copied().unwrap_or_default())
}

/// How often each person is asked about, to compare the times.
const ROUNDS: usize = 31;

/// How far these times may be apart: below what anybody can tell through a network, above what two cores
/// with other tests on them blur.
const ALIKE: Duration = Duration::from_millis(5);

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
    let tokens: Vec<Value> = tokens
        .iter()
        .map(|token| json!({ "person": token }))
        .collect();
    // Citizen 7 is neither of them; the officers have no matter of theirs, one not even in this division.
    let citizen = "citizen --citizen 7";
    let elsewhere = "registrar --division 510781";
    let proof = "query($person: ID!) { maritalProof(person: $person) { answer } }";
    let conflicts = "query($person: ID!) { legalRepConflicts(person: $person) { isConflict } }";
    let files = "query($person: ID!) { archiveFiles(search: { person: $person }) { edges { node { id } } } }";
    let divorce = "mutation($input: ApplyDivorceInput!) { applyDivorce(input: $input) { userErrors { code } } }";
    // Of whom no other case makes a matter: married, to nobody.
    let couples: Vec<Value> = [(106, 107), (6002, 6003)]
        .map(|(man, woman)| {
            let number = crate::enumeration::number_of;
            json!({ "input": { "requestKey": format!("same-{man}"), "registry": REGISTRY, "man": number(man),
                "woman": number(woman), "bothPresent": false, "agreementSigned": true, "fullCapacity": true } })
        })
        .into();
    let mut strangers = vec![tokens[2].clone()];
    for index in [106, 6002] {
        let role = format!("citizen --citizen {index}");
        let me = province.data(&role, "{ me { id } }", &Value::Null)?;
        strangers.push(json!({ "person": me["me"]["id"] }));
    }
    for (role, query, tokens) in [
        (citizen, proof, &tokens),
        (citizen, conflicts, &tokens),
        (elsewhere, proof, &strangers),
        (elsewhere, files, &strangers),
        (OFFICER, proof, &strangers),
        (OFFICER, files, &strangers),
        (OFFICER, divorce, &couples),
        (elsewhere, divorce, &couples),
    ] {
        // What really tells them apart does so each time; another test that begins meanwhile does not.
        let mut apart = Duration::MAX;
        for _ in 0..5 {
            apart = apart.min(shortest_apart(&province, role, query, tokens)?);
            if apart <= ALIKE {
                break;
            }
        }
        if apart > ALIKE {
            return Err(format!("{query} tells persons apart by {apart:?}"));
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
