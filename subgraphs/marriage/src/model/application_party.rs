//! The man and the woman of an application, and what the registrar saw of each.
//!
//! The number of the paper shown is sealed for the vault; the illness itself is never recorded (M-9).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "application_party")]
pub struct Model {
    /// The application.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: Uuid,
    /// `MAN` or `WOMAN`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub role: String,
    /// Person token.
    pub person: String,
    /// Two digits of the province that keeps the person's ledger.
    pub authority: String,
    /// The competence this person asks of the registry: `MAINLAND`, `HMT_OVERSEAS` or `FOREIGN`.
    pub needs: String,
    /// Codes of what the number itself told against the marriage on the day of receipt, with commas.
    pub number_faults: String,
    /// The paper shown.
    pub doc_kind: Option<String>,
    /// Its number, sealed for the vault.
    pub doc_sealed: Option<Vec<u8>>,
    /// `NEVER_MARRIED`, `DIVORCED` or `WIDOWED`.
    pub declared_status: Option<String>,
    /// Declared in writing to have no spouse.
    pub no_spouse_declared: bool,
    /// Declared in writing no forbidden kinship.
    pub no_kinship_declared: bool,
    /// When the declaration was signed.
    pub declaration_signed_at: Option<DateTimeUtc>,
    /// Stands before the registrar.
    pub present: bool,
    /// Asked alone, was willing; none while not asked.
    pub willing: Option<bool>,
    /// When asked alone.
    pub questioned_apart_at: Option<DateTimeUtc>,
    /// When the duty to tell of a serious illness was explained.
    pub illness_explained_at: Option<DateTimeUtc>,
    /// Notarised or certified papers of single status were shown.
    pub single_status_papers: bool,
    /// Reference to the photo.
    pub photo_ref: Option<String>,
    /// `PASS`, `FAIL` or `NOT_DONE`; never a template.
    pub face_match: String,
    /// The kind of the number by which the party was entered, see `kit::identity::NumberKind`; none in old rows.
    pub number_kind: Option<String>,
    /// The legal day on which the party stood before the registrar; none while it did not.
    pub seen_on: Option<Date>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
