//! A ceiling that is lowered binds what is already published, from its own first day on; on both databases.

use minzheng_kit::events::Relation;
use minzheng_kit::{Clock, Principal};
use serde_json::{Value, json};

use super::steps::{here, number, officer};
use super::{Stage, databases, division};
use crate::demo;

fn head() -> Principal {
    Principal::registrar("51", "510000", None)
}

/// The same stage on a later day.
fn later(stage: &Stage, at: &str) -> Stage {
    let mut services = stage.services.clone();
    services.clock = Clock::fixed(at.parse().unwrap());
    Stage::over(services)
}

fn ceiling(key: &str, code: &str, yuan: &str, from: &str) -> Value {
    json!({ "requestKey": key, "division": division(code), "item": "B04", "ceiling": yuan, "basis": "文-1", "validFrom": from })
}

/// What the catalogue shows of cremations at a home on a day: price, ceiling, and what is charged.
async fn shown(stage: &Stage, home: &Value, on: &str) -> Value {
    let query = "query ($f: ID!, $on: Date) { priceCatalogue(facility: $f, on: $on) { item { code } price ceiling chargeable } }";
    let data = stage
        .data(
            Principal::public("51"),
            query,
            json!({ "f": home, "on": on }),
        )
        .await;
    let lines = data["priceCatalogue"].as_array().unwrap();
    let line = lines.iter().find(|l| l["item"]["code"] == "B04").unwrap();
    json!([line["price"], line["ceiling"], line["chargeable"]])
}

/// F-7, 发改价格〔2026〕108号: 基础项目收费不得高于政府指导价, whatever was published before it was lowered.
#[tokio::test]
async fn a_lowered_ceiling_binds_the_lists_in_force() {
    for services in databases("lowered").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let home = super::confirmed::home(&stage).await;
        let before = shown(&stage, &home, "2026-11-22").await;
        assert_eq!((&before[0], &before[1]), (&before[2], &json!("820.00")));
        let sel = "ceiling above { id name }";
        let lowered = stage
            .act(
                head(),
                "setPriceCeiling",
                ceiling("c1", "510000", "500.00", "2026-12-01"),
                sel,
            )
            .await;
        // Every home of the province is dearer; they are named, at most two hundred.
        let above = lowered["above"].as_array().unwrap();
        assert!(above.len() > 180 && above.len() <= 200, "{}", above.len());
        assert_eq!(shown(&stage, &home, "2026-11-30").await, before);
        let after = json!([before[0], "500.00", "500.00"]);
        assert_eq!(shown(&stage, &home, "2026-12-01").await, after);
        // The same at the hotline's desk.
        let call = json!({ "requestKey": "call", "category": "PRICE", "phone": "13900001234", "caller": number(6), "division": division("510118"), "point": here() });
        let desk = "ticket { priceCeilings(on: \"2026-12-01\") { item { code } ceiling } }";
        let ticket = stage.act(officer(), "openTicket", call, desk).await;
        let ceilings = ticket["ticket"]["priceCeilings"].as_array().unwrap();
        let line = ceilings.iter().find(|l| l["item"]["code"] == "B04");
        assert_eq!(line.unwrap()["ceiling"], "500.00");
        // A bill of a day before is as it was; one of a day after knows the new ceiling.
        let case = stage.open(7_800, 40, "CHILD").await;
        let december = later(&stage, "2026-12-05T04:00:00Z");
        let bill = |on: &str, price: Value| json!({ "items": [{ "item": "B04", "quantity": 1, "on": on, "price": price }] });
        assert_eq!(
            december
                .refused(
                    officer(),
                    "chargeItems",
                    &case,
                    bill("2026-12-02", before[0].clone())
                )
                .await,
            "PRICE_OVER_CEILING"
        );
        let case = december
            .step(
                officer(),
                "chargeItems",
                &case,
                bill("2026-12-02", Value::Null),
            )
            .await;
        let case = december
            .step(
                officer(),
                "chargeItems",
                &case,
                bill("2026-11-30", Value::Null),
            )
            .await;
        let query = "query ($id: ID!) { funeralCase(id: $id) { items { serviceOn amount } } }";
        let data = december
            .data(officer(), query, json!({ "id": case["id"] }))
            .await;
        let mut items: Vec<(String, String)> = data["funeralCase"]["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| (i["serviceOn"].to_string(), i["amount"].to_string()))
            .collect();
        items.sort();
        assert_eq!(
            items,
            [
                ("\"2026-11-30\"".to_owned(), before[0].to_string()),
                ("\"2026-12-02\"".to_owned(), "\"500.00\"".to_owned())
            ]
        );
        // Who paid the old price after that day was overcharged.
        let report = json!({ "requestKey": "r1", "facility": home, "item": "B04", "charged": before[0], "on": "2026-12-02", "bundled": false });
        let told = december
            .act(
                december.citizen(40),
                "reportPriceBreach",
                report,
                "breach { kind }",
            )
            .await;
        assert_eq!(told["breach"]["kind"], "OVER_CEILING", "{told}");
    }
}

/// A list that was published ahead is bound too, and a prefecture's own ceiling goes before the province's.
#[tokio::test]
async fn a_list_published_ahead_and_a_prefecture_of_its_own() {
    let stage = Stage::of("51").await;
    let home = super::confirmed::home(&stage).await;
    let ahead = json!({ "requestKey": "p", "facility": home, "basis": "文-2", "validFrom": "2027-01-01", "lines": [{ "item": "B04", "price": "800.00" }] });
    stage
        .act(officer(), "publishPriceList", ahead, "facility { id }")
        .await;
    let sel = "ceiling above { id }";
    // Set by the province for the prefecture: the prefecture's counts, though the province lowers its own.
    let city = ceiling("c1", "510100", "750.00", "2026-12-01");
    let named = stage.act(head(), "setPriceCeiling", city, sel).await;
    let above: Vec<&Value> = named["above"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["id"])
        .collect();
    assert!(above.contains(&&home) && above.len() <= 23, "{named}");
    let named = stage
        .act(
            head(),
            "setPriceCeiling",
            ceiling("c2", "510000", "600.00", "2026-12-01"),
            sel,
        )
        .await;
    let above: Vec<&Value> = named["above"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["id"])
        .collect();
    assert!(!above.contains(&&home) && !above.is_empty());
    assert_eq!(
        shown(&stage, &home, "2027-01-01").await,
        json!(["800.00", "750.00", "750.00"])
    );
    // Raised again, it allows no more than what was published under the old one.
    let raised = ceiling("c3", "510100", "990.00", "2027-02-01");
    stage.act(head(), "setPriceCeiling", raised, sel).await;
    assert_eq!(
        shown(&stage, &home, "2027-02-01").await,
        json!(["800.00", "820.00", "800.00"])
    );
}

/// A.2-18 with D-9: ceilings and authorisations reach a division that a change has made since.
#[tokio::test]
async fn a_prefecture_of_a_change_is_authorised_like_any_other() {
    let stage = Stage::of("51").await;
    let old = ["510100", "510300"].map(super::assigned::listed);
    let born = minzheng_kit::id::derived("division", "born prefecture");
    let made = super::assigned::side(born, "519800", old[0].parent);
    super::assigned::told(&stage, Relation::Merge, old.to_vec(), vec![made]).await;
    let input = json!({ "requestKey": "a", "division": born.to_string(), "basis": "授权-2", "validFrom": "2026-11-22" });
    let done = super::assigned::amid(&stage, head());
    let done = stage
        .act(done, "authoriseCeilings", input, "validFrom")
        .await;
    assert_eq!(done["validFrom"], "2026-11-22", "{done}");
    let mut set = ceiling("c", "510104", "700.00", "2026-12-01");
    set["division"] = json!(born.to_string());
    let city = super::assigned::amid(&stage, Principal::registrar("51", "519800", None));
    let set = stage.act(city, "setPriceCeiling", set, "ceiling").await;
    assert_eq!(set["ceiling"], "700.00", "{set}");
}
