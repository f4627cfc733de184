//! The named operations asked by those who may not, or in ways that would show more than is meant.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::fixtures::Fixtures;
use crate::operations::{self, Operation};
use crate::{Outcome, case};

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![
        case(
            fixtures,
            "the_leaders_month_is_refused_to_a_citizen_field_by_field",
            month_of_a_citizen,
        ),
        case(
            fixtures,
            "a_display_of_figures_gets_no_person_not_even_masked",
            display,
        ),
        case(
            fixtures,
            "the_course_of_a_boundary_reaches_no_client_and_graves_only_their_officers",
            graves,
        ),
        case(
            fixtures,
            "a_supervisor_sees_to_funerals_and_societies_of_the_own_division_only",
            supervisor,
        ),
        case(
            fixtures,
            "three_thousand_townships_come_in_pages_without_doubles",
            townships,
        ),
    ]
}

fn operation(number: &str) -> Result<Operation, String> {
    operations::all()?
        .into_iter()
        .find(|operation| operation.name.starts_with(number))
        .ok_or_else(|| format!("operation {number} is gone"))
}

fn codes(answer: &Value) -> Vec<&str> {
    let errors = answer["errors"].as_array();
    let all = errors.map_or(&[][..], Vec::as_slice).iter();
    all.filter_map(|error| error["extensions"]["code"].as_str())
        .collect()
}

fn must(holds: bool, what: &str, answer: &Value) -> Outcome {
    if holds {
        return Ok(());
    }
    let short: String = answer.to_string().chars().take(600).collect();
    Err(format!("{what}: {short}"))
}

/// Why a role does not get what it may not have: who has no token is asked to sign in first.
fn refusal(role: &str) -> &'static str {
    match role {
        "public" => "UNAUTHENTICATED",
        _ => "FORBIDDEN",
    }
}

fn month_of_a_citizen(fixtures: &Fixtures) -> Outcome {
    let month = operation("15-")?;
    let province = fixtures.province("51")?;
    for role in ["citizen", "public"] {
        let answer = province.ask(role, &month.query, &month.variables)?;
        let nodes = &answer["data"]["division"]["descendants"]["nodes"];
        let counties = nodes.as_array().cloned().unwrap_or_default();
        // The districts are public, their figures are not.
        must(
            counties.len() == 183 && counties[0]["current"]["name"].is_string(),
            "the districts",
            &answer,
        )?;
        for field in ["marriageStats", "funeralStats", "placeStats"] {
            must(
                counties.iter().all(|county| county[field].is_null()),
                field,
                &answer,
            )?;
        }
        let (codes, refusal) = (codes(&answer), refusal(role));
        must(
            !codes.is_empty() && codes.iter().all(|code| *code == refusal),
            "told as refused",
            &answer["errors"],
        )?;
    }
    Ok(())
}

fn display(fixtures: &Fixtures) -> Outcome {
    const ASK: &str =
        "{ searchOrganizations(first: 20) { nodes { name legalRep { maskedId maskedName } } } }";
    let province = fixtures.province("51")?;
    let answer = province.ask("dashboard", ASK, &Value::Null)?;
    let nodes = answer["data"]["searchOrganizations"]["nodes"].as_array();
    let nodes = nodes.cloned().unwrap_or_default();
    must(nodes.len() == 20, "the register is public", &answer)?;
    must(
        nodes
            .iter()
            .all(|node| node["legalRep"].is_null() || node["legalRep"]["maskedId"].is_null()),
        "a person",
        &answer,
    )?;
    must(
        codes(&answer).contains(&"FORBIDDEN"),
        "told as forbidden",
        &answer,
    )
}

fn graves(fixtures: &Fixtures) -> Outcome {
    let near = operation("13-")?;
    let province = fixtures.province("51")?;
    let own = province.data(&near.role, &near.query, &near.variables)?;
    let lines = own["boundariesDue"]["nodes"].as_array();
    let lines = lines.cloned().unwrap_or_default();
    let found = |lines: &[Value]| -> usize {
        let of = |line: &Value| line["illegalGravesNear"].as_array().map_or(0, Vec::len);
        lines.iter().map(of).sum()
    };
    must(found(&lines) > 0, "graves near lines", &own)?;
    let within = lines
        .iter()
        .flat_map(|line| line["illegalGravesNear"].as_array().into_iter().flatten())
        .all(|near| near["distanceM"].as_f64().is_some_and(|m| m <= 500.0));
    must(within, "within 500 m", &own)?;
    // An officer of a county without any sees the lines and no grave of others.
    let elsewhere = province.data("supervisor --division 513200", &near.query, &near.variables)?;
    let theirs = elsewhere["boundariesDue"]["nodes"].as_array();
    let theirs = theirs.cloned().unwrap_or_default();
    must(
        theirs.len() == lines.len() && found(&theirs) < found(&lines),
        "graves of the own division only",
        &elsewhere,
    )?;
    for role in ["public", "citizen", "dashboard"] {
        let answer = province.ask(role, &near.query, &near.variables)?;
        let nodes = answer["data"]["boundariesDue"]["nodes"].as_array();
        let none = nodes.is_some_and(|all| all.iter().all(|l| l["illegalGravesNear"].is_null()));
        must(
            none && codes(&answer).iter().all(|code| *code == refusal(role))
                && !codes(&answer).is_empty(),
            "refused",
            &answer,
        )?;
    }
    for ask in [
        "{ boundariesDue(by: \"2030-12-31\", first: 1) { nodes { course } } }",
        "{ __type(name: \"BoundaryLine\") { fields { name } } }",
        "{ __type(name: \"Place\") { fields { name } } }",
    ] {
        let answer = province.ask(&near.role, ask, &Value::Null)?;
        must(
            !answer["data"].to_string().contains("course"),
            "the course is no client's",
            &answer,
        )?;
    }
    // Too far is told with the argument, and costs nothing else.
    let wide = near
        .query
        .replace("withinMetres: 500", "withinMetres: 50000");
    let answer = province.ask(&near.role, &wide, &near.variables)?;
    must(
        codes(&answer).contains(&"BAD_USER_INPUT"),
        "too far",
        &answer,
    )
}

fn supervisor(fixtures: &Fixtures) -> Outcome {
    const ASK: &str = "query ($d: ID!) { funeralCases(division: $d, first: 1) { nodes { number } }
        permitCases(division: $d, first: 1) { nodes { id } } officeReviews(division: $d) { nodes { id } } }";
    let province = fixtures.province("51")?;
    let places = "{ own: divisionByCode(code: \"510118\") { id } other: divisionByCode(code: \"510104\") { id } }";
    let places = province.data("public", places, &Value::Null)?;
    let role = "supervisor --division 510118";
    let own = province.data(role, ASK, &json!({ "d": places["own"]["id"] }))?;
    must(
        own["funeralCases"]["nodes"][0]["number"].is_string(),
        "the cases of the own division",
        &own,
    )?;
    let other = province.ask(role, ASK, &json!({ "d": places["other"]["id"] }))?;
    let codes = codes(&other);
    must(
        codes.len() == 3 && codes.iter().all(|code| *code == "FORBIDDEN"),
        "another division",
        &other,
    )
}

fn townships(fixtures: &Fixtures) -> Outcome {
    const ASK: &str = "query ($after: String) { divisionByCode(code: \"510000\") {
        descendants(level: TOWNSHIP, first: 500, after: $after) {
            nodes { id current { code } orgCount facilityCounts { cemeteries: ruralCemeteries } }
            pageInfo { hasNextPage endCursor } } } }";
    let province = fixtures.province("51")?;
    let mut seen = std::collections::BTreeSet::new();
    let (mut after, mut pages, mut total) = (Value::Null, 0, 0);
    loop {
        let data = province.data("public", ASK, &json!({ "after": after }))?;
        let page = &data["divisionByCode"]["descendants"];
        let nodes = page["nodes"].as_array().cloned().unwrap_or_default();
        total += nodes.len();
        seen.extend(nodes.iter().map(|node| node["id"].to_string()));
        pages += 1;
        let figures = nodes.iter().all(|node| node["orgCount"].is_i64());
        must(figures, "what other subsystems have there", &data)?;
        if page["pageInfo"]["hasNextPage"] != true || pages > 20 {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    must(
        total > 3_000 && seen.len() == total && pages == total.div_ceil(500),
        "all townships, each once",
        &json!([total, seen.len(), pages]),
    )
}
