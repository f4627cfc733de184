//! What places tell as it happens.

use async_graphql::{Context, SimpleObject, Subscription as Subscribe};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use minzheng_kit::events::{Past, Topic, resumable};
use minzheng_kit::{PrincipalExt, Result, page};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value};

use super::query::PlaceChangeEntry;
use crate::model::place_change;

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
