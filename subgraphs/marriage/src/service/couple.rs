//! Two people as they come to a counter: their numbers become tokens at once.

use super::act::Act;
use super::eligibility;
use crate::kit::citizen_id::CitizenId;
use crate::kit::{Result, Services, vault};
use crate::rules::age::Sex;
use crate::rules::eligibility::Competence;
use serde::Serialize;

/// One person by number and token. Only the token is ever written.
#[derive(Clone, Debug, Serialize)]
pub struct Known {
    #[serde(skip)]
    number: CitizenId,
    /// Person token.
    pub token: String,
}

impl Known {
    /// The person of a checked number.
    #[must_use]
    pub fn of(services: &Services, number: CitizenId) -> Self {
        Self {
            token: services.tokenizer.token(&number).to_string(),
            number,
        }
    }

    /// Tells `persons` who this is, sealed.
    pub async fn announce(&self, act: &Act<'_>) -> Result<()> {
        vault::announce(act.tx, act.services, &self.number, "").await?;
        Ok(())
    }

    /// Sex as the number states it.
    #[must_use]
    pub fn sex(&self) -> Sex {
        eligibility::sex(&self.number)
    }

    /// Date of birth as the number states it.
    #[must_use]
    pub fn birth(&self) -> chrono::NaiveDate {
        self.number.birth_date()
    }

    /// The province whose digits begin the number: the authority of the person's ledger.
    #[must_use]
    pub fn authority(&self) -> String {
        eligibility::authority(&self.number)
    }

    /// Which competence of the registry the person needs.
    #[must_use]
    pub fn needs(&self) -> Competence {
        eligibility::needs(&self.number)
    }
}
