//! Cases about identities through GraphQL, on every database that is there.

use super::*;
use crate::kit::{
    events::{AliasCause, FeedEvent, PersonAliased, PersonSplit, read_outbox},
    identity,
};

const CASE: &str = "case { id kind state version merge person { id } into { id aliases { id idKind } } \
     toStatus reason proposedBy decidedBy } userErrors { code field legalBasis }";

/// A vault that has taken in a few persons, and who acts on it.
pub(super) struct Stage {
    pub(super) services: Services,
    pub(super) graph: Graph,
}

impl Stage {
    /// Over services, with the persons of some numbers. The name is the same for all.
    pub(super) async fn over(services: Services, numbers: &[&str]) -> (Self, Vec<String>) {
        let other = testing::memory(&Persons, "51").await;
        let mut tokens = Vec::new();
        for number in numbers {
            tokens.push(tell(&other, number, "陈示例").await);
        }
        let consumer: Arc<dyn Consumer> = Arc::new(Identities("marriage"));
        events::drain(&consumer, &services, &Outbox(other))
            .await
            .unwrap();
        let graph = Persons.schema(services.clone());
        (Self { services, graph }, tokens)
    }

    pub(super) async fn ask(&self, who: &Principal, operation: &str, input: Value) -> Value {
        let name = operation.split_once('(').unwrap().0;
        let (kind, rest) = match name {
            "recordPersonAlias" => (
                "RecordPersonAliasInput",
                "person { id aliases { id idKind maskedId identityStatus } } userErrors { code field }",
            ),
            "proposePersonMerge" => ("ProposePersonMergeInput", CASE),
            "proposePersonSplit" => ("ProposePersonSplitInput", CASE),
            "changeIdentityStatus" => ("ChangeIdentityStatusInput", CASE),
            _ => ("DecideIdentityCaseInput", CASE),
        };
        let query = format!("mutation ($input: {kind}!) {{ {name}(input: $input) {{ {rest} }} }}");
        let answer =
            testing::execute(&self.graph, who.clone(), &query, json!({ "input": input })).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"][name].clone()
    }

    pub(super) async fn merge(&self, who: &Principal, old: &str, into: &str, key: &str) -> Value {
        let input = json!({ "requestKey": key, "old": old, "into": into, "cause": "MERGE", "reason": "同一人的两条记录" });
        self.ask(who, "proposePersonMerge(", input).await
    }

    pub(super) async fn decide(
        &self,
        who: &Principal,
        case: &Value,
        approve: bool,
        key: &str,
    ) -> Value {
        let input = json!({ "requestKey": key, "case": case["id"], "version": case["version"], "approve": approve });
        self.ask(who, "decideIdentityCase(", input).await
    }

    pub(super) async fn told(&self) -> Vec<FeedEvent> {
        read_outbox(self.services.db.read(), 0, 100).await.unwrap()
    }
}

/// Tells the vault of a number of any kind by way of another subsystem.
pub(super) async fn tell(services: &Services, number: &str, name: &str) -> String {
    let number = identity::read(number, services.clock.today()).unwrap();
    let (job, name) = (services.clone(), name.to_owned());
    let told = services.db.write(move |tx| {
        let (job, number, name) = (job.clone(), number.clone(), name.clone());
        Box::pin(async move { vault::announce_number(tx, &job, &number, &name).await })
    });
    told.await.unwrap().0
}

pub(super) fn supervisor(division: &str) -> Principal {
    Principal {
        division: Some(division.to_owned()),
        ..Principal::of(Role::Supervisor, "51")
    }
}

fn codes(payload: &Value) -> Vec<&str> {
    let errors = payload["userErrors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect()
}

const MODERN: &str = "510132199003030040";
const OLD: &str = "510132900303004";

fn modern() -> String {
    let digits = &MODERN[..17];
    format!("{digits}{}", citizen_id::check_character(digits).unwrap())
}

#[tokio::test]
async fn two_records_become_one_by_two_officers_and_two_again() {
    for services in testing::databases(&Persons, "51").await {
        let (stage, tokens) = Stage::over(services, &[OLD, &modern(), "UTO:D12345678"]).await;
        let (old, new) = (&tokens[0], &tokens[1]);
        let proposed = stage.merge(&registrar(), old, new, "m1").await;
        assert_eq!(proposed["case"]["state"], "PROPOSED");
        assert_eq!(proposed["case"]["reason"], "同一人的两条记录");
        // The same key gives the same answer; a second case about the same person waits for the first.
        let again = stage.merge(&registrar(), old, new, "m1").await;
        assert_eq!(again["case"]["id"], proposed["case"]["id"]);
        assert_eq!(
            codes(&stage.merge(&registrar(), old, new, "m2").await),
            ["CASE_OPEN"]
        );
        assert_eq!(stage.told().await.len(), 0);
        // Not the proposer, not another county's supervisor, not on a version of before.
        let case = &proposed["case"];
        for who in [registrar(), supervisor("510104")] {
            let refused = stage.decide(&who, case, true, "d0").await;
            assert_eq!(codes(&refused), ["SECOND_OFFICER"]);
            assert_eq!(refused["userErrors"][0]["field"], json!(["input", "case"]));
        }
        let stale = json!({ "id": case["id"], "version": 7 });
        let chief = supervisor("510100");
        assert_eq!(
            codes(&stage.decide(&chief, &stale, true, "d1").await),
            ["VERSION_CONFLICT"]
        );
        let done = stage.decide(&chief, case, true, "d2").await;
        assert_eq!(done["case"]["state"], "DONE");
        assert_eq!(done["case"]["decidedBy"], "supervisor:supervisor-1");
        assert_eq!(
            done["case"]["into"]["aliases"],
            json!([{ "id": old, "idKind": "OLD_CITIZEN_ID" }])
        );
        assert_eq!(
            codes(&stage.decide(&chief, case, true, "d3").await),
            ["CASE_DECIDED"]
        );
        let merge = case["id"].as_str().unwrap().to_owned();
        let aliased = PersonAliased {
            old: old.clone(),
            new: new.clone(),
            cause: AliasCause::Merge,
            merge: Some(merge.clone()),

            complete: None,
        };
        let events = stage.told().await;
        assert_eq!(events[0].event().unwrap().read().unwrap(), Some(aliased));

        let split = json!({ "requestKey": "s1", "merge": merge, "reason": "合并有误" });
        let split = stage.ask(&registrar(), "proposePersonSplit(", split).await;
        assert_eq!(split["case"]["merge"], merge.as_str());
        let parted = stage.decide(&chief, &split["case"], true, "s2").await;
        assert_eq!(parted["case"]["into"]["aliases"], json!([]));
        let events = stage.told().await;
        let told = PersonSplit {
            old: old.clone(),
            new: new.clone(),
            merge: merge.clone(),
        };
        assert_eq!(
            events.last().unwrap().event().unwrap().read().unwrap(),
            Some(told)
        );
        let query = "query ($id: ID!) { identityCase(id: $id) { state } }";
        let read =
            testing::execute(&stage.graph, chief.clone(), query, json!({ "id": merge })).await;
        assert_eq!(read["data"]["identityCase"]["state"], "REVERSED");
        // What was taken back cannot be taken back again, and may be joined anew.
        let again = json!({ "requestKey": "s3", "merge": merge, "reason": "合并有误" });
        let again = stage.ask(&registrar(), "proposePersonSplit(", again).await;
        assert_eq!(codes(&again), ["MERGE_NOT_DONE"]);
        let anew = stage.merge(&registrar(), old, new, "m3").await;
        assert_eq!(anew["case"]["state"], "PROPOSED");
        let refused = stage.decide(&chief, &anew["case"], false, "d4").await;
        assert_eq!(refused["case"]["state"], "REFUSED");
    }
}

#[tokio::test]
async fn names_move_along_with_a_join_and_back_and_the_latest_join_goes_first() {
    for services in testing::databases(&Persons, "51").await {
        let (stage, tokens) = Stage::over(services, &[OLD, "UTO:D12345678", &modern()]).await;
        let [old, passport, new] = &tokens[..] else {
            panic!()
        };
        let chief = supervisor("510118");
        let first = stage.merge(&registrar(), old, passport, "a").await;
        stage.decide(&chief, &first["case"], true, "b").await;
        let second = stage.merge(&registrar(), passport, new, "c").await;
        let done = stage.decide(&chief, &second["case"], true, "d").await;
        let names = done["case"]["into"]["aliases"].as_array().unwrap().len();
        assert_eq!(names, 2);
        let split = |merge: &Value, key: &str| json!({ "requestKey": key, "merge": merge["case"]["id"], "reason": "合并有误" });
        let early = stage
            .ask(&registrar(), "proposePersonSplit(", split(&first, "e"))
            .await;
        assert_eq!(codes(&early), ["MERGE_BUILT_UPON"]);
        let late = stage
            .ask(&registrar(), "proposePersonSplit(", split(&second, "f"))
            .await;
        let parted = stage.decide(&chief, &late["case"], true, "g").await;
        assert_eq!(parted["case"]["into"]["aliases"], json!([]));
        let answer = stage_alias(&stage, passport).await;
        assert_eq!(answer, json!([{ "id": old }]));
        let now = stage
            .ask(&registrar(), "proposePersonSplit(", split(&first, "h"))
            .await;
        assert_eq!(now["case"]["state"], "PROPOSED");
    }
}

async fn stage_alias(stage: &Stage, token: &str) -> Value {
    let representations = json!([{ "__typename": "Person", "id": token }]);
    let answer = testing::entities(
        &stage.graph,
        registrar(),
        representations,
        "... on Person { aliases { id } }",
    )
    .await;
    answer["data"]["_entities"][0]["aliases"].clone()
}

#[tokio::test]
async fn what_the_law_refuses_is_told_together_with_its_basis() {
    let services = testing::memory(&Persons, "51").await;
    let woman = demo::person("51", 1).id_number;
    let (stage, tokens) = Stage::over(services, &[&modern(), &woman, "UTO:D12345678"]).await;
    let refused = stage.merge(&registrar(), &tokens[0], &tokens[1], "a").await;
    assert_eq!(codes(&refused), ["TWO_CITIZEN_NUMBERS", "TRAITS_DIFFER"]);
    assert_eq!(refused["userErrors"][0]["legalBasis"], "居民身份证法 3");
    assert_eq!(refused["userErrors"][0]["field"], json!(["input", "old"]));
    let missing = stage.merge(&registrar(), &tokens[0], "nobody", "b").await;
    assert_eq!(codes(&missing), ["NOT_FOUND"]);
    let short = json!({ "requestKey": "c", "old": tokens[2], "into": tokens[0], "cause": "MERGE", "reason": "  同 " });
    let short = stage.ask(&registrar(), "proposePersonMerge(", short).await;
    assert_eq!(codes(&short), ["REASON_MISSING"]);
    // A refused proposal leaves its key free.
    let free = stage.merge(&registrar(), &tokens[2], &tokens[0], "a").await;
    assert_eq!(free["case"]["state"], "PROPOSED");
}

#[tokio::test]
async fn a_status_changes_at_once_or_by_two_and_on_the_version_that_was_read() {
    for services in testing::databases(&Persons, "51").await {
        let (stage, tokens) = Stage::over(services, &[&modern()]).await;
        let change = |to: &str, version: i64, key: &str| json!({ "requestKey": key, "person": tokens[0], "to": to, "version": version, "reason": "与公安数据核对" });
        let ask = async |to, version, key| {
            stage
                .ask(
                    &registrar(),
                    "changeIdentityStatus(",
                    change(to, version, key),
                )
                .await
        };
        assert_eq!(codes(&ask("VERIFIED", 5, "a").await), ["VERSION_CONFLICT"]);
        assert_eq!(ask("VERIFIED", 1, "b").await["case"]["state"], "DONE");
        assert_eq!(codes(&ask("DECLARED", 2, "c").await), ["STATUS_CHANGE"]);
        assert_eq!(codes(&ask("PENDING", 2, "d").await), ["STATUS_CHANGE"]);
        assert_eq!(ask("DISPUTED", 2, "e").await["case"]["state"], "DONE");
        let settled = ask("VERIFIED", 3, "f").await;
        assert_eq!(settled["case"]["state"], "PROPOSED");
        let query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Person { identityStatus version } } }";
        let status = async || {
            let r = json!({ "r": [{ "__typename": "Person", "id": tokens[0] }] });
            testing::execute(&stage.graph, registrar(), query, r).await["data"]["_entities"][0]
                .clone()
        };
        assert_eq!(
            status().await,
            json!({ "identityStatus": "DISPUTED", "version": 3 })
        );
        stage
            .decide(&supervisor("510118"), &settled["case"], true, "g")
            .await;
        assert_eq!(
            status().await,
            json!({ "identityStatus": "VERIFIED", "version": 4 })
        );
    }
}

#[tokio::test]
async fn of_a_hundred_who_decide_one_case_one_does() {
    for services in testing::databases(&Persons, "51").await {
        let (stage, tokens) = Stage::over(services, &[OLD, &modern()]).await;
        let proposed = stage.merge(&registrar(), &tokens[0], &tokens[1], "m").await;
        let stage = Arc::new(stage);
        let clients: Vec<_> = (0..100)
            .map(|n| {
                let (stage, case) = (Arc::clone(&stage), proposed["case"].clone());
                tokio::spawn(async move {
                    let chief = supervisor("510118");
                    stage
                        .decide(&chief, &case, n % 2 == 0, &format!("d{n}"))
                        .await
                })
            })
            .collect();
        let mut winners = 0;
        for client in clients {
            let payload = client.await.unwrap();
            match codes(&payload)[..] {
                [] => winners += 1,
                ["CASE_DECIDED" | "VERSION_CONFLICT"] => {}
                ref other => panic!("{other:?}"),
            }
        }
        assert_eq!(winners, 1);
        let events = stage.told().await.len();
        assert!(events <= 1, "{events}");
    }
}

#[tokio::test]
async fn cases_are_listed_in_pages_for_officers_of_the_division_in_few_statements() {
    let services = testing::seeded(&Persons, "51").await;
    let graph = Persons.schema(services.clone());
    let query = "query ($first: Int, $after: String) { identityCases(first: $first, after: $after) { \
         nodes { id kind state person { maskedId idKind } into { maskedName } reason } pageInfo { hasNextPage endCursor } } }";
    let ask =
        async |who: Principal, variables| testing::execute(&graph, who, query, variables).await;
    ask(registrar(), json!({})).await;
    let before = services.db.statements();
    let all = ask(registrar(), json!({})).await;
    assert_eq!(services.db.statements() - before, 2);
    let nodes = all["data"]["identityCases"]["nodes"].as_array().unwrap();
    let states: Vec<_> = nodes
        .iter()
        .map(|node| {
            (
                node["kind"].as_str().unwrap(),
                node["state"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        states,
        [
            ("MERGE", "PROPOSED"),
            ("MERGE", "DONE"),
            ("STATUS", "PROPOSED")
        ]
    );
    assert_eq!(nodes[0]["person"]["idKind"], "PASSPORT");
    assert_eq!(nodes[0]["person"]["maskedId"], "UTO******0116");
    let page = ask(registrar(), json!({ "first": 2 })).await;
    let cursor = page["data"]["identityCases"]["pageInfo"]["endCursor"].clone();
    let rest = ask(registrar(), json!({ "first": 2, "after": cursor })).await;
    assert_eq!(rest["data"]["identityCases"]["nodes"][0], nodes[2]);
    let other = ask(Principal::registrar("51", "510104", None), json!({})).await;
    assert_eq!(other["data"]["identityCases"]["nodes"], json!([]));
    let nowhere = Principal {
        division: None,
        ..registrar()
    };
    for who in [
        nowhere,
        Principal::citizen("51", "t"),
        Principal::of(Role::Dashboard, "51"),
        Principal::of(Role::Auditor, "51"),
    ] {
        let refused = ask(who, json!({})).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
}

#[tokio::test]
async fn the_second_officer_is_another_person_and_nobody_judges_their_own_matter() {
    for services in testing::databases(&Persons, "51").await {
        let (stage, tokens) = Stage::over(
            services,
            &[OLD, &modern(), "UTO:D12345678", "UTO:D87654321"],
        )
        .await;
        let [old, new, me, mine] = &tokens[..] else {
            panic!()
        };
        let as_person = |who: Principal, account: &str, person: &str| Principal {
            subject: Some(account.to_owned()),
            person: Some(person.to_owned()),
            ..who
        };
        let chief = |account, person| as_person(supervisor("510100"), account, person);
        // Nobody proposes what concerns themselves, nor decides it.
        let own = as_person(registrar(), "li", old);
        let refused = stage.merge(&own, old, new, "m0").await;
        assert_eq!(codes(&refused), ["OWN_MATTER"]);
        let proposed = stage
            .merge(&as_person(registrar(), "li", me), old, new, "m1")
            .await;
        let case = &proposed["case"];
        for concerned in [old, new] {
            let refused = stage
                .decide(&chief("wang", concerned), case, true, "d1")
                .await;
            assert_eq!(codes(&refused), ["OWN_MATTER"]);
        }
        let alias = json!({ "requestKey": "a1", "person": old, "number": "UTO:D55555555" });
        let refused = stage.ask(&own, "recordPersonAlias(", alias).await;
        assert_eq!(codes(&refused), ["OWN_MATTER"]);
        // One person with two accounts is one officer.
        let refused = stage.decide(&chief("li-2", me), case, true, "d2").await;
        assert_eq!(codes(&refused), ["SECOND_OFFICER"]);
        // And still one when the second account names another of their numbers.
        let joined = stage.merge(&registrar(), mine, me, "m2").await;
        let done = stage
            .decide(&supervisor("510100"), &joined["case"], true, "d3")
            .await;
        assert_eq!(done["case"]["state"], "DONE");
        let refused = stage.decide(&chief("li-3", mine), case, true, "d4").await;
        assert_eq!(codes(&refused), ["SECOND_OFFICER"]);
        let done = stage
            .decide(&chief("wang", "somebody else"), case, true, "d5")
            .await;
        assert_eq!(done["case"]["state"], "DONE", "{done}");
        // The parting concerns both, by either of their records.
        let split = json!({ "requestKey": "s1", "merge": case["id"], "reason": "合并有误" });
        let refused = stage.ask(&own, "proposePersonSplit(", split).await;
        assert_eq!(codes(&refused), ["OWN_MATTER"]);
    }
}
