//! What happens in each of the examples.

use super::super::core::event::{
    AuthorityEvent, BREAK_GLASS_AFTER, CoordinatorEvent, FactKind, SOFT_EXPIRY, Standing,
};
use super::super::core::message::{Act, Message};
use super::super::core::tests::stage::{A, DA, HA, record};
use super::super::core::tests::world::{Step, fact, token, uuid};
use super::talk::{People, Talk};
use serde_json::Value;

pub(super) fn tell(name: &str, people: &People) -> Vec<Value> {
    let married = Standing::Married { record: record(9) };
    let (man, woman) = match name {
        "holder-refuses" => (Standing::Free, married),
        "decider-refuses" => (married, Standing::Free),
        "divorce-application" | "divorce" => (married, married),
        _ => (Standing::Free, Standing::Free),
    };
    let mut talk = Talk::new(people, man, woman);
    let mut wish = talk.wish(Act::Marry { record: record(1) });
    let txn = wish.txn;
    let commit = |m: &Message| matches!(m, Message::CommitLast { .. });
    let confirm = |m: &Message| matches!(m, Message::Confirm { .. });
    match name {
        "divorce-application" => {
            wish.act = Act::ApplyDivorce {
                record: record(9),
                application: super::super::core::RecordId(uuid(3, 1)),
            };
        }
        "divorce" => {
            let application = super::super::core::RecordId(uuid(3, 1));
            talk.applied(record(9), application);
            wish.act = Act::Divorce {
                record: record(9),
                application,
            };
        }
        "one-authority" => wish.parties = [(HA, 1), (HA, 2)],
        "routes-differ" => wish.routing_epoch = 2,
        _ => {}
    }
    let copy = talk.stage.copy(DA);
    if name == "two-coordinators" {
        let old = talk.stage.copy(A);
        talk.stage.restart(A);
        talk.go_on();
        talk.stage.provinces.insert(A, old);
    }
    if name == "starting" {
        talk.stage.restart(HA);
        talk.stage.mail.clear();
    }
    talk.begin(&wish);
    match name {
        "couple-leaves" => {
            talk.go(commit);
            talk.stage
                .run(A, vec![Step::Coordinator(txn, CoordinatorEvent::WalkOut)]);
            talk.go_on();
        }
        "coordinator-dies" => {
            talk.go(confirm);
            talk.stage.pass(SOFT_EXPIRY);
            talk.stage.due(HA);
            talk.go_on();
            talk.stage.due(A);
            talk.go_on();
        }
        "answer-lost" => {
            talk.go(|m| matches!(m, Message::Decided { .. }));
            talk.stage.due(A);
            talk.go_on();
        }
        "late-try" => {
            let (_, _, late) = talk.stage.mail[0].clone();
            talk.go(|m| matches!(m, Message::Try { .. }));
            talk.stage.pass(SOFT_EXPIRY);
            talk.stage.due(A);
            talk.go_on();
            talk.exchange(A, HA, &late, |_| false);
        }
        "restored-decider" => {
            talk.go(confirm);
            talk.stage.restore(copy);
            talk.go_on();
            talk.stage.due(A);
            talk.go_on();
        }
        "break-glass" => {
            talk.go(commit);
            talk.stage.pass(BREAK_GLASS_AFTER);
            let event = AuthorityEvent::BreakGlass {
                officers: ["officer-one".to_owned(), "officer-other".to_owned()],
                statement: "letter 7 of 2026".to_owned(),
                stated_by: DA,
            };
            talk.stage.run(HA, vec![Step::Authority(txn, event)]);
            talk.go_on();
        }
        "ending" => {
            talk.go_on();
            let died = fact(1, FactKind::Died, [(HA, txn), (A, txn)]);
            let person = token(&people.of(0, DA));
            talk.stage.run(DA, vec![Step::Fact(died, person)]);
            talk.go_on();
        }
        "key-reused" => {
            let (_, _, first) = talk.stage.mail[0].clone();
            talk.go(commit);
            let Message::Try {
                mut plan,
                coord_epoch,
                party,
            } = first
            else {
                panic!("not a TRY");
            };
            plan.act = Act::Marry { record: record(2) };
            let other = Message::Try {
                plan,
                coord_epoch,
                party,
            };
            talk.exchange(A, HA, &other, |_| false);
        }
        "no-proof" => {
            talk.go(confirm);
            talk.exchange(A, HA, &Message::Cancel { txn, verdict: None }, |_| false);
        }
        "holder-starts-again" => {
            talk.go(commit);
            talk.stage.restart(HA);
            talk.go_on();
            talk.stage.due(A);
            talk.go_on();
        }
        _ => talk.go_on(),
    }
    talk.exchanges
}
