//! What the societies subsystem tells as it happens: each stream follows the outbox and answers with the rows as they are
//! now, judged for the listener.

use super::organization::Organization;
use super::parts::{CreditListing, Rating};
use super::permit::PermitCase;
use super::query::{division, own_division};
use crate::model::{credit_listing, permit_case, rating};
use crate::service::listings::{self, Wanted};
use crate::service::permit::read;
use crate::service::{supervision, warnings};
use crate::vocabulary::CreditList;
use async_graphql::{ComplexObject, Context, ID, SimpleObject, Subscription as Subscribe};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use kit::events::{follow, ids_of};
use kit::federation::directives::*;
use kit::{PrincipalExt, Result};
use minzheng_kit as kit;
use sea_orm::{ColumnTrait, QueryFilter};

/// A rating that runs out soon (评估等级即将到期).
#[derive(SimpleObject, Clone)]
#[graphql(complex)]
pub struct RatingExpiry {
    /// The rating (评估等级).
    pub rating: Rating,
    #[graphql(skip)]
    code: String,
}

#[ComplexObject]
impl RatingExpiry {
    /// The organization; null when it is not found (社会组织).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        one(ctx, &self.code).await
    }
}

/// An entry of the abnormal list that became serious (活动异常名录转入严重违法失信名单).
#[derive(SimpleObject, Clone)]
#[graphql(complex)]
pub struct ListingEscalation {
    /// The entry in the serious list (信用名单记录).
    pub listing: CreditListing,
    #[graphql(skip)]
    code: String,
}

#[ComplexObject]
impl ListingEscalation {
    /// The organization; null when it is not found (社会组织).
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>> {
        one(ctx, &self.code).await
    }
}

async fn one(ctx: &Context<'_>, code: &str) -> Result<Option<Organization>> {
    let mut found = Organization::load(ctx, &[code.to_owned()]).await?;
    Ok(found.remove(code))
}

/// What is told as it happens (订阅).
#[derive(Clone, Copy, Debug, Default)]
pub struct Subscription;

/// What is told as it happens (订阅).
#[Subscribe]
impl Subscription {
    /// Applications of a division and below whose term has come to be at risk, for its officers; read the query of the same name first for those that are (登记申请临期超期提醒).
    #[graphql(directive = requires_scopes::apply(vec![vec!["officer".into()]]))]
    async fn sla_at_risk(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
    ) -> async_graphql::Result<BoxStream<'static, Result<PermitCase>>> {
        let division = own_division(ctx, &within)?;
        let rows = follow(
            ctx,
            &[warnings::AT_RISK],
            move |services, told| async move {
                let today = services.clock.today();
                let rows = read::at_risk(division, today)
                    .filter(permit_case::Column::Id.is_in(ids_of(&told)))
                    .all(services.db.read())
                    .await?;
                Ok(PermitCase::page(rows))
            },
        );
        Ok(rows)
    }

    /// Ratings of organizations of a division and below that run out soon, as that comes near; read `ratingsExpiring` first for those that stand (评估等级到期提醒).
    async fn rating_expiring(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
    ) -> async_graphql::Result<BoxStream<'static, Result<RatingExpiry>>> {
        let division = division(&within)?;
        let clock = ctx.services().clock.clone();
        let rows = follow(
            ctx,
            &[warnings::EXPIRING],
            move |services, told| async move {
                let today = services.clock.today();
                let select = supervision::ratings_expiring(
                    today,
                    warnings::expires_before(today),
                    Some(division),
                );
                Ok(select
                    .filter(rating::Column::Id.is_in(ids_of(&told)))
                    .all(services.db.read())
                    .await?)
            },
        );
        let ratings = rows.map(move |row| {
            row.map(|row| RatingExpiry {
                rating: Rating::on(&row, clock.today()),
                code: row.credit_code,
            })
        });
        Ok(ratings.boxed())
    }

    /// Entries of the abnormal list in a division and below that became serious, as it happens; read `creditLists` first for those that stand (活动异常名录转入严重失信名单提醒).
    async fn listing_escalates(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
    ) -> async_graphql::Result<BoxStream<'static, Result<ListingEscalation>>> {
        let division = division(&within)?;
        let clock = ctx.services().clock.clone();
        let rows = follow(
            ctx,
            &[listings::ESCALATED],
            move |services, told| async move {
                let wanted = Wanted {
                    list: Some(CreditList::Serious),
                    ..Wanted::default()
                };
                let select = listings::standing(division, &wanted, services.clock.today());
                Ok(select
                    .filter(credit_listing::Column::Id.is_in(ids_of(&told)))
                    .all(services.db.read())
                    .await?)
            },
        );
        let entries = rows.map(move |row| {
            row.map(|row| ListingEscalation {
                code: row.credit_code.clone(),
                listing: CreditListing::on(row, clock.today()),
            })
        });
        Ok(entries.boxed())
    }
}
