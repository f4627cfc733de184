//! One person, another token 换号与合并: a merge of two persons of ours, its undoing, or a change of the token key,
//! while a promise is open and for ever after.
//!
//! Other provinces never hear of it: no token leaves us. What changes is whom our own rows name. A promise moves
//! along with its person; where the person turns out to be held already by another, one of the two cannot come to
//! anything in law, and which one is not ours to say: both wait for their decisions, the one that has moved is
//! *contested*, so that DA is asked at once, and what it has committed all the same is DISPUTED, for two
//! officers. So too where the ledger that is now the person's does not allow the act any more.

use super::authority::again;
use super::effect::Effect;
use super::entries::still_allows;
use super::event::{DOUBT_AGAIN, Hold, Row, Subject, View};
use super::message::Class;
use super::names::PersonId;
use super::settle::ask;

/// A row with the person's other token; none where it does not name that person.
#[must_use]
pub fn renamed(row: &Row, from: &PersonId, to: &PersonId) -> Option<Row> {
    let mut row = row.clone();
    let named: Vec<&mut PersonId> = match &mut row {
        Row::Held { hold } | Row::Confirmed { hold, .. } | Row::Forced { hold, .. } => {
            vec![&mut hold.person]
        }
        Row::Decided { persons, .. } => persons.iter_mut().collect(),
        Row::Refused { .. } | Row::Released { .. } => Vec::new(),
    };
    let mut any = false;
    for person in named {
        if person == from {
            person.clone_from(to);
            any = true;
        }
    }
    any.then_some(row)
}

/// The row of an open promise with its contest withdrawn: the merge that was its reason is taken back.
#[must_use]
pub fn uncontested(row: Row) -> Row {
    match row {
        Row::Held { hold } => Row::Held {
            hold: Hold {
                contested: false,
                ..hold
            },
        },
        other => other,
    }
}

/// Whether the person is promised for something else as well.
fn others(subject: &Subject, hold: &Hold) -> bool {
    subject.holds.iter().any(|txn| *txn != hold.plan.txn)
}

/// Why a promise can come to nothing any more, by what became known since it was given.
pub(super) fn against(subject: &Subject, hold: &Hold) -> Option<Class> {
    let other = others(subject, hold);
    let allowed = still_allows(subject, hold.plan.act);
    let contest = if other {
        Class::HeldByOther
    } else {
        Class::Unresolved
    };
    allowed.err().or_else(|| hold.contested.then_some(contest))
}

/// Our person `from` is `subject` from now on, whose ledger and hold are those of now. `View::row` is a row that
/// may name `from`.
pub(super) fn became(view: &View<'_>, from: &PersonId, subject: &Subject) -> Vec<Effect> {
    let Some(row) = view.row.and_then(|row| renamed(row, from, &subject.person)) else {
        return Vec::new();
    };
    let Row::Held { mut hold } = row else {
        let txn = view.row.map(|row| row.txn());
        return txn
            .map(|txn| Effect::Row { txn, row })
            .into_iter()
            .collect();
    };
    let txn = hold.plan.txn;
    hold.contested |= others(subject, &hold);
    let class = against(subject, &hold);
    let asked = class.map(|class| ask(&hold, class));
    let mut effects = vec![Effect::Row {
        txn,
        row: Row::Held { hold },
    }];
    effects.extend(asked);
    effects.push(again(txn, DOUBT_AGAIN));
    effects
}
