//! Bills: nothing outside the list, waivers to the fen, and prices that are reported.

use minzheng_kit::Principal;
use serde_json::{Value, json};

use super::steps::officer;
use super::{Stage, division};

fn line(item: &str, quantity: i32) -> Value {
    json!({ "item": item, "quantity": quantity, "on": "2026-11-22" })
}

fn lines(all: Value) -> Value {
    json!({ "items": all })
}

#[tokio::test]
async fn nothing_outside_the_list_is_charged_and_nothing_is_bundled() {
    let stage = Stage::of("51").await;
    let case = stage.stored(7_200, 40, "CHILD").await;
    let before_revision = json!([{ "item": "B01", "quantity": 1, "on": "2019-12-31" }]);
    let dear = json!([{ "item": "B04", "quantity": 1, "on": "2026-11-22", "price": "9999.00" }]);
    let bundled =
        json!([{ "item": "B04", "quantity": 1, "on": "2026-11-22", "requires": ["X03"] }]);
    let table = [
        (json!([line("Z99", 1)]), "ITEM_NOT_ON_LIST"),
        (json!([line("N01", 1)]), "ITEM_NOT_ON_LIST"),
        (before_revision, "ITEM_NOT_ON_LIST"),
        (dear, "PRICE_OVER_CEILING"),
        (bundled, "BUNDLING_FORBIDDEN"),
        (json!([line("B04", 0)]), "QUANTITY"),
        (json!([]), "LINES"),
    ];
    for (items, code) in table {
        assert_eq!(
            stage
                .refused(officer(), "chargeItems", &case, lines(items.clone()))
                .await,
            code,
            "{items}"
        );
    }
    let flowers = json!({ "item": "X02", "quantity": 1, "on": "2026-11-22", "price": "5000.00" });
    let case = stage
        .step(
            officer(),
            "chargeItems",
            &case,
            lines(json!([
                line("B01", 1),
                line("B02", 3),
                line("B04", 1),
                flowers
            ])),
        )
        .await;
    let query = "query ($id: ID!) { funeralCase(id: $id) { charged waived items { id item { code } quantity amount flagged } } \
         priceBreaches(state: REPORTED) { nodes { kind foundInBill item charged } } }";
    let data = stage
        .data(officer(), query, json!({ "id": case["id"] }))
        .await;
    let items = data["funeralCase"]["items"].as_array().unwrap();
    assert_eq!(items.len(), 4);
    // F-7: a price outside the published range is allowed, flagged, and shown to the supervisor.
    assert_eq!(items.iter().filter(|i| i["flagged"] == true).count(), 1);
    assert!(data["priceBreaches"]["nodes"].as_array().unwrap().contains(
        &json!({ "kind": "OUT_OF_RANGE", "foundInBill": true, "item": "X02", "charged": "5000.00" })
    ));
    // A correction is a new line; the old one counts no more.
    let storage = items.iter().find(|i| i["item"]["code"] == "B02").unwrap();
    let fix = json!({ "line": storage["id"], "quantity": 2, "reason": "CLERICAL" });
    let case = stage.step(officer(), "correctBillLine", &case, fix).await;
    let data = stage
        .data(officer(), query, json!({ "id": case["id"] }))
        .await;
    let after = data["funeralCase"]["items"].as_array().unwrap();
    assert_eq!(after.len(), 4);
    let two = after.iter().find(|i| i["item"]["code"] == "B02").unwrap();
    assert_eq!(two["quantity"], 2);
    let fen = |v: &Value| v.as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    assert_eq!(fen(&two["amount"]) * 3, fen(&storage["amount"]) * 2);
}

#[tokio::test]
async fn a_bill_is_waived_once_for_a_household_and_settled_to_the_fen() {
    let stage = Stage::of("51").await;
    let case = stage.cremated(7_201, 40).await;
    let case = stage
        .step(
            officer(),
            "chargeItems",
            &case,
            lines(json!([
                line("B01", 1),
                line("B02", 3),
                line("B04", 1),
                line("X03", 1)
            ])),
        )
        .await;
    let eligible = "query ($d: ID!, $dead: ID!) { waiverEligibility(division: $d) { household(deceased: $dead) { itemCode standard granted open } } }";
    let who = json!({ "d": division("510118"), "dead": stage.token(7_201) });
    let before = stage.data(stage.citizen(40), eligible, who.clone()).await;
    assert!(
        before["waiverEligibility"]["household"]
            .as_array()
            .unwrap()
            .iter()
            .all(|i| i["open"] == true)
    );
    let answer = stage.ask(stage.citizen(41), eligible, who.clone()).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let case = stage
        .step(officer(), "grantWaivers", &case, json!({}))
        .await;
    assert_eq!(
        stage
            .refused(officer(), "grantWaivers", &case, json!({}))
            .await,
        "NOTHING_TO_WAIVE"
    );
    let after = stage.data(stage.citizen(40), eligible, who).await;
    let open: Vec<&Value> = after["waiverEligibility"]["household"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|i| i["open"] == true)
        .map(|i| &i["itemCode"])
        .collect();
    assert_eq!(open, ["B05"]);
    let case = stage
        .step(
            officer(),
            "takeIntoCustody",
            &case,
            json!({ "boxNo": "骨-7201" }),
        )
        .await;
    let case = stage
        .step(officer(), "settleFuneralCase", &case, json!({}))
        .await;
    assert_eq!(
        stage
            .refused(
                officer(),
                "chargeItems",
                &case,
                lines(json!([line("B05", 1)]))
            )
            .await,
        "STATE_NOT_ALLOWED"
    );
    let query = "query ($id: ID!) { funeralCase(id: $id) { charged waived payable waivers { itemCode amount settled } items { item { code class } amount } } }";
    let data = stage
        .data(officer(), query, json!({ "id": case["id"] }))
        .await;
    let whole = &data["funeralCase"];
    let fen = |v: &Value| v.as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    assert_eq!(
        fen(&whole["charged"]) - fen(&whole["waived"]),
        fen(&whole["payable"])
    );
    assert_eq!(whole["waivers"].as_array().unwrap().len(), 3);
    for waiver in whole["waivers"].as_array().unwrap() {
        let item = whole["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|i| i["item"]["code"] == waiver["itemCode"])
            .unwrap();
        assert!(fen(&waiver["amount"]) <= fen(&item["amount"]));
    }
}

#[tokio::test]
async fn a_price_is_reported_judged_and_paid_back() {
    let stage = Stage::of("51").await;
    let query = "query ($d: ID!) { facilities(division: $d, kind: FUNERAL_HOME, subKind: URBAN_PUBLIC) { nodes { id prices(class: BASE) { item { code } price ceiling } } } }";
    let data = stage
        .data(
            Principal::public("51"),
            query,
            json!({ "d": division("510118") }),
        )
        .await;
    let home = &data["facilities"]["nodes"][0];
    let catalogue = stage
        .data(
            Principal::public("51"),
            "query ($f: ID!) { priceCatalogue(facility: $f) { item { code } price } }",
            json!({ "f": home["id"] }),
        )
        .await;
    assert_eq!(catalogue["priceCatalogue"].as_array().unwrap().len(), 12);
    let cremation = home["prices"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["item"]["code"] == "B04")
        .unwrap();
    let table = [
        ("B04", json!("99999.00"), false, "OVER_CEILING"),
        ("B04", cremation["price"].clone(), false, "NONE_FOUND"),
        ("B04", cremation["price"].clone(), true, "BUNDLED"),
        ("骨灰盒提货费", json!("50.00"), false, "NOT_ON_LIST"),
        ("X02", json!("9000.00"), false, "OUT_OF_RANGE"),
    ];
    let mut last = Value::Null;
    for (n, (item, charged, bundled, kind)) in table.into_iter().enumerate() {
        let input = json!({ "requestKey": format!("r{n}"), "facility": home["id"], "item": item, "charged": charged, "on": "2026-11-20", "bundled": bundled });
        let payload = stage
            .act(
                stage.citizen(40),
                "reportPriceBreach",
                input,
                "breach { id kind state version facility { id } }",
            )
            .await;
        assert_eq!(payload["breach"]["kind"], kind, "{item}");
        assert_eq!(payload["breach"]["facility"]["id"], home["id"]);
        last = payload["breach"].clone();
    }
    let decide = |state: &str, version: i64, refunded: Value| json!({ "requestKey": format!("d {state} {refunded}"), "breach": last["id"], "version": version, "state": state, "refunded": refunded });
    let first = stage
        .act(
            officer(),
            "decidePriceBreach",
            decide("REFUNDED", 1, json!("10.00")),
            "breach { state }",
        )
        .await;
    assert_eq!(first["userErrors"][0]["code"], "STATE_NOT_ALLOWED");
    let confirmed = stage
        .act(
            officer(),
            "decidePriceBreach",
            decide("CONFIRMED", 1, Value::Null),
            "breach { state version }",
        )
        .await;
    assert_eq!(
        confirmed["breach"],
        json!({ "state": "CONFIRMED", "version": 2 })
    );
    let stale = stage
        .act(
            officer(),
            "decidePriceBreach",
            decide("REFUNDED", 1, json!("20.00")),
            "breach { state }",
        )
        .await;
    assert_eq!(stale["userErrors"][0]["code"], "VERSION_CONFLICT");
    let paid = stage
        .act(
            officer(),
            "decidePriceBreach",
            decide("REFUNDED", 2, json!("30.00")),
            "breach { state refunded }",
        )
        .await;
    assert_eq!(
        paid["breach"],
        json!({ "state": "REFUNDED", "refunded": "30.00" })
    );
    // Another division's officer sees and decides nothing of it.
    let stranger = Principal::registrar("51", "510104", None);
    let query = "mutation ($input: DecidePriceBreachInput!) { decidePriceBreach(input: $input) { breach { id } } }";
    let answer = stage
        .ask(
            stranger,
            query,
            json!({ "input": decide("DISMISSED", 3, Value::Null) }),
        )
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn settled_batches_are_listed_and_agree_with_the_summary() {
    let stage = Stage::of("51").await;
    let query = "query ($d: ID!) { waiverSettlements(division: $d, from: \"2026-09\", to: \"2026-09\", first: 500) { amount households payer source } \
         waiverSummary(division: $d, from: \"2026-09\", to: \"2026-09\") { settled households } }";
    let head = Principal::registrar("51", "510000", None);
    let data = stage
        .data(head, query, json!({ "d": division("510000") }))
        .await;
    let fen = |v: &Value| v.as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    let batches = data["waiverSettlements"].as_array().unwrap();
    assert!(!batches.is_empty());
    assert_eq!(
        batches.iter().map(|b| fen(&b["amount"])).sum::<i64>(),
        fen(&data["waiverSummary"]["settled"])
    );
    assert_eq!(
        batches
            .iter()
            .map(|b| b["households"].as_i64().unwrap())
            .sum::<i64>(),
        data["waiverSummary"]["households"].as_i64().unwrap()
    );
}
