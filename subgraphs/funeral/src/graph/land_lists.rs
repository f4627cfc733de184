//! Lists of the land: illegal graves, burial places of villages, zones, and where facilities are wanting.

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object, Result};
use minzheng_kit::PrincipalExt;
use minzheng_kit::federation::directives::{CacheScope, cache_control, requires_scopes};
use minzheng_kit::page::{PageArgs, keyset};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};

use super::grave::{GraveSquare, IllegalGrave};
use super::inputs::BoxInput;
use super::land::{BurialZone, FacilityGap, RuralBurialSite};
use super::{access, settings_today, size, uuid};
use crate::model::{burial_zone, illegal_grave, rural_burial_site};
use crate::rules::terms::GraveState;
use crate::service::facilities::divisions_in;
use crate::service::{graves, sites};

type Page<T> = Connection<String, T, EmptyFields, EmptyFields>;
/// Lists of the land.
#[derive(Default)]
pub struct LandQuery;

#[Object]
impl LandQuery {
    /// Single illegal graves of a division, in a box and in a state if asked, for its officers and
    /// supervisors (违建坟墓清册).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["statistics.read".into(), "officer".into()]]))]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is an argument of the field"
    )]
    async fn illegal_grave_cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division; the officer's own if not given (行政区划).")]
        division: Option<ID>,
        #[graphql(desc = "Only inside this box (范围).")] bbox: Option<BoxInput>,
        #[graphql(desc = "Only in this state (处置状态).")] state: Option<GraveState>,
        #[graphql(
            desc = "Only those whose time to be put right has passed (仅逾期).",
            default
        )]
        overdue: bool,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (游标).")] after: Option<String>,
    ) -> Result<Option<Page<IllegalGrave>>> {
        let division = match division {
            Some(id) => uuid(&id, "division")?,
            None => access::own_division(ctx)?,
        };
        access::positions(ctx, division)?;
        let today = ctx.services().clock.today();
        let mut select = illegal_grave::Entity::find()
            .filter(illegal_grave::Column::DivisionId.in_subquery(divisions_in(division)));
        if let Some(bbox) = bbox {
            let (low, high) = (bbox.low.checked()?, bbox.high.checked()?);
            select = select
                .filter(illegal_grave::Column::Lat.between(low.lat, high.lat))
                .filter(illegal_grave::Column::Lon.between(low.lon, high.lon));
        }
        if let Some(state) = state {
            select = select.filter(illegal_grave::Column::State.eq(state));
        }
        if overdue {
            select = select
                .filter(
                    illegal_grave::Column::State
                        .is_in([GraveState::Notice, GraveState::Rectifying]),
                )
                .filter(illegal_grave::Column::DueOn.lt(today));
        }
        let order = [
            (illegal_grave::Column::FoundOn, Order::Desc),
            (illegal_grave::Column::Id, Order::Asc),
        ];
        let args = PageArgs::forward(first, after);
        Ok(Some(
            keyset(ctx.services().db.read(), select, &order, &args, |rows| {
                IllegalGrave::all(rows, today)
            })
            .await?,
        ))
    }

    /// Where illegal graves that are not yet cleaned up lie, counted in squares of two kilometres, the
    /// 5,000 fullest at most, for displays that may not see single ones (违建坟墓分布网格).
    #[graphql(directive = requires_scopes::apply(vec![vec!["statistics.read".into()]]))]
    async fn illegal_grave_grid(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division (行政区划).")] division: ID,
    ) -> Result<Option<Vec<GraveSquare>>> {
        let division = uuid(&division, "division")?;
        access::figures(ctx, division)?;
        let squares = graves::grid(ctx.services().db.read(), division).await?;
        Ok(Some(squares.into_iter().map(GraveSquare::from).collect()))
    }

    /// The illegal graves that the caller reported, newest first (我举报的违建坟墓).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()]]))]
    async fn my_grave_reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (游标).")] after: Option<String>,
    ) -> Result<Option<Page<IllegalGrave>>> {
        let own = ctx.person()?.to_owned();
        let today = ctx.services().clock.today();
        let select = illegal_grave::Entity::find().filter(illegal_grave::Column::Reporter.eq(own));
        let order = [
            (illegal_grave::Column::FoundOn, Order::Desc),
            (illegal_grave::Column::Id, Order::Asc),
        ];
        let args = PageArgs::forward(first, after);
        Ok(Some(
            keyset(ctx.services().db.read(), select, &order, &args, |rows| {
                IllegalGrave::all(rows, today)
            })
            .await?,
        ))
    }

    /// The burial places of villages in a division and below it, by identity (农村集中安葬点).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn rural_burial_sites(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division (行政区划).")] division: ID,
        #[graphql(
            desc = "Only those looked after by the rules, or only the others (是否规范管理)."
        )]
        managed: Option<bool>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (游标).")] after: Option<String>,
    ) -> Result<Option<Page<RuralBurialSite>>> {
        let division = uuid(&division, "division")?;
        let mut select = rural_burial_site::Entity::find()
            .filter(rural_burial_site::Column::DivisionId.in_subquery(divisions_in(division)));
        if let Some(managed) = managed {
            select = select.filter(rural_burial_site::Column::Managed.eq(managed));
        }
        let order = [(rural_burial_site::Column::Id, Order::Asc)];
        let args = PageArgs::forward(first, after);
        Ok(Some(
            keyset(
                ctx.services().db.read(),
                select,
                &order,
                &args,
                RuralBurialSite::all,
            )
            .await?,
        ))
    }

    /// What the plan of a division asks for and what there is, by kind of facility (设施缺口).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn facility_gap(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division (行政区划).")] division: ID,
    ) -> Result<Option<Vec<FacilityGap>>> {
        let services = ctx.services();
        let id = uuid(&division, "division")?;
        let rules = settings_today(ctx);
        let gaps = sites::gaps(services.db.read(), &[id], services.clock.today(), &rules).await?;
        let as_of = minzheng_kit::DateTime(services.clock.now());
        Ok(Some(
            gaps.get(&id)
                .into_iter()
                .flatten()
                .map(|gap| FacilityGap::of(gap, as_of))
                .collect(),
        ))
    }

    /// The zones of a division in which nobody is buried (禁葬区).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn burial_zones(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division (行政区划).")] division: ID,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
    ) -> Result<Option<Vec<BurialZone>>> {
        let division = uuid(&division, "division")?;
        let rows = burial_zone::Entity::find()
            .filter(burial_zone::Column::DivisionId.in_subquery(divisions_in(division)))
            .order_by_asc(burial_zone::Column::Id)
            .limit(size(first, 50, 200) as u64)
            .all(ctx.services().db.read())
            .await
            .map_err(minzheng_kit::Error::from)?;
        Ok(Some(rows.into_iter().map(BurialZone::of).collect()))
    }
}
