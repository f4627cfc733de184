//! What the funeral subsystem tells as it happens: each stream follows the outbox and answers with the rows as they are
//! now, judged for the listener.

use async_graphql::{Context, ID, Result, Subscription as Subscribe};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use minzheng_kit::contract::scope;
use minzheng_kit::events;
use minzheng_kit::federation::directives::requires_scopes;
use minzheng_kit::{Error, PrincipalExt, Services};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::access;
use super::case::FuneralCase;
use super::grave::IllegalGrave;
use super::hearse::Hearse;
use super::plot::WorshipSlot;
use super::ticket::HotlineTicket;
use crate::model::{facility, funeral_case, hearse, hotline_ticket, illegal_grave, worship_slot};
use crate::rules::settings;
use crate::service::facilities::divisions_in;
use crate::service::{furnishing, graves, tickets, worship};

/// What is told as it happens (订阅).
#[derive(Clone, Copy, Debug, Default)]
pub struct Subscription;

/// What is told as it happens (订阅).
#[Subscribe]
impl Subscription {
    /// The hotline's tickets in the operator's division as they are opened and advanced; read `openTickets` first for those that stand (热线工单变化).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn hotline_ticket_changed(
        &self,
        ctx: &Context<'_>,
    ) -> Result<BoxStream<'static, minzheng_kit::Result<HotlineTicket>>> {
        ctx.need(scope::HOTLINE)?;
        let division = access::own_division(ctx)?;
        access::hotline(ctx, division)?;
        let rows = follow(ctx, &tickets::CHANGES, move |services, ids| async move {
            Ok(hotline_ticket::Entity::find()
                .filter(hotline_ticket::Column::Id.is_in(ids))
                .filter(hotline_ticket::Column::DivisionId.in_subquery(divisions_in(division)))
                .order_by_asc(hotline_ticket::Column::OpenedAt)
                .all(services.db.read())
                .await?)
        });
        Ok(rows.map(|row| row.map(HotlineTicket::of)).boxed())
    }

    /// A case after each of its steps; for its applicant and for officers of its division (案件进展).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["self".into()]]))]
    async fn case_advanced(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case (治丧案件).")] case: ID,
    ) -> Result<BoxStream<'static, minzheng_kit::Result<FuneralCase>>> {
        let services = ctx.services().clone();
        let wanted = super::uuid(&case, "case")?;
        let row = funeral_case::Entity::find_by_id(wanted)
            .one(services.db.read())
            .await
            .map_err(Error::from)?
            .ok_or(Error::Forbidden)?;
        access::case(ctx, &row)?;
        let (caller, province) = (ctx.principal().clone(), services.province.clone());
        let rows = follow(ctx, &["FuneralCaseAdvanced"], move |services, ids| {
            let (caller, province) = (caller.clone(), province.clone());
            async move {
                if !ids.contains(&wanted) {
                    return Ok(Vec::new());
                }
                let row = funeral_case::Entity::find_by_id(wanted)
                    .one(services.db.read())
                    .await?;
                // Who claimed the body in the meantime is the applicant now.
                Ok(row
                    .filter(|row| crate::service::authority::case(&caller, &province, row).is_ok())
                    .into_iter()
                    .collect())
            }
        });
        let cases = rows.filter_map(|row| async move {
            match row {
                Ok(row) => FuneralCase::all(vec![row]).pop().map(Ok),
                Err(error) => Some(Err(error)),
            }
        });
        Ok(cases.boxed())
    }

    /// The hearses of the operator's division as they report where they are (接运车位置变化).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn hearse_moved(
        &self,
        ctx: &Context<'_>,
    ) -> Result<BoxStream<'static, minzheng_kit::Result<Hearse>>> {
        ctx.need(scope::HOTLINE)?;
        let division = access::own_division(ctx)?;
        access::hotline(ctx, division)?;
        let rows = follow(ctx, &furnishing::MOVES, move |services, ids| async move {
            let homes = facility::Entity::find()
                .select_only()
                .column(facility::Column::Id)
                .filter(facility::Column::DivisionId.in_subquery(divisions_in(division)))
                .into_query();
            Ok(hearse::Entity::find()
                .filter(hearse::Column::Id.is_in(ids))
                .filter(hearse::Column::FacilityId.in_subquery(homes))
                .all(services.db.read())
                .await?)
        });
        Ok(rows.map(|row| row.map(Hearse::from)).boxed())
    }

    /// The clean-ups of the officer's division whose time to put the grave right has run out (违建坟墓处置逾期).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn case_overdue(
        &self,
        ctx: &Context<'_>,
    ) -> Result<BoxStream<'static, minzheng_kit::Result<IllegalGrave>>> {
        let division = access::own_division(ctx)?;
        access::officer(ctx, scope::FUNERAL_CASE, division)?;
        let services = ctx.services().clone();
        let today = services.clock.clone();
        let rows = follow(ctx, &[graves::OVERDUE], move |services, ids| async move {
            Ok(illegal_grave::Entity::find()
                .filter(illegal_grave::Column::Id.is_in(ids))
                .filter(illegal_grave::Column::DivisionId.in_subquery(divisions_in(division)))
                .order_by_asc(illegal_grave::Column::DueOn)
                .all(services.db.read())
                .await?)
        });
        let graves = rows.filter_map(move |row| {
            let today = today.today();
            async move {
                match row {
                    Ok(row) => IllegalGrave::all(vec![row], today).pop().map(Ok),
                    Err(error) => Some(Err(error)),
                }
            }
        });
        Ok(graves.boxed())
    }

    /// The spans of a facility in which graves can be visited, as they fill and empty (祭扫客流变化).
    async fn crowd_level(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The facility (设施).")] facility: ID,
    ) -> Result<BoxStream<'static, minzheng_kit::Result<WorshipSlot>>> {
        let wanted = super::uuid(&facility, "facility")?;
        let services = ctx.services().clone();
        let (clock, province) = (services.clock.clone(), services.province.clone());
        let rows = follow(ctx, &worship::CROWDS, move |services, ids| async move {
            Ok(worship_slot::Entity::find()
                .filter(worship_slot::Column::Id.is_in(ids))
                .filter(worship_slot::Column::FacilityId.eq(wanted))
                .order_by_asc(worship_slot::Column::Day)
                .order_by_asc(worship_slot::Column::StartsHour)
                .all(services.db.read())
                .await?)
        });
        Ok(rows
            .map(move |row| {
                let rules = settings::on(province.as_str(), clock.today());
                row.map(|row| WorshipSlot::of(row, &rules))
            })
            .boxed())
    }
}

/// The rows that events of some kinds are about, by the ids in their keys; see [`events::follow`].
fn follow<T, F, R>(
    ctx: &Context<'_>,
    kinds: &[&'static str],
    load: F,
) -> BoxStream<'static, minzheng_kit::Result<T>>
where
    T: Send + 'static,
    F: Fn(Services, Vec<Uuid>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<Vec<T>, Error>> + Send + 'static,
{
    events::follow(ctx, kinds, move |services, told| {
        load(services, events::ids_of(&told))
    })
}
