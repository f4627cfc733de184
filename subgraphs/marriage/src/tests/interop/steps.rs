//! What happens to a couple of 32 and 35 in several of these tests, one function a step.

use super::super::steps::{judgment, paper_done};
use super::world::{World, act, couple, now, office, ready};
use super::*;
use crate::model::interop::{record, telling};
use crate::model::marriage_record;
use sea_orm::{ColumnTrait, QueryFilter};

/// A couple of 32 and 35 is married in 51.
pub(super) async fn married(world: &World, nth: usize) -> (usize, usize) {
    let (man, woman) = couple(nth);
    let p = world.p("51");
    let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
    let checked = ready(p, &format!("m{nth}"), his, hers).await;
    act(p, "registerMarriage", &format!("m{nth}"), &checked).await;
    world.settle().await;
    let done = now(p, &checked).await;
    assert_eq!(done["state"], "REGISTERED", "{done}");
    (man, woman)
}

/// He of 32 may marry again, anywhere: a woman of 35, in 51.
pub(super) async fn he_marries_again(world: &World, man: usize) {
    let p = world.p("51");
    let hers = world.p("35").number(couple(1).1);
    let next = ready(p, "next", world.p("32").number(man), hers).await;
    act(p, "registerMarriage", "next", &next).await;
    world.settle().await;
    assert_eq!(now(p, &next).await["state"], "REGISTERED");
}

/// An officer of the registry of these tests.
pub(super) fn officer_at(p: &Province) -> Principal {
    Principal {
        subject: Some("a".into()),
        ..p.registrar(&office(p.digits)[..6])
    }
}

/// A judgment of a day on a couple comes to a registry, which acts on it.
pub(super) async fn judged(
    world: &World,
    at: &str,
    (man, woman): (usize, usize),
    effective: &str,
) -> Value {
    let p = world.p(at);
    let couple = [world.p("32").number(man), world.p("35").number(woman)];
    let number = format!("（2026）{man}号");
    let paper = judgment(office(at), &number, effective, couple);
    paper_done(p, officer_at(p), paper).await
}

/// The records that a province shares with others.
pub(super) async fn shared_records(world: &World, code: &str) -> Vec<marriage_record::Model> {
    let db = world.p(code).services.db.read();
    let mut found = Vec::new();
    for shared in record::Entity::find().all(db).await.unwrap() {
        let row = marriage_record::Entity::find_by_id(shared.record_id).one(db);
        found.push(row.await.unwrap().unwrap());
    }
    found
}

/// How much a province has still to tell others.
pub(super) async fn untold(world: &World, code: &str) -> usize {
    telling::Entity::find()
        .filter(telling::Column::Told.eq(false))
        .all(world.p(code).services.db.read())
        .await
        .unwrap()
        .len()
}

/// The states of the marriage and of its certificates, as a person sees them.
pub(super) async fn papers(world: &World, code: &str, n: usize) -> Value {
    let p = world.p(code);
    let mine =
        "{ myMarriage { status person { marriages { state endedOn certificates { state } } } } }";
    let mut mine = p.data(p.citizen(n), mine, none()).await;
    mine["myMarriage"].take()
}
