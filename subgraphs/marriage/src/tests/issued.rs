//! How many certificates a registry issued in a year, on each database there is.

use super::*;
use crate::model::{certificate, monthly_count, registry as office};
use chrono::Datelike;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

const ISSUED: &str = "query ($r: [_Any!]!, $y: Int!) { _entities(representations: $r) {
    ... on MarriageRegistry { certificatesIssued(year: $y) } } }";

fn asked(registries: &[Uuid], year: i32) -> Value {
    let keys: Vec<Value> = registries
        .iter()
        .map(|id| json!({ "__typename": "MarriageRegistry", "id": id }))
        .collect();
    json!({ "r": keys, "y": year })
}

async fn issued(p: &Province, who: Principal, registry: Uuid, year: i32) -> Value {
    let data = p.data(who, ISSUED, asked(&[registry], year)).await;
    data["_entities"][0]["certificatesIssued"].clone()
}

/// One divorce in a month of a county: a count that is shown to nobody else.
async fn one_divorce(p: &Province, county: Uuid, year: i32) {
    use monthly_count::{Column, Entity};
    let month = crate::kit::YearMonth { year, month: 2 }.index();
    let write = p.services.db.write(move |tx| {
        Box::pin(async move {
            let changed = Entity::update_many()
                .col_expr(Column::Divorces, Expr::value(1))
                .filter(Column::CountyId.eq(county))
                .filter(Column::Month.eq(month))
                .exec(tx)
                .await?;
            Ok(changed.rows_affected)
        })
    });
    assert_eq!(write.await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_tells_how_many_certificates_it_issued_and_of_one_or_two_couples_nothing() {
    for services in super::race::everywhere().await {
        let p = Province {
            graph: Marriage.schema(services.clone()),
            services,
            digits: "36",
        };
        let db = p.services.db.read();
        let offices = office::Entity::find().all(db).await.unwrap();
        let by_id: HashMap<Uuid, &office::Model> =
            offices.iter().map(|office| (office.id, office)).collect();
        let mut counts: BTreeMap<(Uuid, i32), i64> = BTreeMap::new();
        for paper in certificate::Entity::find().all(db).await.unwrap() {
            let of = (paper.registry_id.unwrap(), paper.issued_on.year());
            *counts.entry(of).or_default() += 1;
        }
        let find = |range: std::ops::RangeInclusive<i64>| {
            let mut found = counts.iter().filter(|(of, n)| {
                // A year of which the county's months are told, and a county with no other registry.
                let county = by_id[&of.0].county_id;
                let beside = offices.iter().filter(|one| one.county_id == county);
                (2023..=2025).contains(&of.1) && range.contains(n) && beside.count() == 1
            });
            found.next().map(|(of, n)| (of.0, of.1, *n)).unwrap()
        };
        let (many, year, n) = find(6..=i64::MAX);
        assert_eq!(issued(&p, p.dashboard(), many, year).await, n);
        // Who keeps the records sees the small count too, and nobody else.
        let (few, of, small) = find(1..=5);
        let keeper = |registry: &Uuid| p.idle_registrar(&by_id[registry].county_code);
        assert_eq!(issued(&p, keeper(&few), few, of).await, small);
        assert_eq!(issued(&p, p.dashboard(), few, of).await, Value::Null);
        // Together with the months that are shown, the sum of a year would tell the one that is not.
        one_divorce(&p, by_id[&many].county_id, year).await;
        assert_eq!(issued(&p, p.dashboard(), many, year).await, Value::Null);
        assert_eq!(issued(&p, keeper(&many), many, year).await, n);
        // All places of registries in the province cost no more statements than one.
        let at_places = "query ($r: [_Any!]!, $y: Int!) { _entities(representations: $r) {
            ... on Place { registries { certificatesIssued(year: $y) } } } }";
        let places: Vec<Value> = offices
            .iter()
            .map(|office| json!({ "__typename": "Place", "id": office.place_id }))
            .collect();
        let mut costs = Vec::new();
        for some in [&places[..1], &places[..]] {
            let before = p.services.db.statements();
            let asked = json!({ "r": some, "y": year });
            let seen = p.data(p.dashboard(), at_places, asked).await;
            costs.push(p.services.db.statements() - before);
            let found = seen["_entities"].as_array().unwrap().iter();
            assert!(found.clone().count() == some.len());
            assert!(
                found
                    .flat_map(|place| place["registries"].as_array())
                    .all(|at| !at.is_empty())
            );
        }
        assert_eq!(costs, [3, 3], "registries; certificates; months");
        // It is no figure for everybody, and a year is one.
        let elsewhere = offices
            .iter()
            .find(|one| one.county_id != by_id[&many].county_id);
        for (who, year, code) in [
            (p.public(), year, "FORBIDDEN"),
            (p.citizen(0), year, "FORBIDDEN"),
            (
                p.idle_registrar(&elsewhere.unwrap().county_code),
                year,
                "FORBIDDEN",
            ),
            (p.dashboard(), 26, "BAD_USER_INPUT"),
        ] {
            let answer = p.ask(who, ISSUED, asked(&[many], year)).await;
            assert_eq!(codes(&answer), [code], "{answer}");
        }
    }
}
