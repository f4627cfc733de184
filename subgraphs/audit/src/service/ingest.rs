//! Taking the log in: each segment from where the last reading ended, lines and position in one
//! transaction, so that nothing is lost or doubled whatever happens in between.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::Deserialize;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::kit::{Result, Services, YearMonth, clock::legal_day};
use crate::model::{access_entry, access_subject, log_position};
use crate::source::{Line, Source};

/// What ids of rows about persons are made from.
const SUBJECTS: Uuid = Uuid::from_u128(0x6d69_6e7a_6865_6e67_2061_6363_6573_7300);

/// Reads the log; one reading at a time.
#[derive(Debug, Default)]
pub struct Reader {
    source: Source,
    reading: Mutex<()>,
}

/// A record as the gateway writes it, as far as it is served.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    chain: String,
    seq: i64,
    id: Uuid,
    at: DateTime<Utc>,
    class: String,
    decision: String,
    trace_id: Option<String>,
    actor: Option<String>,
    actor_issuer: String,
    actor_role: String,
    actor_division: Option<String>,
    province: String,
    purpose: Option<String>,
    #[serde(rename = "case")]
    case_id: Option<String>,
    document: String,
    operation: Option<String>,
    fields: Vec<String>,
    persons: Vec<String>,
    hash: String,
}

impl Reader {
    pub(crate) fn new(source: Source) -> Self {
        Self {
            source,
            reading: Mutex::default(),
        }
    }

    /// Takes in whatever the log holds that was not taken in yet.
    ///
    /// # Errors
    /// When the log or the database cannot be reached.
    pub async fn catch_up(&self, services: &Services) -> Result<()> {
        let _one_at_a_time = self.reading.lock().await;
        let known: HashMap<String, i64> = log_position::Entity::find()
            .all(services.db.read())
            .await?
            .into_iter()
            .map(|row| (row.segment, row.position))
            .collect();
        for segment in self.source.segments().await? {
            let mut position = known.get(&segment.name).copied().unwrap_or(0);
            while position < segment.end {
                let lines = self.source.after(&segment.name, position).await?;
                let Some((last, _)) = lines.last() else { break };
                position = *last;
                take_in(services, &segment.name, lines).await?;
            }
        }
        Ok(())
    }

    /// Forgets what the log itself no longer holds, because its time was over.
    ///
    /// # Errors
    /// When the log or the database cannot be reached.
    pub async fn forget_purged(&self, services: &Services) -> Result<()> {
        if matches!(self.source, Source::Nothing) {
            return Ok(());
        }
        let there: HashSet<String> = self
            .source
            .segments()
            .await?
            .into_iter()
            .map(|segment| segment.name)
            .collect();
        let known = log_position::Entity::find().all(services.db.read()).await?;
        for gone in known
            .into_iter()
            .filter(|row| !there.contains(&row.segment))
        {
            services
                .db
                .write(move |tx| {
                    let segment = gone.segment.clone();
                    Box::pin(async move {
                        access_subject::Entity::delete_many()
                            .filter(access_subject::Column::Segment.eq(&segment))
                            .exec(tx)
                            .await?;
                        access_entry::Entity::delete_many()
                            .filter(access_entry::Column::Segment.eq(&segment))
                            .exec(tx)
                            .await?;
                        log_position::Entity::delete_by_id(&segment)
                            .exec(tx)
                            .await?;
                        Ok(())
                    })
                })
                .await?;
        }
        Ok(())
    }
}

async fn take_in(services: &Services, segment: &str, lines: Vec<Line>) -> Result<()> {
    let Some(&(position, _)) = lines.last() else {
        return Ok(());
    };
    let (mut entries, mut subjects) = (Vec::new(), Vec::new());
    for (_, line) in &lines {
        match serde_json::from_str::<Record>(line) {
            Ok(record) => rows(segment, record, &mut entries, &mut subjects),
            // What was done to it is for `access-log verify` to say.
            Err(_) => tracing::error!(segment, "a line of the access log is no record"),
        }
    }
    let segment = segment.to_owned();
    services
        .db
        .write(move |tx| {
            let (segment, entries, subjects) = (segment.clone(), entries.clone(), subjects.clone());
            Box::pin(async move {
                for chunk in entries.chunks(200) {
                    access_entry::Entity::insert_many(chunk.to_vec())
                        .on_conflict(OnConflict::new().do_nothing().to_owned())
                        .exec_without_returning(tx)
                        .await?;
                }
                for chunk in subjects.chunks(200) {
                    access_subject::Entity::insert_many(chunk.to_vec())
                        .on_conflict(OnConflict::new().do_nothing().to_owned())
                        .exec_without_returning(tx)
                        .await?;
                }
                let mark = log_position::ActiveModel {
                    segment: Set(segment),
                    position: Set(position),
                };
                log_position::Entity::insert(mark)
                    .on_conflict(
                        OnConflict::column(log_position::Column::Segment)
                            .update_column(log_position::Column::Position)
                            .to_owned(),
                    )
                    .exec_without_returning(tx)
                    .await?;
                Ok(())
            })
        })
        .await
}

fn rows(
    segment: &str,
    record: Record,
    entries: &mut Vec<access_entry::ActiveModel>,
    subjects: &mut Vec<access_subject::ActiveModel>,
) {
    let fields = serde_json::Value::from(record.fields).to_string();
    for person in &record.persons {
        let name = [record.id.as_bytes(), person.as_bytes()].concat();
        subjects.push(access_subject::ActiveModel {
            id: Set(Uuid::new_v5(&SUBJECTS, &name)),
            segment: Set(segment.to_owned()),
            entry: Set(record.id),
            at: Set(record.at),
            person: Set(person.clone()),
            decision: Set(record.decision.clone()),
            actor_role: Set(record.actor_role.clone()),
            actor_division: Set(record.actor_division.clone()),
            province: Set(record.province.clone()),
            purpose: Set(record.purpose.clone()),
            fields: Set(fields.clone()),
        });
    }
    entries.push(access_entry::ActiveModel {
        id: Set(record.id),
        segment: Set(segment.to_owned()),
        chain: Set(record.chain),
        seq: Set(record.seq),
        at: Set(record.at),
        month: Set(YearMonth::of(legal_day(record.at)).index()),
        class: Set(record.class),
        decision: Set(record.decision),
        trace_id: Set(record.trace_id),
        actor: Set(record.actor),
        actor_issuer: Set(record.actor_issuer),
        actor_role: Set(record.actor_role),
        actor_division: Set(record.actor_division),
        province: Set(record.province),
        purpose: Set(record.purpose),
        case_id: Set(record.case_id),
        document: Set(record.document),
        operation: Set(record.operation),
        fields: Set(fields),
        persons: Set(serde_json::Value::from(record.persons).to_string()),
        hash: Set(record.hash),
    });
}
