//! Where an application for divorce stands, and the lists of them.
//!
//! The phase is computed from the dates at each reading, and the dates of what is in hand from the calendar there
//! is (M-16, M-17), so that no job is needed for a right answer.

use crate::interop::divorce::{RECEIVING, REGISTERING};
use crate::kit::calendar::WorkCalendar;
use crate::kit::{Error, Result};
use crate::model::divorce_application;
use crate::rules::cooling_off::{DivorceDates, Phase, as_known, phase_at};
use crate::rules::days::{RestDays, plus};
use crate::service::registries::{self, Timetables};
use crate::service::shanghai;
use chrono::{DateTime, NaiveTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// States of an application that is being handled (M-19).
pub const IN_HAND: [&str; 4] = [RECEIVING, "RECEIVED", "REVIEW", REGISTERING];

/// The dates of an application as they are known now: computed again while it is in hand, and as they were where it
/// has ended.
#[must_use]
pub fn dates(row: &divorce_application::Model) -> DivorceDates {
    dates_by(&WorkCalendar::default(), row)
}

/// The same by a given calendar.
#[must_use]
pub fn dates_by(calendar: &dyn RestDays, row: &divorce_application::Model) -> DivorceDates {
    let stored = DivorceDates {
        received_on: row.received_on,
        cooling_off_starts: plus(row.received_on, 1),
        cooling_off_ends: row.cooling_off_ends,
        window_opens: row.window_opens,
        window_ends: row.window_ends,
        provisional: row.provisional,
        cooling_surely_to: row.cooling_off_ends,
        window_surely_to: row.window_ends,
        cooling_provisional: row.provisional,
    };
    if row.provisional || IN_HAND.contains(&row.state.as_str()) {
        as_known(calendar, stored)
    } else {
        stored
    }
}

/// Where an application stands: what someone did, or else what the dates say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The ledgers of other provinces have yet to take its mark.
    Receiving,
    /// In the cooling-off.
    Cooling,
    /// The certificate can be asked for.
    WindowOpen,
    /// Withdrawn by a party.
    Withdrawn,
    /// The window passed unused.
    DeemedWithdrawn,
    /// Both asked for the certificate; the registry reviews.
    Review,
    /// The ledgers of other provinces have yet to take the divorce.
    Registering,
    /// The divorce is registered.
    Registered,
    /// The certificates are handed over.
    Certified,
    /// In the archive.
    Archived,
    /// Refused.
    Refused,
    /// A period may have ended, which is not certain before the calendar of its year is published.
    EndUncertain,
}

impl Standing {
    /// Nothing more comes of the application, but papers.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        !matches!(
            self,
            Self::Receiving
                | Self::Cooling
                | Self::WindowOpen
                | Self::EndUncertain
                | Self::Review
                | Self::Registering
        )
    }
}

/// The standing at a moment.
#[must_use]
pub fn standing(application: &Application, now: DateTime<Utc>) -> Standing {
    standing_by(&WorkCalendar::default(), application, now)
}

/// The same by a given calendar.
#[must_use]
pub fn standing_by(
    calendar: &dyn RestDays,
    application: &Application,
    now: DateTime<Utc>,
) -> Standing {
    let row = &application.row;
    match row.state.as_str() {
        "WITHDRAWN" => Standing::Withdrawn,
        "DEEMED_WITHDRAWN" => Standing::DeemedWithdrawn,
        RECEIVING => Standing::Receiving,
        "REVIEW" => Standing::Review,
        REGISTERING => Standing::Registering,
        "REGISTERED" => Standing::Registered,
        "CERTIFIED" => Standing::Certified,
        "ARCHIVED" => Standing::Archived,
        "REFUSED" => Standing::Refused,
        _ => match phase_at(
            &dates_by(calendar, row),
            application.closing.window,
            shanghai(now),
        ) {
            Phase::Cooling => Standing::Cooling,
            Phase::WindowOpen => Standing::WindowOpen,
            Phase::DeemedWithdrawn => Standing::DeemedWithdrawn,
            Phase::EndUncertain => Standing::EndUncertain,
        },
    }
}

/// When the registry closes on the two days that end a period of the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// On the last day of the cooling-off.
    pub cooling_off: NaiveTime,
    /// On the last day of the window.
    pub window: NaiveTime,
}

/// An application with the closing times of its registry.
#[derive(Clone, Debug)]
pub struct Application {
    /// The row.
    pub row: Arc<divorce_application::Model>,
    /// Close of business of the registry that received it, on the days that end a period.
    pub closing: Closing,
}

/// Applications with the closing times of their registries on their own last days, in three statements more.
pub(in crate::service) async fn with_closing(
    db: &impl ConnectionTrait,
    rows: Vec<divorce_application::Model>,
) -> Result<Vec<Application>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.registry_id).collect();
    let registries = registries::by_ids(db, &ids).await?;
    let ends: Vec<DivorceDates> = rows.iter().map(dates).collect();
    let days = ends
        .iter()
        .flat_map(|dates| [dates.cooling_off_ends, dates.window_ends]);
    let timetables = Timetables::load(db, &ids, days).await?;
    rows.into_iter()
        .zip(ends)
        .map(|(row, dates)| {
            let registry = registries.get(&row.registry_id).ok_or(Error::NotFound)?;
            let on = |day| timetables.closing_on(registry, day);
            Ok(Application {
                closing: Closing {
                    cooling_off: on(dates.cooling_off_ends),
                    window: on(dates.window_ends),
                },
                row: Arc::new(row),
            })
        })
        .collect()
}

/// One application; `NotFound` where there is none.
pub async fn by_id(db: &impl ConnectionTrait, id: Uuid) -> Result<Application> {
    let row = divorce_application::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or(Error::NotFound)?;
    with_closing(db, vec![row])
        .await?
        .pop()
        .ok_or(Error::NotFound)
}

/// The applications of each of these persons, latest first, in two statements.
pub async fn of_persons(
    db: &impl ConnectionTrait,
    persons: &[String],
) -> Result<HashMap<String, Vec<Application>>> {
    use divorce_application::Column;
    let wanted = || persons.iter().cloned();
    let rows = divorce_application::Entity::find()
        .filter(
            Condition::any()
                .add(Column::Man.is_in(wanted()))
                .add(Column::Woman.is_in(wanted())),
        )
        .order_by_desc(Column::ReceivedAt)
        .all(db)
        .await?;
    let mut found: HashMap<String, Vec<Application>> = HashMap::new();
    for application in with_closing(db, rows).await? {
        for person in persons {
            if application.row.man == *person || application.row.woman == *person {
                found
                    .entry(person.clone())
                    .or_default()
                    .push(application.clone());
            }
        }
    }
    Ok(found)
}

/// The applications of a registry that are being handled; to be paged by the end of their window and id.
#[must_use]
pub fn in_hand(registry: Uuid) -> Select<divorce_application::Entity> {
    divorce_application::Entity::find()
        .filter(divorce_application::Column::RegistryId.eq(registry))
        .filter(divorce_application::Column::State.is_in(IN_HAND))
}

/// These rows as they are shown, in their order.
///
/// # Errors
/// What the database says.
pub async fn of_rows(
    db: &impl ConnectionTrait,
    rows: Vec<divorce_application::Model>,
) -> Result<Vec<Application>> {
    with_closing(db, rows).await
}

/// The first applications of a registry that are being handled, by the end of their window.
pub async fn open_at(
    db: &impl ConnectionTrait,
    registry: Uuid,
    most: u64,
) -> Result<Vec<Application>> {
    let rows = in_hand(registry)
        .order_by_asc(divorce_application::Column::WindowEnds)
        .order_by_asc(divorce_application::Column::Id)
        .limit(most)
        .all(db)
        .await?;
    with_closing(db, rows).await
}
