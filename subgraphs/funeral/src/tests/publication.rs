//! What is published and what facilities have: lists under their ceilings, policies, places, halls, hearses, plans;
//! waivers of cases that come to nothing; guests of voyages; on both databases.

use minzheng_kit::Principal;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::steps::{here, number, officer};
use super::{Stage, databases, division};
use crate::demo;
use crate::model::{hearse, waiver};
use crate::rules::terms::HearseState;

fn head() -> Principal {
    Principal::registrar("51", "510000", None)
}

async fn facility(stage: &Stage, kind: &str) -> Value {
    let query = format!(
        "query ($d: ID!) {{ facilities(division: $d, kind: {kind}, subKind: URBAN_PUBLIC) {{ nodes {{ id version capacity hearses cremators }} }} }}"
    );
    let data = stage
        .data(
            Principal::public("51"),
            &query,
            json!({ "d": division("510118") }),
        )
        .await;
    data["facilities"]["nodes"][0].clone()
}

#[tokio::test]
async fn a_list_is_published_under_the_ceilings_of_the_province_and_takes_the_place_of_the_last() {
    for services in databases("lists").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let home = facility(&stage, "FUNERAL_HOME").await;
        let publish = |key: &str, from: &str, lines: Value| json!({ "requestKey": key, "facility": home["id"], "basis": "川发改价格〔2026〕1号", "validFrom": from, "lines": lines });
        let sel = "lines { item { code } price ceiling listVersion validFrom } facility { id }";
        let base = |price: &str| json!([{ "item": "B04", "price": price }]);
        let table = [
            ("2027-01-01", base("900.00"), "PRICE_OVER_CEILING"),
            ("2026-11-21", base("800.00"), "LIST_DAYS"),
            (
                "2027-01-01",
                json!([{ "item": "Z99", "price": "1.00" }]),
                "ITEM_UNKNOWN",
            ),
            (
                "2027-01-01",
                json!([{ "item": "X03", "price": "1.00" }]),
                "REFERENCE_RANGE",
            ),
            ("2027-01-01", json!([]), "LIST_LINES"),
        ];
        for (n, (from, lines, code)) in table.into_iter().enumerate() {
            let input = publish(&format!("p{n}"), from, lines);
            let refused = stage.act(officer(), "publishPriceList", input, sel).await;
            assert_eq!(refused["userErrors"][0]["code"], code, "{refused}");
        }
        // F-7: a county sets no ceiling, a prefecture only when it is authorised.
        let ceiling = |key: &str, code: &str, yuan: &str| json!({ "requestKey": key, "division": division(code), "item": "B04", "ceiling": yuan, "basis": "文-1", "validFrom": "2026-12-01" });
        let sel_ceiling = "ceiling validFrom";
        let county = stage
            .act(
                officer(),
                "setPriceCeiling",
                ceiling("c1", "510118", "950.00"),
                sel_ceiling,
            )
            .await;
        assert_eq!(county["userErrors"][0]["code"], "CEILING_AUTHORITY");
        let city = Principal::registrar("51", "510100", None);
        let bare = stage
            .act(
                city.clone(),
                "setPriceCeiling",
                ceiling("c2", "510100", "950.00"),
                sel_ceiling,
            )
            .await;
        assert_eq!(bare["userErrors"][0]["code"], "CEILING_AUTHORITY");
        let authorise = json!({ "requestKey": "a1", "division": division("510100"), "basis": "授权-1", "validFrom": "2026-11-22" });
        let query = "mutation ($input: AuthoriseCeilingsInput!) { authoriseCeilings(input: $input) { validFrom } }";
        let answer = stage
            .ask(city.clone(), query, json!({ "input": authorise }))
            .await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
        stage
            .act(head(), "authoriseCeilings", authorise, "validFrom")
            .await;
        let set = stage
            .act(
                city,
                "setPriceCeiling",
                ceiling("c3", "510100", "950.00"),
                sel_ceiling,
            )
            .await;
        assert_eq!(set["ceiling"], "950.00", "{set}");
        let item = json!({ "requestKey": "i1", "code": "P03", "nameZh": "遗体沐浴", "nameEn": "Washing of the body", "class": "PROVINCE_ADDED_BASE", "unit": "BODY" });
        let query = "mutation ($input: AddServiceItemInput!) { addServiceItem(input: $input) { item { code } } }";
        let answer = stage.ask(officer(), query, json!({ "input": item })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
        let added = stage
            .act(head(), "addServiceItem", item, "item { code }")
            .await;
        assert_eq!(added["item"]["code"], "P03", "{added}");
        let lines = json!([
            { "item": "B04", "price": "900.00" },
            { "item": "X03", "price": "300.00", "referenceLow": "100.00", "referenceHigh": "500.00" },
        ]);
        let done = stage
            .act(
                officer(),
                "publishPriceList",
                publish("ok", "2027-01-01", lines.clone()),
                sel,
            )
            .await;
        assert_eq!(
            done["lines"][0],
            json!({ "item": { "code": "B04" }, "price": "900.00", "ceiling": "950.00", "listVersion": 3, "validFrom": "2027-01-01" }),
            "{done}"
        );
        let query = "query ($f: ID!, $on: Date) { priceCatalogue(facility: $f, on: $on) { item { code } listVersion } }";
        let count = async |on: &str| {
            let data = stage
                .data(officer(), query, json!({ "f": home["id"], "on": on }))
                .await;
            data["priceCatalogue"].as_array().unwrap().len()
        };
        assert_eq!(
            (count("2026-12-31").await, count("2027-01-01").await),
            (12, 2)
        );
        let twice = stage
            .act(
                officer(),
                "publishPriceList",
                publish("again", "2027-01-01", lines),
                sel,
            )
            .await;
        assert_eq!(twice["userErrors"][0]["code"], "LIST_DAYS");
    }
}

#[tokio::test]
async fn policies_places_halls_hearses_and_plans_are_entered_by_officers_of_the_division() {
    for services in databases("furnish").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let policy = |key: &str, item: &str, from: &str| json!({ "requestKey": key, "division": division("510118"), "name": "新津区减免", "item": item, "standard": "700.00", "payer": "FACILITY", "legalBasis": "新民发〔2026〕1号", "validFrom": from });
        let sel = "policy { standard payer validFrom }";
        let wrong = stage
            .act(
                officer(),
                "setWaiverPolicy",
                policy("w1", "X03", "2027-01-01"),
                sel,
            )
            .await;
        assert_eq!(wrong["userErrors"][0]["code"], "WAIVER_BASE_ITEMS_ONLY");
        let set = stage
            .act(
                officer(),
                "setWaiverPolicy",
                policy("w2", "B01", "2027-01-01"),
                sel,
            )
            .await;
        assert_eq!(set["policy"]["standard"], "700.00", "{set}");
        let query = "query ($d: ID!, $on: Date) { waiverEligibility(division: $d, on: $on) { policies { item { code } standard } } }";
        for (on, standard) in [("2026-12-31", "500.00"), ("2027-01-01", "700.00")] {
            let data = stage
                .data(
                    Principal::public("51"),
                    query,
                    json!({ "d": division("510118"), "on": on }),
                )
                .await;
            let policies = data["waiverEligibility"]["policies"].as_array().unwrap();
            let first = policies
                .iter()
                .find(|p| p["item"]["code"] == "B01")
                .unwrap();
            assert_eq!(first["standard"], standard, "{on}");
        }

        let hall = facility(&stage, "COLUMBARIUM").await;
        let plots = |key: &str, kind: &str, first: i32| json!({ "requestKey": key, "facility": hall["id"], "kind": kind, "row": "二厅1排", "first": first, "count": 3, "areaM2": 0.12, "occupantLimit": 2 });
        let graves = stage
            .act(
                officer(),
                "addPlots",
                plots("p1", "ASH_PLOT", 1),
                "facility { id }",
            )
            .await;
        assert_eq!(graves["userErrors"][0]["code"], "PLOT_KIND");
        let added = stage
            .act(
                officer(),
                "addPlots",
                plots("p2", "NICHE", 1),
                "facility { freePlots }",
            )
            .await;
        assert_eq!(added["facility"]["freePlots"], 8, "{added}");
        let overlap = stage
            .act(
                officer(),
                "addPlots",
                plots("p3", "NICHE", 3),
                "facility { id }",
            )
            .await;
        assert_eq!(overlap["userErrors"][0]["code"], "PLOT_LABEL_TAKEN");

        let home = facility(&stage, "FUNERAL_HOME").await;
        let room = |key: &str, at: &Value| json!({ "requestKey": key, "facility": at["id"], "name": "青松厅", "seats": 80 });
        let no = stage
            .act(officer(), "addHall", room("h1", &hall), "hall { id }")
            .await;
        assert_eq!(no["userErrors"][0]["code"], "FUNERAL_HOME_ONLY");
        let yes = stage
            .act(officer(), "addHall", room("h2", &home), "hall { name }")
            .await;
        assert_eq!(yes["hall"]["name"], "青松厅", "{yes}");
        let van = json!({ "requestKey": "v1", "facility": home["id"], "label": "接运9号车", "point": here() });
        let van = stage
            .act(officer(), "addHearse", van, "hearse { id state }")
            .await;
        assert_eq!(van["hearse"]["state"], "READY", "{van}");
        let away = json!({ "requestKey": "v2", "hearse": van["hearse"]["id"], "point": { "longitude": 103.9, "latitude": 30.4 }, "inService": false });
        let moved = stage
            .act(
                officer(),
                "reportHearse",
                away,
                "hearse { state point { longitude } }",
            )
            .await;
        assert_eq!(
            moved["hearse"],
            json!({ "state": "OUT_OF_SERVICE", "point": { "longitude": 103.9 } })
        );
        let home = facility(&stage, "FUNERAL_HOME").await;
        assert_eq!(home["hearses"], 4);
        let grow = json!({ "requestKey": "g1", "facility": home["id"], "version": home["version"], "cremators": 9 });
        let grown = stage
            .act(
                officer(),
                "changeFacilityCapacity",
                grow,
                "facility { cremators capacity }",
            )
            .await;
        assert_eq!(
            grown["facility"],
            json!({ "cremators": 9, "capacity": home["capacity"] })
        );
        let plan = json!({ "requestKey": "f1", "division": division("510118"), "kind": "CEMETERY", "population": 400_000, "deathsPerTenThousand": 70, "years": 20, "sharePercent": 40, "basis": "规划-1", "validFrom": "2026-11-22" });
        let planned = stage
            .act(
                officer(),
                "setFacilityPlan",
                plan.clone(),
                "plan { population }",
            )
            .await;
        assert_eq!(planned["plan"]["population"], 400_000, "{planned}");
        let gap = "query ($d: ID!) { facilityGap(division: $d) { kind population } }";
        let gaps = stage
            .data(
                Principal::public("51"),
                gap,
                json!({ "d": division("510118") }),
            )
            .await;
        let ours: Vec<&Value> = gaps["facilityGap"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|g| g["kind"] == "CEMETERY")
            .collect();
        assert_eq!(
            ours,
            [&json!({ "kind": "CEMETERY", "population": 400_000 })]
        );
        // Another division's officer enters nothing.
        let query = "mutation ($input: SetFacilityPlanInput!) { setFacilityPlan(input: $input) { plan { id } } }";
        let stranger = Principal::registrar("51", "510104", None);
        let mut theirs = plan.clone();
        theirs["requestKey"] = json!("another's plan");
        let answer = stage.ask(stranger, query, json!({ "input": theirs })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
}

#[tokio::test]
async fn what_a_cancelled_case_was_granted_counts_for_nobody() {
    for services in databases("waived").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let granted = async |key: usize| {
            waiver::Entity::find()
                .filter(waiver::Column::Household.eq(stage.token(key)))
                .all(stage.services.db.read())
                .await
                .unwrap()
        };
        let lines = json!({ "items": [{ "item": "B01", "quantity": 1, "on": "2026-11-22" }] });
        let case = stage.open(7_710, 40, "CHILD").await;
        let case = stage
            .step(officer(), "chargeItems", &case, lines.clone())
            .await;
        let case = stage
            .step(officer(), "grantWaivers", &case, json!({}))
            .await;
        assert_eq!(granted(7_710).await.len(), 1);
        // The month is not settled for a case that runs, whatever the calendar says.
        stage.services.db.write(|tx| Box::pin(async move {
            use sea_orm::ConnectionTrait;
            tx.execute_unprepared("UPDATE waiver SET granted_month = granted_month - 1 WHERE granted_on = '2026-11-22' AND settlement_id IS NULL").await?;
            Ok(())
        })).await.unwrap();
        let settle = |key: &str| json!({ "requestKey": key, "division": division("510118"), "month": "2026-10" });
        let sel = "settlement { households amount }";
        let first = stage
            .act(officer(), "settleWaiver", settle("s1"), sel)
            .await;
        assert!(granted(7_710).await[0].settlement_id.is_none(), "{first}");
        stage
            .step(
                officer(),
                "cancelFuneralCase",
                &case,
                json!({ "reason": "ANOTHER_HOME" }),
            )
            .await;
        assert_eq!(granted(7_710).await.len(), 0);
        // The household has lost nothing by it.
        let case = stage.reopened(7_710, 41).await;
        let case = stage.step(officer(), "chargeItems", &case, lines).await;
        let case = stage
            .step(officer(), "grantWaivers", &case, json!({}))
            .await;
        // One that an older program paid already is taken back by a negative row.
        stage.services.db.write(|tx| Box::pin(async move {
            use sea_orm::ConnectionTrait;
            tx.execute_unprepared("UPDATE waiver SET settlement_id = id WHERE granted_on = '2026-11-22' AND settlement_id IS NULL").await?;
            Ok(())
        })).await.unwrap();
        stage
            .step(
                officer(),
                "cancelFuneralCase",
                &case,
                json!({ "reason": "ANOTHER_HOME" }),
            )
            .await;
        let rows = granted(7_710).await;
        assert_eq!(rows.len(), 2);
        assert_eq!(rows.iter().map(|w| w.amount).sum::<i64>(), 0);
        let query = "query ($d: ID!, $dead: ID!) { waiverEligibility(division: $d) { household(deceased: $dead) { itemCode open } } }";
        let data = stage
            .data(
                officer(),
                query,
                json!({ "d": division("510118"), "dead": stage.token(7_710) }),
            )
            .await;
        let open = data["waiverEligibility"]["household"].as_array().unwrap();
        assert!(open.iter().all(|i| i["open"] == true), "{data}");
    }
}

#[tokio::test]
async fn guests_sail_within_the_quota_and_are_not_made_up_at_the_end() {
    let stage = Stage::of("51").await;
    let plan = json!({ "requestKey": "plan", "division": division("510118"), "port": "港", "sailsOn": "2026-11-23", "quota": 3 });
    let sel = "voyage { id version left guests carried }";
    let voyage = stage.act(officer(), "planVoyage", plan, sel).await["voyage"].clone();
    let guests = |key: &str, version: &Value, sets: i32| json!({ "requestKey": key, "voyage": voyage["id"], "version": version, "origin": "重庆市", "paper": "渝民函〔2026〕1号", "sets": sets });
    let many = stage
        .act(
            officer(),
            "enrolSeaGuests",
            guests("g1", &voyage["version"], 4),
            sel,
        )
        .await;
    assert_eq!(many["userErrors"][0]["code"], "VOYAGE_FULL");
    let two = stage
        .act(
            officer(),
            "enrolSeaGuests",
            guests("g2", &voyage["version"], 2),
            sel,
        )
        .await;
    assert_eq!(
        (&two["voyage"]["left"], &two["voyage"]["guests"]),
        (&json!(1), &json!(2)),
        "{two}"
    );
    stage
        .services
        .db
        .write(|tx| {
            Box::pin(async move {
                use sea_orm::ConnectionTrait;
                tx.execute_unprepared(
                    "UPDATE sea_voyage SET sails_on = '2026-11-22' WHERE sails_on = '2026-11-23'",
                )
                .await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    let close = |key: &str, others: i32| json!({ "requestKey": key, "voyage": voyage["id"], "version": two["voyage"]["version"], "carried": [], "others": others });
    let made_up = stage
        .act(officer(), "closeVoyage", close("c1", 3), sel)
        .await;
    assert_eq!(made_up["userErrors"][0]["code"], "GUESTS_NOT_ENROLLED");
    let done = stage
        .act(officer(), "closeVoyage", close("c2", 2), sel)
        .await;
    assert_eq!(done["voyage"]["carried"], 2, "{done}");
}

#[tokio::test]
async fn a_hearse_is_kept_for_the_ticket_that_it_was_sent_for() {
    for services in databases("kept").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let call = async |key: &str, category: &str| {
            let input = json!({ "requestKey": key, "category": category, "phone": "13900001234", "caller": number(6), "division": division("510118"), "point": here(), "rangAt": "2026-11-22T03:59:30Z", "answeredAt": "2026-11-22T03:59:42Z" });
            let sel = "ticket { id version calls { waitedSeconds } }";
            stage.act(officer(), "openTicket", input, sel).await["ticket"].clone()
        };
        let send = async |ticket: &Value| {
            let input = json!({ "requestKey": format!("send {}", ticket["id"]), "ticket": ticket["id"], "version": ticket["version"] });
            let sel = "ticket { id version state arrivalDueAt facility { id } }";
            stage.act(officer(), "dispatchTicket", input, sel).await
        };
        let kept = async || {
            hearse::Entity::find()
                .filter(hearse::Column::ReservedFor.is_not_null())
                .all(stage.services.db.read())
                .await
                .unwrap()
        };
        let first = call("t1", "COLLECT").await;
        assert_eq!(first["calls"], json!([{ "waitedSeconds": 12 }]));
        // F-18: a question is answered, and no hearse goes out for it.
        let price = call("t2", "PRICE").await;
        let answered = send(&price).await;
        assert_eq!(answered["ticket"]["state"], "DISPATCHED", "{answered}");
        assert_eq!(answered["ticket"]["arrivalDueAt"], Value::Null);
        assert_eq!(kept().await.len(), 0);
        let sent = send(&first).await;
        let one = kept().await;
        assert_eq!((one.len(), one[0].state), (1, HearseState::OnTask));
        // The next ticket gets another one.
        let second = call("t3", "COLLECT").await;
        send(&second).await;
        let two = kept().await;
        assert_eq!(two.len(), 2);
        // The case of the first takes the one that was kept for it.
        let case = stage.open(7_711, 40, "CHILD").await;
        let go = json!({ "from": here(), "ticket": first["id"] });
        let case = stage.step(officer(), "dispatchHearse", &case, go).await;
        let task = crate::model::transport::Entity::find()
            .filter(crate::model::transport::Column::TicketId.is_not_null())
            .one(stage.services.db.read())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(task.hearse_id, one[0].id);
        assert_eq!(kept().await.len(), 1, "{sent} {case}");
        // Raised, the second gives its hearse up; and is not answered on the telephone.
        let step = |name: &str, version: i64| json!({ "requestKey": name, "ticket": second["id"], "version": version });
        let raised = stage
            .act(
                officer(),
                "escalateTicket",
                step("up", 2),
                "ticket { state version }",
            )
            .await;
        assert_eq!(raised["ticket"]["state"], "ESCALATED", "{raised}");
        assert_eq!(kept().await.len(), 0);
        let phone = stage
            .act(
                officer(),
                "resolveTicket",
                step("phone", 3),
                "ticket { id }",
            )
            .await;
        assert_eq!(phone["userErrors"][0]["code"], "STATE_NOT_ALLOWED");
        let query = "query ($d: ID!) { ticketSla(division: $d, from: \"2026-11\", to: \"2026-11\") { calls toAnswer { p50 p99 } } }";
        let sla = stage
            .data(officer(), query, json!({ "d": division("510118") }))
            .await;
        assert_eq!(
            sla["ticketSla"],
            json!({ "calls": 3, "toAnswer": { "p50": 12, "p99": 12 } })
        );
    }
}

#[tokio::test]
async fn no_cemetery_is_founded_in_a_protected_zone() {
    let stage = Stage::of("51").await;
    let ring = json!([
        { "longitude": 100.0, "latitude": 28.0 }, { "longitude": 100.2, "latitude": 28.0 },
        { "longitude": 100.2, "latitude": 28.2 }, { "longitude": 100.0, "latitude": 28.2 },
    ]);
    let zone = json!({ "requestKey": "z", "division": division("510118"), "kind": "WATER", "name": "水源保护区", "ring": ring });
    stage
        .act(officer(), "designateBurialZone", zone, "zone { id }")
        .await;
    let code = minzheng_kit::demo::credit_code("51", "510118", '9', 9_002);
    let found = |key: &str, kind: &str| {
        json!({
            "requestKey": key, "kind": kind, "subKind": "URBAN_PUBLIC", "operator": "GOVERNMENT", "name": "新津区水库公墓",
            "creditCode": code, "operatorName": "新津区殡葬事务中心", "division": division("510118"), "place": division("510118"),
            "point": { "longitude": 100.1, "latitude": 28.1 }, "approvedOn": "2026-10-01", "approvedBy": "新津区民政局", "capacity": 3000, "phone": "0000-8000001",
        })
    };
    for (kind, expected) in [("CEMETERY", "FORBIDDEN_ZONE"), ("FUNERAL_HOME", "none")] {
        let payload = stage
            .act(
                officer(),
                "foundFacility",
                found(kind, kind),
                "facility { id }",
            )
            .await;
        let code = payload["userErrors"][0]["code"].as_str().unwrap_or("none");
        assert_eq!(code, expected, "{payload}");
    }
}
