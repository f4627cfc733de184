//! A hundred at once: one winner for a niche, no quota and no capacity exceeded, nothing lost. On SQLite
//! always, on PostgreSQL where there is one.

use std::sync::Arc;

use minzheng_kit::{Principal, id};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::steps::officer;
use super::{Stage, databases, division};
use crate::demo;
use crate::model::{
    funeral_case, hall_hour, plot, plot_hold, sea_enrolment, sea_voyage, worship_booking,
    worship_slot,
};
use crate::rules::terms::{CaseState, EnrolmentState, FacilityKind, PlotState};

const CLIENTS: usize = 100;

/// A hundred cases in one state, made of the demonstration's own.
async fn cases(stage: &Stage, state: CaseState) -> Vec<(Uuid, i64)> {
    let home = minzheng_kit::id::parse(&division("510118")).unwrap();
    let facility = crate::model::facility::Entity::find()
        .filter(crate::model::facility::Column::DivisionId.eq(home))
        .filter(crate::model::facility::Column::Kind.eq(FacilityKind::FuneralHome))
        .one(stage.services.db.read())
        .await
        .unwrap()
        .unwrap();
    let now = stage.services.clock.now();
    let mut keys = Vec::new();
    let mut rows = Vec::new();
    for n in 0..CLIENTS {
        let key = id::new();
        keys.push((key, 1));
        rows.push(funeral_case::ActiveModel {
            id: Set(key),
            number: Set(format!("RACE-{state:?}-{n}")),
            deceased: Set(format!("deceased {state:?} {n}")),
            death_id: Set(key),
            applicant: Set(format!("applicant {n}")),
            relation: Set(crate::rules::terms::KinRelation::Child),
            phone_masked: Set("138****0000".into()),
            facility_id: Set(facility.id),
            division_id: Set(home),
            state: Set(state),
            opened_at: Set(now),
            cremated_on: Set(None),
            cremated_month: Set(None),
            closed_on: Set(None),
            settled_at: Set(None),
            payable: Set(None),
            cancel_reason: Set(None),
            paper_pending: Set(false),
            relation_confirmed: Set(true),
            mandate: Set(None),
            counted_in: Set(None),
            household: Set(None),
            continues: Set(None),
            version: Set(1),
        });
    }
    let rows = Arc::new(rows);
    stage
        .services
        .db
        .write(move |tx| {
            let rows = Arc::clone(&rows);
            Box::pin(
                async move { minzheng_kit::database::insert_many(tx, rows.iter().cloned()).await },
            )
        })
        .await
        .unwrap();
    keys
}

/// Asks for each input at once; one that the database was too busy for is asked again with the same
/// request key, as a client would.
async fn all_at_once(
    stage: &Stage,
    name: &'static str,
    selection: &'static str,
    who: impl Fn(usize) -> Principal,
    inputs: Vec<Value>,
) -> Vec<Value> {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let query = Arc::new(format!(
        "mutation ($input: {kind}!) {{ {name}(input: $input) {{ {selection} userErrors {{ code }} }} }}"
    ));
    let clients = inputs.into_iter().enumerate().map(|(n, input)| {
        let (graph, query, who) = (stage.graph.clone(), Arc::clone(&query), who(n));
        tokio::spawn(async move {
            loop {
                let answer = minzheng_kit::testing::execute(
                    &graph,
                    who.clone(),
                    &query,
                    json!({ "input": input }),
                )
                .await;
                match answer.get("errors") {
                    None => return answer["data"][name].clone(),
                    Some(errors) if errors[0]["extensions"]["code"] == "SUBGRAPH_UNAVAILABLE" => {}
                    Some(errors) => panic!("{errors}"),
                }
            }
        })
    });
    futures_util::future::join_all(clients)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

fn refused<'a>(answers: &'a [Value], code: &'a str) -> usize {
    answers
        .iter()
        .filter(|a| a["userErrors"][0]["code"] == code)
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_clients_after_one_niche_exactly_one_gets_it() {
    for services in databases("race_niche").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let all = cases(&stage, CaseState::Cremated).await;
        let db = stage.services.db.read();
        let free = plot::Entity::find()
            .filter(plot::Column::State.eq(PlotState::Free))
            .one(db)
            .await
            .unwrap()
            .unwrap();
        let inputs = all.iter().enumerate().map(|(n, (case, _))| json!({ "requestKey": format!("n{n}"), "plot": free.id, "case": case })).collect();
        let answers = all_at_once(
            &stage,
            "reserveNiche",
            "plot { state }",
            |_| officer(),
            inputs,
        )
        .await;
        let won = answers
            .iter()
            .filter(|a| a["plot"]["state"] == "HELD")
            .count();
        assert_eq!(
            (won, refused(&answers, "PLOT_TAKEN")),
            (1, CLIENTS - 1),
            "{:?}",
            stage.services.db.backend()
        );
        let holds = plot_hold::Entity::find()
            .filter(plot_hold::Column::PlotId.eq(free.id))
            .count(db)
            .await
            .unwrap();
        assert_eq!(holds, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_sets_of_ashes_a_voyage_takes_its_quota_and_no_more() {
    for services in databases("race_sea").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let all = cases(&stage, CaseState::Cremated).await;
        let plan = json!({ "requestKey": "plan", "division": division("510118"), "port": "港", "sailsOn": "2026-12-01", "quota": 7 });
        let planned = stage
            .act(officer(), "planVoyage", plan, "voyage { id }")
            .await;
        let inputs = all
            .iter()
            .enumerate()
            .map(|(n, (case, version))| json!({ "requestKey": format!("s{n}"), "voyage": planned["voyage"]["id"], "case": case, "version": version }))
            .collect();
        let answers = all_at_once(
            &stage,
            "enrolSeaBurial",
            "case { id }",
            |_| officer(),
            inputs,
        )
        .await;
        assert_eq!(
            refused(&answers, "VOYAGE_FULL"),
            CLIENTS - 7,
            "{:?}",
            stage.services.db.backend()
        );
        let db = stage.services.db.read();
        let voyage = minzheng_kit::id::parse(planned["voyage"]["id"].as_str().unwrap()).unwrap();
        let row = sea_voyage::Entity::find_by_id(voyage)
            .one(db)
            .await
            .unwrap()
            .unwrap();
        let enrolled = sea_enrolment::Entity::find()
            .filter(sea_enrolment::Column::VoyageId.eq(voyage))
            .filter(sea_enrolment::Column::State.eq(EnrolmentState::Enrolled))
            .count(db)
            .await
            .unwrap();
        assert_eq!((row.enrolled, enrolled), (7, 7));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_parties_a_span_takes_its_capacity_and_no_more() {
    for services in databases("race_worship").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let query = "query ($d: ID!) { facilities(division: $d, kind: CEMETERY, subKind: URBAN_PUBLIC) { nodes { id } } }";
        let data = stage
            .data(
                Principal::public("51"),
                query,
                json!({ "d": division("510118") }),
            )
            .await;
        let open = json!({ "requestKey": "open", "facility": data["facilities"]["nodes"][0]["id"], "day": "2026-12-01", "startsHour": 9, "endsHour": 11, "capacity": 31 });
        let opened = stage
            .act(officer(), "openWorshipSlot", open, "slot { id }")
            .await;
        let inputs = (0..CLIENTS).map(|n| json!({ "requestKey": format!("w{n}"), "slot": opened["slot"]["id"], "people": 3, "mode": "ON_SITE" })).collect();
        let answers = all_at_once(
            &stage,
            "bookWorship",
            "booking { id }",
            |n| Principal::citizen("51", &format!("visitor{n}")),
            inputs,
        )
        .await;
        assert_eq!(
            refused(&answers, "SLOT_FULL"),
            CLIENTS - 10,
            "{:?}",
            stage.services.db.backend()
        );
        let db = stage.services.db.read();
        let slot = minzheng_kit::id::parse(opened["slot"]["id"].as_str().unwrap()).unwrap();
        let row = worship_slot::Entity::find_by_id(slot)
            .one(db)
            .await
            .unwrap()
            .unwrap();
        let bookings = worship_booking::Entity::find()
            .filter(worship_booking::Column::SlotId.eq(slot))
            .count(db)
            .await
            .unwrap();
        assert_eq!((row.booked, bookings), (30, 10));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_families_after_one_hour_of_a_hall_exactly_one_gets_it() {
    for services in databases("race_hall").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let all = cases(&stage, CaseState::Stored).await;
        let query = "query ($id: ID!) { funeralCase(id: $id) { facility { halls { id } } } }";
        let data = stage
            .data(officer(), query, json!({ "id": all[0].0 }))
            .await;
        let hall = data["funeralCase"]["facility"]["halls"][0]["id"].clone();
        let inputs = all
            .iter()
            .enumerate()
            .map(|(n, (case, version))| json!({ "requestKey": format!("h{n}"), "case": case, "version": version, "hall": hall, "day": "2026-12-01", "startsHour": 9, "hours": 1 + n % 2 }))
            .collect();
        let answers = all_at_once(&stage, "bookHall", "case { id }", |_| officer(), inputs).await;
        assert_eq!(
            refused(&answers, "HALL_TAKEN"),
            CLIENTS - 1,
            "{:?}",
            stage.services.db.backend()
        );
        let day: chrono::NaiveDate = "2026-12-01".parse().unwrap();
        let hours = hall_hour::Entity::find()
            .filter(hall_hour::Column::Day.eq(day))
            .count(stage.services.db.read())
            .await
            .unwrap();
        assert!(hours == 1 || hours == 2);
    }
}
