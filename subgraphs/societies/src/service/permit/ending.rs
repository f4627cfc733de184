//! O-18: what a registration needs to end, by whatever road: an application for deregistration, or a clean-up case
//! that ends with it.

use crate::input::registration::DeregistrationInput;
use crate::model::{liquidation, organization};
use crate::rules::change::{self, Ending};
use crate::service::act::{Act, at};
use chrono::NaiveDate;
use kit::Result;
use minzheng_kit as kit;
use sea_orm::{ConnectionTrait, EntityTrait};

/// Judges what is handed in at the end of a liquidation; answers the day of that end, and whether it comes late.
pub(crate) async fn ending(
    act: Act<'_>,
    organization: &organization::Model,
    given: Option<&DeregistrationInput>,
) -> Result<(NaiveDate, bool)> {
    let given = given.ok_or_else(|| super::submit::part_missing("deregistration"))?;
    let ending = Ending {
        group_formed: group_formed(act.tx, &organization.credit_code).await?,
        liquidation_ended: given.liquidation_ended_on.0,
        report: given.report,
        certificate: given.certificate,
        seals: given.seals,
        accounts: given.accounts,
    };
    let late = change::deregistration(&ending, act.today).map_err(|refusal| {
        let field = match refusal.code {
            "LIQUIDATION_GROUP_MISSING" => "creditCode",
            "LIQUIDATION_ENDS_BEFORE_IT_BEGINS" => "liquidationEndedOn",
            _ => "deregistration",
        };
        at(refusal, field)
    })?;
    Ok((ending.liquidation_ended, late))
}

/// The day on which an organization's liquidation group was formed; none where there is no group.
pub(crate) async fn group_formed(
    db: &impl ConnectionTrait,
    code: &str,
) -> Result<Option<NaiveDate>> {
    let begun = liquidation::Entity::find_by_id(code).one(db).await?;
    Ok(begun.map(|begun| begun.group_formed))
}
