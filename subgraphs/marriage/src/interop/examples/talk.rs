//! A conversation of the core's provinces through signed texts, and the keys of the examples.

use super::super::core::event::{CoordinatorEvent, Entry, Standing};
use super::super::core::message::{Act, Message};
use super::super::core::tests::stage::{A, DA, HA, Stage};
use super::super::core::tests::world::{Person, Step, Wish, token};
use super::super::core::{AuthorityId, LedgerWrite, RecordId, Sealed, TxnId};
use super::super::log::chained;
use super::super::wire::jwe::{self, Identity, Place};
use super::super::wire::jws::{self, Expected, Header, KeyBook};
use super::super::wire::signature::{Algorithm, PublicKey, SigningKey};
use super::super::wire::{Fault, proofs};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use x25519_dalek::StaticSecret;

pub(super) fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "src/interop/vectors"]
        .iter()
        .collect()
}

pub(super) fn file(name: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(super) fn write(name: &str, value: &Value) {
    let text = serde_json::to_string_pretty(value).unwrap() + "\n";
    std::fs::write(folder().join(name), text).unwrap();
}

/// The secrets of the examples: 32 equal bytes.
fn seed(authority: &str) -> Option<u8> {
    match authority {
        "32" => Some(1),
        "35" => Some(2),
        "51" => Some(3),
        _ => None,
    }
}

pub(super) fn signing(authority: &str) -> SigningKey {
    SigningKey::of(Algorithm::EdDsa, &[seed(authority).unwrap(); 32]).unwrap()
}

pub(super) fn sealing(authority: &str) -> [u8; 32] {
    [seed(authority).unwrap() + 0x10; 32]
}

fn sealing_key(authority: &str) -> PublicKey {
    let secret = StaticSecret::from(sealing(authority));
    PublicKey::x25519(x25519_dalek::PublicKey::from(&secret).as_bytes())
}

pub(super) struct Book;

impl KeyBook for Book {
    fn key(&self, authority: &str, id: &str, _: i64) -> Result<(Algorithm, PublicKey), Fault> {
        seed(authority).ok_or(Fault::UnknownPeer)?;
        let public = signing(authority).public();
        if public.id() == id {
            Ok((Algorithm::EdDsa, public))
        } else {
            Err(Fault::UnknownKey)
        }
    }
}

/// The couple of all stories, sealed once: sealing takes random bytes.
pub(super) struct People {
    txn: TxnId,
    /// Of the first and the second party, by authority.
    sealed: BTreeMap<(usize, String), Sealed>,
    details: BTreeMap<AuthorityId, Sealed>,
}

impl People {
    pub(super) fn read() -> Self {
        let value = file("keys.json");
        let sealed = value["parties"].as_array().unwrap().iter().map(|party| {
            let index = party["index"].as_u64().unwrap() as usize;
            let authority = party["authority"].as_str().unwrap().to_owned();
            (
                (index, authority),
                Sealed(party["sealed"].as_str().unwrap().to_owned()),
            )
        });
        let details = value["details"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(authority, text)| {
                (
                    authority.parse().unwrap(),
                    Sealed(text.as_str().unwrap().to_owned()),
                )
            });
        Self {
            txn: serde_json::from_value(value["txn"].clone()).unwrap(),
            sealed: sealed.collect(),
            details: details.collect(),
        }
    }

    pub(super) fn of(&self, index: usize, authority: AuthorityId) -> Sealed {
        self.sealed[&(index, authority.to_string())].clone()
    }
}

fn party_ref(txn: TxnId, index: usize) -> String {
    let mut name = *txn.0.as_bytes();
    name[7] = index as u8 + 1;
    uuid::Uuid::from_bytes(name).to_string()
}

/// The keys, the couple and their sealed identities. The persons are invented.
pub(super) fn seal_people() -> Value {
    let txn = Stage::new().couple(1, 1, 1).txn;
    let place = txn.0.to_string();
    let people = [
        (0, "32", "329901199003030032", "陈示例"),
        (1, "35", "359901199203030046", "林示例"),
        (0, "35", "359901199003030014", "黄示例"),
    ];
    let parties: Vec<_> = people
        .iter()
        .map(|(index, authority, number, name)| {
            let party = party_ref(txn, *index);
            let identity = Identity {
                id_number: (*number).to_owned(),
                name: (*name).to_owned(),
            };
            let here = Place {
                txn: &place,
                party: &party,
            };
            let sealed = jwe::seal(&identity, here, &sealing_key(authority)).unwrap();
            json!({ "index": index, "authority": authority, "party": party,
                "idNumber": number, "name": name, "sealed": sealed })
        })
        .collect();
    let details = ["32", "35"].map(|authority| {
        let here = Place {
            txn: &place,
            party: "details",
        };
        let [(_, _, his, man), (_, _, hers, woman), _] = people;
        let one = |number, name| json!({ "idNumber": number, "name": name });
        let content =
            json!({ "division": "510132", "man": one(his, man), "woman": one(hers, woman) });
        (
            authority.to_owned(),
            json!(jwe::seal(&content, here, &sealing_key(authority)).unwrap()),
        )
    });
    let keys = ["32", "35", "51"].map(|authority| {
        let hex = |bytes: [u8; 32]| data_encoding::HEXLOWER.encode(&bytes);
        let signs = signing(authority).public();
        let seals = sealing_key(authority);
        let value = json!({
            "signing": { "secret": hex([seed(authority).unwrap(); 32]), "public": signs, "keyId": signs.id() },
            "sealing": { "secret": hex(sealing(authority)), "public": seals, "keyId": seals.id() },
        });
        (authority.to_owned(), value)
    });
    json!({
        "tells": "Keys of the examples (never of anybody else), and the invented couple of all stories.",
        "keys": serde_json::Map::from_iter(keys),
        "txn": txn,
        "parties": parties,
        "details": serde_json::Map::from_iter(details),
    })
}

/// A conversation: the core's messages, each through a signed text.
pub(super) struct Talk<'a> {
    people: &'a People,
    pub(super) stage: Stage,
    chains: BTreeMap<(AuthorityId, AuthorityId), (i64, String)>,
    texts: i64,
    /// What the present question is about.
    asked: Option<TxnId>,
    pub(super) exchanges: Vec<Value>,
}

impl<'a> Talk<'a> {
    /// With these records of the two persons.
    pub(super) fn new(people: &'a People, man: Standing, woman: Standing) -> Self {
        let mut stage = Stage::new();
        let who = [(0, DA, man), (1, HA, woman), (0, HA, man)];
        for (index, home, base) in who {
            let person = token(&people.of(index, home));
            let ledger = Person {
                base,
                entries: Vec::new(),
            };
            stage
                .provinces
                .get_mut(&home)
                .unwrap()
                .persons
                .insert(person, ledger);
        }
        Self {
            people,
            stage,
            chains: BTreeMap::new(),
            texts: 0,
            asked: None,
            exchanges: Vec::new(),
        }
    }

    /// The couple has applied for divorce.
    pub(super) fn applied(&mut self, record: RecordId, application: RecordId) {
        for (index, home) in [(0, DA), (1, HA)] {
            let person = token(&self.people.of(index, home));
            let marked = LedgerWrite {
                person: person.clone(),
                seq: 1,
                entry: Entry::Marked,
                record: Some(record),
                application: Some(application),
                effective_on: None,
                txn: None,
            };
            let province = self.stage.provinces.get_mut(&home).unwrap();
            let ledger = province.persons.get_mut(&person).unwrap();
            ledger.entries.push(marked);
        }
    }

    pub(super) fn wish(&self, act: Act) -> Wish {
        let mut wish = self.stage.wish(1, act, [(DA, 1), (HA, 1)]);
        wish.txn = self.people.txn;
        wish
    }

    pub(super) fn begin(&mut self, wish: &Wish) {
        let mut event = wish.begin();
        let homes = wish.parties.map(|(home, _)| home);
        if let CoordinatorEvent::Begin {
            da_parties,
            ha_party,
            core,
            ..
        } = &mut event
        {
            for party in da_parties.iter_mut().chain(ha_party.iter_mut()) {
                let index = usize::from(party.party.0.as_bytes()[7]) - 1;
                party.identity = self.people.of(index, homes[index]);
            }
            core.details = self.people.details.clone();
            core.registry = "51013210".to_owned();
        }
        self.stage.run(A, vec![Step::Coordinator(wish.txn, event)]);
    }

    /// Signs, and reads what was signed as its receiver does.
    fn say(
        &mut self,
        way: (AuthorityId, AuthorityId),
        about: (&str, &str, [String; 2]),
        messages: &[Message],
    ) -> (Value, Vec<Message>) {
        let (from, to) = (way.0.to_string(), way.1.to_string());
        let (nonce, phase, [officer, purpose]) = about;
        self.texts += 1;
        let ts = self.stage.now.0 + self.texts * 200;
        let key = signing(&from);
        let mut body = json!({ "messages": messages });
        let speaker = proofs::Speaker {
            own: &from,
            key: &key,
            now: ts,
        };
        proofs::wrap(&mut body, speaker).unwrap();
        let (seq, before) = self.chains.entry(way).or_default();
        *seq += 1;
        let header = Header {
            alg: Algorithm::EdDsa,
            from,
            key_id: String::new(),
            nonce: nonce.to_owned(),
            officer,
            phase: phase.to_owned(),
            prev_hash: before.clone(),
            purpose,
            seq: *seq,
            to,
            ts,
            txn_id: self.asked.map(|txn| txn.0.to_string()).unwrap_or_default(),
            typ: String::new(),
            v: 0,
        };
        let text = jws::sign(&key, header, &body).unwrap();
        *before = chained(before, &text);
        let read = read(&text);
        let messages = serde_json::from_value(read["messages"].clone()).unwrap();
        (
            json!({ "jws": text, "hash": before.clone(), "reads": read }),
            messages,
        )
    }

    /// One question and its answer, either of which may be lost.
    pub(super) fn exchange(
        &mut self,
        from: AuthorityId,
        to: AuthorityId,
        message: &Message,
        lost: impl Fn(&Message) -> bool,
    ) {
        let nonce = format!("example-nonce-{:04}", self.exchanges.len() + 1);
        let phase = serde_json::to_value(message).unwrap()["phase"]
            .as_str()
            .unwrap()
            .to_owned();
        let behalf = match message {
            Message::Try { plan, .. } | Message::CommitLast { plan, .. } => {
                [plan.officer.clone(), plan.purpose.clone()]
            }
            _ => [String::new(), "INTEROP_UPKEEP".to_owned()],
        };
        let purpose = behalf[1].clone();
        self.asked = message.txn();
        let (question, heard) = self.say(
            (from, to),
            (&nonce, &phase, behalf),
            std::slice::from_ref(message),
        );
        let mut told =
            json!({ "from": from.to_string(), "to": to.to_string(), "question": question });
        if lost(message) {
            told["lost"] = json!("QUESTION");
            self.exchanges.push(told);
            return;
        }
        let before = self.stage.mail.len();
        self.stage.tell(from, to, &heard[0]);
        let new = self.stage.mail.split_off(before);
        let (answers, others): (Vec<_>, Vec<_>) =
            new.into_iter().partition(|(_, whom, _)| *whom == from);
        self.stage.mail.extend(others);
        let answers: Vec<_> = answers.into_iter().map(|(_, _, message)| message).collect();
        let about = (
            nonce.as_str(),
            format!("{phase}-ANSWER"),
            [String::new(), purpose],
        );
        let (answer, heard) = self.say((to, from), (about.0, &about.1, about.2), &answers);
        told["answer"] = answer;
        if answers.iter().any(lost) {
            told["lost"] = json!("ANSWER");
            self.exchanges.push(told);
            return;
        }
        self.exchanges.push(told);
        for message in &heard {
            self.stage.tell(to, from, message);
        }
    }

    pub(super) fn go(&mut self, lost: impl Fn(&Message) -> bool + Copy) {
        while !self.stage.mail.is_empty() {
            let (from, to, message) = self.stage.mail.remove(0);
            self.exchange(from, to, &message, lost);
        }
    }

    pub(super) fn go_on(&mut self) {
        self.go(|_| false);
    }
}

/// A text as its receiver reads it, every signature in it judged.
pub(super) fn read(text: &str) -> Value {
    let header = jws::peek(text).unwrap();
    let expected = Expected {
        from: Some(&header.from),
        to: &header.to,
        nonce: Some(&header.nonce),
        now: header.ts,
    };
    let opened = jws::open::<Value>(text, &Book, expected).unwrap();
    let mut body = opened.body;
    proofs::unwrap(&mut body, &Book).unwrap();
    json!({ "header": opened.header, "messages": body["messages"] })
}
