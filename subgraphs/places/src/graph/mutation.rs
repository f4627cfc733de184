//! What may be changed.

use async_graphql::{Context, Object};
use minzheng_kit::{Error, PrincipalExt, Result, UserError, federation::directives::*};

use super::{
    inputs::SubmitNamingInput,
    naming::{NamingApplication, SubmitNamingPayload},
    query::known,
};
use crate::{
    model::vocabulary::NamingKind,
    service::naming::{self, Act, Submission, Submitted},
};

/// The changes of the place-name subsystem.
pub(crate) struct Mutation;

#[Object]
impl Mutation {
    /// Submits an application to name, rename or cancel a name in the officer's own area; conflicts with names in force are told and judged later (提交地名申请).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn submit_naming(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application (地名申请).")] input: SubmitNamingInput,
    ) -> Result<SubmitNamingPayload> {
        ctx.need("places.write")?;
        let services = ctx.services();
        let (request_key, wanted) = match submission(input) {
            Ok(parts) => parts,
            Err(error) => return refused(vec![error.into_user_error()?]),
        };
        let refusals = naming::refusals(&wanted);
        if !refusals.is_empty() {
            return refused(refusals);
        }
        let principal = ctx.principal();
        let (at, today) = (services.clock.now(), services.clock.today());
        let written: Result<Submitted> = services
            .db
            .write(|tx| {
                let (request_key, wanted) = (request_key.clone(), wanted.clone());
                let principal = principal.clone();
                Box::pin(async move {
                    let act = Act {
                        principal: &principal,
                        at,
                        today,
                    };
                    naming::submit(tx, act, &request_key, &wanted).await
                })
            })
            .await;
        match written {
            Ok(Submitted {
                application: Some(id),
            }) => {
                let row = naming::application(services.db.read(), id).await?;
                Ok(SubmitNamingPayload {
                    application: Some(NamingApplication(row)),
                    user_errors: vec![],
                })
            }
            Ok(Submitted { application: None }) => {
                Err(Error::internal("a submission without an application"))
            }
            Err(error) => refused(vec![error.into_user_error()?]),
        }
    }
}

fn refused(user_errors: Vec<UserError>) -> Result<SubmitNamingPayload> {
    Ok(SubmitNamingPayload {
        application: None,
        user_errors,
    })
}

fn submission(input: SubmitNamingInput) -> Result<(String, Submission)> {
    let place = input
        .place_id
        .map(|id| known(&id, &["input", "placeId"]))
        .transpose()?;
    let wanted = Submission {
        kind: match input.kind {
            NamingKind::Name => "NAME",
            NamingKind::Rename => "RENAME",
            NamingKind::Cancel => "CANCEL",
        },
        asked: input.kind,
        place,
        place_kind: input.place_kind,
        division: known(&input.division_id, &["input", "divisionId"])?,
        specific: input.specific.trim().to_owned(),
        generic: input.generic.trim().to_owned(),
        point: input.point.map(|p| (p.longitude, p.latitude)),
        reasons: input.reasons,
    };
    Ok((input.request_key, wanted))
}
