//! Demonstration data of one province: its registries, 3,000 marriages and what hangs on them, and
//! the counts by month.
//!
//! Everything follows from the province and the day of seeding: the same two give the same rows on
//! every machine. Persons are invented (never-issued county code 9901) and appear by token. What is
//! exact is what the reports count: 福州 (province 35) has 13 counselling rooms, which gave 7,472
//! sessions from January to June 2023, and a registry in a park on 江心岛; 新津 (51) has one in the
//! 天府农博园, and certificates numbered under 510132 until the division was recoded in 2020.
//!
//! Monthly counts start from what counties reported before records were kept one by one here, so
//! they are greater than the number of records; see [`counts`].
//!
//! Story: persons 0 and 1 are married (their certificate of 2019 bears the code of that year), 2
//! and 3 are free, 4 and 5 applied for divorce seventeen days before the day of seeding.

mod counter;
mod counts;
mod land;
mod marriages;
mod registries;
mod visits;

use crate::kit::database::insert_many;
use crate::kit::{Result, Services};
use crate::model::{
    application_check, application_party, appointment, appointment_party, archive_file,
    case_evidence, certificate, certificate_run, correction, counselling_month, counselling_room,
    counselling_session, counsellor, court_notice, divorce_application, divorce_record, guide,
    impersonation_case, kin_edge, ledger_entry, marriage_record, monthly_count, opening_exception,
    opening_hours, queue_run, queue_ticket, record_coverage, registrar, registration_application,
    registry, registry_standard, slot,
};
use sea_orm::{DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait};
use std::sync::Arc;

/// How many marriages a province has in the demonstration.
pub const MARRIAGES: usize = 3_000;

pub use registries::registry_id;

/// All rows, before they are written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pub(crate) registries: Vec<registry::Model>,
    pub(crate) hours: Vec<opening_hours::Model>,
    pub(crate) exceptions: Vec<opening_exception::Model>,
    pub(crate) coverage: Vec<record_coverage::Model>,
    pub(crate) marriages: Vec<marriage_record::Model>,
    pub(crate) divorces: Vec<divorce_record::Model>,
    pub(crate) applications: Vec<divorce_application::Model>,
    pub(crate) certificates: Vec<certificate::Model>,
    pub(crate) runs: Vec<certificate_run::Model>,
    pub(crate) ledger: Vec<ledger_entry::Model>,
    pub(crate) counts: Vec<monthly_count::Model>,
    pub(crate) counselling: Vec<counselling_month::Model>,
    pub(crate) slots: Vec<slot::Model>,
    pub(crate) appointments: Vec<appointment::Model>,
    pub(crate) parties: Vec<appointment_party::Model>,
    pub(crate) registrars: Vec<registrar::Model>,
    pub(crate) guides: Vec<guide::Model>,
    pub(crate) rooms: Vec<counselling_room::Model>,
    pub(crate) counsellors: Vec<counsellor::Model>,
    pub(crate) standards: Vec<registry_standard::Model>,
    pub(crate) archives: Vec<archive_file::Model>,
    pub(crate) requests: Vec<registration_application::Model>,
    pub(crate) request_parties: Vec<application_party::Model>,
    pub(crate) checks: Vec<application_check::Model>,
    pub(crate) kin: Vec<kin_edge::Model>,
    pub(crate) notices: Vec<court_notice::Model>,
    pub(crate) cases: Vec<impersonation_case::Model>,
    pub(crate) evidence: Vec<case_evidence::Model>,
    pub(crate) corrections: Vec<correction::Model>,
    pub(crate) tickets: Vec<queue_ticket::Model>,
    pub(crate) queue_runs: Vec<queue_run::Model>,
    pub(crate) sessions: Vec<counselling_session::Model>,
}

/// Writes the data in one transaction; does nothing where there is some already.
pub async fn seed<'p>(
    services: &Services,
    progress: &(dyn Fn(&'p str, usize, usize) + Sync),
) -> Result<()> {
    const WHAT: &str = "marriages";
    progress(WHAT, 0, MARRIAGES);
    let rows = Arc::new(rows(services));
    let done = rows.marriages.len();
    services
        .db
        .write(move |tx| {
            let rows = Arc::clone(&rows);
            Box::pin(async move { write(tx, &rows).await })
        })
        .await?;
    progress(WHAT, done, done);
    Ok(())
}

/// All rows of a province: a pure function of it, the clock's day and the key of tokens.
pub(crate) fn rows(services: &Services) -> Rows {
    let mut rows = Rows::default();
    let Some(land) = land::Land::of(services.province.as_str()) else {
        tracing::warn!(
            province = services.province.as_str(),
            "no divisions of this province"
        );
        return rows;
    };
    registries::fill(&mut rows, &land, services);
    marriages::fill(&mut rows, &land, services);
    counts::fill(&mut rows, &land, services);
    visits::fill(&mut rows, &land, services);
    counter::fill(&mut rows, &land, services);
    rows
}

async fn write(tx: &DatabaseTransaction, rows: &Rows) -> Result<()> {
    if registry::Entity::find().count(tx).await? > 0 {
        return Ok(());
    }
    macro_rules! insert {
        ($($rows:ident),*) => {$(
            let models = rows.$rows.iter().cloned().map(IntoActiveModel::into_active_model);
            insert_many(tx, models).await?;
        )*};
    }
    insert!(
        registries,
        hours,
        exceptions,
        coverage,
        marriages,
        divorces,
        applications
    );
    insert!(
        certificates,
        runs,
        ledger,
        counts,
        counselling,
        slots,
        appointments,
        parties
    );
    insert!(registrars, guides, rooms, counsellors, standards, archives);
    insert!(requests, request_parties, checks, kin, notices, cases);
    insert!(evidence, corrections, tickets, queue_runs, sessions);
    Ok(())
}
