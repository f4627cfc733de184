//! Divorces whose period ends soon: told to their parties once each legal day, by a job, and read by whoever
//! subscribes.

use super::divorce::{self, Application, Standing, dates, standing};
use crate::kit::events::{Event, emit};
use crate::kit::mutation::{meta, set_meta};
use crate::kit::{Result, Services};
use crate::model::divorce_application;
use chrono::{Days, NaiveDate};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

/// The event; its key is the person's token.
pub const NEAR: &str = "DivorceDeadlineNear";

/// The longest way ahead that anybody asks for, in days.
const FARTHEST: u64 = 30;

/// By how many days a stored end may lie before or behind the one that is right by the calendar of now: no rest has
/// been longer than ten days, weekends that belong to it included.
const MAY_HAVE_MOVED: u64 = 14;

/// Which legal day the job has told last.
const TOLD: &str = "marriage.deadlines.told";

/// A period that ends soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Near {
    /// The application.
    pub application: Uuid,
    /// The window ends; otherwise the cooling-off.
    pub window: bool,
    /// The last day.
    pub on: NaiveDate,
    /// Days until then.
    pub days_left: i64,
}

/// The period of an application that runs now, if it ends within some days.
fn near(application: &Application, services: &Services, ahead: i64) -> Option<Near> {
    let dates = dates(&application.row);
    let (window, on) = match standing(application, services.clock.now()) {
        Standing::Cooling => (false, dates.cooling_off_ends),
        Standing::WindowOpen => (true, dates.window_ends),
        _ => return None,
    };
    let days_left = (on - services.clock.today()).num_days();
    (0..=ahead).contains(&days_left).then_some(Near {
        application: application.row.id,
        window,
        on,
        days_left,
    })
}

/// A person's applications of which a period ends within some days.
///
/// # Errors
/// What the database says.
pub async fn of_person(
    services: &Services,
    person: &str,
    ahead: i64,
) -> Result<Vec<(Application, Near)>> {
    let mut all = divorce::of_persons(services.db.read(), &[person.to_owned()]).await?;
    let own = all.remove(person).unwrap_or_default();
    Ok(own
        .into_iter()
        .filter_map(|application| {
            let near = near(&application, services, ahead)?;
            Some((application, near))
        })
        .collect())
}

/// Tells the parties, the first time that it runs on a legal day.
pub(super) async fn tell(tx: &DatabaseTransaction, services: &Services) -> Result<u64> {
    use divorce_application::Column;
    let today = services.clock.today();
    let day = today.to_string();
    if meta(tx, TOLD).await?.as_deref() == Some(day.as_str()) {
        return Ok(0);
    }
    // The rows say what was stored; which end is near is judged by the dates of now.
    let first = today
        .checked_sub_days(Days::new(MAY_HAVE_MOVED))
        .unwrap_or(today);
    let last = today
        .checked_add_days(Days::new(FARTHEST + MAY_HAVE_MOVED))
        .unwrap_or(today);
    let rows = divorce_application::Entity::find()
        .filter(Column::State.eq("RECEIVED"))
        .filter(
            Condition::any()
                .add(Column::CoolingOffEnds.between(first, last))
                .add(Column::WindowEnds.between(first, last)),
        )
        .all(tx)
        .await?;
    let mut told = 0;
    let ahead = i64::try_from(FARTHEST).unwrap_or(i64::MAX);
    for application in divorce::with_closing(tx, rows).await? {
        if near(&application, services, ahead).is_none() {
            continue;
        }
        for person in [&application.row.man, &application.row.woman] {
            let event = Event {
                kind: NEAR.to_owned(),
                key: person.clone(),
                at: services.clock.now(),
                body: json!({ "version": 1, "application": application.row.id }),
            };
            emit(tx, &event).await?;
        }
        told += 1;
    }
    set_meta(tx, TOLD, &day).await?;
    Ok(told)
}
