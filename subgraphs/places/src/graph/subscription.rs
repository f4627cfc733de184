//! What places tell as it happens.

use async_graphql::{Context, ID, SimpleObject, Subscription as Subscribe};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use minzheng_kit::events::{
    DivisionChanged, FeedEvent, Known, Past, Topic, follow, ids_of, resumable,
};
use minzheng_kit::federation::directives::requires_scopes;
use minzheng_kit::{Date, PrincipalExt, Result, page};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value};

use super::{
    change::DivisionChange,
    naming::NamingApplication,
    query::{PlaceChangeEntry, own_area},
};
use crate::{
    model::place_change,
    service::{
        division_change,
        naming::{self, filing},
        timers,
    },
};

/// Changes read in one go.
const AT_ONCE: u64 = 100;

/// A change with the cursor to go on from (变更及游标).
#[derive(SimpleObject, Clone)]
pub(crate) struct PlaceChangeNotice {
    /// The cursor of the change, as `changesSince` has it (游标).
    cursor: String,
    /// The change (变更记录).
    change: PlaceChangeEntry,
}

/// A decision on a name whose filing is due (地名备案到期提醒).
#[derive(SimpleObject, Clone)]
pub(crate) struct FilingDueNotice {
    /// The application (地名申请).
    application: NamingApplication,
    /// The last day for filing (备案截止日期).
    due_on: Date,
    /// Days until then; 0 on the day itself, less when it is over (剩余天数).
    days_left: i64,
}

/// What is told as it happens (订阅).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Subscription;

/// What is told as it happens (订阅).
#[Subscribe]
impl Subscription {
    /// Changes in names and divisions, in the order in which they were committed (地名区划变更推送).
    async fn place_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor of the last change seen: those behind it are told first; if not given, those that come from now on (上次游标)."
        )]
        since: Option<String>,
    ) -> Result<BoxStream<'static, Result<PlaceChangeNotice>>> {
        let since = since.map(|cursor| place(&cursor)).transpose()?;
        let reading = ctx.services().db.clone();
        let topics = vec![Topic::anything()];
        let changes = resumable(ctx, topics, since, Past::Fixed, move |seq| {
            let db = reading.clone();
            async move { behind(&db, seq).await }
        });
        Ok(changes.boxed())
    }

    /// Changes of divisions on the day they take effect (区划变更生效推送).
    async fn division_changed(
        &self,
        ctx: &Context<'_>,
    ) -> Result<BoxStream<'static, Result<DivisionChange>>> {
        let kinds = [<DivisionChanged as Known>::KIND];
        let changes = follow(ctx, &kinds, |services, told| async move {
            let read = |event: &FeedEvent| event.event().ok()?.read::<DivisionChanged>().ok()?;
            let ids: Vec<_> = told
                .iter()
                .filter_map(read)
                .map(|told| told.change)
                .collect();
            let rows = division_change::of_ids(services.db.read(), &ids).await?;
            Ok(DivisionChange::all(rows))
        });
        Ok(changes)
    }

    /// Decisions on names in the officer's area whose filing is due, once as the last day comes near; read `filingsOverdue` first for those that are late (地名备案临期提醒).
    #[graphql(directive = requires_scopes::apply(vec![vec!["places.write".into()]]))]
    async fn filing_due(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In this division; the officer's own if not given (区划).")]
        division_id: Option<ID>,
    ) -> Result<BoxStream<'static, Result<FilingDueNotice>>> {
        ctx.need("places.write")?;
        let division = own_area(ctx, division_id.as_ref()).await?;
        let due = follow(
            ctx,
            &[timers::FILING_DUE],
            move |services, told| async move {
                let (db, today) = (services.db.read(), services.clock.today());
                let rows = filing::open_among(division, &ids_of(&told)).all(db).await?;
                let ids: Vec<_> = rows.iter().map(|row| row.application).collect();
                let applications = naming::applications(db, &ids).await?;
                let due = |one: &NamingApplication| {
                    let row = rows.iter().find(|row| row.application == one.uuid());
                    row.map(|row| row.due_on)
                };
                let notices =
                    NamingApplication::all(applications)
                        .into_iter()
                        .filter_map(|application| {
                            let due_on = due(&application)?;
                            Some(FilingDueNotice {
                                application,
                                due_on: Date(due_on),
                                days_left: (due_on - today).num_days(),
                            })
                        });
                Ok(notices.collect())
            },
        );
        Ok(due)
    }
}

/// The place that a cursor of the feed stands for.
fn place(cursor: &str) -> Result<i64> {
    match page::decode(cursor, 1)?.as_slice() {
        [Value::BigInt(Some(seq))] => Ok(*seq),
        _ => Err(page::bad_cursor()),
    }
}

/// Some of the changes behind a place, and the last one's place; with no place given, none, and the
/// place of the last there is.
async fn behind(
    db: &minzheng_kit::Database,
    seq: Option<i64>,
) -> Result<(Vec<PlaceChangeNotice>, Option<i64>)> {
    use place_change::Column;
    let Some(seq) = seq else {
        let last = place_change::Entity::find().order_by_desc(Column::Seq);
        let last = last.one(db.read()).await?;
        return Ok((Vec::new(), Some(last.map_or(0, |row| row.seq))));
    };
    let rows = place_change::Entity::find()
        .filter(Column::Seq.gt(seq))
        .order_by_asc(Column::Seq)
        .limit(AT_ONCE)
        .all(db.read())
        .await?;
    let last = rows.last().map_or(seq, |row| row.seq);
    let cursors: Vec<String> = rows
        .iter()
        .map(|row| page::encode(&[row.seq.into()]))
        .collect();
    let notices = cursors
        .into_iter()
        .zip(PlaceChangeEntry::all(rows))
        .map(|(cursor, change)| PlaceChangeNotice { cursor, change });
    Ok((notices.collect(), Some(last)))
}
