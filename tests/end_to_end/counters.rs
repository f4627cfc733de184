//! The counters through the endpoint: a couple is registered, a divorce is applied for, and a death is
//! reported on one form that all subsystems act on, even those that are down while it happens.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::fixtures::{Fixtures, Province, Split};
use crate::steps::{eventually, with_check};
use crate::{Outcome, case};

/// An officer of 广丰.
const OFFICER: &str = "registrar --division 361103";

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![
        case(
            fixtures,
            "a_couple_is_registered_at_the_counter_and_neither_can_marry_twice",
            registration,
        ),
        case(
            fixtures,
            "a_divorce_is_applied_for_and_its_dates_follow_the_work_calendar",
            divorce,
        ),
        case(
            fixtures,
            "one_form_reports_a_death_and_shows_what_the_others_made_of_it",
            one_form,
        ),
        case(
            fixtures,
            "a_death_stops_a_booking_and_ends_an_office_though_both_were_down",
            both_down,
        ),
    ]
}

/// The codes of a payload's refusals.
fn refusals(payload: &Value) -> Vec<&str> {
    let errors = payload["userErrors"].as_array();
    let all = errors.map_or(&[][..], Vec::as_slice).iter();
    all.filter_map(|error| error["code"].as_str()).collect()
}

fn must(holds: bool, what: &str, answer: &Value) -> Outcome {
    if holds {
        Ok(())
    } else {
        Err(format!("{what}: {answer}"))
    }
}

/// The registry nearest to the middle of 广丰 with its first registrar.
fn counter(province: &Province) -> Result<(Value, Value), String> {
    let near = "{ registriesNear(point: {longitude: 118.19, latitude: 28.44}, first: 1) { registry { id division { current { code } } } } }";
    let near = province.data("public", near, &Value::Null)?;
    let registry = near["registriesNear"][0]["registry"].clone();
    must(
        registry["division"]["current"]["code"] == "361103",
        "the registry of 广丰",
        &registry,
    )?;
    let staff = "query ($r: ID!) { marriageRegistrars(registry: $r) { id status } }";
    let staff = province.data(OFFICER, staff, &json!({ "r": registry["id"] }))?;
    let active = staff["marriageRegistrars"].as_array().and_then(|all| {
        let mut all = all.iter();
        all.find(|one| one["status"] == "ACTIVE")
    });
    let registrar = active.ok_or("nobody works there")?["id"].clone();
    Ok((registry["id"].clone(), registrar))
}

/// A change at the counter, with its payload.
fn act(province: &Province, field: &str, kind: &str, input: Value) -> Result<Value, String> {
    let query = format!(
        "mutation ($input: {kind}!) {{ {field}(input: $input) {{ application {{ id version state
            record {{ id certificateNumber registeredOn }} checks {{ outcome reason }} }}
            userErrors {{ code messageZh messageEn legalBasis }} }} }}"
    );
    Ok(province.data(OFFICER, &query, &json!({ "input": input }))?[field].take())
}

/// Two who are free to marry; he is 22 today, she was born on 29 February.
const HIM: &str = "36990120041122001";
const HER: &str = "36990120040229004";

fn receipt(key: &str, (registry, registrar): &(Value, Value)) -> Value {
    json!({ "requestKey": key, "registry": registry, "registrar": registrar, "kind": "MARRIAGE",
        "man": with_check(HIM), "woman": with_check(HER) })
}

fn registration(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("36")?;
    let counter = counter(&province)?;
    let received = act(
        &province,
        "receiveApplication",
        "ReceiveApplicationInput",
        receipt("counter-1", &counter),
    )?;
    let mut application = received["application"].clone();
    must(application["state"] == "RECEIVED", "received", &received)?;
    for role in ["MAN", "WOMAN"] {
        let input = json!({
            "requestKey": format!("counter-2-{role}"), "application": application["id"],
            "version": application["version"], "role": role, "present": true, "questionedApart": true,
            "willing": true, "document": "ID_CARD", "documentNumber": "a paper that stays sealed",
            "declaredStatus": "NEVER_MARRIED", "noSpouse": true, "noKinship": true,
            "illnessDutyExplained": true, "faceMatch": "PASS",
        });
        let declared = act(
            &province,
            "recordDeclaration",
            "RecordDeclarationInput",
            input,
        )?;
        must(refusals(&declared).is_empty(), "declared", &declared)?;
        application = declared["application"].clone();
    }
    let step = |key: &str, application: &Value| json!({ "requestKey": key, "application": application["id"], "version": application["version"] });
    let checked = act(
        &province,
        "runOnlineChecks",
        "ApplicationStepInput",
        step("counter-3", &application),
    )?;
    must(
        checked["application"]["state"] == "ELIGIBLE",
        "checked",
        &checked,
    )?;
    let register = step("counter-4", &checked["application"]);
    let done = act(
        &province,
        "registerMarriage",
        "ApplicationStepInput",
        register.clone(),
    )?;
    must(
        done["application"]["state"] == "REGISTERED"
            && done["application"]["record"]["registeredOn"] == "2026-11-22",
        "registered",
        &done,
    )?;
    // Sent twice, as over a bad line: the same answer, and no second certificate.
    let again = act(
        &province,
        "registerMarriage",
        "ApplicationStepInput",
        register,
    )?;
    must(again == done, "the same key gives another answer", &again)?;
    // Both hold a certificate with one number, of this division and year.
    let mine = "{ myMarriage { status marriage { certificates { number state } } } }";
    let mut numbers = Vec::new();
    for citizen in [8, 9] {
        let role = format!("citizen --citizen {citizen}");
        let seen = province.data(&role, mine, &Value::Null)?;
        let marriage = &seen["myMarriage"];
        let certificate = &marriage["marriage"]["certificates"][0];
        must(
            marriage["status"] == "MARRIED" && certificate["state"] == "ISSUED",
            "the certificate",
            &seen,
        )?;
        numbers.push(certificate["number"].as_str().unwrap_or("").to_owned());
    }
    must(
        numbers[0] == numbers[1] && numbers[0].starts_with("J361103-2026-"),
        "one number for both",
        &json!(numbers),
    )?;
    // Neither can marry again: the second application never gets to a registration.
    let second = act(
        &province,
        "receiveApplication",
        "ReceiveApplicationInput",
        receipt("counter-5", &counter),
    )?;
    must(refusals(&second).is_empty(), "received again", &second)?;
    let input = step("counter-6", &second["application"]);
    let checked = act(
        &province,
        "runOnlineChecks",
        "ApplicationStepInput",
        input.clone(),
    )?;
    let reasons = checked["application"]["checks"].as_array();
    let spouse = |check: &Value| check["reason"] == "SPOUSE_ON_RECORD";
    must(
        checked["application"]["state"] != "ELIGIBLE"
            && reasons.is_some_and(|all| all.iter().any(spouse)),
        "both have a spouse",
        &checked,
    )?;
    let register = json!({ "requestKey": "counter-7", "application": input["application"],
        "version": checked["application"]["version"] });
    let registered = act(
        &province,
        "registerMarriage",
        "ApplicationStepInput",
        register,
    )?;
    must(
        refusals(&registered) == ["NOT_FOUND_ELIGIBLE"],
        "the second attempt",
        &registered,
    )?;
    // What was shown at the counter is nowhere in the program's words.
    let said = province.program.output();
    must(
        !said.contains("a paper that stays sealed") && !said.contains(&with_check(HIM)),
        "the log holds personal data",
        &Value::Null,
    )
}

fn divorce(fixtures: &Fixtures) -> Outcome {
    const APPLY: &str = "mutation ($input: ApplyDivorceInput!) { applyDivorce(input: $input) {
        application { id state dates { receivedOn coolingOffEnds windowOpens windowEnds deadlineProvisional } }
        userErrors { code messageEn } } }";
    const TIMELINE: &str =
        "query ($a: ID!) { divorceTimeline(application: $a) { step on reached provisional } }";
    let province = fixtures.province("36")?;
    let (registry, _) = counter(&province)?;
    let input = |key: &str| {
        json!({ "input": { "requestKey": key, "registry": registry,
            "man": with_check("36990119680412001"), "woman": with_check("36990119710130002"),
            "bothPresent": true, "agreementSigned": true, "fullCapacity": true } })
    };
    let applied = province.data(OFFICER, APPLY, &input("divorce-1"))?["applyDivorce"].take();
    let application = &applied["application"];
    // Received on Sunday 11-22: thirty days from the 23rd end on 12-22, the window on 2027-01-21; the
    // calendar of 2027 is not known yet, and the answer says so.
    let dates = json!({ "receivedOn": "2026-11-22", "coolingOffEnds": "2026-12-22",
        "windowOpens": "2026-12-23", "windowEnds": "2027-01-21", "deadlineProvisional": true });
    must(
        application["state"] == "COOLING" && application["dates"] == dates,
        "the dates",
        &applied,
    )?;
    let second = province.data(OFFICER, APPLY, &input("divorce-2"))?["applyDivorce"].take();
    must(
        refusals(&second) == ["APPLICATION_ALREADY_OPEN"],
        "M-19, one open application in the whole country",
        &second,
    )?;
    let asked = json!({ "a": application["id"] });
    let timeline = province.data("citizen --citizen 6", TIMELINE, &asked)?;
    let reached: Vec<(&str, bool)> = timeline["divorceTimeline"]
        .as_array()
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .filter_map(|step| Some((step["step"].as_str()?, step["reached"] == true)))
        .collect();
    must(
        reached.contains(&("RECEIVED", true)) && reached.contains(&("WINDOW_OPENS", false)),
        "the timeline",
        &timeline,
    )?;
    let stranger = province.ask("citizen --citizen 12", TIMELINE, &asked)?;
    must(
        stranger["data"]["divorceTimeline"].is_null(),
        "somebody else's divorce",
        &stranger,
    )
}

/// A death on one form, with what each subsystem makes of it.
const ONE_FORM: &str = "mutation ReportADeath($input: OpenFuneralCaseInput!) { openFuneralCase(input: $input) {
    case { id state deceased { id death { diedOn }
      officesHeld(includeEnded: true) { role until endedBy organization { creditCode legalRep { id } } } } }
    followUps { subsystem isDone }
    userErrors { code messageZh messageEn field } } }";

/// The form: the first person of the register of a province, reported by a neighbour.
fn form(province: &str, key: &str, facility: &Value) -> Value {
    json!({ "input": {
        "requestKey": key, "deceased": with_check(&format!("{province}990119900303003")),
        "deceasedName": "查无此人", "applicant": with_check(&format!("{province}990119790508005")),
        "applicantName": "范测试", "relation": "OTHER_RELATIVE", "phone": "13800000000",
        "paperKind": "MEDICAL", "paperNumber": "SW-2026-1", "natural": true, "diedOn": "2026-11-20",
        "facility": facility,
    } })
}

fn one_form(_: &Fixtures) -> Outcome {
    // An answer waits a second for those who follow, and says who has not come yet. On a machine that stands still for
    // longer it is another province's turn; one answer in three must show it all.
    for code in ["32", "35", "36"] {
        if one_form_in(code)? {
            return Ok(());
        }
    }
    Err("no answer came after the others had acted".to_owned())
}

/// Whether all had acted when the answer came; then that it shows it.
fn one_form_in(code: &str) -> Result<bool, String> {
    // A province of its own, for its first citizen dies.
    let province = Province::standalone(code)?;
    let officer = &format!("registrar --division {code}0000");
    let home = "{ facilities(kind: FUNERAL_HOME, first: 1) { nodes { id } } }";
    let home = province.data("public", home, &Value::Null)?["facilities"]["nodes"][0]["id"].clone();
    let before = province.data("citizen --citizen 0", "{ me { id } }", &Value::Null)?;
    let answer =
        province.data(officer, ONE_FORM, &form(code, "f1", &home))?["openFuneralCase"].take();
    must(refusals(&answer).is_empty(), "the form", &answer)?;
    let done = json!([
        { "subsystem": "marriage", "isDone": true },
        { "subsystem": "persons", "isDone": true },
        { "subsystem": "societies", "isDone": true }
    ]);
    if answer["followUps"] != done {
        eprintln!("not yet: {}", answer["followUps"]);
        return Ok(false);
    }
    let deceased = &answer["case"]["deceased"];
    let office = &deceased["officesHeld"][0];
    must(
        deceased["id"] == before["me"]["id"]
            && deceased["death"]["diedOn"] == "2026-11-20"
            && office["role"] == "LEGAL_REPRESENTATIVE"
            && office["until"] == "2026-11-20"
            && office["endedBy"] == "DEATH"
            && office["organization"]["legalRep"].is_null(),
        "what one answer shows",
        &answer,
    )?;
    // At once, and without waiting: the answer came after the others had acted.
    // The officer of the funeral has no business with the marriage; who was married reads it.
    let ledger = "{ me { maritalLedger { entries { event effectiveOn } } } }";
    let ledger = province.data("citizen --citizen 0", ledger, &Value::Null)?;
    let entries = ledger["me"]["maritalLedger"]["entries"].as_array();
    must(
        entries.and_then(|all| all.last())
            == Some(&json!({ "event": "DIED", "effectiveOn": "2026-11-20" })),
        "the ledger of the deceased",
        &ledger,
    )?;
    let widow = "{ myMarriage { status } }";
    let widow = province.data("citizen --citizen 1", widow, &Value::Null)?;
    must(
        widow["myMarriage"]["status"] == "WIDOWED",
        "widowed",
        &widow,
    )?;
    // The trap: sent once more under another key, it opens no second case.
    let again =
        province.data(officer, ONE_FORM, &form(code, "f2", &home))?["openFuneralCase"].take();
    must(
        refusals(&again) == ["CASE_ALREADY_OPEN"] && again["followUps"].is_null(),
        "a second open case",
        &again,
    )?;
    Ok(true)
}

fn both_down(_: &Fixtures) -> Outcome {
    const HEADLESS: &str = "query ($d: ID!) { organizationsWithoutHead(division: $d, first: 50) { nodes { creditCode } } }";
    const BOOKED: &str = "{ myMarriage { appointments { state service } } }";
    const BOOK: &str = "mutation ($input: BookSlotInput!) { bookSlot(input: $input) { appointment { id state } userErrors { code } } }";
    const OFFICER: &str = "registrar --division 510118";
    const CITIZEN: &str = "citizen --citizen 0";
    let mut split = Split::start("deaths")?;
    let data = |answer: Value| match answer.get("errors") {
        None => Ok(answer["data"].clone()),
        Some(errors) => Err(format!("errors: {errors}")),
    };
    let places = "{ divisionByCode(code: \"510118\") { id registries { id openSlots(date: \"2026-12-01\", service: REPLACEMENT) { id } } }
        facilitiesNear(point: {longitude: 103.83, latitude: 30.41}, kind: FUNERAL_HOME, first: 1) { facility { id } } }";
    let places = data(split.ask("public", places, &Value::Null)?)?;
    let here = json!({ "d": places["divisionByCode"]["id"] });
    let slot = places["divisionByCode"]["registries"][0]["openSlots"][0]["id"].clone();
    let booking = json!({ "input": { "requestKey": "deaths-1", "slot": slot } });
    let booked = data(split.ask(CITIZEN, BOOK, &booking)?)?;
    must(
        booked["bookSlot"]["appointment"]["state"] == "BOOKED",
        "a slot for a lost certificate",
        &booked,
    )?;
    let before = data(split.ask(OFFICER, HEADLESS, &here)?)?;
    let count = |data: &Value| {
        let nodes = data["organizationsWithoutHead"]["nodes"].as_array();
        nodes.map_or(0, Vec::len)
    };
    split.kill("marriage");
    split.kill("societies");
    let home = &places["facilitiesNear"][0]["facility"]["id"];
    let short = "mutation ($input: OpenFuneralCaseInput!) { openFuneralCase(input: $input) { case { id } userErrors { code } } }";
    let opened = split.ask(OFFICER, short, &form("51", "deaths-2", home))?;
    must(
        opened["data"]["openFuneralCase"]["case"]["id"].is_string(),
        "with both killed",
        &opened,
    )?;
    split.restart("marriage")?;
    split.restart("societies")?;
    let cancelled = |data: &Value| data["myMarriage"]["appointments"][0]["state"] == "CANCELLED";
    eventually(|| split.ask(CITIZEN, BOOKED, &Value::Null), cancelled)?;
    let headless = |data: &Value| count(data) == count(&before) + 1;
    eventually(|| split.ask(OFFICER, HEADLESS, &here), headless)?;
    // Once more from the start: what was applied is not applied again.
    for name in ["marriage", "societies"] {
        split.kill(name);
        split.restart(name)?;
    }
    eventually(|| split.ask(OFFICER, HEADLESS, &here), headless)?;
    eventually(|| split.ask(CITIZEN, BOOKED, &Value::Null), cancelled)
}
