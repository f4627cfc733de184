//! Taking in identities that other subgraphs sealed.
//!
//! The same identity may come again and again, from several subgraphs: the first one makes the row,
//! later ones add a name that was missing or, if they tell another name, mark it for an officer. A
//! sealed identity that cannot be opened, or whose number does not belong to the token it came with,
//! will never become right: it is logged by its token and passed over, so that the feed goes on.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait,
    IntoActiveModel, QueryFilter,
};

use crate::{
    kit::{
        Error, Result, Services,
        clock::legal_day,
        events::{AliasCause, Event, IdentityDoubted, PersonAliased, emit},
        identity::{NumberKind, PersonNumber},
        seal::Columns,
        tokenizer::{NumberToken, PersonToken},
        vault::{Identity, Sealed, UNDER},
    },
    model::{
        person::{self, ActiveModel, Model},
        retired_token,
        terms::IdentityStatus,
    },
    rules::{Merge, checked, intake::first_status, merge, traits},
    service::columns,
};

/// An identity that belongs to the token it came with.
struct Opened {
    number: PersonNumber,
    identity: Identity,
    /// The token under the present key.
    token: String,
    /// Whether it came with a token of an earlier key.
    earlier: bool,
}

/// Takes in one `IdentitySealed` event.
pub async fn take_in(services: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
    let Some(opened) = opened(services, event)? else {
        tracing::error!(
            token = event.key,
            "a sealed identity is not right and was passed over"
        );
        return Ok(());
    };
    let columns = services
        .columns
        .for_writing(tx, services.clock.now())
        .await?;
    let token = &opened.token;
    match person::Entity::find_by_id(token).one(tx).await? {
        None => {
            let status = first_status(traits(&opened.number).kind);
            let now = services.clock.now();
            let row = row(
                &columns,
                token,
                &opened.identity,
                &opened.number,
                status,
                now,
            )?;
            person::Entity::insert(row)
                .exec_without_returning(tx)
                .await?;
        }
        Some(row) => {
            let under = event.body.get(UNDER).and_then(|token| token.as_str());
            known_as(services, tx, &row, under).await?;
            update(services, tx, &columns, row, &opened.identity).await?;
        }
    }
    if opened.earlier {
        retire(services, tx, &event.key, token).await?;
    }
    Ok(())
}

/// The identity of an event, if it can be opened and belongs to its token.
fn opened(services: &Services, event: &Event) -> Result<Option<Opened>> {
    let vault = services
        .vault_keys
        .as_ref()
        .ok_or_else(|| Error::internal("this process cannot open the vault"))?;
    let sealed = event.body.get("sealed").and_then(|text| text.as_str());
    let Some(identity) = sealed
        .and_then(Sealed::from_text)
        .and_then(|sealed| vault.open.open(&sealed).ok())
    else {
        return Ok(None);
    };
    let Some(number) = checked(&identity, legal_day(event.at)) else {
        return Ok(None);
    };
    let by_chance =
        number.kind() == NumberKind::Placeholder && PersonToken::version_of(&event.key) == Some(0);
    let present = services.tokenizer.token_of(&number);
    let present = present.map(NumberToken::into_made);
    let earlier = services.tokenizer.was(&number, &event.key);
    let token = match present {
        Some(token) if token == event.key || earlier => token,
        None if by_chance => event.key.clone(),
        _ => return Ok(None),
    };
    Ok(Some(Opened {
        number,
        identity,
        token,
        earlier,
    }))
}

/// A number that is another name, or was one for the teller (`under`).
///
/// Who does not know the name yet has written under the number's own token: the subsystems are told again where
/// it belongs, so that this moves too, and goes back with a split. Who knows it has written under the other name,
/// where no split finds it: that is remembered, and should the two be parted, both are in doubt until officers
/// have sorted out what was whose.
async fn known_as(
    services: &Services,
    tx: &DatabaseTransaction,
    row: &Model,
    under: Option<&str>,
) -> Result<()> {
    match (&row.alias_of, under) {
        (None, None) => Ok(()),
        (Some(main), None) => {
            let told = PersonAliased {
                old: row.token.clone(),
                new: main.clone(),
                cause: AliasCause::Merge,
                merge: row.alias_case.map(|case| case.to_string()),
                complete: None,
            };
            emit(tx, &Event::of(&told, services.clock.now())?).await
        }
        (Some(_), Some(_)) => {
            person::Entity::update_many()
                .col_expr(person::Column::AliasUsed, Expr::value(true))
                .filter(person::Column::Token.eq(&row.token))
                .exec(tx)
                .await?;
            Ok(())
        }
        // Parted meanwhile.
        (None, Some(under)) => doubt(tx, [&row.token, under], services.clock.now()).await,
    }
}

/// Puts persons in doubt who are not so yet: nothing is registered for them until two officers have settled it.
pub(super) async fn doubt(
    tx: &DatabaseTransaction,
    persons: [&str; 2],
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let rows = person::Entity::find()
        .filter(person::Column::Token.is_in(persons))
        .filter(person::Column::Status.ne(IdentityStatus::Disputed))
        .all(tx)
        .await?;
    for row in rows {
        let told = IdentityDoubted {
            person: row.token.clone(),
            doubted: true,
        };
        let version = row.version + 1;
        let mut row = row.into_active_model();
        row.status = Set(IdentityStatus::Disputed);
        row.version = Set(version);
        row.updated_at = Set(now);
        row.update(tx).await?;
        emit(tx, &Event::of(&told, now)?).await?;
    }
    Ok(())
}

/// A subsystem still works with an earlier key: its token leads to the present one from now on.
pub(super) async fn retire(
    services: &Services,
    tx: &DatabaseTransaction,
    old: &str,
    token: &str,
) -> Result<()> {
    let now = services.clock.now();
    let known = retired_token::Entity::find()
        .filter(retired_token::Column::Old.eq(old))
        .one(tx)
        .await?;
    if known.is_none() {
        let row = retired_token::ActiveModel {
            old: Set(old.to_owned()),
            token: Set(token.to_owned()),
            at: Set(now),
        };
        retired_token::Entity::insert(row)
            .exec_without_returning(tx)
            .await?;
    }
    let told = PersonAliased {
        old: old.to_owned(),
        new: token.to_owned(),
        cause: AliasCause::Rekey,
        merge: None,
        complete: None,
    };
    emit(tx, &Event::of(&told, now)?).await
}

async fn update(
    services: &Services,
    tx: &DatabaseTransaction,
    columns: &Columns,
    row: Model,
    identity: &Identity,
) -> Result<()> {
    let known = row
        .name
        .as_deref()
        .map(|name| columns.decrypt(&columns::NAME, &row.token, name))
        .transpose()?;
    let outcome = merge(
        row.status,
        known.as_ref().map(|name| name.as_str()),
        &identity.name,
    );
    let token = row.token.clone();
    let version = row.version + 1;
    let mut row: ActiveModel = row.into_active_model();
    row.version = Set(version);
    match outcome {
        Merge::Keep => return Ok(()),
        Merge::FillName => {
            row.name = Set(Some(columns.encrypt(
                &columns::NAME,
                &token,
                &identity.name,
            )?));
        }
        Merge::Dispute => {
            row.status = Set(IdentityStatus::Disputed);
            let told = IdentityDoubted {
                person: token,
                doubted: true,
            };
            emit(tx, &Event::of(&told, services.clock.now())?).await?;
        }
    }
    row.updated_at = Set(services.clock.now());
    row.update(tx).await?;
    Ok(())
}

/// A row for a person, its identity encrypted.
pub(crate) fn row(
    columns: &Columns,
    token: &str,
    identity: &Identity,
    number: &PersonNumber,
    status: IdentityStatus,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<ActiveModel> {
    let traits = traits(number);
    let name = if identity.name.is_empty() {
        None
    } else {
        Some(columns.encrypt(&columns::NAME, token, &identity.name)?)
    };
    Ok(ActiveModel {
        token: Set(token.to_owned()),
        id_number: Set(Some(columns.encrypt(
            &columns::ID_NUMBER,
            token,
            &identity.id_number,
        )?)),
        name: Set(name),
        sex: Set(traits.sex),
        birth_year: Set(traits.birth_year),
        id_kind: Set(traits.kind),
        status: Set(status),
        alias_of: Set(None),
        alias_case: Set(None),
        alias_used: Set(false),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    })
}
