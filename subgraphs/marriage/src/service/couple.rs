//! Two people as they come to a counter: their numbers, of whatever kind, become tokens at once.

use super::act::Act;
use crate::kit::identity::{NumberKind, PersonNumber};
use crate::kit::tokenizer::{NumberToken, PersonToken};
use crate::kit::{Error, Result, Services, vault};
use crate::rules::Refusal;
use crate::rules::age::Sex;
use crate::rules::eligibility::Competence;
use chrono::NaiveDate;
use serde::{Serialize, Serializer};

/// What a paper tells of its holder where the number does not: a passport's sex and date of birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub birth: NaiveDate,
}

/// One person by number and token. Only the person's token is ever written; a repeated request is compared by the
/// one that the number makes, which no merge changes, and by what the paper tells.
#[derive(Clone, Debug, Serialize)]
pub struct Known {
    #[serde(skip)]
    number: PersonNumber,
    #[serde(rename = "token")]
    own: NumberToken,
    /// Token of the person whom the number names, whatever other numbers the person has.
    #[serde(skip)]
    pub token: String,
    #[serde(serialize_with = "facts_as_text")]
    facts: Option<Facts>,
}

/// Left out where the number itself tells, so that old keys of repeated requests stay good.
fn facts_as_text<S: Serializer>(
    facts: &Option<Facts>,
    to: S,
) -> std::result::Result<S::Ok, S::Error> {
    match facts {
        None => to.serialize_none(),
        Some(facts) => {
            let sex = if facts.sex == Sex::Man { "M" } else { "W" };
            to.serialize_str(&format!("{sex} {}", facts.birth))
        }
    }
}

const NAMES_NOBODY: Refusal = Refusal::by_form(
    "NUMBER_NAMES_NOBODY",
    "A placeholder of an old record names nobody; enter the number of the paper that is shown.",
    "占位号码不能识别当事人，请填写所出示证件的号码。",
);

const FACTS_MISSING: Refusal = Refusal::by_form(
    "PAPER_FACTS_MISSING",
    "A passport's number tells neither sex nor date of birth: enter both as the passport states them.",
    "护照号码不含性别和出生日期，请按护照填写。",
);

const FACTS_DIFFER: Refusal = Refusal::by_form(
    "PAPER_FACTS_DIFFER",
    "Sex or date of birth are not what the number tells.",
    "所填性别或出生日期与证件号码不符。",
);

impl Known {
    /// The person of a number, by whatever merges are known here. An old number stands for its modern form. `facts`
    /// are what the paper tells besides; of a number that tells them itself they may be left out and must not
    /// differ.
    ///
    /// The transaction that uses it asks again ([`Self::announce`], [`Self::stands`]); so it is left to that one to
    /// say that the database does not answer.
    ///
    /// # Errors
    /// A placeholder, which names nobody; facts that contradict the number.
    pub async fn of(
        services: &Services,
        number: PersonNumber,
        facts: Option<Facts>,
    ) -> std::result::Result<Self, Refusal> {
        let number = match number.modern(services.clock.today()) {
            Some(modern) => PersonNumber::from(&modern),
            None => number,
        };
        let own = services.tokenizer.token_of(&number).ok_or(NAMES_NOBODY)?;
        let told = told_by(&number);
        if let (Some(told), Some(stated)) = (told, facts)
            && told != stated
        {
            return Err(FACTS_DIFFER);
        }
        let named = vault::person_of(services.db.read(), services, &number).await;
        let token = match named {
            Ok(Some(person)) => person.0,
            _ => own.as_made().to_owned(),
        };
        Ok(Self {
            own,
            token,
            facts: if told.is_some() { None } else { facts },
            number,
        })
    }

    /// Sex and date of birth, by the number or by the paper.
    ///
    /// # Errors
    /// Where a passport was entered without them.
    pub fn facts(&self) -> std::result::Result<Facts, Refusal> {
        told_by(&self.number).or(self.facts).ok_or(FACTS_MISSING)
    }

    /// Tells `persons` who this is, sealed.
    ///
    /// # Errors
    /// A conflict where the person was merged with another since the request came in.
    pub async fn announce(&self, act: &Act<'_>) -> Result<()> {
        let named = vault::announce_number(act.tx, act.services, &self.number, "").await?;
        self.same(Some(named))
    }

    /// The number names the same person in this transaction as when the request came in.
    ///
    /// # Errors
    /// A conflict where the person was merged with another since.
    pub async fn stands(&self, act: &Act<'_>) -> Result<()> {
        self.same(vault::person_of(act.tx, act.services, &self.number).await?)
    }

    fn same(&self, named: Option<PersonToken>) -> Result<()> {
        if named.is_some_and(|named| named.0 == self.token) {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    /// Whether a caller who is signed in by this token is the person: by the person's token, or by that of the
    /// number itself, for who has signed in does not notice a merge.
    #[must_use]
    pub fn is(&self, token: Option<&str>) -> bool {
        token.is_some_and(|token| token == self.token || token == self.own.as_made())
    }

    /// The kind of the number.
    #[must_use]
    pub fn kind(&self) -> NumberKind {
        self.number.kind()
    }

    /// Whether a register of the mainland keeps the person's ledger; of others papers answer (M-8).
    #[must_use]
    pub fn is_citizen(&self) -> bool {
        self.needs() == Competence::Mainland
    }

    /// The authority of the person's ledger, by the table of routes: of somebody without a mainland number the
    /// national one, for another province may have registered them. A province that speaks with nobody keeps them
    /// itself, by what it registered and by the papers shown.
    #[must_use]
    pub fn authority(&self, services: &Services) -> String {
        if self.is_citizen() || crate::interop::counter::has_peers(services) {
            crate::interop::counter::authority_of(services, &self.number)
        } else {
            services.province.as_str().to_owned()
        }
    }

    /// The first six digits of the number, which lead to the authority; empty where there are none.
    #[must_use]
    pub(crate) fn prefix(&self) -> &str {
        self.number.address_code().unwrap_or_default()
    }

    /// Whether the address code was in use on the birth date; none where that cannot be said.
    #[must_use]
    pub fn address_in_use_at_birth(&self, today: NaiveDate) -> Option<bool> {
        self.number.modern(today)?.address_in_use_at_birth()
    }

    /// The number itself, for the one place that seals it.
    pub(crate) fn expose(&self) -> String {
        vault::Identity::of(&self.number, "").id_number.clone()
    }

    /// M-8, 婚姻登记条例 2: which competence of the registry the person needs, by the kind of number and the state
    /// that issued a passport: a Chinese passport is an overseas Chinese's here, for residents of the mainland
    /// show their identity card (M-7).
    #[must_use]
    pub fn needs(&self) -> Competence {
        match self.number.kind() {
            NumberKind::ResidencePermit => Competence::HmtOverseas,
            NumberKind::PermanentResidence => Competence::Foreign,
            NumberKind::Passport => match self.number.issuing_state() {
                Some("CHN" | "HKG" | "MAC" | "TWN") => Competence::HmtOverseas,
                _ => Competence::Foreign,
            },
            NumberKind::CitizenId | NumberKind::OldCitizenId | NumberKind::Placeholder => {
                Competence::Mainland
            }
        }
    }
}

fn told_by(number: &PersonNumber) -> Option<Facts> {
    let sex = match number.sex()? {
        crate::kit::citizen_id::Sex::Male => Sex::Man,
        crate::kit::citizen_id::Sex::Female => Sex::Woman,
    };
    Some(Facts {
        sex,
        birth: number.birth_date()?,
    })
}

/// A text that is sealed at once. A repeated request is compared by a keyed digest of it, and nothing else of it
/// is written.
#[derive(Clone, Debug, Serialize)]
pub struct Hidden {
    #[serde(skip)]
    text: String,
    digest: String,
}

impl Hidden {
    /// A text to hide.
    #[must_use]
    pub fn of(services: &Services, text: String) -> Self {
        Self {
            digest: services.tokenizer.digest(&text),
            text,
        }
    }

    /// Seals it, so that only the vault opens it.
    pub fn seal(&self, act: &Act<'_>) -> Result<Vec<u8>> {
        act.seal(&self.text)
    }
}
