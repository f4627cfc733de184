//! What ends by time or with something else: applications for divorce, drafts and appointments; the same whether or
//! not a job has run.

use super::events::deliver;
use super::steps::{couple_of, judgment, open_slots, paper_done};
use super::*;
use crate::kit::events::read_outbox;
use crate::model::{divorce_application, registration_application};
use crate::service::timers;
use chrono::NaiveDate;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Statement};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Couple 0 applies for a divorce at a moment; gives the payload.
async fn applied(p: &mut Province, key: &str, at: &str) -> Value {
    p.at(at);
    let input = json!({ "requestKey": key, "registry": registry("510118-1"), "man": p.number(0), "woman": p.number(1),
        "bothPresent": true, "agreementSigned": true, "fullCapacity": true });
    let fields = "application { id state }";
    let made = p
        .change(
            p.registrar("510118"),
            "applyDivorce",
            "ApplyDivorceInput",
            fields,
            input,
        )
        .await;
    assert!(refusals(&made).is_empty(), "{made}");
    made["application"].clone()
}

async fn row(p: &Province, application: &Value) -> divorce_application::Model {
    let id: uuid::Uuid = application["id"].as_str().unwrap().parse().unwrap();
    divorce_application::Entity::find_by_id(id)
        .one(p.services.db.read())
        .await
        .unwrap()
        .unwrap()
}

/// How often history says that an entity came into a state, and its events say why.
async fn left(p: &Province, entity: &str, id: &str, state: &str) -> (i64, Vec<Value>) {
    let db = p.services.db.read();
    let sql = "SELECT COUNT(*) AS n FROM history WHERE entity = $1 AND entity_id = $2 AND \"after\" LIKE $3";
    let values = [entity.into(), id.into(), format!("%\"{state}\"%").into()];
    let found = db
        .query_one_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            sql,
            values,
        ))
        .await
        .unwrap()
        .unwrap();
    let told = read_outbox(db, 0, 500).await.unwrap();
    let causes = told
        .iter()
        .filter(|event| event.kind == format!("{entity}Changed") && event.key == id)
        .map(|event| serde_json::from_str::<Value>(&event.body).unwrap())
        .filter(|body| body["state"] == state)
        .map(|body| body["cause"].clone())
        .collect();
    (found.try_get("", "n").unwrap(), causes)
}

#[tokio::test]
async fn an_application_that_time_has_ended_leaves_the_same_trail_whoever_finds_it() {
    // M-17, M-19: the couple's next application, or the job.
    for by_job in [false, true] {
        let mut p = Province::of("51").await;
        let first = applied(&mut p, "e", "2026-03-02T02:00:00Z").await;
        if by_job {
            p.at("2026-06-01T02:00:00Z");
            assert!(timers::run(&p.services).await.unwrap().deemed_withdrawn >= 1);
        }
        let second = applied(&mut p, "n", "2026-06-01T02:00:00Z").await;
        assert_eq!(second["state"], "COOLING");
        let ended = row(&p, &first).await;
        assert_eq!(ended.state, "DEEMED_WITHDRAWN", "{by_job}");
        assert_eq!(ended.closed_on, Some(day("2026-05-06")));
        let id = first["id"].as_str().unwrap();
        let trail = left(&p, "DivorceApplication", id, "DEEMED_WITHDRAWN").await;
        assert_eq!(trail, (1, vec![json!("TIME")]), "{by_job}");
    }
}

#[tokio::test]
async fn a_death_or_a_judgment_refuses_what_is_open_and_nothing_that_time_has_ended() {
    // M-17, M-21, M-23: whether a job had written the end of the window down decides nothing.
    let late = (
        "2026-06-01T02:00:00Z",
        "DEEMED_WITHDRAWN",
        None,
        "2026-05-06",
    );
    let open = (
        "2026-04-10T02:00:00Z",
        "REFUSED",
        Some("NO_VALID_MARRIAGE"),
        "2026-04-10",
    );
    for (now, state, code, closed) in [late, open] {
        for by_death in [true, false] {
            let mut p = Province::of("51").await;
            let application = applied(&mut p, "e", "2026-03-02T02:00:00Z").await;
            p.at(now);
            if by_death {
                let body = json!({ "person": p.token(0), "diedOn": "2026-04-08" });
                deliver(&p, "DeathRegistered", body).await;
            } else {
                let paper = judgment("510118-1", "（2026）9号", "2026-04-08", couple_of(&p, 0));
                let done = paper_done(&p, p.officer("a"), paper).await;
                assert!(refusals(&done).is_empty(), "{done}");
            }
            let ended = row(&p, &application).await;
            assert_eq!(
                (ended.state.as_str(), ended.refusal_code.as_deref()),
                (state, code),
                "{now} {by_death}"
            );
            assert_eq!(ended.closed_on, Some(day(closed)), "{now} {by_death}");
            let id = application["id"].as_str().unwrap();
            assert_eq!(left(&p, "DivorceApplication", id, state).await.0, 1);
        }
    }
}

#[tokio::test]
async fn a_period_stored_by_a_calendar_that_was_changed_ends_on_the_later_day() {
    // M-17, 民法典 203: as if 5 and 6 May had been working days when the couple applied.
    let mut p = Province::of("51").await;
    let application = applied(&mut p, "e", "2026-03-02T02:00:00Z").await;
    let id = row(&p, &application).await.id;
    let written = p.services.db.write(move |tx| {
        Box::pin(async move {
            use divorce_application::Column;
            divorce_application::Entity::update_many()
                .col_expr(Column::WindowEnds, Expr::value(day("2026-05-04")))
                .filter(Column::Id.eq(id))
                .exec(tx)
                .await?;
            Ok(())
        })
    });
    written.await.unwrap();
    p.at("2026-05-05T02:00:00Z");
    let mine = "{ myMarriage { divorceApplication { state deadline dates { windowEnds deadlineProvisional } } } }";
    let read = p.data(p.citizen(0), mine, none()).await;
    let open = json!({ "state": "WINDOW_OPEN", "deadline": read["myMarriage"]["divorceApplication"]["deadline"],
        "dates": { "windowEnds": "2026-05-06", "deadlineProvisional": false } });
    assert_eq!(
        read["myMarriage"]["divorceApplication"], open,
        "no job has run"
    );
    let before = row(&p, &application).await.version;
    let swept = timers::run(&p.services).await.unwrap();
    assert_eq!(swept.dates_settled, 1);
    // It ends tomorrow by the right day, and is told though the stored one is past.
    let told = read_outbox(p.services.db.read(), 0, 500).await.unwrap();
    let near = crate::service::deadlines::NEAR;
    assert!(
        told.iter()
            .any(|event| event.kind == near && event.key == p.token(0))
    );
    let settled = row(&p, &application).await;
    assert_eq!(settled.state, "RECEIVED");
    assert_eq!(
        (settled.window_ends, settled.version),
        (day("2026-05-06"), before + 1)
    );
    assert_eq!(timers::run(&p.services).await.unwrap().dates_settled, 0);
    p.at("2026-05-07T02:00:00Z");
    timers::run(&p.services).await.unwrap();
    assert_eq!(row(&p, &application).await.state, "DEEMED_WITHDRAWN");
}

/// Person 2 drafts an application with person 3 for an appointment.
async fn draft_for(p: &Province, key: &str, appointment: &Value) -> Value {
    let draft = json!({ "requestKey": format!("{key} draft"), "registry": registry("510118-1"), "kind": "MARRIAGE", "own": p.number(2),
        "partner": p.number(3), "appointment": appointment["id"] });
    p.change(
        p.citizen(2),
        "draftApplication",
        "DraftApplicationInput",
        "application { state }",
        draft,
    )
    .await
}

/// Persons 2 and 3 book a place of a day and draft an application for it.
async fn drafted(p: &Province, key: &str, slot: &Value) -> Value {
    let booking =
        json!({ "requestKey": format!("{key} slot"), "slot": slot["id"], "partner": p.number(3) });
    let booked = p
        .change(
            p.citizen(2),
            "bookSlot",
            "BookSlotInput",
            "appointment { id version }",
            booking,
        )
        .await;
    assert!(refusals(&booked).is_empty(), "{booked}");
    let drafted = draft_for(p, key, &booked["appointment"]).await;
    assert_eq!(drafted["application"]["state"], "BOOKED", "{drafted}");
    booked["appointment"].clone()
}

/// A step of an appointment; gives what is shown of it.
async fn stepped(p: &Province, who: Principal, field: &str, of: &Value, more: Value) -> Value {
    let kind = match field {
        "cancelSlot" => "CancelSlotInput",
        "rescheduleSlot" => "RescheduleInput",
        _ => "AppointmentStepInput",
    };
    let mut input = json!({ "requestKey": format!("{field} {}", of["id"]), "appointment": of["id"], "version": of["version"] });
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    let done = p
        .change(who, field, kind, "appointment { id version state }", input)
        .await;
    assert!(refusals(&done).is_empty(), "{done}");
    done["appointment"].clone()
}

/// The only application of persons 2 and 3: its state, and its appointment.
async fn the_draft(p: &Province) -> (String, Option<String>) {
    use registration_application::Column;
    let rows = registration_application::Entity::find()
        .filter(Column::Man.is_in([p.token(2), p.token(3)]))
        .order_by_asc(Column::Id)
        .all(p.services.db.read())
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
    let appointment = rows[0].appointment_id.map(|id| id.to_string());
    (rows[0].state.clone(), appointment)
}

#[tokio::test]
async fn a_draft_goes_with_its_appointment_to_another_or_is_free_again() {
    // B.1.5: cancelled, missed, moved, and kept without being received.
    let slots = async |p: &Province| open_slots(p, "2026-11-24", "MARRIAGE").await;
    let p = Province::of("51").await;
    let own = drafted(&p, "a", &slots(&p).await[0]).await;
    stepped(&p, p.citizen(2), "cancelSlot", &own, json!({})).await;
    assert_eq!(the_draft(&p).await, ("DRAFT".to_owned(), None));
    // And none is drafted for one that is over.
    let late = draft_for(&p, "late", &own).await;
    assert_eq!(refusals(&late), ["APPOINTMENT_NOT_OPEN"], "{late}");

    // Moved, it arrives with the new one.
    let mut p = Province::of("51").await;
    let open = slots(&p).await;
    let own = drafted(&p, "a", &open[0]).await;
    let to = json!({ "slot": open[1]["id"] });
    let moved = stepped(&p, p.citizen(2), "rescheduleSlot", &own, to).await;
    let at = moved["id"].as_str().map(str::to_owned);
    assert_eq!(the_draft(&p).await, ("BOOKED".to_owned(), at.clone()));
    p.at("2026-11-24T01:00:00Z");
    let kept = stepped(&p, p.officer("a"), "checkIn", &moved, json!({})).await;
    assert_eq!(the_draft(&p).await, ("CHECKED_IN".to_owned(), at));
    // Nobody received them: the appointment is over with its day, and so it reads before any job.
    p.at("2026-11-25T01:00:00Z");
    let mine = "{ myMarriage { appointments { id state } } }";
    let state = async |p: &Province| {
        let read = p.data(p.citizen(2), mine, none()).await;
        let all = read["myMarriage"]["appointments"]
            .as_array()
            .unwrap()
            .clone();
        all.iter().find(|a| a["id"] == kept["id"]).unwrap()["state"].clone()
    };
    assert_eq!(state(&p).await, "SERVED");
    assert!(timers::run(&p.services).await.unwrap().no_shows >= 1);
    assert_eq!(state(&p).await, "SERVED");
    assert_eq!(the_draft(&p).await, ("DRAFT".to_owned(), None));
    let id = kept["id"].as_str().unwrap();
    assert_eq!(
        left(&p, "Appointment", id, "SERVED").await,
        (1, vec![json!("TIME")])
    );
    // Nobody came: said by the officer, or found by the job.
    for by_job in [true, false] {
        let mut p = Province::of("51").await;
        let own = drafted(&p, "a", &slots(&p).await[0]).await;
        p.at("2026-11-25T12:00:00Z");
        if by_job {
            timers::run(&p.services).await.unwrap();
        } else {
            stepped(&p, p.officer("a"), "markNoShow", &own, json!({})).await;
        }
        assert_eq!(the_draft(&p).await, ("DRAFT".to_owned(), None), "{by_job}");
    }
}

/// Two persons become one while both are at a counter.
#[tokio::test]
async fn an_application_that_a_merge_gives_up_says_so() {
    let p = Province::of("51").await;
    let receive = async |key: &str, man: usize, woman: usize| {
        let input = json!({ "requestKey": key, "registry": registry("510118-1"), "registrar": registrar_of("510118-1"),
            "kind": "MARRIAGE", "man": p.number(man), "woman": p.number(woman) });
        let kind = "ReceiveApplicationInput";
        let made = p
            .change(
                p.officer("a"),
                "receiveApplication",
                kind,
                "application { id }",
                input,
            )
            .await;
        assert!(refusals(&made).is_empty(), "{made}");
        made["application"]["id"].as_str().unwrap().to_owned()
    };
    let given_up = receive("r1", 2, 3).await;
    let stays = receive("r2", 6_570, 6_571).await;
    for _ in 0..2 {
        let body = json!({ "old": p.token(2), "new": p.token(6_570) });
        deliver(&p, "PersonAliased", body).await;
    }
    let trail = left(&p, "RegistrationApplication", &given_up, "ABORTED").await;
    assert_eq!(trail, (1, vec![json!("MERGE")]));
    assert_eq!(
        left(&p, "RegistrationApplication", &stays, "ABORTED")
            .await
            .0,
        0
    );
    let id: uuid::Uuid = given_up.parse().unwrap();
    let row = registration_application::Entity::find_by_id(id)
        .one(p.services.db.read())
        .await
        .unwrap()
        .unwrap();
    assert!(row.decided_at.is_some());
}
