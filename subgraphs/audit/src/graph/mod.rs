//! What citizens, officers, other provinces, auditors and dashboards see of the access log.

mod masked;
mod record;
mod terms;

use std::sync::Arc;

use async_graphql::{Context, EmptyMutation, EmptySubscription, ID, InputObject, Object, Schema};
use sea_orm::{Order, QueryFilter as _};

use crate::{
    kit::{
        Date, DivisionCode, Error, Graph, PrincipalExt, Result, Role, Services, UserError,
        YearMonth,
        contract::scope,
        events::{self, FeedEvent},
        federation::{self, directives::*},
        page::{Page, PageArgs, keyset},
    },
    model::{access_entry, access_subject},
    service::{
        find::{self, Filter},
        ingest::Reader,
        whose,
    },
};

pub use masked::{MaskedAccess, MaskedAccessFilter};
pub use record::{AccessCount, AccessRecord, OwnAccess};
pub use terms::{AccessDecision, AccessRetention, AccessRole};

/// More months than these are not counted at once.
const MOST_MONTHS: i32 = 120;

/// The schema over the services and the log.
pub(crate) fn build(services: Services, reader: Arc<Reader>) -> Graph {
    Graph::new(
        Schema::build(Query, EmptyMutation, EmptySubscription)
            .data(services.clone())
            .data(reader)
            .disable_suggestions()
            .finish(),
    )
    .over(services)
}

/// What an auditor looks for (查询条件).
#[derive(Clone, Debug, Default, InputObject)]
pub struct AccessLogFilter {
    /// From this day on; from the beginning when it is left out (起始日期).
    pub from: Option<Date>,
    /// Up to and with this day; to the present when it is left out (截止日期).
    pub to: Option<Date>,
    /// By callers of this role (访问者角色).
    pub role: Option<AccessRole>,
    /// By officers of this division and below (访问者所属区划).
    pub division: Option<DivisionCode>,
    /// About this person (被访问人).
    pub person: Option<ID>,
    /// By this caller, by the opaque id that records carry (访问者标识).
    pub actor: Option<String>,
    /// In this case (所涉事项).
    pub case: Option<String>,
    /// With this outcome (处理结果).
    pub decision: Option<AccessDecision>,
    /// Kept for this long (保存类别).
    pub retention: Option<AccessRetention>,
}

impl From<AccessLogFilter> for Filter {
    fn from(asked: AccessLogFilter) -> Self {
        Self {
            from: asked.from.map(|day| day.0),
            to: asked.to.map(|day| day.0),
            role: asked.role.map(|role| role.text().to_owned()),
            division: asked.division.map(|code| reach(&code.0).to_owned()),
            person: asked.person.map(|id| id.to_string()),
            actor: asked.actor,
            case: asked.case,
            decision: asked.decision.map(AccessDecision::text),
            class: asked.retention.map(AccessRetention::text),
        }
    }
}

/// What the codes of a division and of all below it begin with.
fn reach(code: &str) -> &str {
    let mut prefix = code;
    while prefix.len() > 2 && prefix.len().is_multiple_of(2) && prefix.ends_with("00") {
        prefix = &prefix[..prefix.len() - 2];
    }
    prefix
}

/// What may be asked of the access log (访问日志查询).
#[derive(Clone, Copy, Debug)]
pub struct Query;

/// What may be asked (查询).
#[Object]
impl Query {
    /// Who saw the signed-in citizen's personal data, the latest first: by role and division, when and for what purpose; null when it cannot be read (本人信息访问记录).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["self".into()]]),
        directive = cache_control::apply(Some(0), Some(CacheScope::Private)),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn my_access_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From this day on; from the beginning when it is left out (起始日期).")]
        from: Option<Date>,
        #[graphql(
            desc = "Up to and with this day; to the present when it is left out (截止日期)."
        )]
        to: Option<Date>,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<OwnAccess>>> {
        use access_subject::Column;
        let page = async {
            let me = ctx.person()?;
            caught_up(ctx).await?;
            let select = find::about(me, from.map(|day| day.0), to.map(|day| day.0));
            let order = [(Column::At, Order::Desc), (Column::Id, Order::Desc)];
            let args = PageArgs::forward(first, after);
            let db = ctx.services().db.read();
            let own = |rows: Vec<_>| rows.into_iter().map(OwnAccess).collect();
            keyset(db, select, &order, &args, own).await
        };
        Some(page.await)
    }

    /// The access log for auditors, the latest first; it holds who read which fields of whom and why, never a value; null when it cannot be read (访问日志).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["audit.read".into()]]),
        directive = cache_control::apply(Some(0), Some(CacheScope::Private)),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn access_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is looked for; everything when it is left out (查询条件).")]
        filter: Option<AccessLogFilter>,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<AccessRecord>>> {
        use access_entry::Column;
        let page = async {
            ctx.need(scope::AUDIT_READ)?;
            caught_up(ctx).await?;
            let select = find::entries(&filter.unwrap_or_default().into());
            let order = [(Column::At, Order::Desc), (Column::Id, Order::Desc)];
            let args = PageArgs::forward(first, after);
            let db = ctx.services().db.read();
            let records = |rows: Vec<_>| rows.into_iter().map(AccessRecord).collect();
            keyset(db, select, &order, &args, records).await
        };
        Some(page.await)
    }

    /// What the access log has of the caller's office, without the persons, the latest first: an officer's own acts, for a supervisor those of the own division too, for another province what it asked for itself; null when it cannot be read (本岗位访问记录，不含被访问人).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["audit.own".into()]]),
        directive = cache_control::apply(Some(0), Some(CacheScope::Private)),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn masked_access_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is looked for; everything when it is left out (查询条件).")]
        filter: Option<MaskedAccessFilter>,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<MaskedAccess>>> {
        use access_entry::Column;
        let page = async {
            ctx.need(scope::AUDIT_OWN)?;
            let own = whose::of(ctx.principal()).ok_or(Error::Forbidden)?;
            caught_up(ctx).await?;
            let select = find::entries(&filter.unwrap_or_default().into()).filter(own);
            let order = [(Column::At, Order::Desc), (Column::Id, Order::Desc)];
            let args = PageArgs::forward(first, after);
            let db = ctx.services().db.read();
            let masked = |rows: Vec<_>| rows.into_iter().map(MaskedAccess).collect();
            keyset(db, select, &order, &args, masked).await
        };
        Some(page.await)
    }

    /// How often personal data was read or refused, by month, role and outcome: for dashboards and auditors all, for officers what `maskedAccessLog` shows them; months without any are left out; null when it cannot be read (访问次数统计).
    #[graphql(
        directive = requires_scopes::apply(vec![
            vec!["audit.read".into()],
            vec!["statistics.read".into()],
        ]),
        directive = cache_control::apply(Some(0), Some(CacheScope::Private))
    )]
    async fn access_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first month (起始月份).")] from: YearMonth,
        #[graphql(desc = "The last month; at most 120 months (截止月份).")] to: YearMonth,
    ) -> Option<Result<Vec<AccessCount>>> {
        let counts = async {
            if ctx.need(scope::AUDIT_READ).is_err() {
                ctx.need(scope::STATISTICS_READ)?;
            }
            if !(0..MOST_MONTHS).contains(&(to.index() - from.index())) {
                return Err(UserError::new(
                    "MONTHS",
                    "Ask for 1 to 120 months, the first before the last.",
                    "统计期间须为1至120个月，起始月份不得晚于截止月份。",
                )
                .field(&["to"])
                .into());
            }
            let caller = ctx.principal();
            let own = match caller.role {
                Role::Registrar | Role::Supervisor => {
                    Some(whose::of(caller).ok_or(Error::Forbidden)?)
                }
                _ => None,
            };
            caught_up(ctx).await?;
            let rows = find::counts(ctx.services().db.read(), from, to, own).await?;
            Ok(rows.into_iter().map(AccessCount).collect())
        };
        Some(counts.await)
    }

    /// This subgraph's schema.
    #[graphql(name = "_service")]
    async fn service(&self) -> federation::Service {
        federation::Service
    }

    /// This subgraph's events.
    #[graphql(name = "_events")]
    async fn events(&self, ctx: &Context<'_>, after: i64, first: i32) -> Result<Vec<FeedEvent>> {
        events::feed(ctx, after, first).await
    }
}

/// What was recorded a moment ago is found at once.
async fn caught_up(ctx: &Context<'_>) -> Result<()> {
    let reader = ctx.data_unchecked::<Arc<Reader>>();
    reader.catch_up(ctx.services()).await
}
