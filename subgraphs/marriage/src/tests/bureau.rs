//! What a bureau enters, what waits for whom, and what moves with time: through the schema.

use super::law::*;
use super::steps::open_slots;
use super::*;

#[tokio::test]
async fn a_bureau_sets_up_a_registry_and_runs_its_counter() {
    let p = Province::of("51").await;
    let above = || p.registrar("510100");
    let site = json!({ "name": "示例区婚姻登记处", "point": { "longitude": 104.0, "latitude": 30.6 },
        "competence": ["MAINLAND"], "siteKind": "HALL", "windows": 2, "weekendService": true });
    let open = json!({ "requestKey": "o", "county": "510118", "site": site });
    let fields = "registry { id version name counsellingRooms }";
    let opened = p
        .change(above(), "openRegistry", "OpenRegistryInput", fields, open)
        .await;
    let id = opened["registry"]["id"].clone();
    assert!(id.is_string(), "{opened}");
    assert_eq!(opened["registry"]["version"], 1);
    // Two officers read it; the second one's change does not overwrite the first one's.
    let changed = |key: &str| {
        let mut site = site.clone();
        site["windows"] = json!(3);
        json!({ "requestKey": key, "registry": id, "version": 1, "site": site })
    };
    for (key, expected) in [("c1", vec![]), ("c2", vec!["VERSION_CONFLICT"])] {
        let change = p
            .change(
                above(),
                "changeRegistry",
                "ChangeRegistryInput",
                fields,
                changed(key),
            )
            .await;
        assert_eq!(refusals(&change), expected, "{change}");
    }
    for (operation, input, body) in [
        (
            "setOpeningHours",
            "SetOpeningHoursInput",
            json!({ "requestKey": "v1", "registry": id, "version": 1, "hours": [] }),
        ),
        (
            "setOpeningDay",
            "SetOpeningDayInput",
            json!({ "requestKey": "v2", "registry": id, "version": 1, "date": "2026-11-23" }),
        ),
    ] {
        let stale = p.change(above(), operation, input, fields, body).await;
        assert_eq!(refusals(&stale), ["VERSION_CONFLICT"], "{operation}");
    }
    let hours = json!({ "requestKey": "h", "registry": id, "hours": [
        { "weekday": 1, "opens": "09:00", "closes": "12:00" }, { "weekday": 6, "opens": "10:00", "closes": "11:00" }] });
    let set = p
        .change(
            above(),
            "setOpeningHours",
            "SetOpeningHoursInput",
            fields,
            hours,
        )
        .await;
    assert!(refusals(&set).is_empty(), "{set}");
    assert_eq!(set["registry"]["version"], 3, "opened, changed, hours set");
    let over = json!({ "requestKey": "h2", "registry": id, "hours": [
        { "weekday": 1, "opens": "09:00", "closes": "12:00" }, { "weekday": 1, "opens": "11:00", "closes": "13:00" }] });
    let over = p
        .change(
            above(),
            "setOpeningHours",
            "SetOpeningHoursInput",
            fields,
            over,
        )
        .await;
    assert_eq!(refusals(&over), ["HOURS_UNUSABLE"]);
    let slots = "query ($id: ID!) { registry(id: $id) { openSlots(date: \"2026-11-23\", service: MARRIAGE) { id opens } } }";
    let day = p.data(p.public(), slots, json!({ "id": id })).await;
    assert_eq!(day["registry"]["openSlots"].as_array().unwrap().len(), 6);
    let closed = json!({ "requestKey": "x", "registry": id, "date": "2026-11-23", "hours": [] });
    p.change(
        above(),
        "setOpeningDay",
        "SetOpeningDayInput",
        fields,
        closed,
    )
    .await;
    let day = p.data(p.public(), slots, json!({ "id": id })).await;
    assert_eq!(day["registry"]["openSlots"], json!([]));
    let registrar = json!({ "requestKey": "r", "registry": id, "person": p.number(6_590), "licenceNumber": "示例-1",
        "validFrom": "2026-01-01", "account": "own" });
    let entered = p
        .change(
            above(),
            "enterRegistrar",
            "EnterRegistrarInput",
            "registrar { id status }",
            registrar,
        )
        .await;
    assert_eq!(entered["registrar"]["status"], "ACTIVE", "{entered}");
    let steps = [
        (
            "enterGuide",
            "EnterGuideInput",
            json!({ "requestKey": "g", "registry": id, "label": "引导02", "onDuty": true }),
        ),
        (
            "enterCounsellingRoom",
            "EnterCounsellingRoomInput",
            json!({ "requestKey": "c", "registry": id, "name": "一室" }),
        ),
        (
            "enterCounsellor",
            "EnterCounsellorInput",
            json!({ "requestKey": "n", "registry": id, "person": p.number(6_592),
            "qualification": "LAW" }),
        ),
    ];
    for (field, input_type, input) in steps {
        let done = p.change(above(), field, input_type, fields, input).await;
        assert!(refusals(&done).is_empty(), "{field}: {done}");
    }
    let input = json!({ "requestKey": "m", "registry": id, "registrar": entered["registrar"]["id"], "kind": "MARRIAGE",
        "man": p.number(2), "woman": p.number(3) });
    let stranger = receive(&p, p.officer("a"), input.clone()).await;
    assert_eq!(refusals(&stranger), ["REGISTRAR_NOT_OF_THIS_REGISTRY"]);
    let received = receive(&p, p.officer("own"), input).await;
    assert_eq!(received["application"]["state"], "RECEIVED", "{received}");
    // Nobody sets up the own registry.
    let own = Principal {
        registry: Some(id.as_str().unwrap().to_owned()),
        ..p.registrar("510118")
    };
    let query =
        "mutation ($input: EnterGuideInput!) { enterGuide(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "requestKey": "q", "registry": id, "label": "引导03", "onDuty": true } });
    assert_eq!(codes(&p.ask(own, query, input).await), ["FORBIDDEN"]);
}

#[tokio::test]
async fn kinship_from_papers_blocks_the_marriage() {
    // M-6, 民法典 1048.
    let p = Province::of("51").await;
    let input = json!({ "requestKey": "k", "registry": registry("510118-1"), "one": p.number(3), "other": p.number(2),
        "kind": "COLLATERAL", "source": "户籍证明" });
    let entered = p
        .change(
            p.officer("a"),
            "recordKinship",
            "RecordKinshipInput",
            "recorded",
            input,
        )
        .await;
    assert_eq!(entered["recorded"], true, "{entered}");
    let waiting = couple(&p, "a", &p.number(2), &p.number(3)).await;
    let checked = step(&p, p.officer("a"), "runOnlineChecks", "c", &waiting).await;
    assert_eq!(reasons(&checked), ["FORBIDDEN_KINSHIP"]);
}

#[tokio::test]
async fn a_correction_gives_the_papers_their_state_and_names_who_died() {
    // M-21, M-22, M-23.
    let p = Province::of("51").await;
    let mine = "{ myMarriage { status person { marriages { id version state certificates { state } } } } }";
    let record = async |p: &Province| {
        let data = p.data(p.citizen(0), mine, none()).await;
        data["myMarriage"]["person"]["marriages"][0].clone()
    };
    let correct = async |p: &Province, key: &str, to: &str, ended: Value, who: Value| {
        let of = record(p).await;
        let input = json!({ "requestKey": format!("{key} p"), "registry": registry("510118-1"), "record": of["id"],
            "version": of["version"], "to": to, "endedOn": ended, "deceased": who, "evidence": "核查函3号" });
        let selection = "correction { id version state }";
        let proposed = p
            .change(
                p.officer("a"),
                "proposeCorrection",
                "ProposeCorrectionInput",
                selection,
                input,
            )
            .await;
        if !refusals(&proposed).is_empty() {
            return proposed;
        }
        let input = json!({ "requestKey": format!("{key} d"), "correction": proposed["correction"]["id"],
            "version": 1, "apply": true });
        p.change(
            p.officer("b"),
            "decideCorrection",
            "DecideCorrectionInput",
            selection,
            input,
        )
        .await
    };
    let nameless = correct(&p, "n", "ENDED_DEATH", json!("2024-03-01"), Value::Null).await;
    assert_eq!(refusals(&nameless), ["DECEASED_NOT_NAMED"]);
    let died = correct(&p, "e", "ENDED_DEATH", json!("2024-03-01"), json!("MAN")).await;
    assert_eq!(died["correction"]["state"], "APPLIED", "{died}");
    let ended = record(&p).await;
    assert_eq!(ended["certificates"][0]["state"], "CANCELLED");
    let hers = p
        .data(p.citizen(1), "{ myMarriage { status } }", none())
        .await;
    assert_eq!(hers["myMarriage"]["status"], "WIDOWED");
    let answer = check(&p, &p.number(0), &p.number(3)).await;
    assert_eq!(
        answer["reasons"][0]["code"], "PARTY_DEAD_ON_RECORD",
        "he died"
    );
    let alive = correct(&p, "v", "VALID", Value::Null, Value::Null).await;
    assert_eq!(alive["correction"]["state"], "APPLIED", "{alive}");
    let back = record(&p).await;
    assert_eq!(
        (&back["state"], &back["certificates"][0]["state"]),
        (&json!("VALID"), &json!("ISSUED"))
    );
    let hers = p
        .data(p.citizen(1), "{ myMarriage { status } }", none())
        .await;
    assert_eq!(hers["myMarriage"]["status"], "MARRIED");
}

#[tokio::test]
async fn a_divorce_waits_for_an_open_case_and_for_a_judgment_that_nobody_annotated() {
    // M-15, M-21a, 司法解释(一) 21.
    let p = Province::of("51").await;
    let apply = |key: &str, man: usize| {
        json!({ "requestKey": key, "registry": registry("510118-1"), "man": p.number(man), "woman": p.number(man + 1),
            "bothPresent": true, "agreementSigned": true, "fullCapacity": true })
    };
    let fields = "application { id version state }";
    // Couple 16 of the demonstration has a court's notice waiting.
    let noticed = p
        .change(
            p.officer("a"),
            "applyDivorce",
            "ApplyDivorceInput",
            fields,
            apply("n", 32),
        )
        .await;
    assert_eq!(refusals(&noticed), ["COURT_NOTICE_EXISTS"], "{noticed}");
    let mine = "{ myMarriage { marriage { id } } }";
    let record = p.data(p.citizen(0), mine, none()).await["myMarriage"]["marriage"]["id"].clone();
    let open = json!({ "requestKey": "o", "registry": registry("510118-1"), "record": record, "complainant": p.number(1) });
    p.change(
        p.officer("a"),
        "openImpersonationCase",
        "OpenImpersonationCaseInput",
        "case { id }",
        open,
    )
    .await;
    let disputed = p
        .change(
            p.officer("a"),
            "applyDivorce",
            "ApplyDivorceInput",
            fields,
            apply("d", 0),
        )
        .await;
    assert_eq!(refusals(&disputed), ["RECORDS_DISPUTED"], "{disputed}");
}

#[tokio::test]
async fn the_end_of_a_period_that_may_move_ends_nothing_and_is_computed_again() {
    // M-16, M-17, 民法典 203: the same application by the calendar of today and by one that knows 2027.
    use crate::kit::calendar::{Holiday, WorkCalendar, YEARS, YearTable};
    use crate::service::divorce::{self, Standing, standing, standing_by};
    static NEXT: [Holiday; 1] = [Holiday {
        name_zh: "示例",
        from: (1, 6),
        to: (1, 6),
    }];
    static WITH_2027: [YearTable; 3] = [
        YEARS[0],
        YEARS[1],
        YearTable {
            year: 2027,
            holidays: &NEXT,
            worked: &[],
            source: "示例",
            verified_on: None,
        },
    ];
    let later = WorkCalendar::of(&WITH_2027);
    let mut p = Province::of("51").await;
    let all = divorce::of_persons(p.services.db.read(), &[p.token(4)])
        .await
        .unwrap();
    let application = &all[&p.token(4)][0];
    let at = |text: &str| text.parse().unwrap();
    for (now, today, then) in [
        (
            "2027-01-06T02:00:00Z",
            Standing::WindowOpen,
            Standing::WindowOpen,
        ),
        (
            "2027-01-06T23:00:00Z",
            Standing::EndUncertain,
            Standing::WindowOpen,
        ),
        (
            "2027-01-07T23:00:00Z",
            Standing::EndUncertain,
            Standing::DeemedWithdrawn,
        ),
    ] {
        assert_eq!(standing(application, at(now)), today, "{now}");
        assert_eq!(standing_by(&later, application, at(now)), then, "{now}");
    }
    p.at("2027-02-01T02:00:00Z");
    let swept = crate::service::timers::run(&p.services).await.unwrap();
    assert_eq!(
        (swept.deemed_withdrawn, swept.dates_settled),
        (0, 0),
        "nothing is written on a provisional day"
    );
    let mine = "{ myMarriage { divorceApplication { id version state closedOn } } }";
    let open = p.data(p.citizen(4), mine, none()).await["myMarriage"]["divorceApplication"].clone();
    assert_eq!(open["state"], "END_UNCERTAIN");
    assert!(open["closedOn"].is_null());
    let ask = json!({ "requestKey": "q", "application": open["id"], "version": open["version"],
        "registry": registry("510118-1"), "registrar": registrar_of("510118-1"), "bothPresent": true });
    let input = "RequestDivorceCertificateInput";
    let asked = p
        .change(
            p.officer("a"),
            "requestDivorceCertificate",
            input,
            "application { state }",
            ask,
        )
        .await;
    assert_eq!(
        refusals(&asked),
        ["DEADLINE_PROVISIONAL"],
        "for now, and not for good"
    );
}

#[tokio::test]
async fn counselling_goes_with_its_appointment() {
    let p = Province::of("51").await;
    let list = open_slots(&p, "2026-11-25", "COUNSELLING").await;
    let book = async |key: &str, who: usize, slot: &Value| {
        let input = json!({ "requestKey": key, "slot": slot["id"], "kind": "FAMILY" });
        p.change(
            p.citizen(who),
            "bookCounselling",
            "BookCounsellingInput",
            "session { id version state }",
            input,
        )
        .await
    };
    let first = book("a", 2, &list[0]).await;
    assert_eq!(first["session"]["state"], "BOOKED", "{first}");
    let mine = "{ myMarriage { appointments { id version state } person { counsellingSessions { state opens } } } }";
    let of = async |who: usize| p.data(p.citizen(who), mine, none()).await["myMarriage"].take();
    let own = of(2).await;
    let appointment = own["appointments"][0].clone();
    let moved = json!({ "requestKey": "r", "appointment": appointment["id"], "version": appointment["version"],
        "slot": list[1]["id"] });
    let moved = p
        .change(
            p.citizen(2),
            "rescheduleSlot",
            "RescheduleInput",
            "appointment { id }",
            moved,
        )
        .await;
    assert!(refusals(&moved).is_empty(), "{moved}");
    let now = of(2).await["person"]["counsellingSessions"][0].clone();
    assert_eq!(now["state"], "BOOKED");
    assert_ne!(
        now["opens"], own["person"]["counsellingSessions"][0]["opens"],
        "it moved along"
    );
    let cancel = json!({ "requestKey": "c", "appointment": moved["appointment"]["id"] });
    p.change(
        p.citizen(2),
        "cancelSlot",
        "CancelSlotInput",
        "appointment { state }",
        cancel,
    )
    .await;
    assert_eq!(
        of(2).await["person"]["counsellingSessions"][0]["state"],
        "CANCELLED"
    );
    // The room is free again.
    let after = open_slots(&p, "2026-11-25", "COUNSELLING").await;
    assert_eq!(after[1], list[1]);
}

#[tokio::test]
async fn free_places_and_deadlines_are_told_as_they_change() {
    use crate::kit::testing::{subscribe, told};
    let p = Province::of("51").await;
    let id = registry("510118-1");
    let query = "subscription ($r: ID!) { slotsChanged(registry: $r, date: \"2026-11-24\") { registry { id } freePlaces } }";
    let mut places = subscribe(&p.graph, p.public(), query, json!({ "r": id }));
    let before = told(&mut places).await["data"]["slotsChanged"]["freePlaces"].clone();
    let slots = "query ($id: ID!) { registry(id: $id) { openSlots(date: \"2026-11-24\", service: MARRIAGE) { id } } }";
    let open = p.data(p.public(), slots, json!({ "id": id })).await;
    let booking = json!({ "requestKey": "b", "slot": open["registry"]["openSlots"][0]["id"] });
    p.change(
        p.citizen(2),
        "bookSlot",
        "BookSlotInput",
        "appointment { id }",
        booking,
    )
    .await;
    let after = told(&mut places).await["data"]["slotsChanged"]["freePlaces"].clone();
    assert_eq!(after.as_i64().unwrap(), before.as_i64().unwrap() - 1);
    // The story's cooling-off ends on 2026-12-07, in fifteen days.
    let query = "subscription ($d: Int!) { divorceDeadlineNear(days: $d) { step on daysLeft application { state } } }";
    let mut near = subscribe(&p.graph, p.citizen(4), query, json!({ "d": 20 }));
    assert_eq!(
        told(&mut near).await["data"]["divorceDeadlineNear"],
        json!({ "step": "COOLING_OFF_ENDS", "on": "2026-12-07", "daysLeft": 15, "application": { "state": "COOLING" } })
    );
    let swept = crate::service::timers::run(&p.services).await.unwrap();
    assert!(swept.near_deadlines >= 1, "{swept:?}");
    let mut stranger = subscribe(&p.graph, p.public(), query, json!({ "d": 20 }));
    assert_eq!(codes(&told(&mut stranger).await), ["FORBIDDEN"]);
}
