//! Booking and cancelling.

use super::*;

const BOOK: &str = "mutation ($input: BookSlotInput!) { bookSlot(input: $input) {
    appointment { id state service date opens registry { id } }
    registry { openSlots(date: \"2026-11-24\", service: MARRIAGE) { id free } }
    userErrors { code field messageZh messageEn } } }";
const CANCEL: &str = "mutation ($input: CancelSlotInput!) { cancelSlot(input: $input) {
    appointment { id state } userErrors { code field } } }";
const SLOTS: &str = "query ($id: ID!, $date: Date!) { registry(id: $id) {
    openSlots(date: $date, service: MARRIAGE) { id free capacity opens } } }";

async fn slots(p: &Province, code: &str, date: &str) -> Vec<Value> {
    let variables = json!({ "id": registry(code), "date": date });
    let data = p.data(p.public(), SLOTS, variables).await;
    data["registry"]["openSlots"].as_array().unwrap().clone()
}

fn booking(key: &str, slot: &Value) -> Value {
    json!({ "input": { "requestKey": key, "slot": slot["id"] } })
}

#[tokio::test]
async fn a_citizen_books_with_a_partner_and_the_same_key_gives_the_same_answer() {
    let p = Province::of("51").await;
    let slot = slots(&p, "510118-1", "2026-11-24").await[0].clone();
    let input =
        json!({ "input": { "requestKey": "k1", "slot": slot["id"], "partner": p.number(3) } });
    let first = p.data(p.citizen(2), BOOK, input.clone()).await["bookSlot"].take();
    assert!(refusals(&first).is_empty(), "{first}");
    assert_eq!(first["appointment"]["state"], "BOOKED");
    assert_eq!(first["appointment"]["date"], "2026-11-24");
    let again = p.data(p.citizen(2), BOOK, input).await["bookSlot"].take();
    assert_eq!(again, first);
    let other = slots(&p, "510118-1", "2026-11-24").await[3].clone();
    let reused = p.data(p.citizen(2), BOOK, booking("k1", &other)).await["bookSlot"].take();
    assert_eq!(refusals(&reused), ["REQUEST_KEY_REUSED"]);
    let free = |list: &[Value]| {
        list.iter()
            .find(|s| s["id"] == slot["id"])
            .map(|s| s["free"].as_i64())
    };
    let after = slots(&p, "510118-1", "2026-11-24").await;
    assert_eq!(
        free(&after).flatten().unwrap_or(0),
        slot["free"].as_i64().unwrap() - 1
    );
    // The partner sees the appointment too, and was announced to persons sealed.
    let mine = "{ myMarriage { appointments { state service } } }";
    let hers = p.data(p.citizen(3), mine, none()).await;
    assert_eq!(hers["myMarriage"]["appointments"][0]["state"], "BOOKED");
    let events = crate::kit::events::read_outbox(p.services.db.read(), 0, 10)
        .await
        .unwrap();
    // The partner sealed, the appointment, the slots.
    assert_eq!(events.len(), 3);
    for event in events {
        assert!(!event.body.contains(&p.number(3)));
    }
}

#[tokio::test]
async fn a_slot_can_be_held_by_one_couple_only() {
    let p = Province::of("51").await;
    // The divorce slots of a registry have one place each.
    let query = SLOTS.replace("service: MARRIAGE", "service: DIVORCE");
    let variables = json!({ "id": registry("510118-1"), "date": "2026-11-25" });
    let data = p.data(p.public(), &query, variables).await;
    let slot = data["registry"]["openSlots"][0].clone();
    assert_eq!(slot["free"], 1);
    let first = p.data(p.citizen(0), BOOK, booking("a", &slot)).await["bookSlot"].take();
    assert!(refusals(&first).is_empty(), "{first}");
    let second = p.data(p.citizen(12), BOOK, booking("a", &slot)).await["bookSlot"].take();
    assert_eq!(refusals(&second), ["SLOT_FULL"]);
    assert_eq!(second["userErrors"][0]["field"], json!(["input", "slot"]));
    // The place comes back when it is cancelled.
    let cancel =
        json!({ "input": { "requestKey": "c", "appointment": first["appointment"]["id"] } });
    let strangers = p.data(p.citizen(12), CANCEL, cancel.clone()).await["cancelSlot"].take();
    assert_eq!(
        refusals(&strangers),
        ["NOT_FOUND"],
        "a stranger does not learn that it exists"
    );
    // Who read another version is told, and the appointment stands.
    let stale = json!({ "input": { "requestKey": "s", "appointment": first["appointment"]["id"], "version": 7 } });
    let stale = p.data(p.citizen(0), CANCEL, stale).await["cancelSlot"].take();
    assert_eq!(refusals(&stale), ["VERSION_CONFLICT"]);
    let foreign = json!({ "input": { "requestKey": "s", "appointment": first["appointment"]["id"], "version": 7 } });
    let foreign = p.data(p.citizen(12), CANCEL, foreign).await["cancelSlot"].take();
    assert_eq!(refusals(&foreign), ["NOT_FOUND"]);
    let done = p.data(p.citizen(0), CANCEL, cancel.clone()).await["cancelSlot"].take();
    assert_eq!(done["appointment"]["state"], "CANCELLED");
    assert_eq!(
        p.data(p.citizen(0), CANCEL, cancel).await["cancelSlot"],
        done
    );
    let third = p.data(p.citizen(12), BOOK, booking("b", &slot)).await["bookSlot"].take();
    assert!(refusals(&third).is_empty(), "{third}");
}

#[tokio::test]
async fn a_person_has_one_open_appointment_for_a_service() {
    let p = Province::of("51").await;
    let list = slots(&p, "510118-1", "2026-11-26").await;
    let first = p.data(p.citizen(2), BOOK, booking("1", &list[0])).await["bookSlot"].take();
    assert!(refusals(&first).is_empty());
    let second = p.data(p.citizen(2), BOOK, booking("2", &list[1])).await["bookSlot"].take();
    assert_eq!(refusals(&second), ["ALREADY_BOOKED"]);
}

#[tokio::test]
async fn what_is_not_offered_or_malformed_is_refused_without_an_echo() {
    let p = Province::of("51").await;
    let slot = slots(&p, "510118-1", "2026-11-24").await[0].clone();
    let with = |field: &str, value: &str| {
        let mut input = booking("x", &slot);
        input["input"][field] = json!(value);
        input
    };
    let own = p.number(2);
    let table = [
        (with("slot", "nonsense"), "SLOT_UNKNOWN"),
        (with("partner", "519901199003030033"), "CITIZEN_ID_CHECK"),
        (with("partner", &own), "SAME_PERSON"),
        (with("applicant", &own), "APPLICANT_MISPLACED"),
        (with("requestKey", ""), "REQUEST_KEY_INVALID"),
    ];
    for (input, code) in table {
        let payload = p.data(p.citizen(2), BOOK, input).await["bookSlot"].take();
        assert_eq!(refusals(&payload), [code], "{payload}");
        assert!(!payload.to_string().contains("5199011990"));
    }
    // A slot of another day by the same form, but the registry is closed then.
    use crate::service::slot_id::SlotKey;
    let key = SlotKey::decode(slot["id"].as_str().unwrap()).unwrap();
    for (day, opens) in [
        ("2026-12-02", key.opens),
        ("2026-12-30", key.opens),
        ("2026-11-24", 541),
        ("2026-11-22", 600),
    ] {
        let id = SlotKey {
            day: day.parse().unwrap(),
            opens,
            ..key
        }
        .encode();
        let payload = p.data(p.citizen(2), BOOK, with("slot", &id)).await["bookSlot"].take();
        assert_eq!(refusals(&payload), ["SLOT_NOT_OFFERED"], "{day}");
    }
    assert_eq!(
        codes(&p.ask(p.public(), BOOK, booking("x", &slot)).await),
        ["FORBIDDEN"]
    );
}

#[tokio::test]
async fn a_registrar_books_for_someone_at_the_own_registry_only() {
    let p = Province::of("51").await;
    let slot = slots(&p, "510118-1", "2026-11-24").await[0].clone();
    let input = json!({ "input": {
        "requestKey": "r", "slot": slot["id"], "applicant": p.number(2), "partner": p.number(3) } });
    let other = p.ask(p.registrar("510104"), BOOK, input.clone()).await;
    assert_eq!(codes(&other), ["FORBIDDEN"]);
    let own = p.data(p.registrar("510118"), BOOK, input).await["bookSlot"].take();
    assert_eq!(own["appointment"]["state"], "BOOKED");
}
