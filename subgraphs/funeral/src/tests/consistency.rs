//! What one subsystem's change does in this one and the other way round: deaths, near kin, persons,
//! divisions and places.

use std::sync::Arc;

use minzheng_kit::events::{Consumer, Event, read_outbox};
use minzheng_kit::{Principal, Role};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::steps::{number, officer};
use super::{Stage, dashboard, databases, division};
use crate::consumers::{Aliases, Divisions, Places};
use crate::demo;
use crate::model::{death_record, facility};

async fn tell(stage: &Stage, consumer: impl Consumer + 'static, kind: &str, body: Value) {
    let event = Event {
        kind: kind.into(),
        key: "k".into(),
        at: stage.services.clock.now(),
        body,
    };
    let (consumer, event) = (Arc::new(consumer), Arc::new(event));
    // Each event may come twice.
    for _ in 0..2 {
        let (services, consumer, event) = (
            stage.services.clone(),
            Arc::clone(&consumer),
            Arc::clone(&event),
        );
        stage
            .services
            .db
            .write(move |tx| {
                let (services, consumer, event) =
                    (services.clone(), Arc::clone(&consumer), Arc::clone(&event));
                Box::pin(async move { consumer.apply(&services, tx, &event).await })
            })
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_death_is_told_once_and_each_correction_once() {
    for services in databases("deaths").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let case = stage.open(7_600, 40, "CHILD").await;
        let query = "query ($id: ID!) { funeralCase(id: $id) { death { id version diedOn } } }";
        let data = stage
            .data(officer(), query, json!({ "id": case["id"] }))
            .await;
        let death = data["funeralCase"]["death"].clone();
        let fix = |key: &str, version: i64, died: &str| {
            json!({
                "requestKey": key, "record": death["id"], "version": version, "reason": "PAPER_REPLACED", "diedOn": died,
                "paperKind": "MEDICAL", "paperNumber": "SW-2026-9", "natural": true,
            })
        };
        let future = stage
            .act(
                officer(),
                "correctDeath",
                fix("c0", 1, "2026-11-23"),
                "death { id }",
            )
            .await;
        assert_eq!(future["userErrors"][0]["code"], "DEATH_DATE_IN_FUTURE");
        let right = stage
            .act(
                officer(),
                "correctDeath",
                fix("c1", 1, "2026-11-20"),
                "death { diedOn version }",
            )
            .await;
        assert_eq!(
            right["death"],
            json!({ "diedOn": "2026-11-20", "version": 2 })
        );
        let again = stage
            .act(
                officer(),
                "correctDeath",
                fix("c1", 1, "2026-11-20"),
                "death { version }",
            )
            .await;
        assert_eq!(again["death"]["version"], 2);
        let stale = stage
            .act(
                officer(),
                "correctDeath",
                fix("c2", 1, "2026-11-19"),
                "death { id }",
            )
            .await;
        assert_eq!(stale["userErrors"][0]["code"], "VERSION_CONFLICT");
        let revoke = json!({ "requestKey": "r", "record": death["id"], "version": 2, "reason": "COURT_REVOKED" });
        let refused = stage
            .act(officer(), "revokeDeath", revoke, "death { id }")
            .await;
        assert_eq!(refused["userErrors"][0]["code"], "REVOCATION_GROUNDS");
        let feed = read_outbox(stage.services.db.read(), 0, 100).await.unwrap();
        let of = |kind: &str| {
            feed.iter()
                .filter(|e| e.kind == kind)
                .map(|e| e.key.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of("DeathRegistered"),
            [crate::rules::death::event_key(&stage.token(7_600), 1)]
        );
        assert_eq!(
            of("DeathCorrected"),
            [minzheng_kit::id::derived(
                "death correction",
                &format!("{}/2", death["id"].as_str().unwrap())
            )
            .to_string()]
        );
    }
}

#[tokio::test]
async fn a_declared_death_is_taken_back_by_a_court_and_may_come_again() {
    let stage = Stage::of("51").await;
    let query = "query ($d: ID!) { facilities(division: $d, kind: FUNERAL_HOME, subKind: URBAN_PUBLIC) { nodes { id } } }";
    let data = stage
        .data(
            Principal::public("51"),
            query,
            json!({ "d": division("510118") }),
        )
        .await;
    let open = |key: &str, kind: &str, died: &str| {
        json!({
            "requestKey": key, "deceased": number(7_601), "deceasedName": "赵无名", "applicant": number(40), "applicantName": "赵有名",
            "relation": "CHILD", "phone": "13800005678", "paperKind": kind, "paperNumber": "FY-1", "natural": true, "diedOn": died,
            "facility": data["facilities"]["nodes"][0]["id"],
        })
    };
    let opened = stage
        .act(
            officer(),
            "openFuneralCase",
            open("o1", "COURT_DECLARED", "2026-01-05"),
            "case { id version death { id version } }",
        )
        .await;
    let case = opened["case"].clone();
    let revoke = |key: &str| json!({ "requestKey": key, "record": case["death"]["id"], "version": 1, "reason": "COURT_REVOKED" });
    let busy = stage
        .act(officer(), "revokeDeath", revoke("r1"), "death { id }")
        .await;
    assert_eq!(busy["userErrors"][0]["code"], "STATE_NOT_ALLOWED");
    stage
        .step(
            officer(),
            "cancelFuneralCase",
            &case,
            json!({ "reason": "NOT_DEAD" }),
        )
        .await;
    let gone = stage
        .act(
            officer(),
            "revokeDeath",
            revoke("r2"),
            "death { revokedOn }",
        )
        .await;
    assert_eq!(gone["death"]["revokedOn"], "2026-11-22");
    let reps = json!([{ "__typename": "Person", "id": stage.token(7_601) }]);
    let answer = minzheng_kit::testing::entities(
        &stage.graph,
        officer(),
        reps,
        "... on Person { death { diedOn } }",
    )
    .await;
    assert_eq!(answer["data"]["_entities"][0]["death"], Value::Null);
    let again = stage
        .act(
            officer(),
            "openFuneralCase",
            open("o2", "MEDICAL", "2026-11-21"),
            "case { death { diedOn } }",
        )
        .await;
    assert_eq!(again["case"]["death"]["diedOn"], "2026-11-21", "{again}");
    // F-19: the second death is told anew, under a key of its own.
    let feed = read_outbox(stage.services.db.read(), 0, 100).await.unwrap();
    let person = stage.token(7_601);
    let keys: Vec<String> = feed
        .iter()
        .filter(|e| e.kind == "DeathRegistered" && e.body.contains(&person))
        .map(|e| e.key.clone())
        .collect();
    let key = |version| crate::rules::death::event_key(&person, version);
    assert_eq!(keys, [key(1), key(3)]);
}

#[tokio::test]
async fn near_kin_ask_for_the_dead_and_archives_stay() {
    let stage = Stage::of("51").await;
    let case = stage.open(7_602, 40, "CHILD").await;
    let distant = stage.open(7_603, 41, "OTHER_RELATIVE").await;
    let ask = |key: &str, case: &Value, right: &str| json!({ "requestKey": key, "case": case["id"], "right": right });
    let no = stage
        .act(
            stage.citizen(41),
            "useKinRight",
            ask("k0", &distant, "ACCESS"),
            "request { id }",
        )
        .await;
    assert_eq!(no["userErrors"][0]["code"], "NOT_NEAR_KIN");
    let asked = stage
        .act(
            stage.citizen(40),
            "useKinRight",
            ask("k1", &case, "DELETION"),
            "request { id version state dueOn }",
        )
        .await;
    assert_eq!(asked["request"]["dueOn"], "2026-12-07");
    let twice = stage
        .act(
            stage.citizen(40),
            "useKinRight",
            ask("k2", &case, "DELETION"),
            "request { id }",
        )
        .await;
    assert_eq!(twice["userErrors"][0]["code"], "ASKED_ALREADY");
    let open = stage
        .data(
            officer(),
            "{ kinRequests { nodes { id right } } }",
            json!({}),
        )
        .await;
    assert_eq!(open["kinRequests"]["nodes"].as_array().unwrap().len(), 2);
    let decide = |key: &str, grant: bool| json!({ "requestKey": key, "request": asked["request"]["id"], "version": 1, "grant": grant });
    let kept = stage
        .act(
            officer(),
            "decideKinRequest",
            decide("d1", true),
            "request { id }",
        )
        .await;
    assert_eq!(
        (
            &kept["userErrors"][0]["code"],
            &kept["userErrors"][0]["legalBasis"]
        ),
        (&json!("ARCHIVE_KEPT"), &json!("个人信息保护法第四十七条"))
    );
    let refused = stage
        .act(
            officer(),
            "decideKinRequest",
            decide("d2", false),
            "request { state }",
        )
        .await;
    assert_eq!(refused["request"]["state"], "REFUSED");
}

#[tokio::test]
async fn a_merged_township_takes_over_what_stood_in_the_other() {
    let stage = Stage::of("51").await;
    let county = minzheng_kit::divisions::dataset()
        .by_code("510118")
        .unwrap();
    let db = stage.services.db.read();
    let standing = facility::Entity::find().all(db).await.unwrap();
    let towns: Vec<_> = minzheng_kit::divisions::dataset()
        .children(&county.id)
        .collect();
    let old = towns
        .iter()
        .find(|t| standing.iter().any(|f| f.division_id == t.id))
        .unwrap();
    let new = towns.iter().rev().find(|t| t.id != old.id).unwrap();
    let side = |d: &minzheng_kit::divisions::Division| json!({ "id": d.id, "code": d.code, "name": d.name, "parent": county.id });
    let body = json!({
        "version": 1, "change": uuid::Uuid::new_v4(), "relation": "MERGE", "effective": "2026-11-22",
        "from": [side(old), side(new)], "to": [side(new)],
    });
    // What the rehearsal shows is what moves.
    let keyed =
        "... on Division { funeralKeyed { facilities waiverPolicies burialZones openGraves } }";
    let shown = async |id: uuid::Uuid| {
        let reps = json!([{ "__typename": "Division", "id": id.to_string() }]);
        let answer = minzheng_kit::testing::entities(&stage.graph, officer(), reps, keyed).await;
        answer["data"]["_entities"][0]["funeralKeyed"]["facilities"]
            .as_u64()
            .unwrap()
    };
    let (rehearsed, there) = (shown(old.id).await, shown(new.id).await);
    let before = standing.iter().filter(|f| f.division_id == new.id).count();
    let moving = standing.iter().filter(|f| f.division_id == old.id).count();
    tell(&stage, Divisions, "DivisionChanged", body).await;
    let of = async |id: uuid::Uuid| {
        facility::Entity::find()
            .filter(facility::Column::DivisionId.eq(id))
            .all(db)
            .await
            .unwrap()
            .len()
    };
    assert_eq!((of(old.id).await, of(new.id).await), (0, before + moving));
    assert_eq!(rehearsed, moving as u64);
    assert_eq!(shown(new.id).await, there + rehearsed);
    // What is asked of the county is as it was, and nothing is counted twice.
    let reps = json!([{ "__typename": "Division", "id": county.id.to_string() }]);
    let counted = minzheng_kit::testing::entities(
        &stage.graph,
        Principal::public("51"),
        reps,
        "... on Division { facilities(first: 500) { id } }",
    )
    .await;
    let within = |f: &&facility::Model| {
        f.division_id == county.id || towns.iter().any(|t| t.id == f.division_id)
    };
    assert_eq!(
        counted["data"]["_entities"][0]["facilities"]
            .as_array()
            .unwrap()
            .len(),
        standing.iter().filter(within).count()
    );
}

#[tokio::test]
async fn a_place_that_moves_takes_its_facilities_along() {
    let stage = Stage::of("51").await;
    let one = facility::Entity::find()
        .one(stage.services.db.read())
        .await
        .unwrap()
        .unwrap();
    let body = json!({ "version": 1, "place": one.place_id, "name": "新址", "division": one.division_id, "point": [104.5, 30.5], "effective": "2026-11-22" });
    tell(&stage, Places, "PlaceChanged", body).await;
    let moved = facility::Entity::find_by_id(one.id)
        .one(stage.services.db.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((moved.lon, moved.lat), (104.5, 30.5));
}

#[tokio::test]
async fn a_merged_person_never_gets_two_deaths() {
    let stage = Stage::of("51").await;
    let (dead, other) = (stage.token(8_000), stage.token(8_001));
    tell(
        &stage,
        Aliases,
        "PersonAliased",
        json!({ "version": 1, "old": dead, "new": other }),
    )
    .await;
    let deaths = death_record::Entity::find()
        .filter(death_record::Column::Deceased.is_in([dead.clone(), other.clone()]))
        .all(stage.services.db.read())
        .await
        .unwrap();
    assert_eq!(deaths.len(), 2, "an officer has to look at these");
}

#[tokio::test]
async fn an_officer_without_a_division_is_an_officer_of_nowhere() {
    let stage = Stage::of("51").await;
    let bare = Principal::of(Role::Registrar, "51");
    let open = stage
        .data(
            officer(),
            "{ funeralCases(first: 1) { nodes { id } } }",
            json!({}),
        )
        .await;
    let case = open["funeralCases"]["nodes"][0]["id"].clone();
    let table = [
        ("{ openTickets { nodes { id } } }", json!({})),
        ("{ funeralCases { nodes { id } } }", json!({})),
        (
            "query ($d: ID!) { ticketSla(division: $d, from: \"2026-01\", to: \"2026-11\") { tickets } }",
            json!({ "d": division("510000") }),
        ),
        (
            "query ($d: ID!) { illegalGraves(division: $d) { registered } }",
            json!({ "d": division("510118") }),
        ),
        (
            "query ($d: ID!) { priceBreaches(division: $d) { nodes { id } } }",
            json!({ "d": division("510118") }),
        ),
        (
            "query ($d: ID!) { waiverSettlements(division: $d, from: \"2026-01\", to: \"2026-11\") { amount } }",
            json!({ "d": division("510118") }),
        ),
    ];
    for (query, variables) in table {
        let answer = stage.ask(bare.clone(), query, variables).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "FORBIDDEN",
            "{query} {answer:#}"
        );
    }
    // What they look up by its identity looks like what is not there.
    let query =
        "query ($id: ID!) { funeralCase(id: $id) { number } caseTimeline(case: $id) { act } }";
    let nothing = stage.data(bare.clone(), query, json!({ "id": case })).await;
    assert_eq!(
        nothing,
        json!({ "funeralCase": null, "caseTimeline": null })
    );
    // A display of figures is provincial by its role, in the province of its own token.
    let query = "query ($d: ID!) { illegalGraves(division: $d) { registered } }";
    stage
        .data(dashboard("51"), query, json!({ "d": division("510000") }))
        .await;
    let answer = stage
        .ask(dashboard("32"), query, json!({ "d": division("510000") }))
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn a_page_of_cases_loads_each_part_of_its_course_once_for_all() {
    let stage = Stage::of("51").await;
    let head = Principal::registrar("51", "510000", None);
    let query = "query ($n: Int) { funeralCases(first: $n) { nodes { number timeline { act } transports { state } storage { overdue } \
         hallBookings { state } cremation { cremator } custodyChain { taker } ashesCustody { boxNo } ashesRelease { state } interment { kind } \
         unclaimedNotice { endsOn } plotContracts { validTo } seaEnrolments { state } items { amount } waivers { amount } facility { name } death { diedOn } } } }";
    let mut statements = Vec::new();
    for count in [1, 100] {
        let before = stage.services.db.statements();
        let data = stage.data(head.clone(), query, json!({ "n": count })).await;
        assert_eq!(
            data["funeralCases"]["nodes"].as_array().unwrap().len(),
            count
        );
        statements.push(stage.services.db.statements() - before);
    }
    assert_eq!(statements[0], statements[1]);
    // The page itself, twelve parts of the course, bill and items, waivers, facility, death.
    assert_eq!(statements[0], 18);
}
