//! The steps of an application for marriage.

use super::access::View;
use super::act::{
    Outcome, PaperFactsInput, anyone, hidden, holder, id, maybe_id, officer, read_at, telling, text,
};
use super::counter::{RegistrationApplication, RegistrationApplicationPayload};
use super::counter_enums::{
    DeclaredMaritalStatus, FaceMatch, MarriagePartyDocument, MarriagePartyRole,
};
use super::enums::MarriageKind;
use crate::kit::contract::directive::TOLD_SUBJECT;
use crate::kit::federation::directives::*;
use crate::kit::{CitizenIdInput, Date, PrincipalExt, Services};
use crate::service::archives::Papers;
use crate::service::counter::{checks, decide, receive};
use async_graphql::{Context, ID, InputObject, Object};
use uuid::Uuid;

/// What a citizen fills in at home (预填婚姻登记申请).
#[derive(InputObject)]
pub struct DraftApplicationInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry (登记机关).
    pub registry: ID,
    /// How the marriage is to be registered (登记类别).
    pub kind: MarriageKind,
    /// Identity number of the person signed in (本人身份号码).
    pub own: CitizenIdInput,
    /// Identity number of the other one (对方身份号码).
    pub partner: CitizenIdInput,
    /// The appointment they will come with; null when there is none (预约).
    pub appointment: Option<ID>,
    /// What the own passport tells; only with a passport (本人护照载明事项).
    pub own_facts: Option<PaperFactsInput>,
    /// What the other one's passport tells; only with a passport (对方护照载明事项).
    pub partner_facts: Option<PaperFactsInput>,
}

/// What a registrar enters when a couple comes to the counter (受理婚姻登记申请).
#[derive(InputObject)]
pub struct ReceiveApplicationInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The drafted application they bring, or one of another day; null for a new one (已有申请).
    pub application: Option<ID>,
    /// The version at which that application was read; null for a new one (版本).
    pub version: Option<i64>,
    /// The registry (登记机关).
    pub registry: ID,
    /// The registrar who handles it (经办登记员).
    pub registrar: ID,
    /// How the marriage is to be registered (登记类别).
    pub kind: MarriageKind,
    /// Identity number of the man (男方身份号码).
    pub man: CitizenIdInput,
    /// Identity number of the woman (女方身份号码).
    pub woman: CitizenIdInput,
    /// The appointment they came with; null when there is none (预约).
    pub appointment: Option<ID>,
    /// For a registration made good later, when both first met the conditions; null otherwise (符合结婚实质要件日期).
    pub conditions_first_met: Option<Date>,
    /// What the man's passport tells; only with a passport (男方护照载明事项).
    pub man_facts: Option<PaperFactsInput>,
    /// What the woman's passport tells; only with a passport (女方护照载明事项).
    pub woman_facts: Option<PaperFactsInput>,
}

/// What a registrar sees and asks of one party (当事人声明与询问).
#[derive(InputObject)]
pub struct RecordDeclarationInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The application (申请).
    pub application: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// Which of the two (角色).
    pub role: MarriagePartyRole,
    /// Stands before the registrar in person (亲自到场).
    pub present: bool,
    /// Was asked apart from the other (已单独询问).
    pub questioned_apart: bool,
    /// Asked alone, said to be willing; a sign of coercion stops the case (自愿).
    pub willing: bool,
    /// The paper shown (出示证件).
    pub document: MarriagePartyDocument,
    /// Its number; kept sealed; null when it is not recorded (证件号码).
    pub document_number: Option<String>,
    /// What the party declares about the own past (声明婚姻状况).
    pub declared_status: DeclaredMaritalStatus,
    /// Signed: no spouse (声明无配偶).
    pub no_spouse: bool,
    /// Signed: no forbidden kinship with the other (声明无禁止结婚的亲属关系).
    pub no_kinship: bool,
    /// The duty to tell of a serious illness was explained (已说明重大疾病告知义务).
    pub illness_duty_explained: bool,
    /// Notarised or certified papers of single status were shown (已提交无配偶证明).
    #[graphql(default = false)]
    pub single_status_papers: bool,
    /// Reference to the photo; null when there is none (照片编号).
    pub photo: Option<String>,
    /// Whether the face fits the paper (人像比对).
    pub face_match: FaceMatch,
}

/// An application and the version at which it was read (申请及版本).
#[derive(InputObject)]
pub struct ApplicationStepInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The application (申请).
    pub application: ID,
    /// The version at which it was read (版本).
    pub version: i64,
}

/// The numbers of the printed forms (证件印制号).
#[derive(InputObject)]
pub struct CertifyInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The application (申请).
    pub application: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// Numbers of the printed forms: the man's, then the woman's (男方、女方印制号).
    pub print_numbers: Vec<String>,
}

/// The papers of an act as they go to the archive (归档).
#[derive(InputObject)]
pub struct ArchiveInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The application (申请).
    pub application: ID,
    /// The version at which it was read (版本).
    pub version: i64,
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

impl CertifyInput {
    pub(super) fn read(&self) -> Outcome<decide::Print> {
        let number = |at: usize| {
            let form = self.print_numbers.get(at).map_or("", String::as_str);
            text(form, "printNumbers", 32)
        };
        Ok(decide::Print {
            application: read_at(&self.application, self.version, "application")?,
            his: number(0)?,
            hers: number(1)?,
        })
    }
}

impl ArchiveInput {
    pub(super) fn read(&self) -> Outcome<decide::Shelve> {
        let short = |value: &Option<String>, field| {
            value.as_deref().map(|v| text(v, field, 128)).transpose()
        };
        Ok(decide::Shelve {
            application: read_at(&self.application, self.version, "application")?,
            file: Papers {
                volume: text(&self.volume, "volume", 32)?,
                pages: self.pages.clamp(1, 10_000),
                digital_ref: short(&self.digital_ref, "digitalRef")?,
                digest: short(&self.digest, "digest")?,
                permanent: self.permanent,
            },
        })
    }
}

impl ReceiveApplicationInput {
    async fn read(&self, services: &Services) -> Outcome<receive::Receive> {
        let application = match (&self.application, self.version) {
            (None, _) => None,
            (Some(id), version) => Some(read_at(id, version.unwrap_or(0), "application")?),
        };
        Ok(receive::Receive {
            application,
            registry: id(&self.registry, "registry")?,
            registrar: id(&self.registrar, "registrar")?,
            kind: self.kind.as_str(),
            man: holder(services, &self.man, self.man_facts, "man").await?,
            woman: holder(services, &self.woman, self.woman_facts, "woman").await?,
            appointment: maybe_id(self.appointment.as_ref(), "appointment")?,
            conditions_first_met: self.conditions_first_met.map(|day| day.0),
        })
    }
}

impl RecordDeclarationInput {
    fn read(&self, services: &Services) -> Outcome<receive::Declaration> {
        let short = |value: &Option<String>, field| {
            value.as_deref().map(|v| text(v, field, 64)).transpose()
        };
        Ok(receive::Declaration {
            application: read_at(&self.application, self.version, "application")?,
            role: self.role.as_str(),
            present: self.present,
            willing: self.willing,
            questioned_apart: self.questioned_apart,
            document: self.document.as_str(),
            document_number: hidden(
                services,
                self.document_number.as_deref(),
                "documentNumber",
                64,
            )?,
            declared_status: self.declared_status.as_str(),
            no_spouse: self.no_spouse,
            no_kinship: self.no_kinship,
            illness_explained: self.illness_duty_explained,
            single_status_papers: self.single_status_papers,
            photo: short(&self.photo, "photo")?,
            face_match: self.face_match.as_str(),
        })
    }
}

impl ApplicationStepInput {
    fn read(&self) -> Outcome<decide::Decision> {
        Ok(decide::Decision {
            application: read_at(&self.application, self.version, "application")?,
        })
    }
}

async fn made(
    ctx: &Context<'_>,
    outcome: Outcome<Uuid>,
) -> async_graphql::Result<RegistrationApplicationPayload> {
    let loaded = match outcome {
        Ok(id) => Ok(RegistrationApplication::load(ctx, id, View::Officer).await?),
        Err(refusals) => Err(refusals),
    };
    Ok(RegistrationApplicationPayload::of(loaded))
}

/// The steps of an application for marriage.
#[derive(Clone, Copy, Debug, Default)]
pub struct CounterMutation;

fn case() -> Vec<Vec<String>> {
    vec![vec!["marriage.case".into()]]
}

/// The steps of an application for marriage.
#[Object]
impl CounterMutation {
    /// Fills in an application at home; it registers nothing and holds nobody (预填婚姻登记申请).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()]]))]
    async fn draft_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is needed (输入).")] input: DraftApplicationInput,
    ) -> async_graphql::Result<RegistrationApplicationPayload> {
        ctx.person()?;
        let services = ctx.services();
        let read = async {
            Ok(receive::Draft {
                registry: id(&input.registry, "registry")?,
                kind: input.kind.as_str(),
                own: holder(services, &input.own, input.own_facts, "own").await?,
                partner: holder(services, &input.partner, input.partner_facts, "partner").await?,
                appointment: maybe_id(input.appointment.as_ref(), "appointment")?,
            })
        };
        let outcome = anyone(ctx, &input.request_key, read.await, |a, w| {
            Box::pin(receive::draft(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Receives a couple's application at the counter; for officers of the registry (受理婚姻登记申请).
    #[graphql(
        directive = requires_scopes::apply(case()),
        directive = personal::apply("marital".into(), TOLD_SUBJECT.into())
    )]
    async fn receive_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the registrar enters (输入).")] input: ReceiveApplicationInput,
    ) -> async_graphql::Result<RegistrationApplicationPayload> {
        let what = input.read(ctx.services()).await;
        let whom = |what: &receive::Receive| vec![what.man.token.clone(), what.woman.token.clone()];
        let outcome = telling(ctx, &input.request_key, what, whom, |a, w| {
            Box::pin(receive::receive(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Records what one party said, showed and signed; a sign of coercion stops the case and is reported (记录声明与询问).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn record_declaration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the registrar enters (输入).")] input: RecordDeclarationInput,
    ) -> async_graphql::Result<RegistrationApplicationPayload> {
        let what = input.read(ctx.services());
        let outcome = officer(ctx, &input.request_key, what, |a, w| {
            Box::pin(receive::declare(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Checks the couple against the registers and the counter's own entries (联网核对).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn run_online_checks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application (输入).")] input: ApplicationStepInput,
    ) -> async_graphql::Result<RegistrationApplicationPayload> {
        let what = input.read().map(|step| checks::Check {
            application: step.application,
        });
        let outcome = officer(ctx, &input.request_key, what, |a, w| {
            Box::pin(checks::run(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Registers on the spot what was found eligible today: record, certificate numbers, both ledgers (当场登记结婚).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn register_marriage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application (输入).")] input: ApplicationStepInput,
    ) -> async_graphql::Result<RegistrationApplicationPayload> {
        let outcome = officer(ctx, &input.request_key, input.read(), |a, w| {
            Box::pin(decide::register(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Refuses the registration for what the checks found, and states the reason (不予登记).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn refuse_marriage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application (输入).")] input: ApplicationStepInput,
    ) -> async_graphql::Result<RegistrationApplicationPayload> {
        let outcome = officer(ctx, &input.request_key, input.read(), |a, w| {
            Box::pin(decide::refuse(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Ends an application that the couple does not go on with (终止申请).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn abandon_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application (输入).")] input: ApplicationStepInput,
    ) -> async_graphql::Result<RegistrationApplicationPayload> {
        let outcome = officer(ctx, &input.request_key, input.read(), |a, w| {
            Box::pin(decide::give_up(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Prints and hands over both marriage certificates; only once registered (打印并颁发结婚证).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn certify_marriage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The printed forms (输入).")] input: CertifyInput,
    ) -> async_graphql::Result<RegistrationApplicationPayload> {
        let outcome = officer(ctx, &input.request_key, input.read(), |a, w| {
            Box::pin(decide::certify(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Puts the papers of a marriage into the archive (结婚登记归档).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn archive_marriage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The papers (输入).")] input: ArchiveInput,
    ) -> async_graphql::Result<RegistrationApplicationPayload> {
        let outcome = officer(ctx, &input.request_key, input.read(), |a, w| {
            Box::pin(decide::archive(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }
}
