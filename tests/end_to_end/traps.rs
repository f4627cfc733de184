//! The named operations asked by those who may not, or in ways that would show more than is meant.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::fixtures::{Fixtures, Province};
use crate::operations::{self, Operation};
use crate::steps::eventually;
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
        case(
            fixtures,
            "a_merger_inside_the_asked_month_moves_figures_and_loses_none",
            merged_within_the_month,
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

/// The day on which the demonstration plays, and on which the towns are merged; the day before.
const MERGED_ON: &str = "2026-11-22";
const DAY_BEFORE: &str = "2026-11-21";

/// A county whose towns nobody else asks for, in a province of its own, for what is merged stays so.
const COUNTY: &str = "510422";

/// The towns of the county as of a day with what each subsystem counts, and what the county's month says.
fn month(province: &Province, role: &str, as_of: &str) -> Result<Value, String> {
    const ASK: &str = "query ($code: DivisionCode!, $asOf: Date!) { divisionByCode(code: $code) {
        placeStats(from: \"2026-11\", to: \"2026-11\") { month named renamed filedLate boundariesDue }
        marriageStats(from: \"2026-11\", to: \"2026-11\") { month registered divorces }
        funeralStats(from: \"2026-11\", to: \"2026-11\") { month cremations waiverHouseholds }
        orgStats(from: \"2026-11\", to: \"2026-11\") { month live }
        descendants(level: TOWNSHIP, asOf: $asOf, first: 100) { nodes {
            id version(asOf: $asOf) { code kind } facilityCounts { ruralCemeteries ruralColumbaria }
            placeStats(from: \"2023-07\", to: \"2026-11\") { month named renamed } } } } }";
    let variables = json!({ "code": COUNTY, "asOf": as_of });
    Ok(province.data(role, ASK, &variables)?["divisionByCode"].take())
}

/// Names given and changed, over all months.
fn decided(months: &Value) -> i64 {
    let months = months.as_array().map_or(&[][..], Vec::as_slice).iter();
    let of = |month: &Value| Some(month["named"].as_i64()? + month["renamed"].as_i64()?);
    months.filter_map(of).sum()
}

/// D-8, D-9: 撤乡并镇 on a day of the asked month: before it the towns stand, from it on their heir; what was counted in the
/// towns stays theirs, is the heir's where today's order is asked for, and the county's month is what it was.
fn merged_within_the_month(_: &Fixtures) -> Outcome {
    const APPLY: &str =
        "mutation ($input: ApplyDivisionChangeInput!) { applyDivisionChange(input: $input) {
        change { id isAnnounced } userErrors { code messageEn } } }";
    const REBASED: &str = "query ($id: ID!, $rebased: Boolean!) { division(id: $id) {
        placeStats(from: \"2023-07\", to: \"2026-11\", rebased: $rebased) { named renamed rebased isComplete } } }";
    const KEYED: &str = "query ($id: ID!) { division(id: $id) { facilityCounts { ruralCemeteries ruralColumbaria } } }";
    let province = Province::standalone("51")?;
    let role = format!("supervisor --division {COUNTY}");
    let before = month(&province, &role, MERGED_ON)?;
    let nodes = before["descendants"]["nodes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let towns: Vec<&Value> = nodes
        .iter()
        .filter(|node| node["version"]["kind"] == "TOWN" && decided(&node["placeStats"]) > 0)
        .take(2)
        .collect();
    let [one, other] = towns.as_slice() else {
        return must(false, "two towns with figures", &before);
    };
    let together = decided(&one["placeStats"]) + decided(&other["placeStats"]);
    let is_taken = |code: &String| nodes.iter().any(|node| node["version"]["code"] == **code);
    let code = (190..200)
        .map(|n| format!("{COUNTY}{n}"))
        .find(|code| !is_taken(code))
        .ok_or("no code is free")?;
    let change = json!({ "relation": "MERGE", "sourceIds": [one["id"], other["id"]],
        "targets": [{ "code": code, "name": "演示合并镇", "kind": "TOWN" }],
        "effective": MERGED_ON, "approvedOn": "2026-11-02", "authority": "PROVINCE_GOVERNMENT",
        "approvalDoc": "川府函〔2026〕9号",
        "papers": ["REASONS", "SITUATION", "RISK", "EXPERT", "OPINIONS", "MAPS"] });
    let input = json!({ "input": { "requestKey": "merged within the month", "change": change } });
    let done = province.data(&role, APPLY, &input)?;
    must(
        done["applyDivisionChange"]["change"]["isAnnounced"] == false,
        "carried out",
        &done,
    )?;

    let ids = |county: &Value| -> Vec<Value> {
        let nodes = county["descendants"]["nodes"].as_array();
        let nodes = nodes.map_or(&[][..], Vec::as_slice).iter();
        nodes.map(|node| node["id"].clone()).collect()
    };
    // The tree of each day.
    let then = month(&province, &role, DAY_BEFORE)?;
    must(
        ids(&then) == ids(&before),
        "the towns of the day before",
        &then,
    )?;
    let figures = |county: &Value, id: &Value| {
        let nodes = county["descendants"]["nodes"].as_array();
        let nodes = nodes.map_or(&[][..], Vec::as_slice).iter();
        let own = nodes.clone().find(|node| node["id"] == *id);
        own.map(|node| node["placeStats"].clone())
    };
    for town in [one, other] {
        must(
            figures(&then, &town["id"]).as_ref() == Some(&town["placeStats"]),
            "what was counted in a town stays its own",
            &then,
        )?;
    }
    let now = month(&province, &role, MERGED_ON)?;
    let heirs: Vec<Value> = ids(&now)
        .into_iter()
        .filter(|id| !ids(&before).contains(id))
        .collect();
    let [heir] = heirs.as_slice() else {
        return must(false, "one heir", &now);
    };
    must(
        !ids(&now).contains(&one["id"])
            && !ids(&now).contains(&other["id"])
            && ids(&now).len() + 1 == nodes.len(),
        "the heir stands for both",
        &now,
    )?;
    // The county's month, in every subsystem.
    for field in ["placeStats", "marriageStats", "funeralStats", "orgStats"] {
        must(
            now[field] == before[field] && now[field].is_array(),
            field,
            &now[field],
        )?;
    }
    // The heir's own figures are none, and in today's order they are both towns'.
    for (rebased, expected) in [(false, 0), (true, together)] {
        let variables = json!({ "id": heir, "rebased": rebased });
        let data = province.data(&role, REBASED, &variables)?;
        let months = &data["division"]["placeStats"];
        let marked = months.as_array().is_some_and(|months| {
            months
                .iter()
                .all(|month| month["rebased"] == rebased && month["isComplete"] == true)
        });
        must(decided(months) == expected && marked, "rebased", &data)?;
    }
    // What is keyed to the towns elsewhere goes over too, once it is told.
    let keyed = |of: &Value| -> i64 {
        let counts = &of["facilityCounts"];
        let of = |kind: &str| counts[kind].as_i64().unwrap_or(0);
        of("ruralCemeteries") + of("ruralColumbaria")
    };
    let both = keyed(one) + keyed(other);
    must(both > 0, "facilities in the towns", &before)?;
    eventually(
        || province.ask(&role, KEYED, &json!({ "id": heir })),
        |data| keyed(&data["division"]) == both,
    )
}
