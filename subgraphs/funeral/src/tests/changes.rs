//! What can be done, refused and repeated.

use minzheng_kit::Principal;
use minzheng_kit::events::{Consumer, Event, read_outbox};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{Stage, databases, division};
use crate::demo;
use crate::model::{death_record, funeral_case, plot_hold};

const OPEN: &str = "mutation ($input: OpenFuneralCaseInput!) { openFuneralCase(input: $input) { \
     case { id number state isOpen deceased { id } applicant { id } facility { name } applicantPhone } \
     userErrors { code field messageZh messageEn legalBasis } } }";

fn officer() -> Principal {
    Principal::registrar("51", "510118", None)
}

async fn home(stage: &Stage) -> Value {
    let query = "query ($d: ID!) { facilities(division: $d, kind: FUNERAL_HOME, subKind: URBAN_PUBLIC) { nodes { id } } }";
    let data = stage
        .data(
            Principal::public("51"),
            query,
            json!({ "d": division("510118") }),
        )
        .await;
    data["facilities"]["nodes"][0]["id"].clone()
}

fn number(index: usize) -> String {
    minzheng_kit::demo::person("51", index).id_number
}

/// A case for a deceased without one yet.
async fn opening(stage: &Stage, key: &str, deceased: usize) -> Value {
    json!({ "input": {
        "requestKey": key, "deceased": number(deceased), "deceasedName": "赵无名", "applicant": number(40), "applicantName": "赵有名",
        "relation": "CHILD", "phone": "138-0000-5678", "paperKind": "MEDICAL", "paperNumber": "SW-2026-1", "natural": true,
        "diedOn": "2026-11-21", "facility": home(stage).await,
    } })
}

#[tokio::test]
async fn a_case_is_opened_once_and_told_to_the_house() {
    for services in databases("open").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let input = opening(&stage, "k1", 7_000).await;
        let first = stage.data(officer(), OPEN, input.clone()).await;
        let case = &first["openFuneralCase"]["case"];
        assert_eq!(first["openFuneralCase"]["userErrors"], json!([]));
        assert_eq!(case["state"], "OPENED");
        assert_eq!(case["deceased"]["id"], stage.token(7_000).as_str());
        assert_eq!(case["applicantPhone"], "138****5678");

        // The same key gives the same answer; another body under it is refused.
        let again = stage.data(officer(), OPEN, input.clone()).await;
        assert_eq!(again, first);
        let mut other = input.clone();
        other["input"]["relation"] = json!("SPOUSE");
        let refused = stage.data(officer(), OPEN, other).await;
        assert_eq!(
            refused["openFuneralCase"]["userErrors"][0]["code"],
            "REQUEST_KEY_REUSED"
        );

        // F-13: a second case is refused, and the first one's number shown.
        let second = stage
            .data(officer(), OPEN, opening(&stage, "k2", 7_000).await)
            .await;
        let refusal = &second["openFuneralCase"]["userErrors"][0];
        assert_eq!(refusal["code"], "CASE_ALREADY_OPEN");
        assert!(
            refusal["messageZh"]
                .as_str()
                .unwrap()
                .contains(case["number"].as_str().unwrap())
        );

        // F-19: one death, one event; two sealed identities; no number and no name in any of them.
        let feed = read_outbox(stage.services.db.read(), 0, 100).await.unwrap();
        let kinds: Vec<&str> = feed.iter().map(|e| e.kind.as_str()).collect();
        assert_eq!(
            kinds,
            ["IdentitySealed", "IdentitySealed", "DeathRegistered"]
        );
        let death: Value = serde_json::from_str(&feed[2].body).unwrap();
        assert_eq!(death["person"], stage.token(7_000).as_str());
        assert_eq!(death["diedOn"], "2026-11-21");
        for event in &feed {
            assert!(!event.body.contains(&number(7_000)) && !event.body.contains("赵"));
        }
    }
}

#[tokio::test]
async fn what_the_law_or_the_form_refuses_is_a_user_error_with_its_field() {
    let stage = Stage::of("51").await;
    let good = opening(&stage, "k", 7_001).await;
    let table = [
        ("deceased", json!("519901199003030033"), "CITIZEN_ID_CHECK"),
        ("applicant", json!("1"), "CITIZEN_ID_LENGTH"),
        ("deceasedName", json!(" "), "NAME_REQUIRED"),
        ("phone", json!("123"), "PHONE_MALFORMED"),
        ("paperNumber", json!(""), "DEATH_PAPER_REQUIRED"),
        ("natural", json!(null), "DEATH_PAPER_POLICE_REQUIRED"),
        ("diedOn", json!("2026-11-23"), "DEATH_DATE_IN_FUTURE"),
        ("diedOn", json!("1930-01-01"), "DEATH_BEFORE_BIRTH"),
        (
            "facility",
            json!("00000000-0000-0000-0000-000000000000"),
            "FACILITY_UNKNOWN",
        ),
        ("applicant", json!(number(7_001)), "APPLICANT_IS_DECEASED"),
    ];
    for (field, value, code) in table {
        let mut input = good.clone();
        input["input"][field] = value.clone();
        let data = stage.data(officer(), OPEN, input).await;
        let refusal = &data["openFuneralCase"]["userErrors"][0];
        assert_eq!(refusal["code"], code, "{field}");
        assert_eq!(refusal["field"][0], "input", "{field} {refusal}");
        if let Some(value) = value.as_str().filter(|v| v.len() > 2) {
            assert!(!refusal.to_string().contains(value), "{refusal}");
        }
    }
    assert_eq!(
        death_record::Entity::find()
            .count(stage.services.db.read())
            .await
            .unwrap(),
        1_500
    );
}

#[tokio::test]
async fn a_citizen_opens_a_case_as_its_applicant_only() {
    let stage = Stage::of("51").await;
    let mine = async || {
        let query = "{ myFamilyCases { nodes { number heldPlot { id } } } }";
        let data = stage.data(stage.citizen(40), query, json!({})).await;
        data["myFamilyCases"]["nodes"].as_array().unwrap().len()
    };
    let before = mine().await;
    let input = opening(&stage, "k", 7_002).await;
    let answer = stage.ask(stage.citizen(41), OPEN, input.clone()).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(mine().await, before);
    let data = stage.data(stage.citizen(40), OPEN, input).await;
    assert_eq!(data["openFuneralCase"]["userErrors"], json!([]));
    assert_eq!(mine().await, before + 1);
    // Nobody is dead by what a citizen says.
    let told = read_outbox(stage.services.db.read(), 0, 100).await.unwrap();
    assert!(told.iter().all(|e| e.kind != "DeathRegistered"));
}

#[tokio::test]
async fn of_many_who_want_one_niche_one_gets_it() {
    for services in databases("niche").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let query = "query ($d: ID!) { facilities(division: $d, kind: COLUMBARIUM, subKind: URBAN_PUBLIC) { nodes { freePlots plots(state: FREE, first: 1) { nodes { id } } } } }";
        let before = stage
            .data(
                Principal::public("51"),
                query,
                json!({ "d": division("510118") }),
            )
            .await;
        let hall = &before["facilities"]["nodes"][0];
        let plot = hall["plots"]["nodes"][0]["id"].clone();
        let mut cases = Vec::new();
        for n in 0..6 {
            let opened = stage
                .data(
                    officer(),
                    OPEN,
                    opening(&stage, &format!("case {n}"), 7_010 + n).await,
                )
                .await;
            cases.push(opened["openFuneralCase"]["case"]["id"].clone());
        }
        let reserve = "mutation ($input: ReserveNicheInput!) { reserveNiche(input: $input) { plot { state heldUntil } userErrors { code } } }";
        let tries = cases.iter().enumerate().map(|(n, case)| {
            let input = json!({ "requestKey": format!("hold {n}"), "plot": plot, "case": case });
            stage.data(officer(), reserve, json!({ "input": input }))
        });
        let answers = futures_util::future::join_all(tries).await;
        let won = answers
            .iter()
            .filter(|a| a["reserveNiche"]["plot"]["state"] == "HELD")
            .count();
        let lost = answers
            .iter()
            .filter(|a| a["reserveNiche"]["userErrors"][0]["code"] == "PLOT_TAKEN")
            .count();
        assert_eq!((won, lost), (1, 5), "{answers:#?}");
        assert_eq!(
            plot_hold::Entity::find()
                .count(stage.services.db.read())
                .await
                .unwrap(),
            1
        );
        let after = stage
            .data(
                Principal::public("51"),
                query,
                json!({ "d": division("510118") }),
            )
            .await;
        let free = |data: &Value| {
            data["facilities"]["nodes"][0]["freePlots"]
                .as_i64()
                .unwrap()
        };
        assert_eq!(free(&after), free(&before) - 1);
    }
}

#[tokio::test]
async fn a_call_becomes_a_ticket_and_the_nearest_hearse_is_sent() {
    let stage = Stage::of("51").await;
    let (longitude, latitude) = minzheng_kit::demo::point_of("510118");
    let open = "mutation ($input: OpenTicketInput!) { openTicket(input: $input) { ticket { id number state dueAt callerPhone callerCases { callerIsApplicant } } userErrors { code field } } }";
    let input = json!({
        "requestKey": "t1", "category": "COLLECT", "phone": "13900001234", "caller": number(6), "division": division("510118"),
        "point": { "longitude": longitude, "latitude": latitude },
    });
    let data = stage.data(officer(), open, json!({ "input": input })).await;
    let ticket = &data["openTicket"]["ticket"];
    assert_eq!(ticket["callerPhone"], "139****1234");
    assert_eq!(ticket["dueAt"], "2026-11-22T04:15:00Z");
    assert_eq!(
        ticket["callerCases"],
        json!([{ "callerIsApplicant": true }])
    );
    let send = "mutation ($input: DispatchTicketInput!) { dispatchTicket(input: $input) { ticket { state facility { name } overdue } userErrors { code } } }";
    let input = json!({ "requestKey": "t2", "ticket": ticket["id"] });
    let sent = stage.data(officer(), send, json!({ "input": input })).await;
    assert_eq!(sent["dispatchTicket"]["ticket"]["state"], "DISPATCHED");
    assert_eq!(
        sent["dispatchTicket"]["ticket"]["facility"]["name"],
        "新津区殡仪馆"
    );
    let again = stage
        .data(
            officer(),
            send,
            json!({ "input": { "requestKey": "t3", "ticket": ticket["id"] } }),
        )
        .await;
    assert_eq!(
        again["dispatchTicket"]["userErrors"][0]["code"],
        "STATE_NOT_ALLOWED"
    );
}

#[tokio::test]
async fn an_ended_month_is_settled_once() {
    let stage = Stage::of("51").await;
    let settle = "mutation ($input: SettleWaiverInput!) { settleWaiver(input: $input) { settlement { households amount month } userErrors { code } } }";
    let county = minzheng_kit::divisions::dataset()
        .counties_of("51")
        .nth(7 * 1_400 % 183)
        .unwrap();
    let head = Principal::registrar("51", "510000", None);
    let month = minzheng_kit::YearMonth::parse("2026-10").unwrap().index();
    let totals = async || {
        let db = stage.services.db.read();
        crate::service::figures::waiver_totals(db, &[county.id], month, month)
            .await
            .unwrap()[&county.id]
    };
    let before = totals().await;
    assert_eq!(before.settled, 0);
    let input = |key: &str, month: &str| json!({ "input": { "requestKey": key, "division": county.id.to_string(), "month": month } });
    let done = stage
        .data(head.clone(), settle, input("s1", "2026-10"))
        .await;
    assert_eq!(
        done["settleWaiver"]["settlement"]["amount"],
        minzheng_kit::Yuan(before.waived).to_string(),
        "{done}"
    );
    let after = totals().await;
    assert_eq!(
        (after.settled, after.waived),
        (before.waived, before.waived)
    );
    for (key, month, code) in [
        ("s2", "2026-10", "NOTHING_TO_SETTLE"),
        ("s3", "2026-11", "MONTH_NOT_ENDED"),
    ] {
        let refused = stage.data(head.clone(), settle, input(key, month)).await;
        assert_eq!(refused["settleWaiver"]["userErrors"][0]["code"], code);
    }
}

#[tokio::test]
async fn a_new_token_of_a_person_is_taken_over() {
    let stage = Stage::of("51").await;
    let (old, new) = (stage.token(0), stage.token(9_999));
    let event = Event {
        kind: "PersonAliased".into(),
        key: old.clone(),
        at: stage.services.clock.now(),
        body: json!({ "version": 1, "old": old, "new": new }),
    };
    for _ in 0..2 {
        let (services, event) = (stage.services.clone(), event.clone());
        stage
            .services
            .db
            .write(move |tx| {
                let (services, event) = (services.clone(), event.clone());
                Box::pin(
                    async move { crate::consumers::Aliases.apply(&services, tx, &event).await },
                )
            })
            .await
            .unwrap();
    }
    let all = funeral_case::Entity::find()
        .all(stage.services.db.read())
        .await
        .unwrap();
    assert!(all.iter().all(|c| c.applicant != old));
    assert_eq!(all.iter().filter(|c| c.applicant == new).count(), 1);
}
