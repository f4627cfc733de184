//! Marriage records, certificates and the marital ledger: one's own, or an officer's with a case.

use super::access::View;
use super::court::MarriageAnnotation;
use super::enums::{
    CertificateKind, CertificateState, MaritalEvent, MaritalStatus, MarriageKind,
    MarriageRecordSource, MarriageRecordState,
};
use super::person::Person;
use super::places::Division;
use super::query::CertificateOrigin;
use super::registry::MarriageRegistry;
use super::slots::registry_of;
use crate::kit::batch::Siblings;
use crate::kit::federation::directives::*;
use crate::kit::{Date, DateTime, PrincipalExt, Result};
use crate::model::{certificate, marriage_record, sealed};
use crate::rules::certificate::CertificateNumber;
use crate::rules::ledger::{Entry, gb_t_2261_2};
use crate::rules::record::RecordState;
use crate::service::ledger::Ledger;
use crate::service::{certificates, court};
use async_graphql::{Context, ID, Object, SimpleObject};
use std::sync::Arc;
use uuid::Uuid;

/// A number as the viewer may see it.
fn shown(number: &str, view: View) -> String {
    match (view, CertificateNumber::parse(number)) {
        (View::Own, _) => number.to_owned(),
        (View::Officer, Ok(number)) => number.masked(),
        (View::Officer, Err(_)) => "****".to_owned(),
    }
}

/// A marriage record (婚姻登记记录).
#[derive(Clone, Debug)]
pub struct MarriageRecord {
    row: Arc<marriage_record::Model>,
    /// The person through whom the record was reached.
    through: String,
    view: View,
    records: Arc<Siblings<Uuid>>,
    registries: Arc<Siblings<Uuid>>,
    divisions: Arc<Siblings<Uuid>>,
}

impl MarriageRecord {
    /// Records that are shown together, reached through one person.
    #[must_use]
    pub fn together(rows: &[Arc<marriage_record::Model>], through: &str, view: View) -> Vec<Self> {
        let records = Siblings::new(rows.iter().map(|row| row.id).collect());
        let registries = Siblings::new(rows.iter().filter_map(|row| row.registry_id).collect());
        let divisions = Siblings::new(rows.iter().map(|row| row.county_id).collect());
        rows.iter()
            .map(|row| Self {
                row: Arc::clone(row),
                through: through.to_owned(),
                view,
                records: Arc::clone(&records),
                registries: Arc::clone(&registries),
                divisions: Arc::clone(&divisions),
            })
            .collect()
    }

    /// The record's state.
    pub(super) fn is_valid(&self) -> bool {
        self.row.state == RecordState::Valid.as_str()
    }
}

/// A marriage record (婚姻登记记录).
#[Object]
impl MarriageRecord {
    /// The opaque id (标识).
    async fn id(&self) -> ID {
        ID(self.row.id.to_string())
    }

    /// The state of the record (记录状态).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn state(&self) -> Result<MarriageRecordState> {
        let state = RecordState::from_text(&self.row.state)
            .ok_or_else(|| crate::kit::Error::internal("unknown state of a marriage record"))?;
        Ok(state.into())
    }

    /// How the marriage came to be registered (登记类别).
    async fn kind(&self) -> Result<MarriageKind> {
        MarriageKind::of(&self.row.kind)
    }

    /// The day of registration (登记日期).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn registered_on(&self) -> Date {
        Date(self.row.registered_on)
    }

    /// The day from which the marriage has effect, earlier when made good later (婚姻效力起始日).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn effective_from(&self) -> Date {
        Date(self.row.effective_from)
    }

    /// The day on which the marriage ended; null while it exists (婚姻终止日).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn ended_on(&self) -> Option<Date> {
        self.row.ended_on.map(Date)
    }

    /// Where the record comes from (记录来源).
    async fn source(&self) -> Result<MarriageRecordSource> {
        MarriageRecordSource::of(&self.row.source)
    }

    /// The certificate number with the division code of its day, masked for officers; null when the number is of an older form (结婚证字号).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn certificate_number(&self) -> Option<String> {
        self.row
            .certificate_no
            .as_deref()
            .map(|number| shown(number, self.view))
    }

    /// The certificate number in an older form; null when it has today's (旧式证号).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn legacy_number(&self) -> Option<String> {
        self.row
            .legacy_no
            .as_deref()
            .map(|number| shown(number, self.view))
    }

    /// The certificates issued for this marriage to the person through whom it was reached (本人证件).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn certificates(&self, ctx: &Context<'_>) -> Result<Option<Vec<Certificate>>> {
        let db = ctx.services().db.clone();
        let all = self
            .records
            .load(&self.row.id, "certificates", "", |ids| async move {
                Ok(certificates::of_records(db.read(), &ids)
                    .await?
                    .into_iter()
                    .map(|(id, rows)| (id, Arc::new(rows)))
                    .collect())
            })
            .await?;
        let own = all
            .iter()
            .flat_map(|rows| rows.iter())
            .filter(|row| row.holder == self.through);
        own.map(|row| Certificate::of(row, self.view))
            .collect::<Result<Vec<_>>>()
            .map(Some)
    }

    /// The registry; null for a record of an office that is gone (登记机关).
    async fn registry(&self, ctx: &Context<'_>) -> Result<Option<MarriageRegistry>> {
        match self.row.registry_id {
            Some(id) => registry_of(ctx, id, &self.registries).await,
            None => Ok(None),
        }
    }

    /// The division of the registry (登记地行政区划).
    async fn division(&self) -> Division {
        Division::one_of(self.row.county_id, &self.divisions)
    }

    /// The other spouse (配偶).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn spouse(&self) -> Person {
        let spouse = if self.row.man == self.through {
            &self.row.woman
        } else {
            &self.row.man
        };
        Person::alone(spouse.clone())
    }

    /// The man and the woman (双方当事人).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn parties(&self) -> Vec<Person> {
        Person::together(&[self.row.man.clone(), self.row.woman.clone()])
    }

    /// What was written beside the record, oldest first (批注).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn annotations(&self, ctx: &Context<'_>) -> Result<Option<Vec<MarriageAnnotation>>> {
        let services = ctx.services().clone();
        let all = self
            .records
            .load(&self.row.id, "annotations", "", |ids| async move {
                let db = services.db.read();
                let mut found = court::annotations_of(db, &ids).await?;
                let rows = found.values_mut().flatten();
                let texts = rows.filter_map(|row| Some((row.id, row.reference.as_mut()?)));
                services
                    .columns
                    .open_all(db, &sealed::ANNOTATION, texts)
                    .await?;
                Ok(found
                    .into_iter()
                    .map(|(id, rows)| (id, Arc::new(rows)))
                    .collect())
            })
            .await?;
        Ok(Some(
            all.unwrap_or_default()
                .iter()
                .map(MarriageAnnotation::from)
                .collect(),
        ))
    }

    /// What the division code printed on the certificate meant then, and which divisions of today took over; null for a number of an older form (证件来源行政区划).
    #[graphql(directive = personal::apply("marital".into(), "parties { id }".into()))]
    async fn origin(&self, ctx: &Context<'_>) -> Option<CertificateOrigin> {
        let number = self.row.certificate_no.as_deref()?;
        CertificateNumber::parse(number)
            .ok()
            .map(|number| CertificateOrigin::of(&ctx.principal().divisions, &number))
    }

    /// The version, to be given back with a correction (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }
}

/// A marriage or divorce certificate of one holder (婚姻证件).
#[derive(SimpleObject, Clone, Debug)]
pub struct Certificate {
    /// The opaque id (标识).
    pub id: ID,
    /// The number, masked for officers (证件字号).
    pub number: String,
    /// What it certifies (证件类别).
    pub kind: CertificateKind,
    /// The day of issue (发证日期).
    pub issued_on: Date,
    /// The state (证件状态).
    pub state: CertificateState,
}

impl Certificate {
    /// A row as the viewer may see it.
    pub(super) fn of(row: &certificate::Model, view: View) -> Result<Self> {
        Ok(Self {
            id: ID(row.id.to_string()),
            number: shown(&row.number, view),
            kind: CertificateKind::of(&row.kind)?,
            issued_on: Date(row.issued_on),
            state: CertificateState::of(&row.state)?,
        })
    }
}

/// A person's marital ledger (婚姻状况台账).
#[derive(Clone, Debug)]
pub struct MaritalLedger {
    person: String,
    ledger: Arc<Ledger>,
}

impl MaritalLedger {
    /// The ledger of a person.
    #[must_use]
    pub fn new(person: String, ledger: Arc<Ledger>) -> Self {
        Self { person, ledger }
    }
}

/// A person's marital ledger (婚姻状况台账).
#[Object]
impl MaritalLedger {
    /// Whose ledger it is (本人).
    async fn person(&self) -> Person {
        Person::alone(self.person.clone())
    }

    /// The status that follows from replaying all entries (婚姻状况).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    async fn status(&self, ctx: &Context<'_>) -> MaritalStatus {
        let now = ctx.services().clock.now();
        self.ledger.status_at(now).into()
    }

    /// The status as a code of GB/T 2261.2; 90 where the standard has none (婚姻状况代码).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    async fn status_code(&self, ctx: &Context<'_>) -> &'static str {
        gb_t_2261_2(self.ledger.status_at(ctx.services().clock.now()))
    }

    /// The entries in order (台账条目).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    async fn entries(&self) -> Vec<MaritalLedgerEntry> {
        self.ledger
            .entries
            .iter()
            .map(MaritalLedgerEntry::from)
            .collect()
    }

    /// Whether every entry's hash covers the one before and none is missing (台账链是否完整).
    async fn chain_intact(&self) -> bool {
        self.ledger.chain_intact
    }
}

/// One entry of a marital ledger (台账条目).
#[derive(SimpleObject, Clone, Debug)]
pub struct MaritalLedgerEntry {
    /// Its position, from 1 (序号).
    pub seq: i64,
    /// What happened (事件).
    pub event: MaritalEvent,
    /// From when it has effect (生效日期).
    pub effective_on: Date,
    /// When it was entered (记载时间).
    pub at: DateTime,
}

impl From<&Entry> for MaritalLedgerEntry {
    fn from(entry: &Entry) -> Self {
        Self {
            seq: entry.seq,
            event: entry.event.into(),
            effective_on: Date(entry.effective_on),
            at: DateTime(entry.at),
        }
    }
}
