//! The hall: arrivals, tickets, guides; and counselling.

use super::*;

const SLOTS: &str = "query ($id: ID!, $d: Date!, $s: RegistryService!) { registry(id: $id) { openSlots(date: $d, service: $s) { id free } } }";

async fn slots(p: &Province, day: &str, service: &str) -> Vec<Value> {
    let variables = json!({ "id": registry("510118-1"), "d": day, "s": service });
    p.data(p.public(), SLOTS, variables).await["registry"]["openSlots"]
        .as_array()
        .unwrap()
        .clone()
}

async fn book(p: &Province, who: usize, key: &str, slot: &Value) -> Value {
    let input = json!({ "requestKey": key, "slot": slot["id"] });
    let made = p
        .change(
            p.citizen(who),
            "bookSlot",
            "BookSlotInput",
            "appointment { id version state }",
            input,
        )
        .await;
    assert!(refusals(&made).is_empty(), "{made}");
    made["appointment"].clone()
}

#[tokio::test]
async fn an_appointment_is_moved_whole_or_not_at_all() {
    let p = Province::of("51").await;
    let day = slots(&p, "2026-11-25", "DIVORCE").await;
    let (mine, taken, free) = (&day[0], &day[1], &day[2]);
    let own = book(&p, 0, "a", mine).await;
    book(&p, 12, "a", taken).await;
    let to = |key: &str, slot: &Value| json!({ "requestKey": key, "appointment": own["id"], "version": own["version"], "slot": slot["id"] });
    let input = "RescheduleInput";
    let selection = "appointment { id state date }";
    let full = p
        .change(
            p.citizen(0),
            "rescheduleSlot",
            input,
            selection,
            to("f", taken),
        )
        .await;
    assert_eq!(refusals(&full), ["SLOT_FULL"]);
    let still = p
        .data(
            p.citizen(0),
            "{ myMarriage { appointments { state } } }",
            none(),
        )
        .await;
    assert_eq!(
        still["myMarriage"]["appointments"],
        json!([{ "state": "BOOKED" }]),
        "the place is kept"
    );
    let stranger = p
        .change(
            p.citizen(13),
            "rescheduleSlot",
            input,
            selection,
            to("s", free),
        )
        .await;
    assert_eq!(refusals(&stranger), ["NOT_FOUND"]);
    let moved = p
        .change(
            p.citizen(0),
            "rescheduleSlot",
            input,
            selection,
            to("m", free),
        )
        .await;
    assert_eq!(moved["appointment"]["state"], "BOOKED", "{moved}");
    assert_ne!(moved["appointment"]["id"], own["id"]);
    let again = slots(&p, "2026-11-25", "DIVORCE").await;
    assert_eq!(again[0]["id"], mine["id"], "its old place is free again");
}

#[tokio::test]
async fn who_does_not_come_reads_as_a_no_show_without_any_job() {
    let mut p = Province::of("51").await;
    let slot = slots(&p, "2026-11-24", "DIVORCE").await[0].clone();
    let own = book(&p, 0, "a", &slot).await;
    let step = json!({ "requestKey": "n", "appointment": own["id"], "version": own["version"] });
    let selection = "appointment { state }";
    let early = p
        .change(
            p.officer("a"),
            "markNoShow",
            "AppointmentStepInput",
            selection,
            step.clone(),
        )
        .await;
    assert_eq!(refusals(&early), ["APPOINTMENT_NOT_OPEN"]);
    let early = p
        .change(
            p.officer("a"),
            "checkIn",
            "AppointmentStepInput",
            selection,
            step.clone(),
        )
        .await;
    assert_eq!(refusals(&early), ["APPOINTMENT_NOT_OPEN"], "not its day");
    p.at("2026-11-24T12:00:00Z");
    let read = p
        .data(
            p.citizen(0),
            "{ myMarriage { appointments { state } } }",
            none(),
        )
        .await;
    assert_eq!(read["myMarriage"]["appointments"][0]["state"], "NO_SHOW");
    let late = p
        .change(
            p.officer("a"),
            "checkIn",
            "AppointmentStepInput",
            selection,
            step.clone(),
        )
        .await;
    assert_eq!(refusals(&late), ["APPOINTMENT_NOT_OPEN"]);
    let noted = p
        .change(
            p.officer("a"),
            "markNoShow",
            "AppointmentStepInput",
            selection,
            step,
        )
        .await;
    assert_eq!(noted["appointment"]["state"], "NO_SHOW", "{noted}");
}

#[tokio::test]
async fn tickets_are_called_in_order_and_guided() {
    let p = Province::of("51").await;
    let take = |key: &str| json!({ "requestKey": key, "registry": registry("510118-1"), "service": "MARRIAGE" });
    let selection = "ticket { id version number state desk guide { label } }";
    let mine = p
        .change(
            p.citizen(2),
            "takeTicket",
            "TakeTicketInput",
            selection,
            take("t"),
        )
        .await;
    assert_eq!(
        mine["ticket"]["number"], 5,
        "four of the demonstration: {mine}"
    );
    let twice = p
        .change(
            p.citizen(2),
            "takeTicket",
            "TakeTicketInput",
            selection,
            take("u"),
        )
        .await;
    assert_eq!(refusals(&twice), ["TICKET_ALREADY_TAKEN"]);
    let walk_in = p
        .change(
            p.officer("a"),
            "takeTicket",
            "TakeTicketInput",
            selection,
            take("w"),
        )
        .await;
    assert_eq!(walk_in["ticket"]["number"], 6);
    let query = "query ($r: ID!) { queue(registry: $r) { drawn waiting called { number desk } } }";
    let queue = p
        .data(p.public(), query, json!({ "r": registry("510118-1") }))
        .await;
    assert_eq!(
        queue["queue"],
        json!({ "drawn": 6, "waiting": 4, "called": [{ "number": 2, "desk": 1 }] })
    );
    let call = |key: &str, desk: i32| json!({ "requestKey": key, "registry": registry("510118-1"), "desk": desk });
    let nowhere = p
        .change(
            p.officer("a"),
            "callNextTicket",
            "CallNextInput",
            selection,
            call("x", 99),
        )
        .await;
    assert_eq!(refusals(&nowhere), ["DESK_UNKNOWN"]);
    let called = p
        .change(
            p.officer("a"),
            "callNextTicket",
            "CallNextInput",
            selection,
            call("c", 1),
        )
        .await;
    assert_eq!(called["ticket"]["number"], 3, "the lowest first");
    let guides = "query ($r: ID!) { hallGuides(registry: $r) { id label } }";
    let guides = p
        .data(p.officer("a"), guides, json!({ "r": registry("510118-1") }))
        .await;
    let assign = json!({ "requestKey": "g", "ticket": mine["ticket"]["id"], "version": 1, "guide": guides["hallGuides"][0]["id"] });
    let guided = p
        .change(
            p.officer("a"),
            "assignGuide",
            "AssignGuideInput",
            selection,
            assign,
        )
        .await;
    assert_eq!(guided["ticket"]["guide"]["label"], "引导01", "{guided}");
    let finish = json!({ "requestKey": "f", "ticket": called["ticket"]["id"], "version": called["ticket"]["version"], "served": true });
    let done = p
        .change(
            p.officer("a"),
            "finishTicket",
            "FinishTicketInput",
            selection,
            finish,
        )
        .await;
    assert_eq!(done["ticket"]["state"], "DONE");
    let tickets =
        "query ($r: ID!) { queueTickets(registry: $r) { edges { node { number state } } } }";
    let before = p.services.db.statements();
    let tickets = p
        .data(
            p.officer("a"),
            tickets,
            json!({ "r": registry("510118-1") }),
        )
        .await;
    assert!(p.services.db.statements() - before <= 2);
    assert_eq!(
        tickets["queueTickets"]["edges"].as_array().unwrap().len(),
        6
    );
}

#[tokio::test]
async fn counselling_takes_a_place_and_a_room_and_is_counted_when_held() {
    let mut p = Province::of("51").await;
    let day = slots(&p, "2026-11-25", "COUNSELLING").await;
    assert_eq!(day[0]["free"], 2, "two rooms");
    let selection = "session { id version state kind outcome parties { id } }";
    let book =
        |key: &str, kind: &str| json!({ "requestKey": key, "slot": day[0]["id"], "kind": kind });
    let input = "BookCounsellingInput";
    let first = p
        .change(
            p.citizen(0),
            "bookCounselling",
            input,
            selection,
            book("a", "FAMILY"),
        )
        .await;
    assert_eq!(first["session"]["state"], "BOOKED", "{first}");
    let second = p
        .change(
            p.citizen(12),
            "bookCounselling",
            input,
            selection,
            book("a", "CRISIS"),
        )
        .await;
    assert_eq!(second["session"]["state"], "BOOKED", "{second}");
    let third = p
        .change(
            p.citizen(13),
            "bookCounselling",
            input,
            selection,
            book("a", "FAMILY"),
        )
        .await;
    assert_eq!(refusals(&third), ["SLOT_FULL"]);
    let counsellors = "query ($r: ID!) { counsellors(registry: $r) { id active } counsellingRooms(registry: $r) { name } }";
    let staff = p
        .data(
            p.officer("a"),
            counsellors,
            json!({ "r": registry("510118-1") }),
        )
        .await;
    assert_eq!(staff["counsellingRooms"].as_array().unwrap().len(), 2);
    let record = |key: &str, of: &Value, held: bool, outcome: Value| {
        json!({ "requestKey": key, "session": of["session"]["id"], "version": of["session"]["version"],
            "counsellor": staff["counsellors"][0]["id"], "held": held, "outcome": outcome })
    };
    let input = "RecordSessionInput";
    let early = p
        .change(
            p.officer("a"),
            "recordSession",
            input,
            selection,
            record("e", &first, true, json!("ADVISED")),
        )
        .await;
    assert_eq!(refusals(&early), ["SESSION_NOT_OPEN"]);
    p.at("2026-11-25T10:00:00Z");
    let county = crate::kit::divisions::dataset()
        .by_code("510118")
        .unwrap()
        .id;
    let count = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Division {
        counsellingSummary(from: \"2026-11\", to: \"2026-11\") { sessions rooms } } } }";
    let key = json!({ "r": [{ "__typename": "Division", "id": county }] });
    let before =
        p.data(p.dashboard(), count, key.clone()).await["_entities"][0]["counsellingSummary"]
            .clone();
    let held = p
        .change(
            p.officer("a"),
            "recordSession",
            input,
            selection,
            record("h", &first, true, json!("RECONCILED")),
        )
        .await;
    assert_eq!(held["session"]["outcome"], "RECONCILED", "{held}");
    let missed = p
        .change(
            p.officer("a"),
            "recordSession",
            input,
            selection,
            record("m", &second, false, Value::Null),
        )
        .await;
    assert_eq!(missed["session"]["state"], "MISSED", "{missed}");
    let after =
        p.data(p.dashboard(), count, key).await["_entities"][0]["counsellingSummary"].clone();
    assert_eq!(
        after["sessions"].as_i64(),
        before["sessions"].as_i64().map(|n| n + 1)
    );
}
