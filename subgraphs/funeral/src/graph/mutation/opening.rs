//! Opening a funeral case.

use async_graphql::{Context, Object, Result};
use minzheng_kit::citizen_id::{self, CitizenId};
use minzheng_kit::contract::scope;
use minzheng_kit::federation::directives::{cache_invalidate, requires_scopes};
use minzheng_kit::mutation::{history, told};
use minzheng_kit::{Error, PrincipalExt, UserError, events, merged, vault};
use serde_json::json;

use super::written;
use crate::graph::case::FuneralCase;
use crate::graph::inputs::OpenFuneralCaseInput;
use crate::graph::payloads::{DeathFollowUp, OpenFuneralCasePayload};
use crate::model::funeral_case;
use crate::service::{act, cases, tickets};

/// Opening a funeral case.
#[derive(Default)]
pub struct OpeningMutation;

#[Object]
impl OpeningMutation {
    /// Opens a funeral case: records the death, tells whom it concerns, and gives the case to a
    /// funeral home. For officers, and for a citizen as the applicant; what a citizen says of the death waits until an
    /// officer has seen the paper, `confirmDeathPaper` (申办治丧案件).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["self".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into()])
    )]
    async fn open_funeral_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is needed to open it (申请内容).")] input: OpenFuneralCaseInput,
    ) -> Result<OpenFuneralCasePayload> {
        let opened = open_case(ctx, input).await;
        let mut follow_ups = None;
        let told_others = opened.as_ref().is_ok_and(|case| !case.paper_pending);
        if told_others && ctx.look_ahead().field("followUps").exists() {
            follow_ups = Some(followed(ctx).await?);
        }
        told(opened, |row| OpenFuneralCasePayload {
            case: FuneralCase::all(vec![row]).pop(),
            follow_ups,
            ..OpenFuneralCasePayload::default()
        })
    }
}

/// Waits for who follows what is told here. The outbox is read after the commit, so that the death lies in
/// front of its end.
async fn followed(ctx: &Context<'_>) -> minzheng_kit::Result<Vec<DeathFollowUp>> {
    let db = &ctx.services().db;
    let place = events::last_event(db.read()).await?;
    let told = db.readers().all_passed(place).await;
    Ok(told
        .into_iter()
        .map(|(subsystem, is_done)| DeathFollowUp { subsystem, is_done })
        .collect())
}

/// Reads an identity number of the input; a refusal names its field and never its value.
pub(super) fn citizen(
    ctx: &Context<'_>,
    number: &str,
    field: &str,
) -> minzheng_kit::Result<CitizenId> {
    citizen_id::parse(number, ctx.services().clock.today())
        .map_err(|error| error.user_error().field(&["input", field]).into())
}

/// A name of 1 to 60 characters.
pub(super) fn named<'n>(name: &'n str, field: &str) -> minzheng_kit::Result<&'n str> {
    let trimmed = name.trim();
    if trimmed.is_empty() || trimmed.chars().count() > 60 {
        return Err(UserError::new(
            "NAME_REQUIRED",
            "A name of at most 60 characters is required.",
            "须填写姓名（不超过60字）。",
        )
        .field(&["input", field])
        .into());
    }
    Ok(trimmed)
}

async fn open_case(
    ctx: &Context<'_>,
    input: OpenFuneralCaseInput,
) -> minzheng_kit::Result<funeral_case::Model> {
    let (services, principal) = (ctx.services(), ctx.principal());
    let deceased = citizen(ctx, &input.deceased.0, "deceased")?;
    let applicant = citizen(ctx, &input.applicant.0, "applicant")?;
    let (deceased_name, applicant_name) = (
        named(&input.deceased_name, "deceasedName")?.to_owned(),
        named(&input.applicant_name, "applicantName")?.to_owned(),
    );
    let facility = minzheng_kit::id::parse(&input.facility).unwrap_or_default();
    let of_numbers = [&deceased, &applicant].map(|id| services.tokenizer.token(id));
    let opening = cases::Opening {
        deceased: vault::citizen_of(services.db.read(), services, &deceased)
            .await?
            .0,
        born_on: deceased.birth_date(),
        applicant: vault::citizen_of(services.db.read(), services, &applicant)
            .await?
            .0,
        relation: input.relation,
        phone_masked: tickets::masked_phone(&input.phone)?,
        paper: cases::Paper {
            died_on: input.died_on.0,
            kind: input.paper_kind,
            number: input.paper_number,
            natural: input.natural,
        },
        facility,
    };
    // Officers open for anyone, a citizen for themselves as the applicant.
    if !principal.has_scope(scope::FUNERAL_CASE) {
        let caller = merged::current(services.db.read(), ctx.person()?).await?;
        if caller != opening.applicant {
            return Err(Error::Forbidden);
        }
    }
    // The key is compared by tokens: no number, not even hashed, stays here.
    let [of_deceased, of_applicant] = &of_numbers;
    let body = json!([
        "openFuneralCase",
        of_deceased,
        of_applicant,
        opening.relation,
        opening.paper.died_on,
        opening.paper.kind,
        opening.paper.number,
        opening.paper.natural,
        facility,
        opening.phone_masked,
    ]);
    let new = Opened {
        opening,
        deceased,
        deceased_name,
        applicant,
        applicant_name,
    };
    let outcome = act::run(
        services,
        principal,
        &input.request_key,
        body,
        new,
        |act, new| {
            Box::pin(async move {
                // Who the two are counts as it stands in this transaction.
                let opening = cases::Opening {
                    deceased: vault::citizen_of(act.tx, act.services, &new.deceased)
                        .await?
                        .0,
                    applicant: vault::citizen_of(act.tx, act.services, &new.applicant)
                        .await?
                        .0,
                    ..new.opening.clone()
                };
                let cases::Opened { case, new_death } = cases::open(&act, &opening).await?;
                // The name of another person is told on the paper only, by whoever has seen it.
                if !case.paper_pending {
                    vault::announce(act.tx, act.services, &new.deceased, &new.deceased_name)
                        .await?;
                }
                vault::announce(act.tx, act.services, &new.applicant, &new.applicant_name).await?;
                if let Some(death) = new_death {
                    cases::tell(act.tx, &cases::death_registered(&death, act.now)).await?;
                }
                let after = json!({ "state": case.state, "facility": case.facility_id });
                let id = case.id.to_string();
                history(act.tx, "FuneralCase", &id, act.principal, None, Some(after)).await?;
                Ok(case.id)
            })
        },
    );
    written::<funeral_case::Entity>(ctx, outcome.await).await
}

/// What is needed to open a case, with the identities that are sealed on and kept nowhere here.
struct Opened {
    opening: cases::Opening,
    deceased: CitizenId,
    deceased_name: String,
    applicant: CitizenId,
    applicant_name: String,
}
