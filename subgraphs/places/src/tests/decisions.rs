//! One place, several decisions: what is cancelled is its own name, its kind is its own, one decision waits for another,
//! and days that come out of order leave one standard name on each.

use sea_orm::{ActiveValue::Set, ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::{
    names::{SHOWN, approval, approved, reviewed, step, submission, with},
    *,
};
use crate::{
    model::{
        naming_application, place_name,
        vocabulary::{NameStatus, NamingKind},
    },
    rules::state::NamingState,
    service::timers,
};

const CLERK: fn() -> Principal = || Principal::registrar("51", "510118", None);

/// A road of one of the county's townships that was named two days ago, with the decision.
async fn road(run: &Running) -> (Uuid, naming_application::Model) {
    let county = dataset().by_code("510118").unwrap().id;
    let township = dataset().children(&county).next().unwrap().id;
    let named = approved(run, "丹溪源", json!({ "divisionId": township })).await;
    let day = json!({ "publishedOn": "2026-11-20" });
    let done = published(run, "named", &named, day).await;
    assert_eq!(done["application"]["state"], "IN_FORCE", "{done:#}");
    let decided: Uuid = named["id"].as_str().unwrap().parse().unwrap();
    let decided = naming_application::Entity::find_by_id(decided)
        .one(run.services.db.read())
        .await
        .unwrap()
        .unwrap();
    (decided.place.unwrap(), decided)
}

/// Gives a place a name that no one would approve today.
async fn misname(run: &Running, place: Uuid) {
    let old = place_name::Entity::find()
        .filter(place_name::Column::Place.eq(place))
        .filter(place_name::Column::Status.eq(NameStatus::Standard))
        .one(run.services.db.read())
        .await
        .unwrap()
        .unwrap();
    let bad = place_name::ActiveModel {
        id: Set(old.id),
        name: Set("曼哈顿路".to_owned()),
        specific: Set("曼哈顿".to_owned()),
        generic: Set(Some("路".to_owned())),
        roman: Set("Manhadun Lu".to_owned()),
        ..Default::default()
    };
    save(run, bad).await;
}

async fn set_state(run: &Running, application: &Value, state: NamingState) {
    let row = naming_application::ActiveModel {
        id: Set(application["id"].as_str().unwrap().parse().unwrap()),
        state: Set(state),
        ..Default::default()
    };
    save(run, row).await;
}

async fn state_of(run: &Running, application: &str) -> Value {
    let query = "query($id: ID!) { namingApplication(id: $id) { state } }";
    let data = run
        .shown(&CLERK(), query, json!({ "id": application }))
        .await;
    data["namingApplication"]["state"].clone()
}

async fn settle(run: &Running, day: &str) {
    let (at, today) = (format!("{day}T01:00:00Z"), day.parse().unwrap());
    let at = at.parse().unwrap();
    run.services
        .db
        .write(move |tx| Box::pin(async move { timers::settle(tx, at, today).await }))
        .await
        .unwrap();
}

/// What a place is called on a day.
async fn called(run: &Running, place: Uuid, day: &str) -> Value {
    let query =
        "query($id: ID!, $asOf: Date) { place(id: $id) { standardName(asOf: $asOf) { text } } }";
    let data = run.data(query, json!({ "id": place, "asOf": day })).await;
    data["place"]["standardName"]["text"].clone()
}

async fn submitted(run: &Running, key: &str, specific: &str, more: Value) -> Value {
    let input = with(submission(key, specific), more);
    run.change(&CLERK(), "submitNaming", SHOWN, input).await
}

async fn published(run: &Running, key: &str, application: &Value, more: Value) -> Value {
    let notice = json!({ "channel": "政府门户网站", "position": "东起兴园路" });
    let input = with(with(step(key, application), notice), more);
    run.change(&CLERK(), "publishNamingNotice", SHOWN, input)
        .await
}

/// B.3.5: IN_FORCE → CANCELLED; P-2: what is wrong with a name does not keep it; P-11: the notice says which name ends.
#[tokio::test]
async fn a_name_that_may_not_be_is_cancelled_and_the_notice_says_which() {
    let run = running("51").await;
    let (place, decided) = road(&run).await;
    misname(&run, place).await;
    let cancel = json!({ "kind": "CANCEL", "placeId": place });
    let named = submitted(&run, "c0", "曼哈顿", json!({})).await;
    assert_eq!(refusal(&named), "NAME_FOREIGN", "no one gives such a name");
    for (key, specific, more, expected) in [
        ("c1", "清泉溪", json!({}), "NAME_NOT_STANDING"),
        ("c2", "曼哈顿", json!({ "reasons": " " }), "REASONS_MISSING"),
        (
            "c3",
            "曼哈顿",
            json!({ "placeKind": "OTHER" }),
            "PLACE_KIND_UNFIT",
        ),
        (
            "c4",
            "曼哈顿",
            json!({ "divisionId": id("510104") }),
            "forbidden",
        ),
    ] {
        let refused = submitted(&run, key, specific, with(cancel.clone(), more)).await;
        if expected == "forbidden" {
            assert_eq!(refused["refused"], "FORBIDDEN", "{refused:#}");
        } else {
            assert_eq!(refusal(&refused), expected, "{refused:#}");
        }
    }

    let ended = approved(&run, "曼哈顿", cancel).await;
    let done = published(&run, "c5", &ended, json!({})).await;
    let application = &done["application"];
    assert_eq!(application["state"], "IN_FORCE", "{done:#}");
    let body = application["notice"]["body"].as_str().unwrap();
    assert!(body.contains("注销") && body.contains("曼哈顿路") && body.contains("Manhadun Lu"));
    assert_eq!(called(&run, place, "2026-11-21").await, "曼哈顿路");
    assert!(called(&run, place, "2026-11-22").await.is_null());
    assert_eq!(
        state_of(&run, &decided.id.to_string()).await,
        "CANCELLED",
        "the decision by which it was named"
    );

    // Nothing is left to change or to end, and a name may be given.
    for (key, kind, expected) in [
        ("c6", "RENAME", "PLACE_NAMELESS"),
        ("c7", "CANCEL", "PLACE_NAMELESS"),
        ("c8", "NAME", "none"),
    ] {
        let more = json!({ "kind": kind, "placeId": place });
        let asked = submitted(&run, key, "青丝溪", more).await;
        assert_eq!(refusal(&asked), expected, "{kind}: {asked:#}");
    }

    // Of two names for it the second is not a silent renaming.
    let name = json!({ "kind": "NAME", "placeId": place });
    let one = reviewed(&run, "梨花溪畔", name.clone()).await;
    let other = reviewed(&run, "清波溪畔", name).await;
    let chief = supervisor("510118");
    let first = run
        .change(&chief, "approveNaming", SHOWN, approval("c9", &one))
        .await;
    assert_eq!(first["application"]["state"], "APPROVED", "{first:#}");
    let second = run
        .change(&chief, "approveNaming", SHOWN, approval("c10", &other))
        .await;
    assert_eq!(refusal(&second), "PLACE_DECISION_WAITS", "{second:#}");
    let done = published(&run, "c11", &first["application"], json!({})).await;
    assert_eq!(done["application"]["state"], "IN_FORCE", "{done:#}");
    let second = run
        .change(&chief, "approveNaming", SHOWN, approval("c12", &other))
        .await;
    assert_eq!(refusal(&second), "PLACE_HAS_NAME", "{second:#}");
}

/// 地名管理条例 3, 9, 12: under another kind neither P-1, P-3 nor who approves would hold.
#[tokio::test]
async fn a_place_keeps_its_kind_and_its_division_whatever_the_form_says() {
    let run = running("51").await;
    let (place, _) = road(&run).await;
    let rename = json!({ "kind": "RENAME", "placeId": place });
    let other = with(
        rename.clone(),
        json!({ "placeKind": "OTHER", "generic": "广场" }),
    );
    let refused = submitted(&run, "k1", "青丝溪", other).await;
    assert_eq!(refusal(&refused), "PLACE_KIND_UNFIT", "{refused:#}");
    let query = "query($id: ID!) { place(id: $id) { division { id } } }";
    let data = run.data(query, json!({ "id": place })).await;
    let own = data["place"]["division"]["id"].clone();
    let county = dataset().by_code("510118").unwrap().id;
    let beside = dataset()
        .children(&county)
        .find(|one| own != one.id.to_string().as_str())
        .unwrap();
    let elsewhere = with(rename.clone(), json!({ "divisionId": beside.id }));
    let refused = submitted(&run, "k2", "青丝溪", elsewhere).await;
    assert_eq!(refusal(&refused), "PLACE_UNKNOWN", "{refused:#}");
    let shown = "application { state division { id } }";
    let input = with(submission("k3", "青丝溪"), rename);
    let done = run.change(&CLERK(), "submitNaming", shown, input).await;
    assert_eq!(done["application"]["division"]["id"], own, "{done:#}");
}

/// B.3.5: a decision that waits for its day comes first, and one that comes later for an earlier day leaves no day with
/// two names.
#[tokio::test]
async fn days_that_come_out_of_order_leave_one_name_on_each() {
    let run = running("51").await;
    let (place, decided) = road(&run).await;
    let chief = supervisor("510118");
    let rename = json!({ "kind": "RENAME", "placeId": place });
    let one = reviewed(&run, "梨花溪畔", rename.clone()).await;
    let other = reviewed(&run, "清波溪畔", rename.clone()).await;
    let one = run
        .change(&chief, "approveNaming", SHOWN, approval("o1", &one))
        .await["application"]
        .clone();
    let waits = submitted(&run, "o2", "青丝溪", rename).await;
    assert_eq!(refusal(&waits), "PLACE_DECISION_WAITS", "{waits:#}");
    let waits = run
        .change(&chief, "approveNaming", SHOWN, approval("o3", &other))
        .await;
    assert_eq!(refusal(&waits), "PLACE_DECISION_WAITS", "{waits:#}");

    // As two decisions stood that were approved before one waited for the other.
    set_state(&run, &one, NamingState::Review).await;
    let other = run
        .change(&chief, "approveNaming", SHOWN, approval("o4", &other))
        .await["application"]
        .clone();
    set_state(&run, &one, NamingState::Approved).await;
    for (key, application, day) in [("o5", &one, "2026-12-22"), ("o6", &other, "2026-12-02")] {
        let done = published(&run, key, application, json!({ "effectiveOn": day })).await;
        assert_eq!(done["application"]["state"], "NOTICED", "{done:#}");
    }
    let names = "query($id: ID!) { place(id: $id) { names { text validFrom validTo } } }";
    let data = run.data(names, json!({ "id": place })).await;
    let spans = data["place"]["names"].as_array().unwrap().clone();
    let standing = |day: &str| -> Vec<String> {
        let on = |name: &&Value| {
            name["validFrom"].as_str().unwrap() <= day
                && name["validTo"].as_str().is_none_or(|to| to > day)
        };
        let found = spans.iter().filter(on);
        found
            .map(|name| name["text"].as_str().unwrap().to_owned())
            .collect()
    };
    for (day, text) in [
        ("2026-12-01", decided.name.as_str()),
        ("2026-12-02", "清波溪畔路"),
        ("2026-12-22", "清波溪畔路"),
        ("2027-06-01", "清波溪畔路"),
    ] {
        assert_eq!(standing(day), [text], "{day}: {spans:#?}");
        assert_eq!(called(&run, place, day).await, text);
    }
    settle(&run, "2026-12-02").await;
    let of = |application: &Value| application["id"].as_str().unwrap().to_owned();
    assert_eq!(state_of(&run, &of(&other)).await, "IN_FORCE");
    assert_eq!(state_of(&run, &of(&one)).await, "NOTICED");
    settle(&run, "2026-12-22").await;
    assert_eq!(state_of(&run, &of(&other)).await, "IN_FORCE");
    assert_eq!(state_of(&run, &of(&one)).await, "RENAMED");
}

/// P-8, 地名管理条例 11: what was reported on the first name, and who reviewed it, says nothing of the second.
#[tokio::test]
async fn reports_on_a_name_do_not_count_for_the_next_one() {
    let run = running("51").await;
    let clerk = CLERK();
    let first = reviewed(&run, "青丝溪", json!({})).await;
    let input = with(step("r1", &first), json!({ "remark": "请另拟名称" }));
    let back = run.change(&clerk, "returnNaming", SHOWN, input).await;
    let run = run.at("2026-11-23T04:00:00Z");
    let form = json!({ "specific": "清波溪", "generic": "路", "reasons": "新建城市道路命名" });
    let input = with(step("r2", &back["application"]), form);
    let sent = run.change(&clerk, "resubmitNaming", SHOWN, input).await;
    let application: Uuid = first["id"].as_str().unwrap().parse().unwrap();
    let row = naming_application::Entity::find_by_id(application)
        .one(run.services.db.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.reviewed_by, row.reviewer_person), (None, None));
    let accepted = run
        .change(
            &clerk,
            "acceptNaming",
            SHOWN,
            step("r3", &sent["application"]),
        )
        .await;
    let early = step("r4", &accepted["application"]);
    let early = run.change(&clerk, "reviewNaming", SHOWN, early).await;
    assert_eq!(refusal(&early), "REPORTS_MISSING", "{early:#}");
    let report = json!({ "kind": "EVALUATION", "outcome": "IN_FAVOUR", "document": "评〔2026〕2号", "summary": "同意" });
    let input = with(step("r5", &accepted["application"]), report);
    let told = run.change(&clerk, "recordNamingReport", SHOWN, input).await;
    let input = step("r6", &told["application"]);
    let done = run.change(&clerk, "reviewNaming", SHOWN, input).await;
    assert_eq!(done["application"]["state"], "REVIEW", "{done:#}");
}

/// 双人复核: an account is not a person.
#[tokio::test]
async fn who_reviews_and_who_approves_are_two_persons() {
    let run = running("51").await;
    let chief = supervisor("510118");
    let application = reviewed(&run, "青丝溪", json!({})).await;
    let row = naming_application::ActiveModel {
        id: Set(application["id"].as_str().unwrap().parse().unwrap()),
        reviewer_person: Set(Some("person of two accounts".to_owned())),
        ..Default::default()
    };
    save(&run, row).await;
    for (key, who, expected) in [
        ("t1", colleague(&chief, "registrar-1"), "SAME_OFFICER"),
        (
            "t2",
            colleague(&chief, "supervisor:registrar-1"),
            "SAME_OFFICER",
        ),
        (
            "t3",
            as_person(&chief, "person of two accounts"),
            "SAME_OFFICER",
        ),
        ("t4", as_person(&chief, "another person"), "none"),
    ] {
        let input = approval(key, &application);
        let done = run.change(&who, "approveNaming", SHOWN, input).await;
        assert_eq!(refusal(&done), expected, "{key}: {done:#}");
    }
    // The person is kept where the token says it.
    let clerk = as_person(&CLERK(), "clerk's own person");
    let input = submission("t5", "清波溪");
    let done = run.change(&clerk, "submitNaming", SHOWN, input).await;
    let report = json!({ "kind": "EVALUATION", "outcome": "IN_FAVOUR", "document": "评〔2026〕2号", "summary": "同意" });
    let input = with(step("t6", &done["application"]), report);
    let done = run.change(&clerk, "recordNamingReport", SHOWN, input).await;
    let input = step("t7", &done["application"]);
    let done = run.change(&clerk, "reviewNaming", SHOWN, input).await;
    let input = approval("t8", &done["application"]);
    let same = as_person(&chief, "clerk's own person");
    let same = run.change(&same, "approveNaming", SHOWN, input).await;
    assert_eq!(refusal(&same), "SAME_OFFICER", "{same:#}");
}

/// B.3.5 in the demonstration: some buildings are gone and their names with them.
#[tokio::test]
async fn the_demonstration_has_names_that_ended() {
    let run = running("51").await;
    let query = "query($id: ID!) { division(id: $id) { namingSummary(from: \"2025-01\", to: \"2026-10\") { cancelled } } }";
    let chief = supervisor("510000");
    let data = run
        .shown(&chief, query, json!({ "id": id("510000") }))
        .await;
    assert_eq!(data["division"]["namingSummary"]["cancelled"], 6);
    let cancelled = naming_application::Entity::find()
        .filter(naming_application::Column::Kind.eq(NamingKind::Cancel))
        .all(run.services.db.read())
        .await
        .unwrap();
    for row in cancelled {
        let place = row.place.unwrap();
        let day = row.effective_on.unwrap();
        assert_eq!(
            called(&run, place, &day.pred_opt().unwrap().to_string()).await,
            row.name
        );
        assert!(called(&run, place, &day.to_string()).await.is_null());
        let named = naming_application::Entity::find()
            .filter(naming_application::Column::Place.eq(place))
            .filter(naming_application::Column::Kind.eq(NamingKind::Name))
            .one(run.services.db.read())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(named.state, NamingState::Cancelled);
    }
}
