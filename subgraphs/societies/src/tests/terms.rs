//! Terms as they are counted: by the calendar as soon as it is known, each case by its own days, and back from the day
//! on which a ground arose.

use super::supervision::{officer, quiet};
use super::{Stage, code_of, division};
use crate::model::{penalty, permit_case};
use crate::service::permit::{settle, standing, standing_by};
use crate::vocabulary::{DayUnit, OrgPenaltyGround, OrgPenaltyKind, PermitItem, PermitState};
use chrono::NaiveDate;
use kit::calendar::{Holiday, WorkCalendar, YEARS, YearTable};
use minzheng_kit as kit;
use minzheng_kit::Principal;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// 2027 as it might be announced: 31 December to 5 January are days of rest.
static NEW_YEAR: [Holiday; 1] = [Holiday {
    name_zh: "示例",
    from: (12, 31),
    to: (1, 5),
}];
static WITH_2027: [YearTable; 3] = [
    YEARS[0],
    YEARS[1],
    YearTable {
        year: 2027,
        holidays: &NEW_YEAR,
        worked: &[],
        source: "示例",
        verified_on: None,
    },
];

async fn case(stage: &Stage, id: uuid::Uuid) -> permit_case::Model {
    permit_case::Entity::find_by_id(id)
        .one(stage.services.db.read())
        .await
        .unwrap()
        .unwrap()
}

async fn insert(stage: &Stage, row: permit_case::Model) {
    stage
        .services
        .db
        .write(move |tx| {
            let row = row.clone().into_active_model();
            Box::pin(async move { Ok(row.insert(tx).await.map(|_| ())?) })
        })
        .await
        .unwrap();
}

/// 民法典 203 and B.0.5: what is provisional is settled when the year is announced, on read and by the job.
#[tokio::test]
async fn a_last_day_is_told_as_soon_as_the_calendar_of_its_year_is_known() {
    let later = WorkCalendar::of(&WITH_2027);
    for stage in Stage::everywhere("51", "calendar").await {
        let today = stage.services.clock.today();
        let open = permit_case::Entity::find()
            .filter(permit_case::Column::Received.eq(day("2026-11-05")))
            .filter(permit_case::Column::Item.eq(PermitItem::Found))
            .filter(permit_case::Column::Name.is_not_null())
            .one(stage.services.db.read())
            .await
            .unwrap()
            .unwrap();
        // Decided in days that nobody could count: 22 to 25, 28 and 29 December.
        let decided = permit_case::Model {
            id: kit::id::new(),
            unit: DayUnit::Working,
            item: PermitItem::Change,
            statutory_days: 20,
            committed_days: 10,
            received: day("2026-12-21"),
            decided: Some(day("2026-12-29")),
            granted: Some(true),
            state: PermitState::Granted,
            ..open.clone()
        };
        insert(&stage, decided.clone()).await;
        let stands = standing(&open, today);
        assert_eq!((stands.statutory_due, stands.provisional), (None, true));
        let (known, done) = (
            standing_by(&later, &open, today),
            standing_by(&later, &decided, today),
        );
        // The sixtieth day is 4 January.
        let due = Some(day("2027-01-06"));
        assert_eq!(
            (known.statutory_due, known.committed_due, known.provisional),
            (due, due, false)
        );
        assert_eq!(
            (done.days_taken, done.committed_due),
            (Some(6), Some(day("2027-01-08")))
        );
        assert_eq!(standing(&decided, today).days_taken, None);

        let services = &stage.services;
        assert_eq!(settle::settle(services).await.unwrap(), 0);
        assert!(settle::settle_by(services, later).await.unwrap() >= 2);
        assert_eq!(settle::settle_by(services, later).await.unwrap(), 0);
        let (open, decided) = (case(&stage, open.id).await, case(&stage, decided.id).await);
        assert_eq!(
            (open.statutory_due, open.committed_due, open.version),
            (due, due, 2),
            "no change of the case"
        );
        assert_eq!(
            (decided.days_taken, decided.committed_due),
            (Some(6), Some(day("2027-01-08")))
        );
    }
}

/// Whose papers were taken back before anybody accepted them has no last day that could be doubtful.
#[tokio::test]
async fn an_application_that_was_taken_back_has_no_doubtful_day() {
    let stage = Stage::of("51").await;
    let accepted = permit_case::Entity::find()
        .filter(permit_case::Column::CommittedDue.is_null())
        .filter(permit_case::Column::State.eq(PermitState::Accepted))
        .one(stage.services.db.read())
        .await
        .unwrap()
        .unwrap();
    let today = stage.services.clock.today();
    assert!(standing(&accepted, today).provisional);
    let withdrawn = permit_case::Model {
        state: PermitState::Withdrawn,
        ..accepted
    };
    assert!(!standing(&withdrawn, today).provisional);
}

/// O-4: by its own days, made longer and promised as they were, and by its last day where rest moved that.
#[tokio::test]
async fn every_case_is_judged_by_its_own_term() {
    for stage in Stage::everywhere("51", "ownterm").await {
        let like = permit_case::Entity::find()
            .filter(permit_case::Column::Name.is_not_null())
            .one(stage.services.db.read())
            .await
            .unwrap()
            .unwrap();
        // In a month of which the demonstration has nothing.
        let june =
            |item, unit, (law, promise, longer), days, due: Option<&str>| permit_case::Model {
                id: kit::id::new(),
                division_id: division("510118").parse().unwrap(),
                item,
                unit,
                statutory_days: law,
                committed_days: promise,
                extended_days: longer,
                statutory_due: due.map(day),
                committed_due: due.map(day),
                received: day("2024-05-06"),
                decided: Some(day("2024-06-11")),
                decided_month: Some(2024 * 12 + 5),
                days_taken: Some(days),
                granted: Some(true),
                state: PermitState::Granted,
                ..like.clone()
            };
        use DayUnit::{Calendar, Working};
        use PermitItem::{Change, Found};
        for row in [
            june(Change, Working, (20, 5, 0), 8, None),
            june(Change, Working, (20, 10, 10), 18, None),
            june(Change, Working, (20, 10, 0), 21, None),
            // As a charity, in thirty days; and one whose last day was moved behind a holiday.
            june(Found, Calendar, (30, 30, 0), 36, None),
            june(Found, Calendar, (35, 35, 0), 36, Some("2024-06-11")),
            june(Found, Calendar, (35, 35, 0), 36, Some("2024-06-10")),
        ] {
            insert(&stage, row).await;
        }
        let query =
            "query ($d: ID!) { permitSla(division: $d, from: \"2024-06\", to: \"2024-06\") {
            item decided withinCommitted withinStatutory } }";
        let here = json!({ "d": division("510118") });
        let data = stage.data(Principal::public("51"), query, here).await;
        let of = |item: &str| {
            let all = data["permitSla"].as_array().unwrap();
            all.iter().find(|one| one["item"] == item).unwrap().clone()
        };
        assert_eq!(
            of("CHANGE"),
            json!({ "item": "CHANGE", "decided": 3, "withinCommitted": 1, "withinStatutory": 2 })
        );
        assert_eq!(
            of("FOUND"),
            json!({ "item": "FOUND", "decided": 3, "withinCommitted": 1, "withinStatutory": 1 })
        );
    }
}

async fn punish(stage: &Stage, code: &str, key: &str, changes: Value) -> Value {
    let version = stage.organization(code).await["version"].clone();
    let mut input = json!({ "requestKey": key, "creditCode": code, "version": version, "kind": "WARNING",
        "ground": "UNLAWFUL_CHARGES", "decidedOn": "2026-11-20" });
    for (field, value) in changes.as_object().unwrap() {
        input[field] = value.clone();
    }
    let shown = "organization { state version listings { reason aroseOn } }";
    stage
        .change(officer(stage), "imposePenalty", input, shown)
        .await
}

/// 停止活动截止日期: the last day on which the activity is suspended.
#[tokio::test]
async fn a_suspension_runs_through_its_last_day() {
    for stage in Stage::everywhere("51", "lastday").await {
        let code = quiet(&stage).await;
        let last = json!({ "kind": "SUSPENSION", "until": "2026-12-18" });
        let stopped = punish(&stage, &code, "p", last).await;
        let version = stopped["organization"]["version"].clone();
        for (instant, expected) in [
            ("2026-12-18T04:00:00Z", "SUSPENSION_NOT_OVER"),
            ("2026-12-19T04:00:00Z", "OK"),
        ] {
            let then = stage.at(instant);
            let input = json!({ "requestKey": instant, "creditCode": code, "version": version });
            let done = then
                .change(
                    officer(&then),
                    "endSuspension",
                    input,
                    "organization { state }",
                )
                .await;
            assert_eq!(code_of(&done), expected, "{instant}");
        }
    }
}

/// 三年内累计两次: back from the day of the ground, in whatever order the penalties are entered.
#[tokio::test]
async fn minor_penalties_count_from_the_day_of_their_ground() {
    for stage in Stage::everywhere("51", "countback").await {
        let code = quiet(&stage).await;
        for decided in ["2021-08-02", "2023-06-01"] {
            let row = penalty::Model {
                id: kit::id::new(),
                credit_code: code.clone(),
                kind: OrgPenaltyKind::Warning,
                ground: OrgPenaltyGround::UnlawfulCharges,
                fine_fen: 0,
                confiscated_fen: 0,
                decided: day(decided),
                until: None,
            };
            stage
                .services
                .db
                .write(move |tx| {
                    let row = row.clone().into_active_model();
                    Box::pin(async move { Ok(row.insert(tx).await.map(|_| ())?) })
                })
                .await
                .unwrap();
        }
        for (key, arose, expected) in [
            ("l1", "2026-11-10", "PENALTY_NOT_ON_RECORD"),
            ("l2", "2023-05-31", "PENALTY_NOT_ON_RECORD"),
            ("l3", "2023-06-01", "OK"),
        ] {
            let input = json!({ "requestKey": key, "creditCode": code, "reason": "REPEATED_PENALTIES", "aroseOn": arose });
            let done = stage
                .change(officer(&stage), "listAbnormal", input, "listing { id }")
                .await;
            assert_eq!(code_of(&done), expected, "{arose}");
        }
    }
    let stage = Stage::of("51").await;
    let code = quiet(&stage).await;
    punish(&stage, &code, "p1", json!({})).await;
    let older = punish(&stage, &code, "p2", json!({ "decidedOn": "2026-11-10" })).await;
    let listings = older["organization"]["listings"].as_array().unwrap();
    assert!(
        listings.contains(&json!({ "reason": "REPEATED_PENALTIES", "aroseOn": "2026-11-20" })),
        "the second penalty made them two: {older:#}"
    );
}

/// O-22: a year is judged by the percentages that bound it, not by those of the day on which it is looked at.
#[test]
fn the_spending_of_a_year_is_judged_by_the_numbers_of_its_end() {
    assert_eq!(crate::service::breaches::judged_on(2024), day("2024-12-31"));
}
