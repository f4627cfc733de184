//! The archive, replacement certificates, and the least answer about a person's status.

use super::access::View;
use super::act::{id, known, maybe_id, officer, payload, telling, text};
use super::counter_enums::{
    MaritalProofAnswer, MarriageArchiveKind, MarriageArchiveRetention, ReplacedCertificate,
};
use super::eligibility::EligibilityReason;
use super::person::Person;
use super::records::Certificate;
use crate::kit::contract::directive::TOLD_SUBJECT;
use crate::kit::federation::directives::*;
use crate::kit::{CitizenIdInput, Date, DateTime, Error, PrincipalExt, Result};
use crate::model::{archive_file, certificate};
use crate::rules::certificate::CertificateNumber;
use crate::service::archives::{self, Papers};
use crate::service::replacement;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use sea_orm::EntityTrait;

/// An archive file (婚姻登记档案).
#[derive(Clone, Debug)]
pub struct MarriageArchiveFile {
    row: archive_file::Model,
}

impl From<archive_file::Model> for MarriageArchiveFile {
    fn from(row: archive_file::Model) -> Self {
        Self { row }
    }
}

/// An archive file (婚姻登记档案).
#[Object]
impl MarriageArchiveFile {
    /// The opaque id (标识).
    async fn id(&self) -> ID {
        ID(self.row.id.to_string())
    }

    /// What it is about (类别).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn kind(&self) -> Result<MarriageArchiveKind> {
        MarriageArchiveKind::of(&self.row.record_kind)
    }

    /// The record whose papers it holds (记录标识).
    async fn record(&self) -> ID {
        ID(self.row.record_id.to_string())
    }

    /// The certificate number, masked; **** for one of an older form (证件字号).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn number(&self) -> String {
        CertificateNumber::parse(&self.row.number)
            .map_or_else(|_| "****".to_owned(), |n| n.masked())
    }

    /// The name of the division on that day (当时的行政区划名称).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn place_then(&self) -> &str {
        &self.row.place_then
    }

    /// The year of the act (年份).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn year(&self) -> i32 {
        self.row.year
    }

    /// Volume (卷号).
    async fn volume(&self) -> &str {
        &self.row.volume_no
    }

    /// Pages (页数).
    async fn pages(&self) -> i32 {
        self.row.pages
    }

    /// Whether it is digitised (是否已数字化).
    async fn digitised(&self) -> bool {
        self.row.digital_ref.is_some()
    }

    /// How long it is kept (保管期限).
    async fn retention(&self) -> Result<MarriageArchiveRetention> {
        MarriageArchiveRetention::of(&self.row.retention)
    }

    /// The last day of keeping; null when it is kept for ever (保管截止日期).
    async fn retain_until(&self) -> Option<Date> {
        self.row.retain_until.map(Date)
    }

    /// The man and the woman (双方).
    #[graphql(directive = personal::apply("marital".into(), "couple { id }".into()))]
    async fn couple(&self) -> Vec<Person> {
        Person::together(&[self.row.man.clone(), self.row.woman.clone()])
    }
}

/// The least answer about a person's marital status (婚姻状况证明).
#[derive(SimpleObject, Clone, Debug)]
pub struct MaritalProof {
    /// The person (本人).
    pub person: Person,
    /// The answer; never to whom, never since when (结论).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub answer: MaritalProofAnswer,
    /// The purpose that was stated; null when the person asks himself (用途).
    pub purpose: Option<String>,
    /// When it was answered (出具时间).
    pub issued_at: DateTime,
    /// The first day from which no record of this province is missing; null where that is not known (记录完整起始日).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub coverage_from: Option<Date>,
    /// What the answer does not say; null when a marriage is on record (声明).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub disclaimer: Option<EligibilityReason>,
    /// The answer signed by this province as a statement (JWS), to be checked with its published key; null where the installation has no such key (签名).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub signature: Option<String>,
}

payload! {
    /// What became of a request for a replacement (补领证件结果).
    ReplacementPayload {
        /// The new certificate; null when it was refused (新证件).
        certificate: Certificate
    }
}

/// What is asked for at the counter (补领证件).
#[derive(InputObject)]
pub struct IssueReplacementInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry; any will do (登记机关).
    pub registry: ID,
    /// The registrar who handles it (经办登记员).
    pub registrar: ID,
    /// Identity number of the holder (当事人身份号码).
    pub holder: CitizenIdInput,
    /// Which certificate (证件类别).
    pub certificate: ReplacedCertificate,
    /// The marriage record; null for the holder's own that fits (婚姻登记记录).
    pub record: Option<ID>,
    /// The holder stands before the registrar with the identity card (本人持证到场).
    pub holder_identified: bool,
    /// The archive was consulted (已查档).
    pub archive_checked: bool,
    /// Number of the printed form (印制号).
    pub print_number: String,
}

payload! {
    /// What became of papers that go to the archive (补领归档结果).
    MarriageArchivePayload {
        /// The file; null when it was refused (档案).
        file: MarriageArchiveFile
    }
}

/// The papers of a replacement as they go to the archive (补领归档).
#[derive(InputObject)]
pub struct ArchiveReplacementInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry that replaced it (登记机关).
    pub registry: ID,
    /// The new certificate (新证件).
    pub certificate: ID,
    /// Volume (卷号).
    pub volume: String,
    /// Pages (页数).
    pub pages: i32,
    /// Reference to the scan; null while not digitised (数字化编号).
    pub digital_ref: Option<String>,
    /// SHA-256 of the scan, hexadecimal; null while not digitised (数字化文件摘要).
    pub digest: Option<String>,
    /// Of lasting value, to be kept for ever (永久保管).
    #[graphql(default = false)]
    pub permanent: bool,
}

/// Replacement of certificates.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReplacementMutation;

/// Replacement of certificates.
#[Object]
impl ReplacementMutation {
    /// Replaces a lost certificate after the archive and the courts' notices were checked; no new marriage comes of it (补领证件).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["marriage.case".into()]]),
        directive = personal::apply("marital".into(), TOLD_SUBJECT.into())
    )]
    async fn issue_replacement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for (输入).")] input: IssueReplacementInput,
    ) -> async_graphql::Result<ReplacementPayload> {
        let services = ctx.services();
        let read = async {
            Ok(replacement::Ask {
                registry: id(&input.registry, "registry")?,
                registrar: id(&input.registrar, "registrar")?,
                holder: known(services, &input.holder, "holder").await?,
                divorce: input.certificate == ReplacedCertificate::Divorce,
                record: maybe_id(input.record.as_ref(), "record")?,
                holder_identified: input.holder_identified,
                archive_checked: input.archive_checked,
                print_no: text(&input.print_number, "printNumber", 32)?,
            })
        };
        let what = read.await;
        let whom = |what: &replacement::Ask| vec![what.holder.token.clone()];
        let outcome = telling(ctx, &input.request_key, what, whom, |a, w| {
            Box::pin(replacement::replace(a, w))
        })
        .await?;
        let loaded = match outcome {
            Ok(id) => {
                let row = certificate::Entity::find_by_id(id)
                    .one(services.db.read())
                    .await;
                let row = row.map_err(Error::from)?.ok_or(Error::NotFound)?;
                Ok(Certificate::of(&row, View::Officer)?)
            }
            Err(refusals) => Err(refusals),
        };
        Ok(ReplacementPayload::of(loaded))
    }

    /// Puts the papers of a replacement into the archive of the registry that made it, once (补领婚姻登记证归档).
    #[graphql(directive = requires_scopes::apply(vec![vec!["marriage.case".into()]]))]
    async fn archive_replacement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The papers (输入).")] input: ArchiveReplacementInput,
    ) -> async_graphql::Result<MarriageArchivePayload> {
        let short = |value: &Option<String>, field| {
            value.as_deref().map(|v| text(v, field, 128)).transpose()
        };
        let read = || {
            Ok(archives::ShelveReplacement {
                registry: id(&input.registry, "registry")?,
                certificate: id(&input.certificate, "certificate")?,
                file: Papers {
                    volume: text(&input.volume, "volume", 32)?,
                    pages: input.pages.clamp(1, 10_000),
                    digital_ref: short(&input.digital_ref, "digitalRef")?,
                    digest: short(&input.digest, "digest")?,
                    permanent: input.permanent,
                },
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(archives::shelve_replacement(a, w))
        })
        .await?;
        let loaded = match outcome {
            Ok(id) => {
                let db = ctx.services().db.read();
                let row = archive_file::Entity::find_by_id(id).one(db).await;
                let row = row.map_err(Error::from)?.ok_or(Error::NotFound)?;
                Ok(MarriageArchiveFile::from(row))
            }
            Err(refusals) => Err(refusals),
        };
        Ok(MarriageArchivePayload::of(loaded))
    }
}
