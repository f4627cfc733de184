//! What an approved and published name does to its place.
//!
//! Names carry their first and last day, so the name of a later day is stored at once and served from its day
//! on; nothing has to run at midnight. What else changes on that day (the states of applications) is
//! settled by the next change of anything ([`crate::service::timers`]).

use chrono::{DateTime, NaiveDate, Utc};
use minzheng_kit::{Error, Result};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, sea_query::Expr,
    sea_query::LikeExpr,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    model::{
        naming_application, outdated_address, place, place_name,
        vocabulary::{NameStatus, NamingKind},
    },
    rules::{romanise, state::NamingState},
    service::{
        act::{self, About},
        telling,
    },
};

/// The standard name that stands, whose end is not known yet.
pub async fn standing<C: ConnectionTrait>(
    db: &C,
    place: Uuid,
) -> Result<Option<place_name::Model>> {
    Ok(place_name::Entity::find()
        .filter(place_name::Column::Place.eq(place))
        .filter(place_name::Column::Status.eq(NameStatus::Standard))
        .filter(place_name::Column::ValidTo.is_null())
        .one(db)
        .await?)
}

/// Writes the name of a published application: the place for a new name, the end of every name that would stand on its
/// day or later, the beginning of the new one, the addresses that print the old one. Answers the place.
pub async fn prepare(
    tx: &DatabaseTransaction,
    at: DateTime<Utc>,
    row: &naming_application::Model,
    effective: NaiveDate,
) -> Result<Uuid> {
    let place = match row.place {
        Some(id) => id,
        None => found(tx, row).await?,
    };
    let old = end(tx, place, effective).await?;
    if let Some(old) = &old {
        outdate(tx, row, place, &old.name, effective).await?;
    }
    if row.kind != NamingKind::Cancel {
        begin(tx, row, place, effective).await?;
    }
    place::Entity::update_many()
        .col_expr(
            place::Column::Version,
            Expr::col(place::Column::Version).add(1),
        )
        .filter(place::Column::Id.eq(place))
        .exec(tx)
        .await?;
    let own = json!({
        "county": row.county,
        "change": act::stored(&row.kind),
        "formerName": old.map(|old| old.name),
    });
    let stands = place::Entity::find_by_id(place).one(tx).await?;
    let stands = stands.ok_or_else(|| Error::internal("a name without a place"))?;
    telling::place(tx, at, &stands, effective, own).await?;
    Ok(place)
}

/// Ends every name that would stand on this day or later. One that was to begin later never stands: its span is empty.
/// Answers the first of them, which stood until now.
async fn end(
    tx: &DatabaseTransaction,
    place: Uuid,
    effective: NaiveDate,
) -> Result<Option<place_name::Model>> {
    use place_name::Column as C;
    let names = place_name::Entity::find()
        .filter(C::Place.eq(place))
        .filter(C::Status.is_in([NameStatus::Standard, NameStatus::Former]))
        .filter(C::ValidTo.is_null().or(C::ValidTo.gt(effective)))
        .order_by_asc(C::ValidFrom)
        .all(tx)
        .await?;
    let mut stood = None;
    for name in names {
        if name.valid_to == Some(name.valid_from) {
            continue;
        }
        let last = Ord::max(effective, name.valid_from);
        let mut ended = name.clone().into_active_model();
        ended.status = Set(NameStatus::Former);
        ended.valid_to = Set(Some(last));
        ended.update(tx).await?;
        if stood.is_none() {
            stood = Some(name);
        }
    }
    Ok(stood)
}

/// A place of its own for a new name.
async fn found(tx: &DatabaseTransaction, row: &naming_application::Model) -> Result<Uuid> {
    if row.kind != NamingKind::Name {
        return Err(Error::internal("a renaming without a place"));
    }
    let id = minzheng_kit::id::new();
    place::ActiveModel {
        id: Set(id),
        kind: Set(row.place_kind),
        division: Set(row.division),
        county: Set(row.county),
        longitude: Set(row.longitude),
        latitude: Set(row.latitude),
        address: Set(None),
        origin: Set(None),
        meaning: Set(None),
        is_heritage: Set(false),
        is_demo: Set(row.is_demo),
        version: Set(1),
    }
    .insert(tx)
    .await?;
    Ok(id)
}

async fn begin(
    tx: &DatabaseTransaction,
    row: &naming_application::Model,
    place: Uuid,
    effective: NaiveDate,
) -> Result<()> {
    let roman = romanise::romanise(&row.specific, Some(&row.generic), row.place_kind);
    place_name::ActiveModel {
        id: Set(minzheng_kit::id::new()),
        place: Set(place),
        kind: Set(row.place_kind),
        county: Set(row.county),
        name: Set(row.name.clone()),
        specific: Set(row.specific.clone()),
        generic: Set(Some(row.generic.clone())),
        roman: Set(roman.plain),
        roman_toned: Set(roman.toned),
        sound: Set(row.sound.clone()),
        status: Set(NameStatus::Standard),
        valid_from: Set(effective),
        valid_to: Set(None),
    }
    .insert(tx)
    .await?;
    Ok(())
}

/// P-13: the standard addresses in the county that print a name which ends are put on the list of those to
/// be renewed.
async fn outdate(
    tx: &DatabaseTransaction,
    row: &naming_application::Model,
    renamed: Uuid,
    old: &str,
    since: NaiveDate,
) -> Result<()> {
    let printing = place::Entity::find()
        .filter(place::Column::County.eq(row.county))
        .filter(place::Column::Id.ne(renamed))
        .filter(Expr::col(place::Column::Address).like(LikeExpr::new(format!("%{old}%"))))
        .all(tx)
        .await?;
    let row_of = |place: &place::Model| outdated_address::ActiveModel {
        place: Set(place.id),
        application: Set(row.id),
        county: Set(row.county),
        old_name: Set(old.to_owned()),
        new_name: Set((row.kind != NamingKind::Cancel).then(|| row.name.clone())),
        since: Set(since),
    };
    // Collected first: an iterator that borrows does not go through an await.
    let rows: Vec<_> = printing.iter().map(row_of).collect();
    minzheng_kit::database::insert_many(tx, rows).await
}

/// Whether a decision whose day has come still says what its place is called: not where one that was made public after
/// it, for an earlier day, has taken its place.
pub async fn prevails<C: ConnectionTrait>(
    db: &C,
    row: &naming_application::Model,
    place: Uuid,
) -> Result<bool> {
    let standing = standing(db, place).await?;
    Ok(match (row.kind, standing) {
        (NamingKind::Cancel, None) => true,
        (NamingKind::Cancel, Some(_)) | (_, None) => false,
        (NamingKind::Name | NamingKind::Rename, Some(name)) => {
            name.name == row.name && Some(name.valid_from) == row.effective_on
        }
    })
}

/// The decisions of before on the same place end with the new one: `IN_FORCE → RENAMED` or `CANCELLED`.
pub async fn supersede(
    tx: &DatabaseTransaction,
    at: DateTime<Utc>,
    application: Uuid,
    place: Uuid,
) -> Result<()> {
    let Some(row) = naming_application::Entity::find_by_id(application)
        .one(tx)
        .await?
    else {
        return Ok(());
    };
    let ended = match row.kind {
        NamingKind::Name => return Ok(()),
        NamingKind::Rename => NamingState::Renamed,
        NamingKind::Cancel => NamingState::Cancelled,
    };
    naming_application::Entity::update_many()
        .col_expr(
            naming_application::Column::State,
            Expr::value(act::stored(&ended)),
        )
        .col_expr(
            naming_application::Column::Version,
            Expr::col(naming_application::Column::Version).add(1),
        )
        .filter(naming_application::Column::Place.eq(place))
        .filter(naming_application::Column::Id.ne(application))
        .filter(naming_application::Column::State.eq(NamingState::InForce))
        .exec(tx)
        .await?;
    let about = About {
        division: Some(row.county),
        place: Some(place),
        application: Some(application),
    };
    let body = json!({ "version": 1, "application": application, "place": place, "ended": act::stored(&ended) });
    act::record(tx, at, "NamingSuperseded", about, body).await
}
