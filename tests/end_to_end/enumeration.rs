//! D.6 (54), (55): ids and persons that exist are told apart from those that do not by nobody whose business they
//! are not.

use serde_json::{Value, json};

use crate::Outcome;
use crate::fixtures::{Fixtures, Province};
use crate::rights::{MAN, REGISTRY, shape};
use crate::steps::with_check;

pub(crate) fn cases_of_ids(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    let stranger = "citizen --citizen 7";
    for (field, id) in known_ids(&province)? {
        let query = &format!("query($id: ID!) {{ {field}(id: $id) {{ id }} }}");
        let there = province.ask(stranger, query, &json!({ "id": id }))?;
        let guess = "00000000-0000-7000-8000-000000000000";
        let not = province.ask(stranger, query, &json!({ "id": guess }))?;
        if shape(&there) != shape(&not) {
            return Err(format!("{query} tells ids apart: {there} and {not}"));
        }
        // The id is one, to those whose business it is.
        let seen = province.data(ABOVE, query, &json!({ "id": id }))?;
        if seen[field]["id"] != id {
            return Err(format!("{query}: there is none to look for: {seen}"));
        }
    }
    named_by_a_citizen(&province)
}

/// An officer of the whole province.
pub(crate) const ABOVE: &str = "registrar --division 510000";

/// Ids that exist, each with the field that reads what it names.
pub(crate) fn known_ids(province: &Province) -> Result<Vec<(&'static str, Value)>, String> {
    let place = "{ divisionByCode(code: \"510000\") { id } }";
    let place = province.data("public", place, &Value::Null)?["divisionByCode"]["id"].clone();
    let lists = format!(
        "query($d: ID!) {{
            registrationApplication: registrationApplications(registry: \"{REGISTRY}\", first: 1) {{ nodes {{ id }} }}
            divorceApplication: openDivorceApplications(registry: \"{REGISTRY}\", first: 1) {{ id }}
            permitCase: permitCases(division: $d, first: 1) {{ nodes {{ id }} }}
            funeralCase: funeralCases(division: $d, first: 1) {{ nodes {{ id }} }} }}"
    );
    let data = province.data(ABOVE, &lists, &json!({ "d": place }))?;
    let mut known = Vec::new();
    for field in [
        "registrationApplication",
        "divorceApplication",
        "permitCase",
        "funeralCase",
    ] {
        let list = &data[field];
        let first = list.get("nodes").unwrap_or(list).get(0);
        let id = first.map(|one| one["id"].clone());
        known.push((field, id.ok_or(format!("{field}: there is none: {data}"))?));
    }
    Ok(known)
}

/// Whom a citizen names in a form of their own is not made known to them by it: neither whether that person has
/// died, nor whether anything is known of them.
fn named_by_a_citizen(province: &Province) -> Outcome {
    const WHO: &str = "citizen --citizen 9";
    let place = "{ facilitiesNear(point: {longitude: 103.83, latitude: 30.41}, kind: FUNERAL_HOME, first: 1) { facility { id } } }";
    let place = province.data("public", place, &Value::Null)?;
    let home = &place["facilitiesNear"][0]["facility"]["id"];
    let own = number_of(9);
    let claim = "mutation($input: OpenFuneralCaseInput!) { openFuneralCase(input: $input) {
        case { state paperConfirmed death { diedOn } deceased { maskedId maskedName sex birthYear identityStatus idKind
            version death { diedOn } } } followUps { subsystem } userErrors { code messageEn messageZh } } }";
    let draft = "mutation($input: DraftApplicationInput!) { draftApplication(input: $input) {
        application { state couple { maskedName identityStatus } } userErrors { code } } }";
    // One who is known here, and one of whom nobody has heard.
    let mut claims = Vec::new();
    let mut drafts = Vec::new();
    for (key, other) in [
        ("known", MAN.to_owned()),
        ("unheard", with_check("51990119500505011")),
    ] {
        let input = json!({ "input": {
            "requestKey": format!("rights-{key}"), "deceased": other, "deceasedName": "查无此人", "applicant": own,
            "applicantName": "查有此人", "relation": "OTHER_RELATIVE", "phone": "13800000000",
            "paperKind": "MEDICAL", "paperNumber": "SW-2026-5", "natural": true, "diedOn": "2026-11-20",
            "facility": home,
        } });
        let answer = province.ask(WHO, claim, &input)?;
        let case = &answer["data"]["openFuneralCase"]["case"];
        let deceased = case["deceased"].as_object();
        if case["paperConfirmed"] != false
            || deceased.is_none_or(|all| all.values().any(|value| !value.is_null()))
        {
            return Err(format!("the deceased of a claim: {answer}"));
        }
        claims.push(shape(&answer));
        let input = json!({ "input": { "requestKey": format!("rights-draft-{key}"), "registry": REGISTRY,
            "kind": "MARRIAGE", "own": own, "partner": other } });
        let answer = province.ask(WHO, draft, &input)?;
        let couple = &answer["data"]["draftApplication"]["application"]["couple"];
        if !couple[1]["maskedName"].is_string() || !couple[0]["maskedName"].is_null() {
            return Err(format!("the couple of a draft: {answer}"));
        }
        drafts.push(shape(&answer));
    }
    claims.dedup();
    drafts.dedup();
    if claims.len() == 1 && drafts.len() == 1 {
        Ok(())
    } else {
        Err(format!("persons are told apart: {claims:?} {drafts:?}"))
    }
}

/// The identity number of a demonstration person.
pub(crate) fn number_of(index: usize) -> String {
    minzheng_kit::demo::person("51", index).id_number
}
