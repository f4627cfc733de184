//! The examples of the protocol's description: whole conversations, signed, one file for each outcome in the folder
//! `vectors`. They are made by the core itself, through the same signing as on the way to a peer, and read here by
//! their bytes alone, as another implementation reads them.
//!
//! `… --lib write_the_examples -- --ignored` writes them anew after the protocol has changed.

mod schema;
mod stories;
mod talk;

use super::log::chained;
use super::wire::jwe::{Identity, Opener, Place};
use super::wire::jws::{self, Expected};
use super::wire::proofs;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use stories::tell;
use talk::{Book, People, file, folder, read, seal_people, sealing, signing, write};

/// Name of the file, and what it tells.
const STORIES: [(&str, &str); 19] = [
    ("both-agree", "Both ledgers have the marriage."),
    (
        "holder-refuses",
        "HA's person is married already: only DA ends the transaction, and HA gets the proof.",
    ),
    (
        "decider-refuses",
        "DA's person is married already: COMMIT_LAST is answered by ABORTED.",
    ),
    (
        "couple-leaves",
        "The couple leaves after HA has promised: DA is asked, and aborts for ever.",
    ),
    (
        "coordinator-dies",
        "CONFIRM is lost and HA asks DA ten minutes later; the coordinator's next CONFIRM has been followed ALREADY.",
    ),
    (
        "answer-lost",
        "DA's answer is lost: the same question has the same answer.",
    ),
    (
        "late-try",
        "TRY is lost, the transaction is ended, and TRY comes after all: it meets the tombstone.",
    ),
    (
        "restored-decider",
        "DA is restored from a backup without its commit and gets it back before it serves.",
    ),
    (
        "break-glass",
        "DA is not reached for a day, two officers of HA free the hold on its written statement, and DA takes the abort over.",
    ),
    (
        "ending",
        "The marriage is ended by a death; the other authority and the accepting province are told.",
    ),
    (
        "divorce-application",
        "Both ledgers take the mark of one application for divorce.",
    ),
    (
        "divorce",
        "The divorce is registered; DA says so to the holder, too, and when that has it its person is free.",
    ),
    (
        "one-authority",
        "One authority keeps both ledgers (as the hub does): there is no holder.",
    ),
    (
        "key-reused",
        "The same transaction comes with another body.",
    ),
    (
        "routes-differ",
        "The accepting province has another table of routes.",
    ),
    ("no-proof", "CANCEL without DA's decision frees nobody."),
    (
        "starting",
        "HA has just started and waits for its peers: nothing is decided.",
    ),
    (
        "holder-starts-again",
        "HA starts anew after its promise: the promise must be given again in its new life.",
    ),
    (
        "two-coordinators",
        "The older of two lives of the accepting province still speaks.",
    ),
];

/// What only a start that officers forced can answer (case 11), and what is said once a day: they have no story.
const WITHOUT_EXAMPLE: [&str; 2] = ["NO_SUCH_HOLD", "ROOT"];

fn made(name: &str, tells: &str, people: &People) -> Value {
    json!({ "tells": tells, "exchanges": tell(name, people) })
}

/// Every text of every file, with its exchange's file.
fn texts() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (name, _) in STORIES {
        let story = file(&format!("{name}.json"));
        for exchange in story["exchanges"].as_array().unwrap() {
            for side in ["question", "answer"] {
                if exchange.get(side).is_some() {
                    all.push((name.to_owned(), exchange[side].clone()));
                }
            }
        }
    }
    all
}

#[test]
#[ignore = "writes the examples anew"]
fn write_the_examples() {
    std::fs::create_dir_all(folder()).unwrap();
    if !folder().join("keys.json").exists() {
        write("keys.json", &seal_people());
    }
    let people = People::read();
    for (name, tells) in STORIES {
        write(&format!("{name}.json"), &made(name, tells, &people));
    }
}

#[test]
fn the_examples_are_what_the_core_says_today() {
    let people = People::read();
    for (name, tells) in STORIES {
        assert!(
            made(name, tells, &people) == file(&format!("{name}.json")),
            "{name}"
        );
    }
    let files: BTreeSet<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|f| f.unwrap().file_name().into_string().unwrap())
        .collect();
    let named = STORIES.iter().map(|(name, _)| format!("{name}.json"));
    assert_eq!(
        files,
        named
            .chain(["keys.json".to_owned(), "messages.schema.json".to_owned()])
            .collect()
    );
}

#[test]
fn an_example_is_read_by_its_bytes_alone_and_made_again() {
    let mut chains: BTreeMap<(String, String, String), (i64, String)> = BTreeMap::new();
    for (story, text) in texts() {
        let compact = text["jws"].as_str().unwrap();
        assert_eq!(read(compact), text["reads"]);
        let header = jws::peek(compact).unwrap();
        let chain = chains
            .entry((story, header.from.clone(), header.to.clone()))
            .or_default();
        assert_eq!((header.seq, &header.prev_hash), (chain.0 + 1, &chain.1));
        *chain = (header.seq, chained(&chain.1, compact));
        assert_eq!(text["hash"], chain.1);
        let mut body = json!({ "messages": text["reads"]["messages"] });
        let key = signing(&header.from);
        // All statements in it are signed: nobody has to speak.
        let speaker = proofs::Speaker {
            own: "",
            key: &key,
            now: 0,
        };
        proofs::wrap(&mut body, speaker).unwrap();
        assert_eq!(jws::sign(&key, header, &body).unwrap(), compact);
    }
}

#[test]
fn a_changed_byte_of_an_example_is_seen() {
    let (_, text) = texts().remove(0);
    let compact = text["jws"].as_str().unwrap();
    let header = jws::peek(compact).unwrap();
    let expected = Expected {
        from: None,
        to: &header.to,
        nonce: None,
        now: header.ts,
    };
    for at in (0..compact.len()).step_by(97) {
        let mut changed = compact.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(jws::open::<Value>(&changed, &Book, expected).is_err());
    }
}

#[test]
fn the_sealed_identities_of_the_examples_open_for_their_authority_only() {
    let value = file("keys.json");
    let txn = value["txn"].as_str().unwrap();
    for party in value["parties"].as_array().unwrap() {
        let place = Place {
            txn,
            party: party["party"].as_str().unwrap(),
        };
        let own = party["authority"].as_str().unwrap();
        for authority in ["32", "35", "51"] {
            let opened = Opener::new(&[sealing(authority)])
                .open::<Identity>(party["sealed"].as_str().unwrap(), place);
            match opened {
                Ok(identity) => {
                    assert_eq!(authority, own);
                    assert_eq!(identity.id_number, party["idNumber"].as_str().unwrap());
                    assert_eq!(identity.name, party["name"].as_str().unwrap());
                }
                Err(_) => assert_ne!(authority, own),
            }
        }
    }
}
