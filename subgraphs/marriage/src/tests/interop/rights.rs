//! Who may ask what of the exchange: peers about their own transactions, and supervisors of the province together.

use super::world::{World, act, couple, now, ready};
use super::*;

/// A supervisor of the whole province.
pub(super) fn of_the_province(p: &Province, subject: &str) -> Principal {
    Principal {
        subject: Some(subject.into()),
        division: Some(format!("{}0000", p.digits)),
        ..p.supervisor()
    }
}

/// What waits for a second officer was proposed a week ago.
pub(super) async fn proposed_a_week_ago(p: &Province) {
    use crate::model::interop::glass;
    use sea_orm::sea_query::Expr;
    let then = chrono::Utc::now() - chrono::TimeDelta::days(7);
    let job = p.services.db.write(move |tx| {
        Box::pin(async move {
            glass::Entity::update_many()
                .col_expr(glass::Column::At, Expr::value(then))
                .exec(tx)
                .await
                .map_err(crate::kit::Error::from)
        })
    });
    assert_eq!(job.await.unwrap().rows_affected, 1);
}

/// The authority of the ledgers is the province's: no county, other province or registrar acts for it.
#[tokio::test]
async fn only_supervisors_of_the_whole_province_propose_against_a_peer() {
    let world = World::of(&["51", "32"]).await;
    let p = world.p("51");
    let glass = json!({ "requestKey": "g", "transaction": uuid::Uuid::nil(), "statement": "函-1", "statedBy": "32" });
    let without = json!({ "requestKey": "w", "authorities": ["32"] });
    let of = |division: Option<&str>, province: &str| Principal {
        division: division.map(str::to_owned),
        province: province.to_owned(),
        ..of_the_province(p, "first")
    };
    for (what, who) in [
        ("a county's supervisor", p.supervisor()),
        ("a prefecture's", of(Some("510100"), "51")),
        ("a supervisor of nowhere", of(None, "51")),
        ("another province's", of(Some("320000"), "32")),
        ("a registrar of the province", p.idle_registrar("510000")),
    ] {
        for (field, kind, input) in [
            ("breakInteropGlass", "BreakGlassInput", &glass),
            ("goOnWithoutPeers", "GoOnWithoutInput", &without),
        ] {
            let query =
                format!("mutation ($input: {kind}!) {{ {field}(input: $input) {{ done }} }}");
            let answer = p.ask(who.clone(), &query, json!({ "input": input })).await;
            assert_eq!(codes(&answer), ["FORBIDDEN"], "{what}: {field}");
        }
    }
    // One of the province passes; there is no such transaction, so nothing is done.
    let query = "mutation ($input: BreakGlassInput!) { breakInteropGlass(input: $input) { done } }";
    let answer = p
        .ask(
            of_the_province(p, "first"),
            query,
            json!({ "input": glass }),
        )
        .await;
    assert!(codes(&answer).is_empty(), "{answer}");
    assert_eq!(answer["data"]["breakInteropGlass"]["done"], false);
}

/// D.6 (50): a province that is trusted asks about a transaction that is none of its own, which did happen, and
/// about one that never was: both are answered alike, with nothing, and no ledger is read for it.
#[tokio::test]
async fn a_peer_is_told_nothing_of_transactions_that_are_not_its_own() {
    use crate::interop::core::message::Class;
    use crate::interop::core::{AuthorityId, Message, TxnId};
    use crate::interop::exchange::{Word, say};
    use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder};
    let world = World::of(&["51", "32", "35", "36"]).await;
    let (man, woman) = couple(0);
    let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
    let p = world.p("51");
    let checked = ready(p, "k", his, hers).await;
    act(p, "registerMarriage", "press", &checked).await;
    world.settle().await;
    assert_eq!(now(p, &checked).await["state"], "REGISTERED");
    let said = message::Entity::find()
        .filter(message::Column::Phase.eq("COMMIT_LAST"))
        .one(p.services.db.read())
        .await
        .unwrap()
        .unwrap();
    let happened: uuid::Uuid = said.txn.parse().unwrap();
    let authority = |code: &str| code.parse::<AuthorityId>().unwrap();
    let (asker, node) = (world.p("36"), world.node("36"));
    for code in ["32", "35"] {
        let asked = world.p(code).services.db.read();
        let reads = access::Entity::find().count(asked).await.unwrap();
        for (txn, coordinator) in [
            (happened, "51"),
            (happened, "36"),
            (uuid::Uuid::now_v7(), "51"),
        ] {
            let question = Message::Resolve {
                txn: TxnId(txn),
                coordinator: authority(coordinator),
                ha: Some(authority("32")),
                class: Class::WalkedOut,
            };
            let word = Word::Core(Box::new(question));
            let follows = say(&asker.services, &node, authority(code), word)
                .await
                .unwrap();
            assert!(follows.is_empty());
            let answer = message::Entity::find()
                .filter(message::Column::Peer.eq("36"))
                .filter(message::Column::Direction.eq(log::OUT))
                .order_by_desc(message::Column::Seq)
                .one(asked)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(answer.phase, "RESOLVE-ANSWER");
            let body = answer.jws.split('.').nth(1).unwrap();
            let body = data_encoding::BASE64URL_NOPAD.decode(body.as_bytes());
            let body: Value = serde_json::from_slice(&body.unwrap()).unwrap();
            assert_eq!(body["messages"], json!([]), "{code} {coordinator}");
        }
        assert_eq!(access::Entity::find().count(asked).await.unwrap(), reads);
    }
    world.chains_are_whole().await;
}

/// What the gateway records as given to another province: whose ledgers were looked at for the answer, also when it
/// is given once more; nobody where the two sides only speak of themselves.
#[tokio::test]
async fn an_answer_tells_of_those_whose_ledgers_were_looked_at_for_it() {
    let world = World::of(&["51", "32", "35"]).await;
    let greetings: Vec<_> = world.given.lock().unwrap().drain(..).collect();
    assert!(greetings.iter().any(|given| given.phase == "HELLO"));
    for given in greetings {
        assert_eq!(given.told, Default::default(), "{}", given.phase);
    }
    // The first answer to each question of the counter is lost, so each is given twice.
    let mut lost = std::collections::HashSet::new();
    world.losing(move |from, to, phase| {
        let first = from == "51" && lost.insert((to.to_owned(), phase.to_owned()));
        if first { Loss::Answer } else { Loss::Nothing }
    });
    let (man, woman) = couple(0);
    let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
    let p = world.p("51");
    let checked = ready(p, "k", his, hers).await;
    act(p, "registerMarriage", "press", &checked).await;
    world.settle().await;
    assert_eq!(now(p, &checked).await["state"], "REGISTERED");
    let given: Vec<_> = world.given.lock().unwrap().drain(..).collect();
    for (code, index) in [("32", man), ("35", woman)] {
        let to_51 = given.iter().filter(|one| one.by == code && one.to == "51");
        let to_51: Vec<_> = to_51.collect();
        assert!(to_51.len() >= 2, "{given:?}");
        for one in to_51 {
            assert_eq!(one.told.persons, [world.p(code).token(index)], "{one:?}");
            let purpose = one.told.purpose.as_deref();
            let stated = ["MARRIAGE_REGISTRATION", "INTEROP_UPKEEP"].map(Some);
            assert!(stated.contains(&purpose), "{one:?}");
            assert!(one.told.case.is_some(), "{one:?}");
        }
    }
    // Who is refused because of what a ledger says is told of as well.
    let again = ready(
        world.p("35"),
        "again",
        world.p("32").number(man),
        world.p("35").number(couple(1).1),
    )
    .await;
    act(world.p("35"), "registerMarriage", "again", &again).await;
    world.settle().await;
    assert_eq!(now(world.p("35"), &again).await["state"], "ABORTED");
    let given = world.given.lock().unwrap();
    let of_him = |one: &&super::world::Given| {
        one.by == "32" && one.to == "35" && one.told.persons == [world.p("32").token(man)]
    };
    assert!(given.iter().any(|one| of_him(&one)), "{given:?}");
}
