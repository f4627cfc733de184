//! One change in each subsystem, through the endpoint, and what it sets off in the others.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::fixtures::{Fixtures, Province};
use crate::steps::{eventually, with_check};
use crate::{Outcome, case};

/// 广丰's town, where these changes are made; no other case reads what they touch.
const PROVINCE: &str = "36";
const HERE: &str = "{longitude: 118.19, latitude: 28.44}";

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![
        case(
            fixtures,
            "a_slot_is_booked_once_however_often_it_is_asked_for",
            book_slot,
        ),
        case(
            fixtures,
            "a_funeral_case_makes_the_deceased_known_and_the_spouse_widowed",
            funeral_case,
        ),
        case(
            fixtures,
            "a_place_name_is_submitted_and_its_double_refused",
            submit_naming,
        ),
        case(
            fixtures,
            "an_annual_report_follows_the_law_and_shows_at_once",
            submit_report,
        ),
    ]
}

fn errors(payload: &Value) -> String {
    payload["userErrors"][0]["code"]
        .as_str()
        .unwrap_or("none")
        .to_owned()
}

fn expect(
    what: &str,
    got: impl PartialEq<&'static str> + std::fmt::Debug,
    wanted: &'static str,
) -> Outcome {
    if got == wanted {
        Ok(())
    } else {
        Err(format!("{what}: got {got:?}, expected {wanted}"))
    }
}

/// Asks the province again until `done`.
fn soon(province: &Province, role: &str, query: &str, done: impl Fn(&Value) -> bool) -> Outcome {
    eventually(|| province.ask(role, query, &Value::Null), done)
}

fn book_slot(fixtures: &Fixtures) -> Outcome {
    const BOOK: &str = "mutation ($input: BookSlotInput!) { bookSlot(input: $input) {
        appointment { id state date } userErrors { code messageZh messageEn } } }";
    let province = fixtures.province(PROVINCE)?;
    let slots = format!(
        "{{ registriesNear(point: {HERE}, date: \"2026-12-01\", first: 1) {{ registry {{ id openSlots(date: \"2026-12-01\", service: MARRIAGE) {{ id free capacity }} }} }} }}"
    );
    let free = |slot: &Value| -> Result<i64, String> {
        let answer = province.data("public", &slots, &Value::Null)?;
        let all = answer["registriesNear"][0]["registry"]["openSlots"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        Ok(all
            .iter()
            .find(|one| one["id"] == *slot)
            .and_then(|one| one["free"].as_i64())
            .unwrap_or(0))
    };
    let answer = province.data("public", &slots, &Value::Null)?;
    let slot = answer["registriesNear"][0]["registry"]["openSlots"][0]["id"].clone();
    let before = free(&slot)?;
    let partner = with_check("36990119940815006");
    let input = |key: &str, slot: &Value| json!({ "input": { "requestKey": key, "slot": slot, "partner": partner } });
    let citizen = "citizen --citizen 2";
    let first = province.data(citizen, BOOK, &input("book-1", &slot))?;
    expect(
        "a first booking",
        errors(&first["bookSlot"]).as_str(),
        "none",
    )?;
    let again = province.data(citizen, BOOK, &input("book-1", &slot))?;
    if first != again {
        return Err(format!(
            "the same key gives another answer: {first} and {again}"
        ));
    }
    let other = province.data(
        citizen,
        BOOK,
        &input(
            "book-1",
            &answer["registriesNear"][0]["registry"]["openSlots"][1]["id"],
        ),
    )?;
    expect(
        "the same key for another slot",
        errors(&other["bookSlot"]).as_str(),
        "REQUEST_KEY_REUSED",
    )?;
    let after = free(&slot)?;
    if after != before - 1 {
        return Err(format!("{before} places before, {after} after one booking"));
    }
    let mine = "{ myMarriage { appointments { state } } }";
    soon(&province, citizen, mine, |data| {
        data["myMarriage"]["appointments"][0]["state"] == "BOOKED"
    })
}

fn funeral_case(fixtures: &Fixtures) -> Outcome {
    const OPEN: &str = "mutation ($input: OpenFuneralCaseInput!) { openFuneralCase(input: $input) {
        case { id state deceased { id } } userErrors { code messageZh messageEn field } } }";
    let province = fixtures.province(PROVINCE)?;
    let near = format!(
        "{{ facilitiesNear(point: {HERE}, kind: FUNERAL_HOME, first: 1) {{ facility {{ id }} }} }}"
    );
    let facility =
        province.data("public", &near, &Value::Null)?["facilitiesNear"][0]["facility"]["id"]
            .clone();
    // Person 1 is the wife of person 0; the applicant is her neighbour.
    let deceased = with_check("36990119960202002");
    let open = |key: &str, deceased: &str, name: &str, paper: &str| {
        let input = json!({
            "requestKey": key, "deceased": deceased, "deceasedName": name,
            "applicant": with_check("36990119790508005"), "applicantName": "范测试", "relation": "OTHER_RELATIVE",
            "phone": "13800000000", "paperKind": "MEDICAL", "paperNumber": paper, "natural": true,
            "diedOn": "2026-11-20", "facility": facility,
        });
        province.data(
            "registrar --division 361103",
            OPEN,
            &json!({ "input": input }),
        )
    };
    let bad = open("case-0", "369901199602020020", "不存在", "36-0")?;
    if errors(&bad["openFuneralCase"]) == "none" || bad.to_string().contains("369901199602020020") {
        return Err(format!("a number with a wrong check character: {bad}"));
    }
    let opened = open("case-1", &deceased, "查无此人", "36-1")?;
    expect(
        "the case",
        errors(&opened["openFuneralCase"]).as_str(),
        "none",
    )?;
    expect(
        "its state",
        opened["openFuneralCase"]["case"]["state"]
            .as_str()
            .unwrap_or(""),
        "OPENED",
    )?;
    let second = open("case-2", &deceased, "查无此人", "36-2")?;
    if errors(&second["openFuneralCase"]) == "none" {
        return Err("a second open case for one deceased".to_owned());
    }
    // F-19 and M-23: the death makes a widower in another subsystem.
    let ledger = "{ myMarriage { status } }";
    soon(&province, "citizen --citizen 0", ledger, |data| {
        data["myMarriage"]["status"] == "WIDOWED"
    })?;
    // An association loses its head by it, and its supervisors are told.
    let head = minzheng_kit::demo::person(PROVINCE, 20 + 62 * 3).id_number;
    let association = minzheng_kit::demo::credit_code(PROVINCE, "361103", '1', 62);
    let died = open("case-4", &head, "查无此人", "36-4")?;
    expect(
        "the head's case",
        errors(&died["openFuneralCase"]).as_str(),
        "none",
    )?;
    let seat = format!("{{ organization(creditCode: \"{association}\") {{ division {{ id }} }} }}");
    let seat =
        province.data("public", &seat, &Value::Null)?["organization"]["division"]["id"].clone();
    let without = format!(
        "{{ organizationsWithoutHead(division: {seat}, first: 500) {{ nodes {{ creditCode legalRep {{ maskedName }} }} }} }}"
    );
    soon(
        &province,
        "supervisor --division 360000",
        &without,
        |data| {
            let all = data["organizationsWithoutHead"]["nodes"].as_array();
            all.is_some_and(|all| {
                all.iter()
                    .any(|one| one["creditCode"] == association && one["legalRep"].is_null())
            })
        },
    )?;
    // One whom `persons` has never heard of: the identity travels sealed, and can be shown masked.
    let stranger = open(
        "case-3",
        &with_check("36990119500505004"),
        "欧阳测试",
        "36-3",
    )?;
    let id = stranger["openFuneralCase"]["case"]["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let shown = format!("{{ funeralCase(id: \"{id}\") {{ deceased {{ maskedName maskedId }} }} }}");
    soon(&province, "registrar --division 361103", &shown, |data| {
        data["funeralCase"]["deceased"]["maskedId"]
            == format!("369***********{}", &with_check("36990119500505004")[14..])
    })
}

fn submit_naming(fixtures: &Fixtures) -> Outcome {
    const SUBMIT: &str = "mutation ($input: SubmitNamingInput!) { submitNaming(input: $input) {
        application { state name roman } userErrors { code messageZh messageEn field legalBasis } } }";
    let province = fixtures.province(PROVINCE)?;
    let division = province.data(
        "public",
        "{ divisionByCode(code: \"361103\") { id } }",
        &Value::Null,
    )?["divisionByCode"]["id"]
        .clone();
    let submit = |key: &str, specific: &str, generic: &str| {
        let input = json!({
            "requestKey": key, "kind": "NAME", "placeKind": "ROAD", "divisionId": division,
            "specific": specific, "generic": generic, "reasons": "新建道路",
        });
        province.data(
            "registrar --division 361103",
            SUBMIT,
            &json!({ "input": input }),
        )
    };
    let good = submit("name-1", "青丝溪", "路")?;
    expect(
        "a good name",
        errors(&good["submitNaming"]).as_str(),
        "none",
    )?;
    expect(
        "its romanisation",
        good["submitNaming"]["application"]["roman"]
            .as_str()
            .unwrap_or(""),
        "Qingsixi Lu",
    )?;
    let bad = submit("name-2", "ABC", "路")?;
    if errors(&bad["submitNaming"]) == "none"
        || bad["submitNaming"]["userErrors"][0]["legalBasis"].is_null()
    {
        return Err(format!("a name in foreign letters: {bad}"));
    }
    let refused = province.ask(
        "citizen",
        SUBMIT,
        &json!({ "input": {
        "requestKey": "name-3", "kind": "NAME", "placeKind": "ROAD", "divisionId": division,
        "specific": "青丝", "generic": "巷", "reasons": "试" } }),
    )?;
    expect(
        "a citizen",
        refused["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or(""),
        "FORBIDDEN",
    )
}

fn submit_report(fixtures: &Fixtures) -> Outcome {
    const SUBMIT: &str = "mutation ($input: SubmitAnnualReportInput!) { submitAnnualReport(input: $input) {
        annualReport { year isLate income } userErrors { code messageZh messageEn field legalBasis } } }";
    const REPORTS: &str =
        "{ organization(creditCode: \"51369901YYYY00610X\") { name annualReports { year } } }";
    let province = fixtures.province(PROVINCE)?;
    let has_2025 = |data: &Value| {
        data["organization"]["annualReports"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["year"] == 2025))
    };
    // Public and cacheable: asked before, so that a stale answer would show.
    if has_2025(&province.data("public", REPORTS, &Value::Null)?) {
        return Err("the report to be submitted is there already".to_owned());
    }
    let input = |key: &str, reviewed: Value| {
        json!({ "input": {
            "requestKey": key, "creditCode": "51369901YYYY00610X", "year": 2025, "submittedToSupervisor": reviewed,
            "income": "120000.00", "spending": "98000.00", "staff": 4, "activities": 12 } })
    };
    let unreviewed = province.data("citizen", SUBMIT, &input("report-1", Value::Null))?;
    expect(
        "without review",
        errors(&unreviewed["submitAnnualReport"]).as_str(),
        "SUPERVISOR_REVIEW_MISSING",
    )?;
    let good = province.data("citizen", SUBMIT, &input("report-2", json!("2026-03-20")))?;
    expect(
        "with review",
        errors(&good["submitAnnualReport"]).as_str(),
        "none",
    )?;
    // Within a second everywhere (design: tags of changed types are invalidated).
    soon(&province, "public", REPORTS, has_2025)
}
