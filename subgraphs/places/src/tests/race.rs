//! Many officers after one name: one wins, the others are told why, nothing is lost.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::*;
use crate::{
    model::{naming_application, vocabulary::NamingKind},
    rules::{scope, scope::PlaceKind, state::NamingState},
};

const CLIENTS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_officers_who_approve_one_name_one_wins() {
    for services in testing::databases(&Places, "51").await {
        crate::import::run(&services, &|_, _, _| ()).await.unwrap();
        let run = std::sync::Arc::new(Running {
            graph: Places.schema(services.clone()),
            services,
        });
        let ids: Vec<uuid::Uuid> = (0..CLIENTS).map(|_| minzheng_kit::id::new()).collect();
        prepare(&run, &ids).await;
        let clients = ids.iter().map(|application| {
            let (run, application) = (std::sync::Arc::clone(&run), *application);
            tokio::spawn(async move { approve(&run, application).await })
        });
        let mut outcomes = Vec::new();
        for client in clients.collect::<Vec<_>>() {
            outcomes.push(client.await.unwrap());
        }
        let won = outcomes.iter().filter(|code| *code == "none").count();
        let lost = outcomes.iter().filter(|code| *code == "NAME_TAKEN").count();
        assert_eq!((won, lost), (1, CLIENTS - 1), "{outcomes:?}");
        let approved = naming_application::Entity::find()
            .filter(naming_application::Column::State.eq(NamingState::Approved))
            .count(run.services.db.read())
            .await
            .unwrap();
        assert_eq!(approved, 1);
    }
}

/// Applications for one name, all before the approving body.
async fn prepare(run: &Running, ids: &[uuid::Uuid]) {
    let division = dataset().by_code("510118").unwrap().id;
    let rows: Vec<_> = ids
        .iter()
        .map(|id| naming_application::ActiveModel {
            id: Set(*id),
            kind: Set(NamingKind::Name),
            state: Set(NamingState::Review),
            place: Set(None),
            place_kind: Set(PlaceKind::Road),
            division: Set(division),
            county: Set(division),
            name: Set("争先路".to_owned()),
            specific: Set("争先".to_owned()),
            generic: Set("路".to_owned()),
            roman: Set("Zhengxian Lu".to_owned()),
            sound: Set(scope::sound("争先路")),
            longitude: Set(None),
            latitude: Set(None),
            reasons: Set("新建道路".to_owned()),
            conflicts: Set(json!([])),
            applicant: Set(None),
            submitted_at: Set(testing::NOW.parse().unwrap()),
            approved_on: Set(None),
            approved_month: Set(None),
            approved_by: Set(None),
            authority: Set(None),
            approval_doc: Set(None),
            effective_on: Set(None),
            position: Set(None),
            reviewed_by: Set(Some("another".to_owned())),
            reviewer_person: Set(None),
            is_demo: Set(false),
            version: Set(1),
        })
        .collect();
    run.services
        .db
        .write(move |tx| {
            let rows = rows.clone();
            Box::pin(async move { database::insert_many(tx, rows).await })
        })
        .await
        .unwrap();
}

/// Approves, and again while the database asks to wait; the code of the refusal.
async fn approve(run: &Running, application: uuid::Uuid) -> String {
    let chief = supervisor("510118");
    let input = json!({ "requestKey": format!("approve {application}"), "applicationId": application, "version": 1,
        "authority": "COUNTY_GOVERNMENT", "approvedBy": "新津区人民政府", "approvalDoc": "新津府〔2026〕9号" });
    loop {
        let done = run
            .change(
                &chief,
                "approveNaming",
                "application { state }",
                input.clone(),
            )
            .await;
        if done["refused"] != "SUBGRAPH_UNAVAILABLE" {
            return refusal(&done).to_owned();
        }
    }
}
