//! What other subsystems' events change here.
//!
//! A registered death is noted ([`deceased`]), ends the offices that the person held and gives back the
//! applications by which they were to hold one; a person's new token (after a merge, a split or a
//! re-tokenisation) takes the place of the old one. Both are idempotent by their condition: the second
//! time there is nothing left to change.
//!
//! Deaths and merges come from two subgraphs, in either order: a death is taken for whom its token leads to
//! by now, and whoever is merged with a dead person is dead from then on, until the merge is taken back.

use super::act::Act;
use super::permit::decide::head_died;
use super::{deceased, reviews};
use crate::model::office;
use crate::vocabulary::{OfficeEnd, OfficeRole};
use chrono::NaiveDate;
use minzheng_kit as kit;
use minzheng_kit::aliases::{self, TokenColumn};
use minzheng_kit::events::{
    Consumer, DeathCorrected, DeathRegistered, DeathRevoked, Event, Known as _, PersonAliased,
    PersonSplit,
};
use minzheng_kit::merged;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter};

/// Ends the offices of a person who died. Answers the organizations that lost someone by it.
pub async fn close_offices(
    tx: &impl ConnectionTrait,
    person: &str,
    died: NaiveDate,
) -> kit::Result<Vec<office::Model>> {
    let held = office::Entity::find()
        .filter(office::Column::Person.eq(person))
        .filter(office::Column::Until.is_null())
        .all(tx)
        .await?;
    if !held.is_empty() {
        office::Entity::update_many()
            .col_expr(office::Column::Until, Expr::value(died))
            .col_expr(office::Column::Ended, Expr::value(OfficeEnd::Death))
            .filter(office::Column::Person.eq(person))
            .filter(office::Column::Until.is_null())
            .exec(tx)
            .await?;
    }
    Ok(held)
}

/// The offices that a death has ended end on the day of death that is right.
async fn correct_offices(
    tx: &DatabaseTransaction,
    actor: &kit::Principal,
    (person, died_on): (&str, NaiveDate),
) -> kit::Result<()> {
    let wrong = office::Entity::find()
        .filter(office::Column::Person.eq(person))
        .filter(office::Column::Ended.eq(OfficeEnd::Death))
        .filter(office::Column::Until.ne(died_on))
        .all(tx)
        .await?;
    for office in wrong {
        office::Entity::update_many()
            .col_expr(office::Column::Until, Expr::value(died_on))
            .filter(office::Column::Id.eq(office.id))
            .exec(tx)
            .await?;
        let day = |until| Some(serde_json::json!({ "until": until }));
        let id = office.id.to_string();
        let (before, after) = (day(office.until), day(Some(died_on)));
        kit::mutation::history(tx, "Office", &id, actor, before, after).await?;
    }
    Ok(())
}

/// Deaths, from the subgraph of funerals: a death ends offices, its correction moves that day, and a death
/// that a court took back opens a review of each (see [`reviews`]).
#[derive(Clone, Copy, Debug)]
pub struct Deaths;

#[async_trait::async_trait]
impl Consumer for Deaths {
    fn source(&self) -> &'static str {
        "funeral"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            DeathRegistered::KIND,
            DeathCorrected::KIND,
            DeathRevoked::KIND,
        ]
    }

    async fn apply(
        &self,
        s: &kit::Services,
        tx: &DatabaseTransaction,
        e: &Event,
    ) -> kit::Result<()> {
        let actor = kit::Principal::service(&s.province, "funeral").at(s.clock.now());
        if let Some(told) = e.read::<DeathCorrected>()? {
            let person = merged::current(tx, &told.person).await?;
            deceased::correct(tx, &person, told.died_on).await?;
            return correct_offices(tx, &actor, (&person, told.died_on)).await;
        }
        if let Some(told) = e.read::<DeathRevoked>()? {
            let person = merged::current(tx, &told.person).await?;
            deceased::forget(tx, &person).await?;
            let opened = kit::clock::legal_day(e.at);
            return reviews::open(tx, &actor, &person, e, opened).await;
        }
        let text = |field: &str| e.body.get(field).and_then(serde_json::Value::as_str);
        let told = text("person").unwrap_or(&e.key);
        let person = merged::current(tx, told).await?;
        let died = text("diedOn")
            .and_then(|day| day.parse().ok())
            .unwrap_or_else(|| kit::clock::legal_day(e.at));
        deceased::note(tx, told, &person, died).await?;
        ends(s, (tx, &actor), (&person, died), e).await
    }
}

/// What a death ends here: the offices of who died, and the applications by which they were to lead.
async fn ends(
    s: &kit::Services,
    (tx, actor): (&DatabaseTransaction, &kit::Principal),
    (person, died): (&str, NaiveDate),
    e: &Event,
) -> kit::Result<()> {
    for office in close_offices(tx, person, died).await? {
        tell_of(tx, actor, &office, died, e).await?;
    }
    let act = Act {
        tx,
        services: s,
        actor,
        now: s.clock.now(),
        today: s.clock.today(),
    };
    head_died(act, person).await
}

/// History and events of an office that a death ended.
async fn tell_of(
    tx: &DatabaseTransaction,
    actor: &kit::Principal,
    office: &office::Model,
    died: NaiveDate,
    e: &Event,
) -> kit::Result<()> {
    let (role, reason) = (office.role.text(), OfficeEnd::Death.text());
    let before = serde_json::json!({ "role": role, "until": null });
    let after = serde_json::json!({ "role": role, "until": died, "ended": reason });
    let id = office.id.to_string();
    kit::mutation::history(tx, "Office", &id, actor, Some(before), Some(after)).await?;
    let told = |kind: &str, body| Event {
        kind: kind.to_owned(),
        key: office.credit_code.clone(),
        at: e.at,
        body,
    };
    let code = &office.credit_code;
    let body = serde_json::json!({ "creditCode": code, "role": role, "reason": reason });
    kit::events::emit(tx, &told("OfficeEnded", body)).await?;
    if office.role != OfficeRole::LegalRepresentative {
        return Ok(());
    }
    // The warning: the organization has nobody who may act for it. It says nothing of the person, and stands in
    // `organizationsWithoutHead` until a new head is registered.
    let body = serde_json::json!({ "version": 1, "creditCode": code });
    kit::events::emit(tx, &told("OrganizationHeadless", body)).await
}

/// Where tokens of persons stand here.
const TOKENS: &[TokenColumn] = &[
    TokenColumn::new("death", "person"),
    TokenColumn::new("office", "person"),
    TokenColumn::new("permit_person", "person"),
    TokenColumn::new("office_review", "person"),
];

/// New tokens of persons, from the vault.
#[derive(Clone, Copy, Debug)]
pub struct Aliases;

#[async_trait::async_trait]
impl Consumer for Aliases {
    fn source(&self) -> &'static str {
        "persons"
    }

    fn kinds(&self) -> &'static [&'static str] {
        aliases::KINDS
    }

    async fn apply(
        &self,
        s: &kit::Services,
        tx: &DatabaseTransaction,
        e: &Event,
    ) -> kit::Result<()> {
        aliases::apply(tx, e, TOKENS).await?;
        let actor = kit::Principal::service(&s.province, "persons").at(s.clock.now());
        // A new key moves everything alike; who was merged may have died under the other token.
        if let Some(told) = e.read::<PersonAliased>()?
            && told.merge.is_some()
        {
            let person = merged::current(tx, &told.new).await?;
            if let Some(died) = deceased::died_on(tx, &person).await? {
                ends(s, (tx, &actor), (&person, died), e).await?;
            }
        }
        // Two persons again: the offices of the one who lives were ended by the other's death.
        if let Some(told) = e.read::<PersonSplit>()? {
            deceased::separate(tx, &told.old).await?;
            for person in [&told.old, &told.new] {
                let person = merged::current(tx, person).await?;
                if deceased::died_on(tx, &person).await?.is_none() {
                    let opened = kit::clock::legal_day(e.at);
                    reviews::open(tx, &actor, &person, e, opened).await?;
                }
            }
        }
        Ok(())
    }
}
