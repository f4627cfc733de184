//! Demonstration data for the province shown: 5,000 places, the decisions on their names, boundary lines and
//! approved changes of divisions. Every number comes from generators seeded by what it is for, so that each
//! start makes the same rows; every row says that it is a demonstration (`is_demo`).
//!
//! The figures of the reports are sums of these rows: 福州 has 72 county lines and 458 township lines of
//! 7,651.97 km, two rounds of inspection, 155 roads named or renamed and 239 filings reviewed in the first
//! half of 2023, and four changes of divisions.

mod boundaries;
mod cancelled;
mod changes;
mod courses;
mod decisions;
mod land;
mod names;
mod places;
mod shapes;

use std::sync::Arc;

use minzheng_kit::{Result, Services, database::insert_many};
use sea_orm::{DatabaseTransaction, EntityTrait, PaginatorTrait};

use crate::model::{
    division_change, geometry, heritage_name, outdated_address, place, place_change, place_name,
};

/// How many places are made.
pub const PLACES: usize = 5_000;

/// Makes everything unless it is there already.
pub async fn run<'p>(
    services: &Services,
    progress: &(dyn Fn(&'p str, usize, usize) + Sync),
) -> Result<()> {
    if place::Entity::find().count(services.db.read()).await? > 0 {
        return Ok(());
    }
    progress("places", 0, PLACES);
    let rows = Arc::new(Rows::of(services));
    services
        .db
        .write(move |tx| {
            let rows = Arc::clone(&rows);
            Box::pin(async move { rows.insert(tx).await })
        })
        .await?;
    progress("places", PLACES, PLACES);
    Ok(())
}

/// All rows, ready to be inserted.
struct Rows {
    places: Vec<place::ActiveModel>,
    names: Vec<place_name::ActiveModel>,
    decided: decisions::Decided,
    lines: boundaries::Lines,
    changes: Vec<division_change::ActiveModel>,
    heritage: Vec<heritage_name::ActiveModel>,
    outdated: Vec<outdated_address::ActiveModel>,
    feed: Vec<place_change::ActiveModel>,
    shapes: Vec<geometry::ActiveModel>,
}

impl Rows {
    fn of(services: &Services) -> Self {
        let land = land::Land::of(services.province.as_str());
        let mut made = places::make(&land);
        places::on_roads(&mut made, &land);
        let mut decided = decisions::make(&land, &made, services.clock.today());
        cancelled::make(&land, &made, &mut decided);
        let today = services.clock.today();
        let lines = boundaries::make(&land);
        let mut shapes = shapes::make(&land, today);
        shapes.extend(courses::make(&land, &lines, &made, today));
        Self {
            outdated: places::outdated(&mut made, &decided, &land),
            heritage: made.iter().filter_map(places::Made::heritage).collect(),
            feed: decisions::feed(&decided, &made),
            shapes,
            places: made.iter().map(places::Made::place).collect(),
            names: made
                .iter()
                .flat_map(|place| place.names(&decided))
                .collect(),
            lines,
            changes: changes::make(&land),
            decided,
        }
    }

    async fn insert(&self, tx: &DatabaseTransaction) -> Result<()> {
        insert_many(tx, self.places.clone()).await?;
        insert_many(tx, self.names.clone()).await?;
        insert_many(tx, self.decided.applications.clone()).await?;
        insert_many(tx, self.decided.areas.clone()).await?;
        insert_many(tx, self.decided.filings.clone()).await?;
        insert_many(tx, self.decided.notices.clone()).await?;
        insert_many(tx, self.lines.lines.clone()).await?;
        insert_many(tx, self.lines.areas.clone()).await?;
        insert_many(tx, self.lines.inspections.clone()).await?;
        insert_many(tx, self.lines.markers.clone()).await?;
        insert_many(tx, self.decided.reports.clone()).await?;
        insert_many(tx, self.decided.steps.clone()).await?;
        insert_many(tx, self.heritage.clone()).await?;
        insert_many(tx, self.outdated.clone()).await?;
        insert_many(tx, self.feed.clone()).await?;
        insert_many(tx, self.shapes.clone()).await?;
        insert_many(tx, self.changes.clone()).await
    }
}
