//! Many at once: one case decided by two officers, one name wanted by a hundred.

use super::{Stage, code_of, division};
use futures_util::future::join_all;
use minzheng_kit as kit;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

/// How many clients come at once.
const CLIENTS: usize = 100;

fn founding(stage: &Stage, key: &str, name: &str, head: usize) -> Value {
    json!({
        "requestKey": key, "item": "FOUND", "legalRepresentative": stage.identity(head),
        "founding": {
            "kind": "CIVIL_NON_ENTERPRISE", "name": name, "division": division("510118"),
            "supervisor": "新津区教育局", "consentedOn": "2026-11-10",
            "hasBodies": true, "hasStaff": true, "hasPremises": true, "hasProperty": true,
            "bearsLiability": true, "funds": "30000", "paidInCash": true,
        },
    })
}

/// How each of the answers ended; a client that was told to come again counts as such.
fn endings(answers: &[Value], field: &str) -> std::collections::BTreeMap<String, usize> {
    let mut endings = std::collections::BTreeMap::new();
    for answer in answers {
        let how = match answer["errors"][0]["extensions"]["code"].as_str() {
            Some(code) => code,
            None => code_of(&answer["data"][field]),
        };
        *endings.entry(how.to_owned()).or_default() += 1;
    }
    endings
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_who_want_one_name_exactly_one_gets_it() {
    const SUBMIT: &str =
        "mutation ($input: SubmitRegistrationInput!) { submitRegistration(input: $input) {
        permitCase { id } userErrors { code } } }";
    for stage in Stage::everywhere("51", "name").await {
        let one = |n: usize| {
            let stage = &stage;
            async move {
                let input = founding(stage, &format!("n{n}"), "新津区百人书院服务中心", 9_300);
                stage
                    .ask(stage.citizen(n), SUBMIT, json!({ "input": input }))
                    .await
            }
        };
        let answers = join_all((0..CLIENTS).map(one)).await;
        let endings = endings(&answers, "submitRegistration");
        assert_eq!(endings.get("OK"), Some(&1), "{endings:?}");
        let lost: usize = endings.values().sum();
        assert_eq!(lost, CLIENTS);
        assert!(endings.keys().all(|how| ["OK", "NAME_ASKED_FOR", "SUBGRAPH_UNAVAILABLE"].contains(&how.as_str())), "{endings:?}");
        let claims = crate::model::name_claim::Entity::find()
            .filter(crate::model::name_claim::Column::Name.eq("新津区百人书院服务中心"))
            .count(stage.services.db.read())
            .await
            .unwrap();
        assert_eq!(claims, 1);
        let kinds = stage.told().await;
        assert_eq!(
            kinds
                .iter()
                .filter(|kind| *kind == "RegistrationSubmitted")
                .count(),
            1
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_decisions_on_one_case_exactly_one_stands() {
    const DECIDE: &str =
        "mutation ($input: DecideRegistrationInput!) { decideRegistration(input: $input) {
        permitCase { organization { creditCode } } userErrors { code } } }";
    for stage in Stage::everywhere("51", "decide").await {
        let input = founding(&stage, "f", "新津区一案服务中心", 9_301);
        let case = stage
            .change(
                stage.citizen(1),
                "submitRegistration",
                input,
                "permitCase { id }",
            )
            .await;
        let id = case["permitCase"]["id"].clone();
        let accept = json!({ "requestKey": "a", "id": id, "version": 1 });
        stage
            .change(
                stage.officer("510118"),
                "acceptRegistration",
                accept,
                "permitCase { state }",
            )
            .await;
        let one = |n: usize| {
            let (stage, id) = (&stage, &id);
            async move {
                let mut officer = stage.officer("510118");
                officer.subject = Some(format!("officer-{n}"));
                let granted = n.is_multiple_of(2);
                let input = json!({ "requestKey": "d", "id": id, "version": 2, "granted": granted,
                    "ground": if granted { Value::Null } else { json!("FRAUD") } });
                stage.ask(officer, DECIDE, json!({ "input": input })).await
            }
        };
        let answers = join_all((0..CLIENTS).map(one)).await;
        let endings = endings(&answers, "decideRegistration");
        assert_eq!(endings.get("OK"), Some(&1), "{endings:?}");
        assert!(
            endings
                .keys()
                .all(|how| ["OK", "VERSION_CONFLICT", "SUBGRAPH_UNAVAILABLE"]
                    .contains(&how.as_str())),
            "{endings:?}"
        );
        let kinds = stage.told().await;
        assert_eq!(
            kinds
                .iter()
                .filter(|kind| *kind == "RegistrationDecided")
                .count(),
            1
        );
        let named = crate::model::organization::Entity::find()
            .filter(crate::model::organization::Column::Name.eq("新津区一案服务中心"))
            .count(stage.services.db.read())
            .await
            .unwrap();
        let row = crate::model::permit_case::Entity::find_by_id(
            kit::id::parse(id.as_str().unwrap()).unwrap(),
        )
        .one(stage.services.db.read())
        .await
        .unwrap()
        .unwrap();
        assert_eq!(row.version, 3);
        assert_eq!(named, u64::from(row.granted == Some(true)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_foundings_at_once_never_get_one_code() {
    for stage in Stage::everywhere("51", "codes").await {
        let found = |n: usize| {
            let stage = &stage;
            async move {
                let input = founding(stage, "f", &format!("新津区第{n}号服务中心"), 9_400 + n);
                let case = stage
                    .change(
                        stage.citizen(n),
                        "submitRegistration",
                        input,
                        "permitCase { id }",
                    )
                    .await;
                let id = case["permitCase"]["id"].clone();
                let officer = || stage.officer("510118");
                let accept = json!({ "requestKey": format!("a{n}"), "id": id, "version": 1 });
                stage
                    .change(
                        officer(),
                        "acceptRegistration",
                        accept,
                        "permitCase { state }",
                    )
                    .await;
                let decide = json!({ "requestKey": format!("d{n}"), "id": id, "version": 2, "granted": true });
                let done = stage
                    .change(
                        officer(),
                        "decideRegistration",
                        decide,
                        "permitCase { organization { creditCode } }",
                    )
                    .await;
                done["permitCase"]["organization"]["creditCode"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            }
        };
        let codes = join_all((0..8).map(found)).await;
        let different: std::collections::BTreeSet<_> = codes.iter().collect();
        assert_eq!(different.len(), 8, "{codes:?}");
    }
}
