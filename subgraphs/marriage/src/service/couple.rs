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

    /// The authority of the person's ledger, by the table of routes.
    #[must_use]
    pub fn authority(&self, services: &Services) -> String {
        crate::interop::counter::authority(services, self.prefix())
    }

    /// The first six digits of the number, which lead to the authority.
    #[must_use]
    pub(crate) fn prefix(&self) -> &str {
        self.number.division_code()
    }

    /// The number itself, for the one place that seals it.
    pub(crate) fn expose(&self) -> String {
        vault::Identity::new(&self.number, "").id_number.clone()
    }

    /// Which competence of the registry the person needs.
    #[must_use]
    pub fn needs(&self) -> Competence {
        eligibility::needs(&self.number)
    }
}
