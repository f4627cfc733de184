//! What was said and what an officer confirmed: a citizen's claim of a death, relatives on record, and a death that
//! two officers take back.

use async_graphql::{Context, ID, SimpleObject};
use minzheng_kit::federation::directives::personal;
use minzheng_kit::{Date, DateTime, PrincipalExt};

use super::person::Person;
use crate::model::{death_claim, death_revocation, kin_record};
use crate::rules::proposal::has_lapsed;
use crate::rules::terms::{CorrectionReason, DeathPaperKind, KinRelation, RevocationState};

/// What a citizen said of a death when they opened the case (申办人申报的死亡信息).
#[derive(SimpleObject, Clone)]
pub struct DeathClaim {
    /// Opaque identity (标识).
    pub id: ID,
    /// Day of death, as it was said (申报死亡日期).
    pub died_on: Date,
    /// Who attested it, as it was said (申报证明类别).
    pub paper_kind: DeathPaperKind,
    /// Whether the death was natural, as it was said; null when the cause is not known (申报是否正常死亡).
    pub natural: Option<bool>,
    /// When it was said (申报时间).
    pub claimed_at: DateTime,
    /// When an officer saw the paper; null until then (核验时间).
    pub confirmed_at: Option<DateTime>,
}

impl From<death_claim::Model> for DeathClaim {
    fn from(row: death_claim::Model) -> Self {
        Self {
            id: row.id.into(),
            died_on: Date(row.died_on),
            paper_kind: row.paper_kind,
            natural: row.natural,
            claimed_at: DateTime(row.claimed_at),
            confirmed_at: row.confirmed_at.map(DateTime),
        }
    }
}

/// A relative of the deceased, recorded by an officer on proof (在案近亲属).
#[derive(SimpleObject, Clone)]
pub struct KinRecord {
    /// Opaque identity (标识).
    pub id: ID,
    /// What they are to the deceased (与逝者关系).
    pub relation: KinRelation,
    /// Day it was recorded (登记日期).
    pub recorded_on: Date,
    /// The relative (亲属).
    #[graphql(directive = personal::apply("kinship".into(), "person { id }".into()))]
    pub person: Person,
}

impl KinRecord {
    /// Records that were read together.
    pub(super) fn all(rows: Vec<kin_record::Model>) -> Vec<Self> {
        let people = Person::all(rows.iter().map(|r| r.kin.clone()).collect());
        rows.into_iter()
            .zip(people)
            .map(|(row, person)| Self {
                id: row.id.into(),
                relation: row.relation,
                recorded_on: Date(row.recorded_on),
                person,
            })
            .collect()
    }
}

/// A recorded death that is to be taken back, by two officers (撤销死亡登记).
#[derive(SimpleObject, Clone)]
pub struct DeathRevocation {
    /// Opaque identity (标识).
    pub id: ID,
    /// The record of the death (死亡登记).
    pub record: ID,
    /// On what grounds (撤销依据).
    pub reason: CorrectionReason,
    /// Where it stands (撤销状态).
    pub state: RevocationState,
    /// When the first officer asked for it (申请时间).
    pub asked_at: DateTime,
    /// When the second officer confirmed or withdrew it; null before (复核时间).
    pub decided_at: Option<DateTime>,
}

impl DeathRevocation {
    /// From its row, as it stands now.
    pub(super) fn of(row: death_revocation::Model, ctx: &Context<'_>) -> Self {
        let now = ctx.services().clock.now();
        let waits = row.state == RevocationState::Asked;
        let state = if waits && has_lapsed(row.asked_at, now, &super::settings_today(ctx)) {
            RevocationState::Expired
        } else {
            row.state
        };
        Self {
            id: row.id.into(),
            record: row.death_id.into(),
            reason: row.reason,
            state,
            asked_at: DateTime(row.asked_at),
            decided_at: row.confirmed_at.map(DateTime),
        }
    }
}
