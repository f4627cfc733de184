//! What other subsystems' events change: divisions that are merged, heads that die.

use super::{Stage, division};
use crate::demo::CITIZENS_ASSOCIATION;
use crate::service::death::Deaths;
use crate::service::moves::Divisions;
use kit::events::{Consumer, DivisionChanged, DivisionSide, Event, Relation};
use kit::{Principal, Role};
use minzheng_kit as kit;
use serde_json::{Value, json};

pub(super) async fn apply(stage: &Stage, consumer: &'static dyn Consumer, event: Event) {
    let services = stage.services.clone();
    let done = stage.services.db.write(move |tx| {
        let (services, event) = (services.clone(), event.clone());
        Box::pin(async move { consumer.apply(&services, tx, &event).await })
    });
    done.await.unwrap();
}

fn side(id: uuid::Uuid, code: &str, parent: Option<uuid::Uuid>) -> DivisionSide {
    DivisionSide {
        id,
        code: code.to_owned(),
        name: "甲区".to_owned(),
        parent,
        share_permille: None,
    }
}

async fn count(stage: &Stage, id: &str) -> i64 {
    let query = "query ($d: ID!) { orgCount(division: $d) }";
    let data = stage
        .data(kit::Principal::public("51"), query, json!({ "d": id }))
        .await;
    data["orgCount"].as_i64().unwrap()
}

#[tokio::test]
async fn what_was_registered_in_a_merged_county_counts_in_its_successor() {
    for stage in Stage::everywhere("51", "merge").await {
        let (xinjin, shuangliu, chengdu) =
            (division("510118"), division("510116"), division("510100"));
        let of = |id: &str| id.parse::<uuid::Uuid>().unwrap();
        let successor = kit::id::derived("division", "demo-merged");
        let before = (
            count(&stage, &xinjin).await,
            count(&stage, &shuangliu).await,
            count(&stage, &chengdu).await,
        );
        let change = DivisionChanged {
            change: kit::id::new(),
            relation: Relation::Merge,
            effective: "2026-11-22".parse().unwrap(),
            from: vec![
                side(of(&xinjin), "510118", Some(of(&chengdu))),
                side(of(&shuangliu), "510116", Some(of(&chengdu))),
            ],
            to: vec![side(successor, "510199", Some(of(&chengdu)))],
            below: Vec::new(),
        };
        let event = Event::of(&change, stage.services.clock.now()).unwrap();
        // Once or twice is the same.
        for _ in 0..2 {
            apply(&stage, &Divisions, event.clone()).await;
            assert_eq!(
                count(&stage, &successor.to_string()).await,
                before.0 + before.1
            );
            assert_eq!(count(&stage, &xinjin).await, before.0);
            assert_eq!(count(&stage, &chengdu).await, before.2);
        }
    }
}

#[tokio::test]
async fn a_county_moved_to_another_prefecture_leaves_the_first() {
    for stage in Stage::everywhere("51", "transfer").await {
        let (xinjin, chengdu, zigong) =
            (division("510118"), division("510100"), division("510300"));
        let of = |id: &str| id.parse::<uuid::Uuid>().unwrap();
        let (here, first, second) = (
            count(&stage, &xinjin).await,
            count(&stage, &chengdu).await,
            count(&stage, &zigong).await,
        );
        let change = DivisionChanged {
            change: kit::id::new(),
            relation: Relation::Transfer,
            effective: "2026-11-22".parse().unwrap(),
            from: vec![side(of(&xinjin), "510118", Some(of(&chengdu)))],
            to: vec![side(of(&xinjin), "510399", Some(of(&zigong)))],
            below: Vec::new(),
        };
        let event = Event::of(&change, stage.services.clock.now()).unwrap();
        apply(&stage, &Divisions, event).await;
        assert_eq!(count(&stage, &xinjin).await, here);
        assert_eq!(count(&stage, &chengdu).await, first - here);
        assert_eq!(count(&stage, &zigong).await, second + here);
        assert!(count(&stage, &division("510000")).await > first);
    }
}

#[tokio::test]
async fn a_split_county_waits_for_an_officer() {
    let stage = Stage::of("51").await;
    let (xinjin, chengdu) = (division("510118"), division("510100"));
    let of = |id: &str| id.parse::<uuid::Uuid>().unwrap();
    let parts = [
        kit::id::derived("division", "part-a"),
        kit::id::derived("division", "part-b"),
    ];
    let change = DivisionChanged {
        change: kit::id::new(),
        relation: Relation::Split,
        effective: "2026-11-22".parse().unwrap(),
        from: vec![side(of(&xinjin), "510118", Some(of(&chengdu)))],
        to: parts
            .map(|part| side(part, "510198", Some(of(&chengdu))))
            .to_vec(),
        below: Vec::new(),
    };
    apply(
        &stage,
        &Divisions,
        Event::of(&change, stage.services.clock.now()).unwrap(),
    )
    .await;
    assert_eq!(count(&stage, &xinjin).await, 174);
    assert_eq!(count(&stage, &parts[0].to_string()).await, 0);
}

#[tokio::test]
async fn a_death_that_a_court_took_back_opens_a_review_and_an_officer_decides() {
    for stage in Stage::everywhere("51", "revoked").await {
        let (now, person) = (stage.services.clock.now(), stage.token(0));
        let record = kit::id::derived("death", "of a test");
        let death = kit::events::DeathRegistered {
            person: person.clone(),
            died_on: "2026-11-18".parse().unwrap(),
            record: Some(record.to_string()),
        };
        let corrected = kit::events::DeathCorrected {
            person: person.clone(),
            died_on: "2026-11-17".parse().unwrap(),
            record,
            revision: 2,
        };
        let revoked = kit::events::DeathRevoked {
            person: person.clone(),
            record,
            revision: 3,
        };
        let head = async || {
            let asked = json!([{ "__typename": "Person", "id": person }]);
            let selection = "... on Person { officesHeld(includeEnded: true) { until endedBy } legalRepOf { creditCode } }";
            let role = stage.officer("510118");
            stage.resolve(role, asked, selection).await[0].take()
        };
        apply(&stage, &Deaths, Event::of(&death, now).unwrap()).await;
        // Each comes twice, as after a restart in front of the cursor.
        for _ in 0..2 {
            apply(&stage, &Deaths, Event::of(&corrected, now).unwrap()).await;
        }
        let ended = json!([{ "until": "2026-11-17", "endedBy": "DEATH" }]);
        assert_eq!(head().await["officesHeld"], ended);
        for _ in 0..2 {
            apply(&stage, &Deaths, Event::of(&revoked, now).unwrap()).await;
        }
        // Nothing comes back by itself.
        assert_eq!(head().await["officesHeld"], ended);
        let query = "query ($d: ID!) { officeReviews(division: $d) { nodes { id role version openedOn organization { creditCode } person { id } } } }";
        let here = json!({ "d": division("510118") });
        let waiting = stage
            .data(stage.officer("510118"), query, here.clone())
            .await;
        let reviews = waiting["officeReviews"]["nodes"].as_array().unwrap();
        assert_eq!(reviews.len(), 1, "{waiting}");
        assert_eq!(reviews[0]["person"]["id"], person.as_str());
        let code = stage.code(CITIZENS_ASSOCIATION);
        assert_eq!(reviews[0]["organization"]["creditCode"], code);
        // Officers of another county see and decide nothing.
        let elsewhere = stage.officer("510104");
        let refused = stage.ask(elsewhere.clone(), query, here.clone()).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
        let input = |key: &str| json!({ "requestKey": key, "id": reviews[0]["id"], "version": 1, "restored": true });
        let decide = "mutation ($input: DecideOfficeReviewInput!) { decideOfficeReview(input: $input) { userErrors { code } } }";
        let refused = stage
            .ask(elsewhere, decide, json!({ "input": input("e") }))
            .await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
        for _ in 0..2 {
            let done = stage
                .change(
                    stage.officer("510118"),
                    "decideOfficeReview",
                    input("k"),
                    "organization { creditCode }",
                )
                .await;
            assert_eq!(super::code_of(&done), "OK", "{done}");
        }
        assert_eq!(head().await["legalRepOf"], json!([{ "creditCode": code }]));
        let after = stage.data(stage.officer("510118"), query, here).await;
        assert_eq!(after["officeReviews"]["nodes"], json!([]));
        let kinds = stage.told().await;
        for (kind, times) in [("OfficeReviewOpened", 1), ("OfficeRestored", 1)] {
            let told = kinds.iter().filter(|told| *told == kind).count();
            assert_eq!(told, times, "{kind}");
        }
    }
}

#[tokio::test]
async fn the_organization_of_a_dead_head_is_shown_to_its_registry() {
    for stage in Stage::everywhere("51", "headless").await {
        let query = "query ($d: ID!) { organizationsWithoutHead(division: $d, first: 10) { nodes { creditCode } } }";
        let read = async || {
            let data = stage
                .data(
                    stage.officer("510118"),
                    query,
                    json!({ "d": division("510118") }),
                )
                .await;
            data["organizationsWithoutHead"]["nodes"]
                .as_array()
                .unwrap()
                .clone()
        };
        assert!(read().await.is_empty());
        let death = kit::events::DeathRegistered {
            person: stage.token(0),
            died_on: "2026-11-18".parse().unwrap(),
            record: None,
        };
        let event = Event::of(&death, stage.services.clock.now()).unwrap();
        apply(&stage, &Deaths, event.clone()).await;
        apply(&stage, &Deaths, event).await;
        let headless = read().await;
        assert_eq!(headless.len(), 1);
        assert_eq!(headless[0]["creditCode"], stage.code(CITIZENS_ASSOCIATION));
        let kinds = stage.told().await;
        assert_eq!(
            kinds
                .iter()
                .filter(|kind| *kind == "OrganizationHeadless")
                .count(),
            1
        );
    }
}

/// 行政区划管理条例 2: what a divided district leaves is assigned by an officer above both parts.
#[tokio::test]
async fn the_organizations_of_a_divided_district_are_assigned_to_its_parts() {
    for stage in Stage::everywhere("51", "assign").await {
        let (xinjin, chengdu) = (division("510118"), division("510100"));
        let of = |id: &str| id.parse::<uuid::Uuid>().unwrap();
        let parts = [("part-a", "510198"), ("part-b", "510197")]
            .map(|(name, code)| (kit::id::derived("division", name), code));
        let change = DivisionChanged {
            change: kit::id::new(),
            relation: Relation::Split,
            effective: "2026-11-22".parse().unwrap(),
            from: vec![side(of(&xinjin), "510118", Some(of(&chengdu)))],
            to: parts
                .map(|(part, code)| side(part, code, Some(of(&chengdu))))
                .to_vec(),
            below: Vec::new(),
        };
        let learned = change.clone();
        stage
            .services
            .db
            .write(move |tx| {
                let learned = learned.clone();
                Box::pin(async move { kit::divisions::learn(tx, &learned).await })
            })
            .await
            .unwrap();
        stage.services.db.renew_divisions().await.unwrap();
        let event = Event::of(&change, stage.services.clock.now()).unwrap();
        apply(&stage, &Divisions, event).await;
        let code = stage.code(crate::demo::STORY_ASSOCIATION);
        let assign = |key: &str, to: String| serde_json::json!({ "requestKey": key, "from": xinjin, "to": to, "creditCodes": [code] });
        let ask = async |who: &str, input: serde_json::Value| {
            let query = "mutation ($input: AssignOrganizationsInput!) { assignOrganizations(input: $input) {
                organizations { creditCode division { id } } userErrors { code } } }";
            let answer = stage
                .ask(
                    stage.officer(who),
                    query,
                    serde_json::json!({ "input": input }),
                )
                .await;
            match answer["errors"][0]["extensions"]["code"].as_str() {
                Some(code) => code.to_owned(),
                None => answer["data"]["assignOrganizations"]["userErrors"][0]["code"]
                    .as_str()
                    .unwrap_or("OK")
                    .to_owned(),
            }
        };
        let new = parts[0].0.to_string();
        // Nobody's while it is not assigned: the old code means neither part.
        assert_eq!(ask("510118", assign("a1", new.clone())).await, "FORBIDDEN");
        assert_eq!(
            ask("510198", assign("a2", new.clone())).await,
            "HIGHER_OFFICER_NEEDED"
        );
        assert_eq!(ask("510300", assign("a3", new.clone())).await, "FORBIDDEN");
        assert_eq!(
            ask("510100", assign("a4", division("510104"))).await,
            "NOT_A_SUCCESSOR"
        );
        let at = |key: &str, versions: serde_json::Value| {
            let mut input = assign(key, new.clone());
            input["versions"] = versions;
            input
        };
        let stale = at("a7", serde_json::json!([99]));
        assert_eq!(ask("510100", stale).await, "VERSION_CONFLICT");
        let unlike = at("a8", serde_json::json!([1, 1]));
        assert_eq!(ask("510100", unlike).await, "VERSIONS_DO_NOT_FIT");
        let seen = "query ($code: CreditCode!) { organization(creditCode: $code) { version } }";
        let seen = stage
            .data(
                Principal::public("51"),
                seen,
                serde_json::json!({ "code": code }),
            )
            .await;
        let seen = at("a5", serde_json::json!([seen["organization"]["version"]]));
        assert_eq!(ask("510100", seen).await, "OK");
        assert_eq!(
            ask("510100", assign("a6", new.clone())).await,
            "NOT_OF_THIS_DIVISION"
        );
        assert_eq!(count(&stage, &new).await, 1);
    }
}

/// Keeps a change as the subsystem is told of it, and acts on it.
async fn told(stage: &Stage, change: &DivisionChanged) {
    let learned = change.clone();
    let kept = stage.services.db.write(move |tx| {
        let learned = learned.clone();
        Box::pin(async move { kit::divisions::learn(tx, &learned).await })
    });
    kept.await.unwrap();
    stage.services.db.renew_divisions().await.unwrap();
    let event = Event::of(change, stage.services.clock.now()).unwrap();
    apply(stage, &Divisions, event).await;
}

/// The months of a division from September to November 2026, as a dashboard asks for them.
async fn months(stage: &Stage, division: &str, rebased: bool) -> Vec<Value> {
    let keys = json!([{ "__typename": "Division", "id": division }]);
    let selection = format!(
        "... on Division {{ orgStats(from: \"2026-09\", to: \"2026-11\", rebased: {rebased}) {{
            month live zombieCleaned feesCut enterprisesHelped rebased isComplete }} }}"
    );
    let answer = stage
        .resolve(stage.role(Role::Dashboard), keys, &selection)
        .await;
    let months = answer[0]["orgStats"].as_array().unwrap().clone();
    assert_eq!(months.len(), 3, "{answer:#}");
    months
}

/// D-8: 区划变更前的统计数据 stay with the division of their day, and are brought to the one of today on request.
#[tokio::test]
async fn figures_are_of_their_own_day_or_brought_to_the_divisions_of_today() {
    for stage in Stage::everywhere("51", "rebased").await {
        let [xinjin, shuangliu, chengdu] = ["510118", "510116", "510100"].map(division);
        let of = |id: &str| id.parse::<uuid::Uuid>().unwrap();
        let mut before = Vec::new();
        for one in [&xinjin, &shuangliu, &chengdu] {
            before.push(months(&stage, one, false).await);
            // Where nothing has moved, both questions have one answer.
            let brought = months(&stage, one, true).await;
            for (asked, brought) in before[before.len() - 1].iter().zip(&brought) {
                assert_eq!(asked["live"], brought["live"]);
                assert_eq!(asked["feesCut"], brought["feesCut"]);
            }
        }
        let live = |months: &[Value], at: usize| months[at]["live"].as_i64().unwrap();
        let merged = kit::id::derived("division", "demo-merged");
        let change = DivisionChanged {
            change: kit::id::new(),
            relation: Relation::Merge,
            effective: "2026-11-22".parse().unwrap(),
            from: vec![
                side(of(&xinjin), "510118", Some(of(&chengdu))),
                side(of(&shuangliu), "510116", Some(of(&chengdu))),
            ],
            to: vec![side(merged, "510199", Some(of(&chengdu)))],
            below: Vec::new(),
        };
        told(&stage, &change).await;
        let merged = merged.to_string();
        let own = months(&stage, &merged, false).await;
        let brought = months(&stage, &merged, true).await;
        let both = |at| live(&before[0], at) + live(&before[1], at);
        assert!(both(0) > 0);
        assert_eq!([live(&own, 0), live(&own, 1)], [0, 0]);
        assert_eq!(live(&own, 2), both(2), "from the month of the change on");
        for at in 0..3 {
            assert_eq!(live(&brought, at), both(at));
            assert_eq!(
                (&brought[at]["rebased"], &brought[at]["isComplete"]),
                (&json!(true), &json!(true))
            );
        }
        // What lay in the prefecture all along is counted there once, as ever, and the old ones keep what was theirs.
        for rebased in [false, true] {
            for (one, was) in [(&xinjin, &before[0]), (&chengdu, &before[2])] {
                let now = months(&stage, one, rebased).await;
                assert_eq!(live(&now, 0), live(was, 0), "{rebased}");
                assert_eq!(live(&now, 2), live(was, 2), "{rebased}");
            }
        }
        // Then it is divided: what was counted is shared out as the change says, or left out and said so.
        let parts = [("part-a", "510198", Some(600)), ("part-b", "510197", None)];
        let to = parts.map(|(name, code, share)| DivisionSide {
            share_permille: share,
            ..side(kit::id::derived("division", name), code, Some(of(&chengdu)))
        });
        let change = DivisionChanged {
            change: kit::id::new(),
            relation: Relation::Split,
            effective: "2026-11-23".parse().unwrap(),
            from: vec![side(of(&merged), "510199", Some(of(&chengdu)))],
            to: to.to_vec(),
            below: Vec::new(),
        };
        told(&stage, &change).await;
        let helped = |months: &[Value]| -> i64 {
            let helped = |one: &Value| one["enterprisesHelped"].as_i64().unwrap();
            months.iter().map(helped).sum()
        };
        let shares: i64 = brought
            .iter()
            .map(|one| (one["enterprisesHelped"].as_i64().unwrap() * 600 + 500) / 1_000)
            .sum();
        let [a, b] = to.map(|part| part.id.to_string());
        let part = months(&stage, &a, true).await;
        assert_eq!((helped(&part), live(&part, 2)), (shares, 0));
        assert_eq!(part[0]["isComplete"], true);
        let unknown = months(&stage, &b, true).await;
        assert_eq!(
            (helped(&unknown), &unknown[0]["isComplete"]),
            (0, &json!(false))
        );
        assert_eq!(helped(&months(&stage, &a, false).await), 0);
    }
}
