//! What a database of before knows, after the step that asks for more.

use super::Stage;
use super::moves::apply;
use crate::migration;
use crate::model::{annual_report, credit_listing, death};
use crate::service::death::Deaths;
use crate::vocabulary::{ListingReason, SupervisorView};
use kit::events::{DeathRegistered, DeathRevoked, Event};
use minzheng_kit as kit;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The entries that two years made serious, with their first grounds.
async fn serious(stage: &Stage) -> Vec<(uuid::Uuid, Option<ListingReason>)> {
    let rows = credit_listing::Entity::find()
        .filter(credit_listing::Column::Reason.eq(ListingReason::AbnormalTwoYears))
        .order_by_asc(credit_listing::Column::Id)
        .all(stage.services.db.read())
        .await
        .unwrap();
    rows.into_iter()
        .map(|row| (row.id, row.first_reason))
        .collect()
}

fn step(name: &str) -> Box<dyn MigrationTrait> {
    let mut all = migration::all().into_iter();
    all.find(|step| step.name() == name).unwrap()
}

#[tokio::test]
async fn deaths_and_first_grounds_are_found_in_what_was_there() {
    for stage in Stage::everywhere("51", "kept").await {
        let at = stage.services.clock.now();
        for person in [0, 12] {
            let told = DeathRegistered {
                person: stage.token(person),
                died_on: "2026-11-18".parse().unwrap(),
                record: None,
            };
            apply(&stage, &Deaths, Event::of(&told, at).unwrap()).await;
        }
        let told = DeathRevoked {
            person: stage.token(12),
            record: kit::id::derived("death", "kept"),
            revision: 2,
        };
        apply(&stage, &Deaths, Event::of(&told, at).unwrap()).await;
        let before = serious(&stage).await;
        let grounds: std::collections::BTreeSet<_> =
            before.iter().map(|(_, ground)| *ground).collect();
        assert!(grounds.len() > 1 && !grounds.contains(&None), "{grounds:?}");
        // Back to the schema of before, and on again.
        let stepped = stage.services.db.write(|tx| {
            Box::pin(async move {
                let manager = SchemaManager::new(tx);
                let step = step("m0008_deaths_and_grounds");
                step.down(&manager).await.unwrap();
                step.up(&manager).await.unwrap();
                Ok(())
            })
        });
        stepped.await.unwrap();
        assert_eq!(serious(&stage).await, before);
        let dead = death::Entity::find()
            .all(stage.services.db.read())
            .await
            .unwrap();
        let dead: Vec<(&str, String)> = dead
            .iter()
            .map(|row| (row.person.as_str(), row.died_on.to_string()))
            .collect();
        assert_eq!(dead, [(stage.token(0).as_str(), "2026-11-18".to_owned())]);
    }
}

/// The form of before let a body say that its department agreed. Of what is not judged an officer says so anew.
#[tokio::test]
async fn an_agreement_on_a_bodys_own_word_is_taken_back_where_nothing_was_concluded() {
    for stage in Stage::everywhere("51", "word").await {
        let reports = async || {
            annual_report::Entity::find()
                .filter(annual_report::Column::SupervisorView.eq(SupervisorView::Agreed))
                .order_by_asc(annual_report::Column::Id)
                .all(stage.services.db.read())
                .await
                .unwrap()
        };
        let before = reports().await;
        let (open, judged): (Vec<_>, Vec<_>) =
            before.into_iter().partition(|row| row.result.is_none());
        assert!(!open.is_empty() && !judged.is_empty());
        let stepped = stage.services.db.write(|tx| {
            Box::pin(async move {
                let manager = SchemaManager::new(tx);
                let step = step("m0009_words_and_days");
                step.down(&manager).await.unwrap();
                step.up(&manager).await.unwrap();
                Ok(())
            })
        });
        stepped.await.unwrap();
        let kept = reports().await;
        assert_eq!(kept.len(), judged.len());
        for (now, was) in kept.iter().zip(&judged) {
            assert_eq!(
                (now.id, now.to_supervisor, now.handed_to_supervisor),
                (was.id, was.to_supervisor, None)
            );
        }
        let one = annual_report::Entity::find_by_id(open[0].id)
            .one(stage.services.db.read())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (
                one.supervisor_view,
                one.to_supervisor,
                one.handed_to_supervisor
            ),
            (None, None, open[0].to_supervisor)
        );
    }
}
