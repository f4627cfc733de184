//! Of whom an answer to a peer tells: what is given to another authority is recorded, like every look at
//! personal data, and kept three years (网络数据安全管理条例 art. 12).
//!
//! Each look at a ledger for a transaction has left a row (I-8), so those rows say whose ledgers an answer about
//! that transaction can tell of, also when the same answer is given once more.

use super::core::message::Message;
use super::core::names::TxnId;
use super::store::{Desk, Outgoing};
use super::wire::jws::Header;
use crate::kit::Result;
use crate::kit::disclosure::Told;
use crate::model::interop::access;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Of whom these messages, which answer a text with this header, tell.
///
/// # Errors
/// When the database does not answer.
pub async fn told(desk: Desk<'_>, asked: &Header, said: &[Outgoing]) -> Result<Told> {
    let said = said.iter().flat_map(|out| about(&out.message));
    let about: BTreeSet<Uuid> = said.map(|txn| txn.0).collect();
    if about.is_empty() {
        return Ok(Told::default());
    }
    let persons = access::Entity::find()
        .select_only()
        .column(access::Column::Person)
        .distinct()
        .filter(access::Column::Txn.is_in(about))
        .order_by_asc(access::Column::Person)
        .into_tuple()
        .all(desk.tx)
        .await?;
    let stated = |text: &String| (!text.is_empty()).then(|| text.clone());
    Ok(Told {
        persons,
        purpose: stated(&asked.purpose),
        case: stated(&asked.txn_id),
    })
}

/// The transactions whose persons a message says something about.
fn about(message: &Message) -> Vec<TxnId> {
    match message {
        // Of how the two sides speak with each other, or a receipt for what the peer itself has told.
        Message::WrongEpoch { .. }
        | Message::StaleCoordinator { .. }
        | Message::KeyReused { .. }
        | Message::Unavailable { .. }
        | Message::StaleGrant { .. }
        | Message::ProofMissing { .. }
        | Message::EndedNoted { .. }
        | Message::Hello { .. } => Vec::new(),
        Message::Known {
            verdicts,
            endings,
            forced,
            ..
        } => {
            let decided = verdicts.iter().map(|verdict| verdict.body.decision.txn);
            decided
                .chain(endings.iter().map(|notice| notice.txn))
                .chain(forced.iter().map(|abort| abort.txn))
                .collect()
        }
        other => other.txn().into_iter().collect(),
    }
}
