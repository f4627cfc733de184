//! What a peer must do, asked of it over the wire: for `minzheng peer check`, against a program of ours or of
//! somebody else.
//!
//! Every question is about a transaction that was never begun, so that a right peer keeps nothing of it but
//! a tombstone, and no person is touched. Texts that no peer may believe come first; then what each phase
//! must answer.

use super::client::Client;
use super::core::message::{Act, Class, Message, Outcome, Party, Plan, RecordCore, Verdict, roles};
use super::core::names::{AuthorityId, PartyRef, Proof, RecordId, Sealed, TxnId};
use super::node::Node;
use super::wire::jws::{self, Expected, Header};
use super::wire::signature::{Algorithm, SigningKey};
use super::wire::{WINDOW_SECONDS, proofs};
use chrono::Utc;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What came of one question.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What a peer must do.
    pub rule: &'static str,
    /// What it did instead; none where it did right.
    pub instead: Option<String>,
}

/// A peer that is asked.
struct Probe<'a> {
    node: &'a Node,
    target: AuthorityId,
    code: String,
    endpoint: String,
    routing_epoch: u64,
}

/// Asks a peer everything.
///
/// # Errors
/// A sentence where it is not trusted here or does not answer at all.
pub async fn check(node: &Node, authority: &str) -> Result<Vec<Finding>, String> {
    let book = node.book();
    let file = book
        .peer(authority)
        .ok_or("This authority is not trusted here; trust its key file first.")?;
    let probe = Probe {
        node,
        target: authority.parse().map_err(|_| "This is no authority.")?,
        code: authority.to_owned(),
        endpoint: file.endpoint.clone(),
        routing_epoch: u64::from(book.routing.epoch),
    };
    let mut found = probe.unbelievable().await;
    found.extend(probe.phases().await);
    Ok(found)
}

fn finding(rule: &'static str, right: bool, did: impl std::fmt::Debug) -> Finding {
    Finding {
        rule,
        instead: (!right).then(|| format!("{did:?}")),
    }
}

impl Probe<'_> {
    fn client(&self) -> &Client {
        &self.node.client
    }

    fn header(&self, phase: &str) -> Header {
        Header {
            alg: Algorithm::EdDsa,
            from: self.node.own.clone(),
            key_id: String::new(),
            nonce: BASE64URL_NOPAD.encode(Uuid::new_v4().as_bytes()),
            officer: String::new(),
            phase: phase.to_owned(),
            prev_hash: String::new(),
            purpose: "CONFORMANCE".to_owned(),
            seq: 1,
            to: self.code.clone(),
            ts: Utc::now().timestamp_millis(),
            txn_id: String::new(),
            typ: String::new(),
            v: 0,
        }
    }

    fn text(&self, header: Header, message: &Message, key: &SigningKey) -> String {
        let mut value = serde_json::to_value(message).unwrap_or_default();
        let speaker = proofs::Speaker {
            own: &self.node.own,
            key,
            now: header.ts,
        };
        // A statement of ours that cannot be signed leaves a text that is not believed, which is seen.
        let _ = proofs::wrap(&mut value, speaker);
        jws::sign(key, header, &json!({ "messages": [value] })).unwrap_or_default()
    }

    async fn raw(&self, text: &str) -> Option<String> {
        self.client()
            .ask(&self.endpoint, text, Utc::now().timestamp_millis())
            .await
            .ok()
    }

    /// The first message of a believable answer.
    async fn ask(&self, message: &Message) -> Result<Message, String> {
        let phase = serde_json::to_value(message)
            .ok()
            .and_then(|value| {
                value
                    .get("phase")
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            })
            .unwrap_or_default();
        let mut header = self.header(&phase);
        header.txn_id = message
            .txn()
            .map(|txn| txn.0.to_string())
            .unwrap_or_default();
        let nonce = header.nonce.clone();
        let text = self.text(header, message, &self.node.signing);
        let answer = self.raw(&text).await.ok_or("no answer")?;
        let book = self.node.book();
        let expected = Expected {
            from: Some(&self.code),
            to: &self.node.own,
            nonce: Some(&nonce),
            now: Utc::now().timestamp_millis(),
        };
        let opened = jws::open::<Value>(&answer, book.as_ref(), expected)
            .map_err(|fault| fault.code().to_owned())?;
        if opened.header.phase != format!("{phase}-ANSWER") {
            return Err("an answer to another phase".to_owned());
        }
        let mut first = opened
            .body
            .get("messages")
            .and_then(|list| list.get(0))
            .cloned()
            .ok_or("nothing")?;
        proofs::unwrap(&mut first, book.as_ref()).map_err(|fault| fault.code().to_owned())?;
        serde_json::from_value(first).map_err(|_| "no message of the protocol".to_owned())
    }

    /// A transaction whose roles are these, begun now.
    fn transaction(&self, decides: bool) -> TxnId {
        loop {
            let txn = TxnId(Uuid::now_v7());
            if (roles(txn, self.node.id, self.target).0 == self.target) == decides {
                return txn;
            }
        }
    }

    fn plan(&self, txn: TxnId) -> Plan {
        let (da, ha) = roles(txn, self.node.id, self.target);
        Plan {
            txn,
            act: Act::Marry {
                record: RecordId(Uuid::new_v4()),
            },
            coordinator: self.node.id,
            da,
            ha,
            routing_epoch: self.routing_epoch,
            officer: "conformance".to_owned(),
            purpose: "CONFORMANCE".to_owned(),
            effective_from: None,
        }
    }

    fn nobody() -> Party {
        Party {
            party: PartyRef(Uuid::new_v4()),
            identity: Sealed("not.a.sealed.identity.".to_owned()),
        }
    }

    fn resolve(&self, txn: TxnId) -> Message {
        Message::Resolve {
            txn,
            coordinator: self.node.id,
            ha: Some(self.node.id),
            class: Class::WalkedOut,
        }
    }

    /// Texts that nobody may believe: each must bring no message back.
    async fn unbelievable(&self) -> Vec<Finding> {
        let message = self.resolve(self.transaction(true));
        let own = &self.node.signing;
        let good = || self.header("RESOLVE");
        let sign = |header: Header| self.text(header, &message, own);
        let window = (WINDOW_SECONDS + 60) * 1000;
        let stranger = SigningKey::of(own.algorithm(), &[7; 32]);
        let mut broken = sign(good());
        broken.replace_range(broken.len() - 6.., "AAAAAA");
        let mut table: Vec<(&'static str, String)> = vec![
            (
                "refuses what is no signed text",
                "not a signed text".to_owned(),
            ),
            ("refuses a signature that does not fit", broken),
            (
                "refuses what is meant for another",
                sign(Header {
                    to: "11".to_owned(),
                    ..good()
                }),
            ),
            (
                "refuses what was signed too long ago",
                sign(Header {
                    ts: good().ts - window,
                    ..good()
                }),
            ),
            (
                "refuses what was signed in the future",
                sign(Header {
                    ts: good().ts + window,
                    ..good()
                }),
            ),
            (
                "refuses another sender than its token names",
                sign(Header {
                    from: self.code.clone(),
                    ..good()
                }),
            ),
            (
                "refuses a short nonce",
                sign(Header {
                    nonce: "short".to_owned(),
                    ..good()
                }),
            ),
        ];
        if let Some(stranger) = stranger {
            table.push((
                "refuses a key that was not published",
                self.text(good(), &message, &stranger),
            ));
        }
        let mut found = Vec::new();
        for (rule, text) in table {
            let answer = self.raw(&text).await;
            found.push(finding(rule, answer.is_none(), "it answered"));
        }
        let once = sign(good());
        let (first, again) = (self.raw(&once).await, self.raw(&once).await);
        found.push(finding("answers a good text", first.is_some(), "no answer"));
        found.push(finding(
            "refuses the same text a second time",
            again.is_none(),
            "it answered",
        ));
        found
    }

    /// What each phase must answer.
    async fn phases(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let txn = self.transaction(true);
        let first = self.ask(&self.resolve(txn)).await;
        let aborted = |answer: &Result<Message, String>| match answer {
            Ok(Message::Decided { verdict }) => {
                let decision = &verdict.body.decision;
                verdict.by == self.target
                    && decision.txn == txn
                    && matches!(decision.outcome, Outcome::Aborted { .. })
            }
            _ => false,
        };
        found.push(finding(
            "RESOLVE of what it never decided is ABORTED, signed",
            aborted(&first),
            &first,
        ));
        let again = self.ask(&self.resolve(txn)).await;
        let same = match (&first, &again) {
            (Ok(Message::Decided { verdict: one }), Ok(Message::Decided { verdict: other })) => {
                one.body.decision == other.body.decision
            }
            _ => false,
        };
        found.push(finding(
            "RESOLVE asked again has the same decision",
            same,
            &again,
        ));
        let late = Message::CommitLast {
            plan: self.plan(txn),
            coord_epoch: u64::from(u32::MAX),
            parties: vec![Self::nobody()],
            grant: None,
            core: self.core(),
        };
        let answer = self.ask(&late).await;
        let stopped = aborted(&answer) || matches!(answer, Ok(Message::KeyReused { .. }));
        found.push(finding(
            "COMMIT_LAST after ABORTED comes to nothing",
            stopped,
            &answer,
        ));
        let txn = self.transaction(false);
        let answer = self.ask(&Message::Cancel { txn, verdict: None }).await;
        let refused = matches!(answer, Ok(Message::ProofMissing { .. }));
        found.push(finding(
            "CANCEL without the decision is refused",
            refused,
            &answer,
        ));
        found.extend(self.promises().await);
        found
    }

    async fn promises(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let attempt = |plan: Plan| Message::Try {
            plan,
            coord_epoch: u64::from(u32::MAX),
            party: Self::nobody(),
        };
        let plan = self.plan(self.transaction(false));
        let answer = self
            .ask(&attempt(Plan {
                routing_epoch: self.routing_epoch + 1_000,
                ..plan
            }))
            .await;
        let right = matches!(answer, Ok(Message::WrongEpoch { .. }));
        found.push(finding(
            "TRY under another table of routes is WRONG_EPOCH",
            right,
            &answer,
        ));
        // A version 7 UUID of the year 2020, with our roles.
        let old = (0..=255_u8)
            .map(|last| {
                TxnId(Uuid::from_bytes([
                    1, 0x6f, 0x5e, 0x66, 0xe8, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, last,
                ]))
            })
            .find(|txn| roles(*txn, self.node.id, self.target).0 == self.node.id);
        if let Some(old) = old {
            let answer = self.ask(&attempt(self.plan(old))).await;
            let right = matches!(
                answer,
                Ok(Message::Refused {
                    class: Class::TooOld,
                    ..
                })
            );
            found.push(finding("TRY older than 30 days is TOO_OLD", right, &answer));
        }
        let plan = self.plan(self.transaction(false));
        let (txn, act) = (plan.txn, attempt(plan));
        let answer = self.ask(&act).await;
        let right = matches!(
            answer,
            Ok(Message::Refused {
                class: Class::Unverified,
                ..
            })
        );
        found.push(finding(
            "TRY for an identity that cannot be opened is UNVERIFIED",
            right,
            &answer,
        ));
        let proof = Proof::own(
            self.node.id,
            Verdict {
                decision: super::core::message::Decision {
                    txn,
                    coordinator: self.node.id,
                    ha: Some(self.target),
                    outcome: Outcome::Aborted {
                        class: Class::WalkedOut,
                    },
                },
                epoch: u64::from(u32::MAX),
            },
        );
        let answer = self
            .ask(&Message::Cancel {
                txn,
                verdict: Some(proof),
            })
            .await;
        let right = matches!(
            answer,
            Ok(Message::Cancelled { .. } | Message::Already { .. })
        );
        found.push(finding(
            "CANCEL with the decision leaves a tombstone",
            right,
            &answer,
        ));
        let plan = Plan {
            coordinator: self.target,
            ..self.plan(self.transaction(false))
        };
        let answer = self.ask(&attempt(plan)).await;
        let right = !matches!(answer, Ok(Message::Granted { .. }));
        found.push(finding(
            "TRY of another than its coordinator is not granted",
            right,
            &answer,
        ));
        found
    }

    fn core(&self) -> RecordCore {
        let today = Utc::now().date_naive();
        RecordCore {
            registered_on: today,
            effective_from: today,
            registry: "conformance".to_owned(),
            details: BTreeMap::new(),
        }
    }
}
