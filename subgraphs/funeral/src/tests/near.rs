//! Illegal graves near lines and grounds that other subsystems drew (F-4).

use minzheng_kit::testing::entities;
use minzheng_kit::{Principal, Role, Subsystem as _};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Stage, dashboard, databases};
use crate::Funeral;
use crate::model::illegal_grave;
use crate::rules::terms::GraveState;

const NEAR: &str = "... on BoundaryLine { id illegalGravesNear(withinMetres: 500) { distanceM grave { id state division { id } } } }";

/// The supervisor of a division.
fn supervisor(division: &str) -> Principal {
    Principal {
        division: Some(division.to_owned()),
        ..Principal::of(Role::Supervisor, "51")
    }
}

async fn open_graves(stage: &Stage) -> Vec<illegal_grave::Model> {
    illegal_grave::Entity::find()
        .filter(illegal_grave::Column::State.eq(GraveState::Registered))
        .order_by_asc(illegal_grave::Column::Id)
        .all(stage.services.db.read())
        .await
        .unwrap()
}

/// A line from south to north, so many degrees east of a grave.
fn line(grave: &illegal_grave::Model, east: f64) -> Value {
    let lon = grave.lon + east;
    json!({ "type": "LineString", "coordinates": [[lon, grave.lat - 0.05], [lon, grave.lat + 0.05]] })
}

fn boundary(course: Value) -> Value {
    json!({ "__typename": "BoundaryLine", "id": Uuid::new_v4(), "course": course })
}

#[tokio::test]
async fn graves_within_the_distance_are_shown_nearest_first_and_closed_ones_are_not() {
    for services in databases("near").await {
        Funeral.seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let graves = open_graves(&stage).await;
        let grave = &graves[0];
        // Three thousandths of a degree are some 290 m here, six some 580 m.
        let reps = json!([
            boundary(line(grave, 0.003)),
            boundary(line(grave, 0.006)),
            boundary(Value::Null)
        ]);
        let answer = entities(&stage.graph, supervisor("510000"), reps.clone(), NEAR).await;
        assert!(answer.get("errors").is_none(), "{answer:#}");
        let rows = answer["data"]["_entities"].as_array().unwrap();
        let first = &rows[0]["illegalGravesNear"][0];
        assert_eq!(first["grave"]["id"], grave.id.to_string());
        let metres = first["distanceM"].as_f64().unwrap();
        assert!((270.0..310.0).contains(&metres), "{metres}");
        let ids = |row: &Value| -> Vec<String> {
            let near = row["illegalGravesNear"].as_array().unwrap();
            near.iter()
                .map(|n| n["grave"]["id"].as_str().unwrap().to_owned())
                .collect()
        };
        assert!(!ids(&rows[1]).contains(&grave.id.to_string()));
        // A line whose course nobody knows has no answer, and not an empty one.
        assert_eq!(rows[2]["illegalGravesNear"], Value::Null);
        // Restored ones are no case any more.
        let closed = illegal_grave::Entity::find()
            .filter(illegal_grave::Column::State.eq(GraveState::Restored))
            .one(stage.services.db.read())
            .await
            .unwrap()
            .unwrap();
        let reps = json!([boundary(line(&closed, 0.0))]);
        let answer = entities(&stage.graph, supervisor("510000"), reps, NEAR).await;
        assert!(!ids(&answer["data"]["_entities"][0]).contains(&closed.id.to_string()));
    }
}

#[tokio::test]
async fn an_officer_sees_graves_of_the_own_division_only_and_others_see_none() {
    let stage = Stage::of("51").await;
    let graves = open_graves(&stage).await;
    let grave = &graves[0];
    let county = minzheng_kit::divisions::dataset()
        .by_id(&grave.division_id)
        .unwrap();
    let elsewhere = if county.code == "510104" {
        "510118"
    } else {
        "510104"
    };
    let reps = || json!([boundary(line(grave, 0.0))]);
    let own = entities(&stage.graph, supervisor(&county.code), reps(), NEAR).await;
    assert_eq!(
        own["data"]["_entities"][0]["illegalGravesNear"][0]["distanceM"],
        0.0
    );
    let other = entities(&stage.graph, supervisor(elsewhere), reps(), NEAR).await;
    assert_eq!(
        other["data"]["_entities"][0]["illegalGravesNear"],
        json!([])
    );
    for who in [
        Principal::public("51"),
        dashboard("51"),
        stage.citizen(0),
        Principal::of(Role::Auditor, "51"),
    ] {
        let refused = entities(&stage.graph, who, reps(), NEAR).await;
        assert_eq!(
            refused["errors"][0]["extensions"]["code"], "FORBIDDEN",
            "{refused}"
        );
    }
    let wide = NEAR.replace("500", "5001");
    let refused = entities(&stage.graph, supervisor("510000"), reps(), &wide).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_page_of_lines_costs_one_statement_a_hundred_and_places_are_measured_alike() {
    let stage = Stage::of("51").await;
    let graves = open_graves(&stage).await;
    let mut statements = Vec::new();
    for count in [1, 10, 100] {
        let reps: Vec<Value> = graves
            .iter()
            .cycle()
            .take(count)
            .map(|grave| boundary(line(grave, 0.001)))
            .collect();
        let before = stage.services.db.statements();
        let answer = entities(&stage.graph, supervisor("510000"), json!(reps), NEAR).await;
        assert!(answer.get("errors").is_none(), "{answer:#}");
        statements.push(stage.services.db.statements() - before);
        let rows = answer["data"]["_entities"].as_array().unwrap();
        assert!(
            rows.iter()
                .all(|row| !row["illegalGravesNear"].as_array().unwrap().is_empty())
        );
    }
    assert_eq!(statements, [1, 1, 1]);
    // A reservoir around a grave: it lies within.
    let (lon, lat) = (graves[0].lon, graves[0].lat);
    let ring = json!([
        [lon - 0.01, lat - 0.01],
        [lon + 0.01, lat - 0.01],
        [lon + 0.01, lat + 0.01],
        [lon - 0.01, lat + 0.01],
        [lon - 0.01, lat - 0.01]
    ]);
    let reps = json!([{ "__typename": "Place", "id": Uuid::new_v4(),
        "course": { "type": "Polygon", "coordinates": [ring] } }]);
    let selection = "... on Place { illegalGravesNear(withinMetres: 1) { distanceM } }";
    let answer = entities(&stage.graph, supervisor("510000"), reps, selection).await;
    assert_eq!(
        answer["data"]["_entities"][0]["illegalGravesNear"][0]["distanceM"],
        0.0
    );
}
