//! Three provinces, the wire between them, and a couple at a counter.

use super::super::*;
use crate::interop::book::OWN_FILE;
use crate::interop::node::{self, Node, OwnKeys};
use crate::interop::wire::jws;
use crate::interop::wire::signature::Algorithm;
use crate::interop::{exchange, log, run};
use crate::kit::database;
use crate::kit::disclosure::Told;
use crate::kit::keys::Secret;
use crate::kit::peers::{PeerSecrets, Peers};
use crate::kit::testing;
use crate::kit::tokenizer::Tokenizer;
use crate::rules::ledger::Status;
use crate::service::ledger;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What the wire does with one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    Nothing,
    Question,
    Answer,
    /// The answer comes with a changed signature.
    Forged,
    /// An earlier answer comes in the place of this one.
    Earlier,
    /// The answer is signed by a third province.
    Stranger,
}

type Judge = Box<dyn FnMut(&str, &str, &str) -> Loss + Send>;

/// One answer that was given, as far as it tells of somebody.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) to: String,
    pub(super) by: String,
    pub(super) phase: String,
    pub(super) told: Told,
}

/// Provinces that trust each other.
pub(super) struct World {
    pub(super) provinces: Vec<Province>,
    loses: Arc<Mutex<Judge>>,
    /// Every answer that was given, also those that were lost.
    pub(super) given: Arc<Mutex<Vec<Given>>>,
    folder: PathBuf,
    sealed: u8,
    /// Whom the wire reaches. It holds them weakly: a wire belongs to a province that it reaches, and a world that kept
    /// itself alive would keep its connections to PostgreSQL until the last test.
    reached: Arc<Reached>,
}

/// The provinces by their digits.
type Reached = Vec<(String, Services)>;

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

const ALGORITHMS: [Algorithm; 3] = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Sm2Sm3];

fn folder_of(root: &Path, code: &str) -> PathBuf {
    let folder = root.join(code);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn secrets(nth: usize) -> PeerSecrets {
    let seed = u8::try_from(nth + 1).unwrap();
    PeerSecrets {
        signing: Secret::new([seed; 32]),
        sealing: Secret::new([seed + 100; 32]),
        earlier_sealing: Vec::new(),
        token: Secret::new([seed + 50; 32]),
    }
}

impl World {
    /// These provinces, each signing in another way.
    pub(super) async fn of(codes: &[&'static str]) -> Self {
        let mut services = Vec::new();
        for code in codes {
            services.push(seeded(&Marriage, code).await);
        }
        Self::over(codes, services).await
    }

    /// The same on SQLite and, where there is a server for tests, on PostgreSQL.
    pub(super) async fn on_both(codes: &[&'static str]) -> Vec<Self> {
        let mut worlds = vec![Self::of(codes).await];
        if let Ok(url) = std::env::var("MINZHENG_TEST_POSTGRES") {
            let mut services = Vec::new();
            for code in codes {
                let schema = format!("interop_{code}_{}", uuid::Uuid::new_v4().simple());
                let db = database::open_in_schema(&url, &schema).await.unwrap();
                let one = testing::over(db, &Marriage, code).await;
                Marriage.seed(&one, &|_, _, _| ()).await.unwrap();
                services.push(one);
            }
            worlds.push(Self::over(codes, services).await);
        }
        worlds
    }

    pub(super) async fn over(codes: &[&'static str], services: Vec<Services>) -> Self {
        let root = std::env::temp_dir().join(format!("minzheng-world-{}", uuid::Uuid::new_v4()));
        let loses: Arc<Mutex<Judge>> = Arc::new(Mutex::new(Box::new(|_, _, _| Loss::Nothing)));
        let mut files = Vec::new();
        let mut all = Vec::new();
        for (n, (code, services)) in codes.iter().zip(services).enumerate() {
            let folder = folder_of(&root, code);
            let peers = Peers::new(secrets(n), &folder);
            let own = OwnKeys::made(
                &peers,
                code,
                ALGORITHMS[n % 3],
                &format!("http://{code}/graphql"),
                None,
            )
            .unwrap();
            std::fs::write(
                folder.join(OWN_FILE),
                serde_json::to_string(&own.file).unwrap(),
            )
            .unwrap();
            files.push(own.file);
            all.push((
                *code,
                Services {
                    peers: Some(peers),
                    ..services
                },
            ));
        }
        for (code, _) in &all {
            for file in files.iter().filter(|file| file.authority != *code) {
                let path = folder_of(&root, code).join(format!("{}.json", file.authority));
                std::fs::write(path, serde_json::to_string(file).unwrap()).unwrap();
            }
        }
        let provinces: Vec<Province> = all
            .into_iter()
            .map(|(digits, services)| Province {
                graph: Marriage.schema(services.clone()),
                services,
                digits,
            })
            .collect();
        let mut world = Self {
            provinces,
            loses,
            given: Arc::default(),
            folder: root,
            sealed: 0,
            reached: Arc::default(),
        };
        world.connect();
        world.start().await;
        world
    }

    /// Hangs the wire between all nodes.
    fn connect(&mut self) {
        self.reached = Arc::new(
            self.provinces
                .iter()
                .map(|p| (p.digits.to_owned(), p.services.clone()))
                .collect(),
        );
        let earlier: Arc<Mutex<HashMap<(String, String), String>>> = Arc::default();
        for province in &self.provinces {
            let (reached, loses) = (Arc::downgrade(&self.reached), Arc::clone(&self.loses));
            let given = Arc::clone(&self.given);
            let earlier = Arc::clone(&earlier);
            let wire =
                move |endpoint: String,
                      text: String|
                      -> futures_util::future::BoxFuture<'static, Option<String>> {
                    let (reached, loses) = (reached.clone(), Arc::clone(&loses));
                    let given = Arc::clone(&given);
                    let earlier = Arc::clone(&earlier);
                    Box::pin(async move {
                        let header = jws::peek(&text)?;
                        let loss = loses.lock().unwrap()(&header.from, &header.to, &header.phase);
                        if loss == Loss::Question {
                            return None;
                        }
                        let all = reached.upgrade()?;
                        let (_, services) = all
                            .iter()
                            .find(|(code, _)| endpoint.contains(&format!("//{code}/")))?;
                        let node = node::of(services).unwrap().unwrap();
                        let answered = exchange::answer(services, &node, &header.from, &text)
                            .await
                            .ok()?;
                        run::say_later(services, &node, answered.sends);
                        given.lock().unwrap().push(Given {
                            to: header.from.clone(),
                            by: header.to.clone(),
                            phase: header.phase,
                            told: answered.told,
                        });
                        let earlier = earlier
                            .lock()
                            .unwrap()
                            .insert((header.from.clone(), header.to), answered.text.clone());
                        let text = answered.text;
                        match loss {
                            Loss::Nothing => Some(text),
                            Loss::Forged => {
                                let (rest, last) = text.split_at(text.len() - 8);
                                let other = if last == "AAAAAAAA" {
                                    "BBBBBBBB"
                                } else {
                                    "AAAAAAAA"
                                };
                                Some(format!("{rest}{other}"))
                            }
                            Loss::Earlier => earlier,
                            Loss::Stranger => {
                                let answer = jws::peek(&text)?;
                                let (_, third) = all
                                    .iter()
                                    .find(|(code, _)| *code != answer.from && *code != answer.to)?;
                                let third = node::of(third).unwrap().unwrap();
                                let body = json!({ "messages": [] });
                                jws::sign(
                                    &third.signing,
                                    jws::Header {
                                        alg: third.signing.algorithm(),
                                        ..answer
                                    },
                                    &body,
                                )
                                .ok()
                            }
                            _ => None,
                        }
                    })
                };
            assert!(
                self.node(province.digits)
                    .client
                    .wire
                    .set(Arc::new(wire))
                    .is_ok()
            );
        }
    }

    async fn start(&self) {
        for province in &self.provinces {
            run::start_now(&province.services).await;
        }
        self.settle().await;
    }

    pub(super) fn p(&self, code: &str) -> &Province {
        self.provinces.iter().find(|p| p.digits == code).unwrap()
    }

    /// The program of a province as it is just after it was started again: its rows are of the life before.
    pub(super) fn opened_again(&mut self, code: &str) {
        let folder = folder_of(&self.folder, code);
        let nth = self
            .provinces
            .iter()
            .position(|p| p.digits == code)
            .unwrap();
        let province = &mut self.provinces[nth];
        province.services.peers = Some(Peers::new(secrets(nth), &folder));
        province.graph = Marriage.schema(province.services.clone());
    }

    /// All of them start again with this table of routes.
    pub(super) async fn routes(&mut self, table: &Value) {
        let codes: Vec<_> = self.provinces.iter().map(|p| p.digits).collect();
        for code in codes {
            let file = folder_of(&self.folder, code).join("routing.json");
            std::fs::write(file, table.to_string()).unwrap();
            self.opened_again(code);
        }
        self.connect();
        self.start().await;
    }

    /// A province has the next token key, and knows the one before; all of them start again.
    pub(super) async fn new_token_key(&mut self, code: &str) {
        let codes: Vec<_> = self.provinces.iter().map(|p| p.digits).collect();
        let found = self.provinces.iter_mut().find(|p| p.digits == code);
        found.unwrap().services.tokenizer = Tokenizer::new([2; 32], 2).knowing([1; 32], 1);
        for code in codes {
            self.opened_again(code);
        }
        self.connect();
        self.start().await;
    }

    /// A province changes its sealing key, as KEYS.md tells, and starts again: all of them get its new key file. The
    /// former keys stay, or are lost.
    pub(super) async fn new_sealing_key(&mut self, code: &str, former: bool) {
        let nth = self
            .provinces
            .iter()
            .position(|p| p.digits == code)
            .unwrap();
        self.sealed += 1;
        let folder = folder_of(&self.folder, code);
        let before = secrets(nth);
        let mut earlier = vec![before.sealing.clone()];
        earlier.extend((1..self.sealed).map(|n| Secret::new([200 + n; 32])));
        let peers = Peers::new(
            PeerSecrets {
                sealing: Secret::new([200 + self.sealed; 32]),
                earlier_sealing: if former { earlier } else { Vec::new() },
                ..before
            },
            &folder,
        );
        let own = OwnKeys::of(&peers, code).unwrap();
        let text = serde_json::to_string(&own.file).unwrap();
        std::fs::write(folder.join(OWN_FILE), &text).unwrap();
        for other in &self.provinces {
            if other.digits != code {
                let path = folder_of(&self.folder, other.digits).join(format!("{code}.json"));
                std::fs::write(path, &text).unwrap();
            }
        }
        let codes: Vec<_> = self.provinces.iter().map(|p| p.digits).collect();
        for other in codes {
            let kept = self.p(other).services.peers.clone();
            self.opened_again(other);
            let found = self.provinces.iter_mut().find(|p| p.digits == other);
            let found = found.unwrap();
            let secrets = kept.map(|kept| kept.secrets().clone());
            found.services.peers = match (other == code, secrets) {
                (true, _) => Some(peers.clone()),
                (false, Some(secrets)) => {
                    Some(Peers::new(secrets, &folder_of(&self.folder, other)))
                }
                _ => None,
            };
            found.graph = Marriage.schema(found.services.clone());
        }
        self.connect();
        self.start_quietly().await;
    }

    /// Every one of them starts; nothing else is looked at.
    async fn start_quietly(&self) {
        for province in &self.provinces {
            run::start_now(&province.services).await;
        }
        for province in &self.provinces {
            run::hello_now(&province.services).await;
        }
    }

    /// A province goes on at another legal instant.
    pub(super) fn at(&mut self, code: &str, instant: &str) {
        let found = self.provinces.iter_mut().find(|p| p.digits == code);
        found.unwrap().at(instant);
    }

    pub(super) fn node(&self, code: &str) -> Arc<Node> {
        node::of(&self.p(code).services).unwrap().unwrap()
    }

    pub(super) fn losing(&self, judge: impl FnMut(&str, &str, &str) -> Loss + Send + 'static) {
        *self.loses.lock().unwrap() = Box::new(judge);
    }

    /// Every row of every province is looked at until none is left, or nothing more can come of it.
    pub(super) async fn settle(&self) {
        for _ in 0..30 {
            tokio::task::yield_now().await;
            let mut any = false;
            for province in &self.provinces {
                any |= run::look_now(&province.services).await;
            }
            if !any {
                return;
            }
        }
    }

    pub(super) async fn status(&self, code: &str, index: usize) -> Status {
        let province = self.p(code);
        let token = province.token(index);
        ledger::of_persons(province.services.db.read(), std::slice::from_ref(&token))
            .await
            .unwrap()[&token]
            .status
    }

    pub(super) async fn chains_are_whole(&self) {
        for province in &self.provinces {
            for peer in self
                .provinces
                .iter()
                .filter(|peer| peer.digits != province.digits)
            {
                for direction in [log::IN, log::OUT] {
                    let walked = log::verify(province.services.db.read(), peer.digits, direction)
                        .await
                        .unwrap();
                    assert_eq!(
                        walked.broken_at, None,
                        "{} {direction} {}",
                        province.digits, peer.digits
                    );
                }
            }
        }
    }
}

const STATE: &str = "application { id version state refusalCode checks { code outcome } record { certificateNumber } }";

/// Where a registry of a province is, for a couple to come to.
pub(super) fn office(code: &str) -> &'static str {
    match code {
        "51" => "510118-2",
        "36" => "361103-1",
        "35" => "350103-1",
        _ => "320311-1",
    }
}

/// A couple is received and checked; only the button is left.
pub(super) async fn ready(p: &Province, key: &str, man: String, woman: String) -> Value {
    let code = office(p.digits);
    let who = || Principal {
        subject: Some("a".into()),
        ..p.registrar(&code[..6])
    };
    let input = json!({ "requestKey": format!("{key} r"), "registry": registry(code), "registrar": registrar_of(code),
        "kind": "MARRIAGE", "man": man, "woman": woman });
    let mut answer = p
        .change(
            who(),
            "receiveApplication",
            "ReceiveApplicationInput",
            STATE,
            input,
        )
        .await;
    for role in ["MAN", "WOMAN"] {
        assert!(refusals(&answer).is_empty(), "{answer}");
        let input = json!({ "requestKey": format!("{key} {role}"), "application": answer["application"]["id"],
            "version": answer["application"]["version"], "role": role, "present": true, "questionedApart": true,
            "willing": true, "document": "ID_CARD", "declaredStatus": "NEVER_MARRIED", "noSpouse": true,
            "noKinship": true, "illnessDutyExplained": true, "faceMatch": "PASS" });
        answer = p
            .change(
                who(),
                "recordDeclaration",
                "RecordDeclarationInput",
                STATE,
                input,
            )
            .await;
    }
    act(
        p,
        "runOnlineChecks",
        &format!("{key} c"),
        &answer["application"],
    )
    .await["application"]
        .clone()
}

pub(super) async fn act(p: &Province, field: &str, key: &str, application: &Value) -> Value {
    let who = Principal {
        subject: Some("a".into()),
        ..p.registrar(&office(p.digits)[..6])
    };
    let input = json!({ "requestKey": key, "application": application["id"], "version": application["version"] });
    p.change(who, field, "ApplicationStepInput", STATE, input)
        .await
}

pub(super) async fn now(p: &Province, application: &Value) -> Value {
    let who = p.registrar(&office(p.digits)[..6]);
    let query = "query ($id: ID!) { application: registrationApplication(id: $id) { id version state refusalCode record { certificateNumber } refusal { code messageZh } } }";
    p.data(who, query, json!({ "id": application["id"] })).await["application"].take()
}

/// Two single persons of age: a man of 32 and a woman of 35.
pub(super) fn couple(nth: usize) -> (usize, usize) {
    let of = |code: &str, parity: usize| -> Vec<usize> {
        use chrono::Datelike as _;
        (7_000..8_000)
            .filter(|n| n % 2 == parity && 2026 - person(code, *n).birth_date.year() > 22)
            .collect()
    };
    (of("32", 0)[nth], of("35", 1)[nth])
}

#[tokio::test]
async fn a_world_is_gone_with_its_last_test_and_holds_no_connection() {
    let world = World::of(&["36", "32"]).await;
    world.settle().await;
    let nodes: Vec<_> = ["36", "32"]
        .iter()
        .map(|code| Arc::downgrade(&world.node(code)))
        .collect();
    drop(world);
    // What was being said by the way comes to its end first.
    let gone = async {
        while nodes.iter().any(|node| node.strong_count() > 0) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(testing::PATIENCE, gone).await.unwrap();
}
