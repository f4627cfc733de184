//! Small cells of the monthly counts, and indicators.

use super::*;
use crate::kit::divisions::dataset;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

const STATS: &str = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Division {
  marriageStats(from: \"2026-03\", to: \"2026-05\") { month registered divorces ytdRegistered } } } }";

/// Makes a county's count of a month this small.
async fn shrink(p: &Province, code: &str, month: u32, registered: i64) {
    use crate::model::monthly_count::{Column, Entity};
    let county = dataset().by_code(code).unwrap().id;
    let month = crate::kit::YearMonth { year: 2026, month }.index();
    p.services
        .db
        .write(move |tx| {
            Box::pin(async move {
                Entity::update_many()
                    .col_expr(Column::Registered, Expr::value(registered))
                    .filter(Column::CountyId.eq(county))
                    .filter(Column::Month.eq(month))
                    .exec(tx)
                    .await?;
                Ok(())
            })
        })
        .await
        .unwrap();
}

async fn months(p: &Province, who: Principal, code: &str) -> Vec<Value> {
    let key =
        json!({ "r": [{ "__typename": "Division", "id": dataset().by_code(code).unwrap().id }] });
    p.data(who, STATS, key).await["_entities"][0]["marriageStats"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn a_small_count_is_hidden_with_a_second_one_and_the_year_to_date_after_it() {
    let p = Province::of("51").await;
    shrink(&p, "510118", 4, 2).await;
    let seen = months(&p, p.dashboard(), "510118").await;
    assert!(
        seen[0]["registered"].is_number() && seen[0]["ytdRegistered"].is_number()
            || seen[0]["registered"].is_null()
    );
    assert!(seen[1]["registered"].is_null(), "{seen:?}");
    // Of two neighbouring sums at least one is withheld, and so is a sum beside the months that make it up.
    let open = |m: usize, field: &str| seen[m][field].is_number();
    let to_date = |m: usize| open(m, "ytdRegistered");
    assert!(!(to_date(0) && to_date(1)), "{seen:?}");
    assert!(
        !(to_date(0) && to_date(2) && open(2, "registered")),
        "{seen:?}"
    );
    assert!(
        seen[1]["divorces"].is_number(),
        "only the small figure is hidden"
    );
    // A neighbour in the same prefecture is hidden in that month too, so that the prefecture's count
    // does not give the small one back.
    let prefecture = dataset().by_code("510100").unwrap().id;
    let mut hidden = 0;
    for county in dataset().children(&prefecture) {
        let list = months(&p, p.dashboard(), &county.code).await;
        hidden += usize::from(list[1]["registered"].is_null());
    }
    assert!(hidden >= 2, "{hidden}");
    let above = months(&p, p.dashboard(), "510100").await;
    assert!(above[1]["registered"].is_number());
    // Whoever keeps the records sees them.
    let own = months(&p, p.registrar("510118"), "510118").await;
    assert_eq!(own[1]["registered"], 2);
}

#[tokio::test]
async fn what_is_hidden_does_not_depend_on_the_question() {
    let p = Province::of("51").await;
    shrink(&p, "510118", 4, 1).await;
    let query = |from: &str, to: &str| {
        format!(
            "query ($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on Division {{
              marriageStats(from: \"{from}\", to: \"{to}\") {{ month registered ytdRegistered }} }} }} }}"
        )
    };
    let key = |codes: &[&str]| -> Value {
        let list: Vec<Value> = codes
            .iter()
            .map(|code| json!({ "__typename": "Division", "id": dataset().by_code(code).unwrap().id }))
            .collect();
        json!({ "r": list })
    };
    let alone = p
        .data(
            p.dashboard(),
            &query("2026-04", "2026-04"),
            key(&["510118"]),
        )
        .await;
    let among = p
        .data(
            p.dashboard(),
            &query("2025-11", "2026-06"),
            key(&["510118", "510104", "510100", "510000"]),
        )
        .await;
    let april = among["_entities"][0]["marriageStats"]
        .as_array()
        .unwrap()
        .iter()
        .find(|m| m["month"] == "2026-04")
        .unwrap()
        .clone();
    assert_eq!(alone["_entities"][0]["marriageStats"][0], april);
}

#[tokio::test]
async fn indicators_keep_sums_of_the_year_and_stocks_apart() {
    let p = Province::of("35").await;
    let fuzhou = dataset().by_code("350100").unwrap().id;
    let query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Division {
        marriageStats(from: \"2026-01\", to: \"2026-06\") { registered ytdRegistered }
        marriageIndicators(month: \"2026-06\") { code nameZh unit value prev changePct isCumulative } } } }";
    let key = json!({ "r": [{ "__typename": "Division", "id": fuzhou }] });
    let data = p.data(p.dashboard(), query, key).await;
    let division = &data["_entities"][0];
    let of = |code: &str| {
        let list = division["marriageIndicators"].as_array().unwrap();
        list.iter().find(|i| i["code"] == code).unwrap().clone()
    };
    let marriages = of("MZ-HY-101");
    assert_eq!(
        marriages["value"].as_f64(),
        division["marriageStats"][5]["ytdRegistered"].as_f64()
    );
    assert_eq!(marriages["isCumulative"], true);
    assert!(marriages["prev"].is_number() && marriages["changePct"].is_number());
    let rooms = of("MZ-HY-205");
    assert_eq!(rooms["value"], 13.0);
    assert_eq!(rooms["isCumulative"], false);
    assert!(rooms["prev"].is_null(), "a stock has no sum of last year");
    let refused = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Division { marriageIndicators(month: \"2026-06\") { code } } } }";
    let key = json!({ "r": [{ "__typename": "Division", "id": fuzhou }] });
    assert_eq!(codes(&p.ask(p.public(), refused, key).await), ["FORBIDDEN"]);
}
