//! Whose records a caller may see without the persons: officers their own acts, a supervisor those of the own
//! division too, another province what it asked for itself.

use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait as _},
};

use crate::kit::{Principal, Role};
use crate::model::access_entry::Column;

/// The records that this caller may see without the persons; none for who may see no such records at all.
///
/// The division is the caller's of now: what its officers did under a code that it, or what went into it, bore before a
/// change belongs to it, and what the officers of a division did that has been parted from it does not.
#[must_use]
pub fn of(caller: &Principal) -> Option<Condition> {
    let account = caller.subject.as_deref()?;
    match caller.role {
        Role::Registrar => Some(acts_of(account)),
        Role::Supervisor => Some(acts_of(account).add_option(division(caller))),
        Role::Peer => Some(
            Condition::all()
                .add(issuers_of(account))
                .add(Column::ActorRole.eq(Role::Peer.as_str()))
                .add(Column::Province.eq(&caller.province)),
        ),
        _ => None,
    }
}

/// The ways to read `issuer|id`, for either may hold the sign between them.
fn readings(account: &str) -> impl Iterator<Item = (&str, &str)> {
    account
        .match_indices('|')
        .map(|(at, sign)| (&account[..at], &account[at + sign.len()..]))
}

fn acts_of(account: &str) -> Condition {
    readings(account).fold(nothing(), |any, (issuer, actor)| {
        let one = Condition::all()
            .add(Column::ActorIssuer.eq(issuer))
            .add(Column::Actor.eq(actor));
        any.add(one)
    })
}

fn issuers_of(account: &str) -> Condition {
    readings(account).fold(nothing(), |any, (issuer, _)| {
        any.add(Column::ActorIssuer.eq(issuer))
    })
}

/// What officers of the caller's division and of those below did.
fn division(caller: &Principal) -> Option<Condition> {
    let prefix = caller.reach()?;
    let codes = Condition::any()
        .add(Column::ActorDivision.starts_with(prefix))
        .add(Column::ActorDivision.is_in(caller.divisions.former_within(prefix)));
    let elsewhere = caller.divisions.former_elsewhere(prefix);
    let officers = [Role::Registrar, Role::Supervisor].map(Role::as_str);
    Some(
        Condition::all()
            .add(Column::ActorRole.is_in(officers))
            .add(codes)
            .add(Column::ActorDivision.is_not_in(elsewhere)),
    )
}

/// Any of nothing yet: what is added makes it true, and nothing else does.
fn nothing() -> Condition {
    Condition::any().add(Expr::val(1).eq(Expr::val(0)))
}
