//! Niches and graves, burials at sea, and visiting graves.

use minzheng_kit::Principal;
use serde_json::{Value, json};

use super::steps::officer;
use super::{Stage, division};

async fn hall(stage: &Stage) -> Value {
    let query = "query ($d: ID!) { facilities(division: $d, kind: COLUMBARIUM, subKind: URBAN_PUBLIC) { nodes { id freePlots \
         free: plots(state: FREE) { nodes { id label occupantLimit version } } \
         expired: plots(state: EXPIRED) { nodes { id label contractTo version state } } } } }";
    let data = stage
        .data(
            Principal::public("51"),
            query,
            json!({ "d": division("510118") }),
        )
        .await;
    data["facilities"]["nodes"][0].clone()
}

#[tokio::test]
async fn a_niche_is_held_allocated_and_taken_and_both_fees_stand_on_the_bill() {
    let stage = Stage::of("51").await;
    let case = stage.cremated(7_300, 40).await;
    let niche = hall(&stage).await["free"]["nodes"][0].clone();
    let allocate = json!({ "plot": niche["id"] });
    assert_eq!(
        stage
            .refused(officer(), "allocatePlot", &case, allocate.clone())
            .await,
        "PLOT_NOT_HELD"
    );
    let hold = json!({ "requestKey": "hold", "plot": niche["id"], "case": case["id"] });
    let held = stage
        .act(
            stage.citizen(40),
            "reserveNiche",
            hold,
            "plot { state version }",
        )
        .await;
    assert_eq!(held["plot"]["state"], "HELD");
    let step = |key: &str, version: &Value| json!({ "requestKey": key, "plot": niche["id"], "version": version });
    let freed = stage
        .act(
            stage.citizen(40),
            "releaseNiche",
            step("free", &held["plot"]["version"]),
            "plot { state }",
        )
        .await;
    assert_eq!(freed["plot"]["state"], "FREE");
    let hold = json!({ "requestKey": "hold again", "plot": niche["id"], "case": case["id"] });
    stage
        .act(stage.citizen(40), "reserveNiche", hold, "plot { state }")
        .await;
    let now = stage
        .data(
            officer(),
            "query ($id: ID!) { funeralCase(id: $id) { id version } }",
            json!({ "id": case["id"] }),
        )
        .await;
    let case = now["funeralCase"].clone();
    let input = json!({ "requestKey": "allocate", "case": case["id"], "version": case["version"], "plot": niche["id"] });
    let given = stage
        .act(
            officer(),
            "allocatePlot",
            input,
            "plot { state contractTo }",
        )
        .await;
    assert_eq!(
        given["plot"],
        json!({ "state": "OCCUPIED", "contractTo": "2046-11-22" }),
        "{given}"
    );
    let query = "query ($id: ID!) { funeralCase(id: $id) { id version items { item { code } amount } plotContracts { usageFee upkeepFee validTo } } }";
    let now = stage
        .data(officer(), query, json!({ "id": case["id"] }))
        .await;
    let codes: Vec<&Value> = now["funeralCase"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| &i["item"]["code"])
        .collect();
    assert_eq!(codes, ["N01", "N02"]);
    assert_eq!(
        now["funeralCase"]["plotContracts"][0]["usageFee"],
        now["funeralCase"]["items"][0]["amount"]
    );
    // It is nobody else's now.
    let other = stage.cremated(7_301, 41).await;
    let input = json!({ "requestKey": "other", "plot": niche["id"], "case": other["id"] });
    let refused = stage
        .act(officer(), "reserveNiche", input, "plot { id }")
        .await;
    assert_eq!(refused["userErrors"][0]["code"], "PLOT_TAKEN");
    let inter = json!({ "kind": "NICHE", "on": "2026-11-22", "keepsAshes": true });
    let case = stage
        .step(officer(), "inter", &now["funeralCase"], inter)
        .await;
    stage
        .step(officer(), "settleFuneralCase", &case, json!({}))
        .await;
}

#[tokio::test]
async fn a_seat_is_kept_for_a_living_spouse_of_a_double_niche_only() {
    let stage = Stage::of("51").await;
    let all = hall(&stage).await;
    let double = all["free"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|n| n["occupantLimit"] == 2)
        .unwrap()
        .clone();
    let take = async |deceased: usize, applicant: usize, relation: &str, key: &str| {
        let case = stage.stored(deceased, applicant, relation).await;
        let hold = json!({ "requestKey": format!("hold {key}"), "plot": double["id"], "case": case["id"] });
        stage
            .act(officer(), "reserveNiche", hold, "plot { id }")
            .await;
        let now = stage
            .data(
                officer(),
                "query ($id: ID!) { funeralCase(id: $id) { id version } }",
                json!({ "id": case["id"] }),
            )
            .await;
        let case = &now["funeralCase"];
        let input = json!({ "requestKey": format!("take {key}"), "case": case["id"], "version": case["version"], "plot": double["id"], "spouseSeat": true });
        (
            case.clone(),
            stage
                .act(officer(), "allocatePlot", input, "plot { state version }")
                .await,
        )
    };
    let (child, refused) = take(7_310, 42, "CHILD", "child").await;
    assert_eq!(refused["userErrors"][0]["code"], "PLOT_NEEDS_DEATH_PAPER");
    let cancel = hall(&stage).await;
    assert_eq!(cancel["freePlots"], 4);
    // The child's hold is given up; a widow takes the niche with a seat for herself.
    let query = "query ($id: ID!) { funeralCase(id: $id) { heldPlot { id version } } }";
    let held = stage
        .data(officer(), query, json!({ "id": child["id"] }))
        .await;
    let input = json!({ "requestKey": "free", "plot": double["id"], "version": held["funeralCase"]["heldPlot"]["version"] });
    stage
        .act(officer(), "releaseNiche", input, "plot { state }")
        .await;
    let (_, given) = take(7_311, 43, "SPOUSE", "widow").await;
    assert_eq!(given["plot"]["state"], "OCCUPIED", "{given}");
    // When she dies, she lies beside him without a new contract; nobody else does.
    let later = stage.stored(43, 44, "CHILD").await;
    let input = json!({ "requestKey": "beside", "case": later["id"], "version": later["version"], "plot": double["id"] });
    let beside = stage
        .act(officer(), "allocatePlot", input, "plot { state }")
        .await;
    assert_eq!(beside["plot"]["state"], "OCCUPIED", "{beside}");
    let stranger = stage.stored(7_312, 44, "CHILD").await;
    assert_eq!(
        stage
            .refused(
                officer(),
                "allocatePlot",
                &stranger,
                json!({ "plot": double["id"] })
            )
            .await,
        "PLOT_NOT_HELD"
    );
}

#[tokio::test]
async fn a_term_that_is_over_is_renewed_in_time_or_taken_back() {
    let stage = Stage::of("51").await;
    let expired = hall(&stage).await["expired"]["nodes"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(expired.len(), 2);
    let of = |end: &str| {
        expired
            .iter()
            .find(|p| p["contractTo"] == end)
            .unwrap()
            .clone()
    };
    let (renewable, gone) = (of("2026-06-01"), of("2025-11-01"));
    let step = |key: &str, plot: &Value| json!({ "requestKey": key, "plot": plot["id"], "version": plot["version"] });
    let too_late = stage
        .act(
            officer(),
            "renewPlot",
            step("late", &gone),
            "plot { state }",
        )
        .await;
    assert_eq!(too_late["userErrors"][0]["code"], "STATE_NOT_ALLOWED");
    let too_early = stage
        .act(
            officer(),
            "closePlot",
            step("early", &renewable),
            "plot { state }",
        )
        .await;
    assert_eq!(too_early["userErrors"][0]["code"], "GRACE_STILL_RUNS");
    let renewed = stage
        .act(
            officer(),
            "renewPlot",
            step("renew", &renewable),
            "plot { state contractTo }",
        )
        .await;
    assert_eq!(
        renewed["plot"],
        json!({ "state": "OCCUPIED", "contractTo": "2046-06-01" }),
        "{renewed}"
    );
    let closed = stage
        .act(
            officer(),
            "closePlot",
            step("close", &gone),
            "plot { state }",
        )
        .await;
    assert_eq!(closed["plot"]["state"], "CLOSED");
}

#[tokio::test]
async fn a_voyage_takes_its_quota_and_inters_what_it_carried() {
    let stage = Stage::of("51").await;
    let plan = json!({ "requestKey": "plan", "division": division("510118"), "port": "上海吴淞口", "sailsOn": "2026-11-23", "quota": 2 });
    let planned = stage
        .act(
            officer(),
            "planVoyage",
            plan,
            "voyage { id round version state left }",
        )
        .await;
    let voyage = planned["voyage"].clone();
    assert_eq!(
        (&voyage["state"], &voyage["left"]),
        (&json!("OPEN"), &json!(2))
    );
    let enrol = json!({ "voyage": voyage["id"], "relatives": 2 });
    let body = stage.stored(7_320, 45, "CHILD").await;
    assert_eq!(
        stage
            .refused(officer(), "enrolSeaBurial", &body, enrol.clone())
            .await,
        "ASHES_REQUIRED"
    );
    let mut cases = Vec::new();
    for n in 0..3 {
        cases.push(stage.cremated(7_321 + n, 46).await);
    }
    let first = stage
        .step(
            stage.citizen(46),
            "enrolSeaBurial",
            &cases[0],
            enrol.clone(),
        )
        .await;
    assert_eq!(
        stage
            .refused(officer(), "enrolSeaBurial", &first, enrol.clone())
            .await,
        "ENROLLED_ALREADY"
    );
    let second = stage
        .step(officer(), "enrolSeaBurial", &cases[1], enrol.clone())
        .await;
    assert_eq!(
        stage
            .refused(officer(), "enrolSeaBurial", &cases[2], enrol.clone())
            .await,
        "VOYAGE_FULL"
    );
    let second = stage
        .step(stage.citizen(46), "cancelSeaBurial", &second, json!({}))
        .await;
    stage
        .step(officer(), "enrolSeaBurial", &cases[2], enrol.clone())
        .await;
    assert_eq!(
        stage
            .refused(officer(), "enrolSeaBurial", &second, enrol)
            .await,
        "VOYAGE_FULL"
    );
    let close = |key: &str, carried: Value| json!({ "requestKey": key, "voyage": voyage["id"], "version": voyage["version"], "carried": carried });
    let early = stage
        .act(
            officer(),
            "closeVoyage",
            close("early", json!([cases[0]["id"]])),
            "voyage { id }",
        )
        .await;
    assert_eq!(early["userErrors"][0]["code"], "VOYAGE_NOT_SAILED");
    // The clock of tests stands still, so the voyage's day comes to it.
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
    let wrong = stage
        .act(
            officer(),
            "closeVoyage",
            close("wrong", json!([second["id"]])),
            "voyage { id }",
        )
        .await;
    assert_eq!(wrong["userErrors"][0]["code"], "UNKNOWN");
    let stats = "query ($d: ID!) { ecoBurialStats(division: $d, from: \"2026-11\", to: \"2026-11\") { seaRounds seaBurials } }";
    let before = stage
        .data(officer(), stats, json!({ "d": division("510118") }))
        .await;
    let closed = stage
        .act(
            officer(),
            "closeVoyage",
            close("close", json!([cases[0]["id"]])),
            "voyage { state carried left }",
        )
        .await;
    assert_eq!(
        closed["voyage"],
        json!({ "state": "DONE", "carried": 1, "left": 0 }),
        "{closed}"
    );
    let after = stage
        .data(officer(), stats, json!({ "d": division("510118") }))
        .await;
    assert_eq!(
        before["ecoBurialStats"],
        json!({ "seaRounds": 0, "seaBurials": 0 })
    );
    assert_eq!(
        after["ecoBurialStats"],
        json!({ "seaRounds": 1, "seaBurials": null })
    );
    // The one set is told neither of the voyage nor of the month to those who do not keep the records.
    let voyages =
        "query ($d: ID!) { seaBurialVoyages(division: $d, first: 1) { nodes { carried state } } }";
    let listed = stage
        .data(
            Principal::public("51"),
            voyages,
            json!({ "d": division("510118") }),
        )
        .await;
    assert_eq!(
        listed["seaBurialVoyages"]["nodes"][0],
        json!({ "carried": null, "state": "DONE" })
    );
    let query = "query ($id: ID!) { funeralCase(id: $id) { state interment { kind keepsAshes voyageId } custodyChain { taker } seaEnrolments { state } } }";
    let whole = stage
        .data(officer(), query, json!({ "id": cases[0]["id"] }))
        .await;
    assert_eq!(whole["funeralCase"]["state"], "INTERRED");
    assert_eq!(
        whole["funeralCase"]["custodyChain"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()["taker"],
        "SEA"
    );
    let missed = stage
        .data(officer(), query, json!({ "id": cases[2]["id"] }))
        .await;
    assert_eq!(
        (
            &missed["funeralCase"]["state"],
            &missed["funeralCase"]["seaEnrolments"][0]["state"]
        ),
        (&json!("CREMATED"), &json!("MISSED"))
    );
}

#[tokio::test]
async fn worship_is_booked_within_capacity_and_forecast_from_last_year() {
    let stage = Stage::of("51").await;
    let query = "query ($d: ID!) { facilities(division: $d, kind: CEMETERY, subKind: URBAN_PUBLIC) { nodes { id } } }";
    let data = stage
        .data(
            Principal::public("51"),
            query,
            json!({ "d": division("510118") }),
        )
        .await;
    let place = data["facilities"]["nodes"][0]["id"].clone();
    let open = |key: &str, starts: i32| json!({ "requestKey": key, "facility": place, "day": "2026-12-01", "startsHour": starts, "endsHour": starts + 2, "capacity": 10 });
    let opened = stage
        .act(
            officer(),
            "openWorshipSlot",
            open("o1", 9),
            "slot { id left crowdLevel }",
        )
        .await;
    assert_eq!(
        (&opened["slot"]["left"], &opened["slot"]["crowdLevel"]),
        (&json!(10), &json!("LOW"))
    );
    let overlap = stage
        .act(officer(), "openWorshipSlot", open("o2", 10), "slot { id }")
        .await;
    assert_eq!(overlap["userErrors"][0]["code"], "SLOT_TIMES");
    let slot = opened["slot"]["id"].clone();
    let book = |key: &str, people: i32, mode: &str| json!({ "requestKey": key, "slot": slot, "people": people, "mode": mode });
    let mine = stage
        .act(
            stage.citizen(40),
            "bookWorship",
            book("b1", 8, "ON_SITE"),
            "booking { id version state slot { left crowdLevel } }",
        )
        .await;
    assert_eq!(
        mine["booking"]["slot"],
        json!({ "left": 2, "crowdLevel": "HIGH" })
    );
    let full = stage
        .act(
            stage.citizen(41),
            "bookWorship",
            book("b2", 3, "ON_SITE"),
            "booking { id }",
        )
        .await;
    assert_eq!(full["userErrors"][0]["code"], "SLOT_FULL");
    let online = stage
        .act(
            stage.citizen(41),
            "bookWorship",
            book("b3", 3, "ONLINE"),
            "booking { slot { left } }",
        )
        .await;
    assert_eq!(online["booking"]["slot"]["left"], 2);
    let cancel = json!({ "requestKey": "c1", "booking": mine["booking"]["id"], "version": mine["booking"]["version"] });
    let query = "mutation ($input: CancelWorshipInput!) { cancelWorship(input: $input) { booking { id } } }";
    let answer = stage
        .ask(stage.citizen(41), query, json!({ "input": cancel }))
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let cancelled = stage
        .act(
            stage.citizen(40),
            "cancelWorship",
            cancel,
            "booking { state slot { left } }",
        )
        .await;
    assert_eq!(
        cancelled["booking"],
        json!({ "state": "CANCELLED", "slot": { "left": 10 } })
    );
    let query = "query ($f: ID!) { crowdLevel(facility: $f, on: \"2027-04-05\") { startsHour left crowdLevel } \
         worshipForecast(facility: $f, on: \"2027-04-05\") { expected level slot { capacity left } } myWorshipBookings { nodes { mode } } }";
    let data = stage
        .data(stage.citizen(0), query, json!({ "f": place }))
        .await;
    assert_eq!(data["crowdLevel"].as_array().unwrap().len(), 3);
    for span in data["worshipForecast"].as_array().unwrap() {
        let (capacity, left) = (
            span["slot"]["capacity"].as_i64().unwrap(),
            span["slot"]["left"].as_i64().unwrap(),
        );
        let expected = span["expected"].as_i64().unwrap();
        assert!(expected >= capacity - left && expected <= capacity);
    }
    assert_eq!(
        data["myWorshipBookings"]["nodes"].as_array().unwrap().len(),
        1
    );
}
