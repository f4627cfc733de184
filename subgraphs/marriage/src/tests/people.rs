//! One's own marriage, the ledger, and the eligibility of two people.

use super::*;

const MINE: &str = "{ myMarriage { person { id } status
    marriage { certificateNumber legacyNumber state registeredOn registry { name division { id } }
      certificates { number kind state } spouse { id } parties { id } }
    divorceApplication { state deadline dates { coolingOffEnds windowOpens windowEnds deadlineProvisional }
      counselling { service state } registry { id } } } }";

#[tokio::test]
async fn a_citizen_sees_the_own_marriage_under_the_code_of_its_day() {
    let p = Province::of("51").await;
    let data = p.data(p.citizen(0), MINE, none()).await;
    let mine = &data["myMarriage"];
    assert_eq!(mine["status"], "MARRIED");
    assert_eq!(mine["person"]["id"], p.token(0));
    let number = mine["marriage"]["certificateNumber"].as_str().unwrap();
    assert!(number.starts_with("J510132-2019-"), "{number}");
    assert_eq!(mine["marriage"]["certificates"][0]["number"], number);
    assert_eq!(mine["marriage"]["certificates"][0]["state"], "ISSUED");
    assert_eq!(
        mine["marriage"]["certificates"].as_array().unwrap().len(),
        1
    );
    assert_eq!(mine["marriage"]["spouse"]["id"], p.token(1));
    assert!(mine["divorceApplication"].is_null());
    let free = p.data(p.citizen(2), MINE, none()).await;
    assert_eq!(free["myMarriage"]["status"], "NO_RECORD");
    assert!(free["myMarriage"]["marriage"].is_null());
    let public = p.ask(p.public(), MINE, none()).await;
    assert_eq!(codes(&public), ["FORBIDDEN"]);
    assert!(public["data"]["myMarriage"].is_null());
}

#[tokio::test]
async fn a_divorce_deadline_is_told_with_its_doubt() {
    let p = Province::of("51").await;
    let data = p.data(p.citizen(5), MINE, none()).await;
    let application = &data["myMarriage"]["divorceApplication"];
    assert_eq!(application["state"], "COOLING");
    assert_eq!(application["dates"]["coolingOffEnds"], "2026-12-07");
    assert_eq!(application["dates"]["windowOpens"], "2026-12-08");
    assert_eq!(application["dates"]["windowEnds"], "2027-01-06");
    assert_eq!(application["dates"]["deadlineProvisional"], true);
    let deadline = application["deadline"].as_str().unwrap();
    assert!(
        deadline.starts_with("2026-12-07T09:"),
        "close of business: {deadline}"
    );
    assert_eq!(application["counselling"][0]["service"], "COUNSELLING");
}

#[tokio::test]
async fn a_person_is_open_to_himself_and_to_officers_with_masked_numbers() {
    let p = Province::of("51").await;
    let query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Person { id
        marriages { certificateNumber } maritalLedger { status statusCode chainIntact entries { seq event } } } } }";
    let both = json!({ "r": [
        { "__typename": "Person", "id": p.token(0) }, { "__typename": "Person", "id": p.token(12) } ] });
    let own = p.ask(p.citizen(0), query, both.clone()).await;
    assert_eq!(
        codes(&own),
        ["FORBIDDEN", "FORBIDDEN"],
        "the neighbour's fields only"
    );
    for error in own["errors"].as_array().unwrap() {
        assert_eq!(error["path"][1], 1);
    }
    assert_eq!(
        own["data"]["_entities"][0]["maritalLedger"]["statusCode"],
        "20"
    );
    assert_eq!(
        own["data"]["_entities"][0]["maritalLedger"]["chainIntact"],
        true
    );
    assert!(own["data"]["_entities"][1]["marriages"].is_null());
    let before = p.services.db.statements();
    let officer = p.data(p.registrar("510118"), query, both).await;
    assert_eq!(
        p.services.db.statements() - before,
        4,
        "one for each field, not for each person, and two for the open matter"
    );
    let number = officer["_entities"][0]["marriages"][0]["certificateNumber"]
        .as_str()
        .unwrap();
    assert!(number.starts_with("J510132-2019-****"), "{number}");
}

/// D.6 (49): the person may be a celebrity; an officer has nothing to do with them.
#[tokio::test]
async fn without_an_open_matter_at_the_own_registry_an_officer_reads_nobodys_records() {
    let p = Province::of("51").await;
    let read = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Person {
        marriages { state } maritalLedger { status } divorceApplications { id } marriageAppointments { id }
        counsellingSessions { id } } } }";
    let of = |index| json!({ "r": [{ "__typename": "Person", "id": p.token(index) }] });
    let couple =
        |man, woman| json!({ "m": p.number(man), "w": p.number(woman), "r": registry("510118-1") });
    let hall = registry("510118-1");
    let ticket = |number: i32| {
        crate::kit::id::derived("queue ticket", &format!("{hall} 2026-11-22 {number}")).to_string()
    };
    let stating = |division: &str, purpose: Option<&str>, case: &str| Principal {
        purpose: purpose.map(str::to_owned),
        case: Some(case.to_owned()),
        ..p.idle_registrar(division)
    };
    let purpose = Some("MARRIAGE_REGISTRATION");
    let nobody = "00000000-0000-7000-8000-000000000000";
    for (what, who) in [
        ("no case", p.idle_registrar("510118")),
        ("no purpose", stating("510118", None, &ticket(3))),
        ("no such case", stating("510118", purpose, nobody)),
        ("no id", stating("510118", purpose, "a celebrity")),
        (
            "a ticket that is done",
            stating("510118", purpose, &ticket(1)),
        ),
        (
            "another registry's ticket",
            stating("510104", purpose, &ticket(3)),
        ),
    ] {
        let answer = p.ask(who.clone(), read, of(0)).await;
        assert_eq!(codes(&answer), ["FORBIDDEN"; 5], "{what}");
        let person = answer["data"]["_entities"][0].as_object().unwrap();
        assert!(person.values().all(Value::is_null), "{what}: {answer}");
        let checked = p.ask(who.clone(), CHECK, couple(0, 3)).await;
        assert_eq!(codes(&checked), ["FORBIDDEN"], "{what}");
        let proof = "query ($p: ID!) { maritalProof(person: $p) { answer } }";
        let proof = p.ask(who.clone(), proof, json!({ "p": p.token(0) })).await;
        assert_eq!(codes(&proof), ["FORBIDDEN"], "{what}");
        let files = "query ($n: CitizenIdInput) { archiveFiles(search: { holder: $n }) { edges { node { id } } } }";
        let files = p.ask(who, files, json!({ "n": p.number(0) })).await;
        assert_eq!(codes(&files), ["FORBIDDEN"], "{what}");
    }
    // What is stated opens whom it names, and nobody else: here the divorce of two others.
    let of_others = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Person { divorceApplications { id } } } }";
    let of_others = p.data(p.idle_registrar("510118"), of_others, of(4)).await;
    let matter = of_others["_entities"][0]["divorceApplications"][0]["id"].clone();
    let stated = stating("510118", purpose, matter.as_str().unwrap());
    let answer = p.ask(stated.clone(), read, of(0)).await;
    assert_eq!(codes(&answer), ["FORBIDDEN"; 5], "{answer}");
    // Of a couple both must be named.
    for (man, woman) in [(4, 3), (0, 5), (2, 3)] {
        let checked = p.ask(stated.clone(), CHECK, couple(man, woman)).await;
        assert_eq!(codes(&checked), ["FORBIDDEN"], "{man} and {woman}");
    }
    assert!(
        p.data(stated.clone(), CHECK, couple(4, 5)).await["eligibilityCheck"]["verdict"]
            .is_string()
    );
    // A ticket with a name on it serves that person only.
    hold_ticket(&p, &ticket(3), Some(p.token(2))).await;
    let named = stating("510118", purpose, &ticket(3));
    let answer = p.ask(named, read, of(0)).await;
    assert_eq!(codes(&answer), ["FORBIDDEN"; 5], "{answer}");
    hold_ticket(&p, &ticket(3), None).await;
    // A walk-in is served by the ticket they hold; whom a matter names, without stating it.
    let served = stating("510118", purpose, &ticket(3));
    let walk_in = p.data(served.clone(), read, of(0)).await;
    assert!(walk_in["_entities"][0]["maritalLedger"]["status"].is_string());
    assert_eq!(
        p.data(served, CHECK, couple(2, 3)).await["eligibilityCheck"]["verdict"],
        "ELIGIBLE"
    );
    let divorcing = p.data(p.idle_registrar("510118"), read, of(4)).await;
    assert!(divorcing["_entities"][0]["maritalLedger"]["status"].is_string());
    // The same couple is no business of the registry beside.
    let beside = p.ask(p.idle_registrar("510104"), read, of(4)).await;
    assert_eq!(codes(&beside), ["FORBIDDEN"; 5]);
    // Nor of the hall itself when the window is over and nobody has come.
    let mut p = p;
    p.at("2027-02-01T02:00:00Z");
    let lapsed = p
        .ask(
            p.idle_registrar("510118"),
            read,
            json!({ "r": [{ "__typename": "Person", "id": p.token(4) }] }),
        )
        .await;
    assert_eq!(codes(&lapsed), ["FORBIDDEN"; 5]);
}

/// Writes a name on a ticket, or takes it off.
async fn hold_ticket(p: &Province, ticket: &str, holder: Option<String>) {
    use crate::model::queue_ticket::{Column, Entity};
    use sea_orm::sea_query::Expr;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let id: uuid::Uuid = ticket.parse().unwrap();
    let job = p.services.db.write(move |tx| {
        let holder = holder.clone();
        Box::pin(async move {
            Entity::update_many()
                .col_expr(Column::Holder, Expr::value(holder))
                .filter(Column::Id.eq(id))
                .exec(tx)
                .await
                .map_err(crate::kit::Error::from)
        })
    });
    assert_eq!(job.await.unwrap().rows_affected, 1);
}

/// D.6 (49), (54), (55): what a citizen fills in at home names whom they like. It opens nobody to an officer, and
/// leads the citizen to nobody.
#[tokio::test]
async fn a_draft_opens_nobodys_records_and_shows_its_writer_no_partner() {
    let p = Province::of("51").await;
    let read = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Person { marriages { state } } } }";
    let of = json!({ "r": [{ "__typename": "Person", "id": p.token(1) }] });
    let selection = "application { id couple { id } }";
    let mut seen = Vec::new();
    // The wife of the first, who has nothing to do with it; and somebody of whom nothing is known.
    for (key, partner) in [("a", p.number(1)), ("b", "519901199602028887".to_owned())] {
        let partner = with_check(&partner);
        let draft = json!({ "requestKey": key, "registry": registry("510118-1"), "kind": "MARRIAGE",
            "own": p.number(2), "partner": partner });
        let drafted = p
            .change(
                p.citizen(2),
                "draftApplication",
                "DraftApplicationInput",
                selection,
                draft,
            )
            .await;
        assert!(refusals(&drafted).is_empty(), "{drafted}");
        let couple = &drafted["application"]["couple"];
        assert_eq!(couple[0]["id"], p.token(2), "{drafted}");
        let shown = couple[1]["id"].as_str().unwrap().to_owned();
        assert!(
            crate::kit::tokenizer::PersonToken::version_of(&shown).is_none(),
            "{shown}"
        );
        let query = "query ($id: ID!) { registrationApplication(id: $id) { couple { id } } }";
        let id = json!({ "id": drafted["application"]["id"] });
        let again = p.data(p.citizen(2), query, id.clone()).await;
        assert_eq!(
            again["registrationApplication"]["couple"][1]["id"],
            shown.as_str()
        );
        // The officers of the registry see whom it names.
        let office = p.data(p.idle_registrar("510118"), query, id).await;
        assert_ne!(
            office["registrationApplication"]["couple"][1]["id"],
            shown.as_str()
        );
        seen.push(shown);
    }
    assert_ne!(seen[0], seen[1]);
    for who in [p.idle_registrar("510118"), p.citizen(2)] {
        let answer = p.ask(who, read, of.clone()).await;
        assert_eq!(codes(&answer), ["FORBIDDEN"], "{answer}");
    }
}

/// An identity number with the check character that it must have.
fn with_check(number: &str) -> String {
    let first = &number[..17];
    let check = crate::kit::citizen_id::check_character(first).unwrap();
    format!("{first}{check}")
}

/// What an officer states opens no archive of other registries.
#[tokio::test]
async fn archive_files_are_those_of_the_own_registry_whatever_is_stated() {
    let p = Province::of("51").await;
    use crate::model::archive_file;
    use sea_orm::EntityTrait;
    let all = archive_file::Entity::find()
        .all(p.services.db.read())
        .await
        .unwrap();
    let hall: uuid::Uuid = registry("510118-1").parse().unwrap();
    let query =
        "query ($n: String!) { archiveFiles(search: { number: $n }) { edges { node { id } } } }";
    let (own, elsewhere): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|file| file.registry_id == hall);
    let far = elsewhere
        .iter()
        .find(|file| !own.iter().any(|own| own.number == file.number));
    for (file, found) in [(own.first(), 1), (far, 0)] {
        let file = file.expect("the demonstration has files here and elsewhere");
        // Who works at the hall, and at no other registry of the county.
        let who = Principal {
            registry: Some(hall.to_string()),
            ..p.registrar("510118")
        };
        let answer = p.data(who, query, json!({ "n": file.number })).await;
        let edges = answer["archiveFiles"]["edges"].as_array().unwrap();
        assert_eq!(edges.len(), found, "{answer}");
    }
}

const CHECK: &str = "query ($m: CitizenIdInput!, $w: CitizenIdInput!, $r: ID!) {
  eligibilityCheck(man: $m, woman: $w, registry: $r) { verdict checkedOn
    reasons { code messageZh messageEn legalBasis } notes { code }
    parties { person { id } ageYears status coverageFrom authority { provinceCode answeredAt } }
    registry { name competence division { id } place { id } point { longitude } } } }";

async fn check(p: &Province, man: &str, woman: &str) -> Value {
    let variables = json!({ "m": man, "w": woman, "r": registry("510118-1") });
    p.data(p.registrar("510118"), CHECK, variables).await["eligibilityCheck"].take()
}

#[tokio::test]
async fn two_people_are_eligible_refused_or_unverified_with_reasons() {
    let p = Province::of("51").await;
    let n = |index| p.number(index);
    // Identity numbers of other provinces are the study's vectors.
    let table = [
        (n(2), n(3), "ELIGIBLE", vec![]),
        (n(0), n(3), "REFUSED", vec!["SPOUSE_ON_RECORD"]),
        (n(8), n(9), "ELIGIBLE", vec![]),
        (
            n(10),
            n(11),
            "REFUSED",
            vec!["MAN_UNDER_AGE", "WOMAN_UNDER_AGE"],
        ),
        (n(3), n(2), "REFUSED", vec!["NOT_ONE_MAN_ONE_WOMAN"]),
        (n(2), n(2), "REFUSED", vec!["SAME_PERSON"]),
        (
            n(2),
            "329901199602020025".into(),
            "UNVERIFIED",
            vec!["AUTHORITY_NOT_ANSWERED"],
        ),
        (
            "329901200511220019".into(),
            "359901199602020020".into(),
            "REFUSED",
            vec!["MAN_UNDER_AGE", "AUTHORITY_NOT_ANSWERED"],
        ),
    ];
    for (man, woman, verdict, reasons) in table {
        let answer = check(&p, &man, &woman).await;
        assert_eq!(answer["verdict"], verdict, "{answer:#}");
        let got: Vec<_> = answer["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["code"].as_str().unwrap())
            .collect();
        assert_eq!(got, reasons);
    }
}

#[tokio::test]
async fn no_record_is_told_with_its_coverage_and_a_spouse_is_never_named() {
    let p = Province::of("51").await;
    let free = check(&p, &p.number(2), &p.number(3)).await;
    assert_eq!(free["notes"][0]["code"], "NO_RECORD_IS_NOT_UNMARRIED");
    assert_eq!(free["parties"][0]["status"], "NO_RECORD");
    assert_eq!(free["parties"][0]["ageYears"], 36);
    assert_eq!(free["parties"][0]["authority"]["provinceCode"], "51");
    assert!(free["parties"][0]["coverageFrom"].is_string());
    let married = check(&p, &p.number(0), &p.number(3)).await;
    assert_eq!(married["parties"][0]["status"], "SPOUSE_ON_RECORD");
    assert!(
        !married.to_string().contains(&p.token(1)),
        "the wife's token is nowhere"
    );
    let far = check(&p, &p.number(2), "329901199602020025").await;
    assert_eq!(far["parties"][1]["status"], "NOT_ANSWERED");
    assert!(
        far["parties"][1]["coverageFrom"].is_null()
            && far["parties"][1]["authority"]["answeredAt"].is_null()
    );
}

#[tokio::test]
async fn eligibility_is_for_officers_of_that_registry_and_a_bad_number_is_not_echoed() {
    let p = Province::of("51").await;
    let variables = json!({ "m": p.number(2), "w": p.number(3), "r": registry("510118-1") });
    for who in [
        p.public(),
        p.citizen(0),
        p.dashboard(),
        p.registrar("510104"),
    ] {
        assert_eq!(
            codes(&p.ask(who, CHECK, variables.clone()).await),
            ["FORBIDDEN"]
        );
    }
    let bad = json!({ "m": "519901199003030033", "w": p.number(3), "r": registry("510118-1") });
    let answer = p.ask(p.registrar("510118"), CHECK, bad).await;
    assert_eq!(codes(&answer), ["BAD_USER_INPUT"]);
    assert_eq!(
        answer["errors"][0]["extensions"]["reason"],
        "CITIZEN_ID_CHECK"
    );
    assert!(!answer.to_string().contains("5199011990"));
}
