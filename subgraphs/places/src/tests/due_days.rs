//! The last days of filings, notices and inspections: from when they run, how they move, and in which order what they are
//! of may be dated.

use minzheng_kit::calendar::{Holiday, WorkCalendar, YEARS, YearTable};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::{
    names::{approval, reviewed, step, with},
    *,
};
use crate::{
    model::{boundary_line, filing, public_notice},
    service::due_days,
};

const DUE: &str =
    "application { id state version noticeDueOn deadlineProvisional filing { dueOn deadlineProvisional }
    notice { dueOn deadlineProvisional isLate } }";

const QUERY: &str =
    "query($id: ID!) { namingApplication(id: $id) { noticeDueOn filingDueOn deadlineProvisional
    filing { dueOn deadlineProvisional } notice { dueOn deadlineProvisional isLate } } }";

fn clerk() -> Principal {
    Principal::registrar("51", "510118", None)
}

/// 2027 as it might be announced: 30 December to 3 January are days of rest.
static NEW_YEAR: [Holiday; 1] = [Holiday {
    name_zh: "示例",
    from: (12, 30),
    to: (1, 3),
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

/// 地名管理条例 14: 其他有关部门批准的地名，自备案之日起15日内公告.
#[tokio::test]
async fn a_notice_of_another_departments_name_runs_from_its_filing() {
    let run = running("51").await;
    let more = json!({ "placeKind": "RESIDENCE", "generic": "小区" });
    let application = reviewed(&run, "青丝溪", more).await;
    let by = json!({ "authority": "OTHER_DEPARTMENT", "approvedBy": "新津区住房和城乡建设局" });
    let input = with(approval("d1", &application), by);
    let chief = supervisor("510118");
    let early = with(
        with(input.clone(), json!({ "requestKey": "d0" })),
        json!({ "approvedOn": "2026-11-17" }),
    );
    let early = run.change(&chief, "approveNaming", DUE, early).await;
    assert_eq!(refusal(&early), "APPROVED_BEFORE_REPORTS");
    let done = run.change(&chief, "approveNaming", DUE, input).await;
    let approved = &done["application"];
    assert_eq!(approved["noticeDueOn"], Value::Null, "{done:#}");
    assert_eq!(
        approved["notice"],
        json!({ "dueOn": null, "deadlineProvisional": true, "isLate": false })
    );
    assert_eq!(
        approved["filing"],
        json!({ "dueOn": "2026-12-07", "deadlineProvisional": false })
    );
    // However late the filing is, the notice is not late before it.
    let late = run.at("2027-02-01T02:00:00Z");
    let read = late
        .shown(&clerk(), QUERY, json!({ "id": approved["id"] }))
        .await;
    assert_eq!(read["namingApplication"]["notice"]["isLate"], false);

    let filed = with(step("d2", approved), json!({ "filedOn": "2026-11-21" }));
    let filed = run.change(&clerk(), "fileNaming", DUE, filed).await;
    let filed = &filed["application"];
    // Fifteen days from the 21st are a Sunday.
    assert_eq!(filed["noticeDueOn"], "2026-12-07", "{filed:#}");
    assert_eq!(
        filed["notice"],
        json!({ "dueOn": "2026-12-07", "deadlineProvisional": false, "isLate": false })
    );
    let notice = json!({ "channel": "政府门户网站", "position": "东起兴园路" });
    for (key, on, expected) in [
        ("d3", "2026-11-20", "NOTICE_BEFORE_FILING"),
        ("d4", "2026-11-21", "none"),
    ] {
        let input = with(step(key, filed), notice.clone());
        let input = with(input, json!({ "publishedOn": on }));
        let done = run
            .change(&clerk(), "publishNamingNotice", DUE, input)
            .await;
        assert_eq!(refusal(&done), expected, "{done:#}");
    }
}

async fn rows(run: &Running, id: &Value) -> (filing::Model, public_notice::Model) {
    let id: Uuid = id.as_str().unwrap().parse().unwrap();
    let db = run.services.db.read();
    (
        filing::Entity::find_by_id(id)
            .one(db)
            .await
            .unwrap()
            .unwrap(),
        public_notice::Entity::find_by_id(id)
            .one(db)
            .await
            .unwrap()
            .unwrap(),
    )
}

/// 民法典 203 and B.0.5: said to be provisional, and written down anew when the year is announced.
#[tokio::test]
async fn a_last_day_at_the_turn_of_the_year_is_settled_by_the_next_years_calendar() {
    let run = running("51").await;
    let application = reviewed(&run, "青丝溪", json!({})).await;
    let run = run.at("2026-12-16T02:00:00Z");
    let input = with(
        approval("e1", &application),
        json!({ "approvedOn": "2026-12-15" }),
    );
    let done = run
        .change(&supervisor("510118"), "approveNaming", DUE, input)
        .await;
    let id = &done["application"]["id"];
    let open = json!({ "dueOn": "2026-12-30", "deadlineProvisional": true });
    assert_eq!(done["application"]["filing"], open, "{done:#}");
    assert_eq!(done["application"]["deadlineProvisional"], true);

    let services = &run.services;
    let china = due_days::settle(services, WorkCalendar::china()).await;
    assert_eq!(china.unwrap(), 0, "nothing is known today that was not");
    let (filing, notice) = rows(&run, id).await;
    assert!(filing.due_provisional && notice.due_provisional);
    let later = WorkCalendar::of(&WITH_2027);
    assert!(due_days::settle(services, later).await.unwrap() >= 2);
    assert_eq!(due_days::settle(services, later).await.unwrap(), 0);
    let (filing, notice) = rows(&run, id).await;
    let due = "2027-01-04".parse().unwrap();
    assert_eq!((filing.due_on, filing.due_provisional), (due, false));
    assert_eq!(filing.due_month, 2027 * 12);
    assert_eq!((notice.due_on, notice.due_provisional), (due, false));
    // Read by a program that does not know the calendar, the row tells.
    let read = run.shown(&clerk(), QUERY, json!({ "id": id })).await;
    let told = json!({ "dueOn": "2027-01-04", "deadlineProvisional": false });
    assert_eq!(read["namingApplication"]["filing"], told);

    // B-1: the lines whose five years end in 2027 too.
    let within: (chrono::NaiveDate, chrono::NaiveDate) = later.known().unwrap();
    let left = boundary_line::Entity::find()
        .filter(boundary_line::Column::DueProvisional.eq(true))
        .filter(boundary_line::Column::DueOn.between(within.0, within.1))
        .all(services.db.read())
        .await
        .unwrap();
    assert!(left.is_empty(), "{left:#?}");
}

/// B-1, 民法典 203: five years end behind days of rest, and a day that is not certain says so.
#[tokio::test]
async fn the_day_of_the_next_inspection_says_whether_it_may_move() {
    let run = running("51").await;
    let query =
        "{ boundariesDue(by: \"2040-12-31\", first: 500) { nodes { dueOn deadlineProvisional } } }";
    let data = run.data(query, json!({})).await;
    let nodes = data["boundariesDue"]["nodes"].as_array().unwrap();
    let calendar = WorkCalendar::china();
    assert!(!nodes.is_empty());
    for node in nodes {
        let day: chrono::NaiveDate = node["dueOn"].as_str().unwrap().parse().unwrap();
        let known = calendar.is_rest(day).is_some();
        assert_eq!(node["deadlineProvisional"], !known, "{day}");
    }
}
