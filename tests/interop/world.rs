//! Three provinces that trust each other, with a proxy on every way between two of them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use minzheng_kit::demo::person;
use minzheng_kit::id::derived;
use minzheng_tests::{Client, Program, Proxy, Way, token};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Outcome;
use crate::province::{Kind, Province};

/// The provinces: the one that accepts, and the two authorities.
pub(crate) const CODES: [&str; 3] = ["51", "32", "35"];

/// How each signs.
const ALGORITHMS: [&str; 3] = ["ed-dsa", "es256", "sm2-sm3"];

/// How often a counter that is busy is asked again.
const BUSY: usize = 8;

/// What world a case wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    /// How its provinces are made up.
    pub(crate) kind: Kind,
    /// Whether they die where they are told to.
    pub(crate) faults: bool,
    /// HUB mode: who keeps everybody's ledger.
    pub(crate) hub: Option<&'static str>,
}

impl Wish {
    /// Provinces of this kind, without more.
    pub(crate) const fn of(kind: Kind) -> Self {
        Self {
            kind,
            faults: false,
            hub: None,
        }
    }
}

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) client: Client,
    pub(crate) provinces: BTreeMap<&'static str, Province>,
    proxies: BTreeMap<(&'static str, &'static str), Proxy>,
    tokens: Mutex<BTreeMap<(String, String), String>>,
    couples: AtomicUsize,
    keys: AtomicUsize,
    /// How often a counter was busy.
    pub(crate) busy: AtomicUsize,
}

/// A couple whose application is ready for the button.
#[derive(Clone)]
pub(crate) struct Couple {
    /// Where it was received.
    pub(crate) at: &'static str,
    pub(crate) man: (&'static str, usize),
    pub(crate) woman: (&'static str, usize),
    pub(crate) application: Value,
}

impl World {
    /// Makes folders and keys, brings the key files around, and starts all of them.
    pub(crate) fn start(wish: Wish) -> Result<Self, String> {
        let folder = TempDir::new().map_err(|error| error.to_string())?;
        let mut world = Self {
            client: Client::new(),
            provinces: BTreeMap::new(),
            proxies: BTreeMap::new(),
            tokens: Mutex::default(),
            couples: AtomicUsize::new(0),
            keys: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            folder,
        };
        for (code, algorithm) in CODES.into_iter().zip(ALGORITHMS) {
            let root = world.folder.path();
            let province = Province::prepare(root, code, wish.kind, algorithm, wish.faults)?;
            if let Some(hub) = wish.hub {
                let table = json!({ "epoch": 2, "hub": hub, "handedOver": ["*"] }).to_string();
                std::fs::write(province.data.join("peers/routing.json"), table)
                    .map_err(|error| error.to_string())?;
            }
            world.provinces.insert(code, province);
        }
        if wish.kind == Kind::Tls {
            crate::certificates::deal(&world)?;
        }
        world.acquaint()?;
        std::thread::scope(|scope| {
            let starting: Vec<_> = world
                .provinces
                .values_mut()
                .map(|province| scope.spawn(move || province.start()))
                .collect();
            starting.into_iter().try_for_each(|thread| {
                thread
                    .join()
                    .map_err(|_| "a start panicked".to_owned())
                    .flatten()
            })
        })?;
        for code in CODES {
            world.serving(code, Duration::from_secs(90))?;
        }
        Ok(world)
    }

    /// Brings each key file to the others; the way from one to the other leads through a proxy of its own.
    fn acquaint(&mut self) -> Outcome {
        for from in CODES {
            for to in CODES.into_iter().filter(|to| *to != from) {
                let gate = self.provinces[to].gate;
                let proxy = Proxy::before(gate)?;
                let own = self.data(to).join("peers/self.json");
                let text = std::fs::read_to_string(own).map_err(|error| error.to_string())?;
                let text = text.replace(&format!(":{gate}/"), &format!(":{}/", proxy.port));
                let brought = self.folder.path().join(format!("{to}-for-{from}.json"));
                std::fs::write(&brought, text).map_err(|error| error.to_string())?;
                let data = self.data(from).to_string_lossy().into_owned();
                run(&["peer", "trust", &brought.to_string_lossy(), "--data", &data])?;
                self.proxies.insert((from, to), proxy);
            }
        }
        Ok(())
    }

    pub(crate) fn data(&self, code: &str) -> PathBuf {
        self.folder.path().join(code)
    }

    /// The way from one province to another.
    pub(crate) fn way(&self, from: &str, to: &str, way: Way) {
        for ((one, other), proxy) in &self.proxies {
            if *one == from && *other == to {
                proxy.set(way);
            }
        }
    }

    /// How long a question and its answer take between any two provinces, besides their own work.
    pub(crate) fn round_trip(&self, round_trip: Duration) {
        for proxy in self.proxies.values() {
            proxy.set_round_trip(round_trip);
        }
    }

    /// A province.
    pub(crate) fn province(&mut self, code: &str) -> Result<&mut Province, String> {
        self.provinces
            .get_mut(code)
            .ok_or_else(|| format!("no province {code}"))
    }

    /// Ends a province at once.
    pub(crate) fn kill(&mut self, code: &str) -> Outcome {
        self.province(code)?.kill();
        Ok(())
    }

    /// Starts a killed province on what its disk has.
    pub(crate) fn restart(&mut self, code: &str) -> Outcome {
        self.province(code)?.start()
    }

    pub(crate) fn endpoint(&self, code: &str) -> String {
        let port = self.provinces.get(code).map_or(0, |province| province.port);
        format!("http://127.0.0.1:{port}/graphql")
    }

    /// Asks as a role, given as the arguments of `minzheng token`.
    pub(crate) fn ask(
        &self,
        code: &str,
        role: &str,
        query: &str,
        variables: &Value,
    ) -> Result<Value, String> {
        let mut tokens = self.tokens.lock().map_err(|error| error.to_string())?;
        let place = (code.to_owned(), role.to_owned());
        let bearer = match tokens.get(&place) {
            Some(known) => known.clone(),
            None => {
                let mut arguments = vec!["--role"];
                arguments.extend(role.split_whitespace());
                let made = token(&self.data(code), &arguments)?;
                tokens.insert(place, made.clone());
                made
            }
        };
        drop(tokens);
        let answer = self
            .client
            .graphql(&self.endpoint(code), Some(&bearer), query, variables)?;
        match answer.get("errors") {
            None => Ok(answer["data"].clone()),
            Some(errors) => Err(errors.to_string()),
        }
    }

    /// Waits until a province has heard from all others since its start.
    pub(crate) fn serving(&self, code: &str, patience: Duration) -> Result<(), String> {
        until(patience, || {
            let answer = self.ask(
                code,
                "operator",
                "{ interopStation { serving } }",
                &json!({}),
            )?;
            Ok(answer["interopStation"]["serving"] == true)
        })
    }

    pub(crate) fn change(
        &self,
        at: &str,
        field: &str,
        kind: &str,
        input: Value,
    ) -> Result<Value, String> {
        let fields = "application { id version state refusalCode } userErrors { code }";
        let query =
            format!("mutation ($input: {kind}!) {{ {field}(input: $input) {{ {fields} }} }}");
        let variables = json!({ "input": input });
        // A counter that is busy is asked again: the request key makes that safe.
        let mut tries = 0;
        let answer = loop {
            match self.ask(at, &officer(at), &query, &variables) {
                Err(why) if why.contains("SUBGRAPH_UNAVAILABLE") && tries < BUSY => {
                    tries += 1;
                    self.busy.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(50));
                }
                other => break other?,
            }
        };
        let payload = &answer[field];
        if payload["userErrors"] == json!([]) {
            Ok(payload["application"].clone())
        } else {
            Err(format!("{field}: {payload}"))
        }
    }

    /// The next couple, of 32 and 35, received and checked in 51.
    pub(crate) fn couple(&self) -> Result<Couple, String> {
        let n = self.couples.fetch_add(1, Ordering::SeqCst);
        self.pair(("32", single("32", 0, n)?), ("35", single("35", 1, n)?))
    }

    /// Two persons, by province and number, received and checked in 51.
    pub(crate) fn pair(
        &self,
        man: (&'static str, usize),
        woman: (&'static str, usize),
    ) -> Result<Couple, String> {
        self.pair_at(("51", "510118-2"), man, woman)
    }

    /// The same at a registry of any province.
    pub(crate) fn pair_at(
        &self,
        (at, registry): (&'static str, &str),
        man: (&'static str, usize),
        woman: (&'static str, usize),
    ) -> Result<Couple, String> {
        let n = self.keys.fetch_add(1, Ordering::SeqCst);
        let key = |what: &str| format!("{what} {n}");
        let input = json!({ "requestKey": key("r"), "registry": derived("marriage registry", registry),
            "registrar": derived("marriage registrar", &format!("{registry} 0")), "kind": "MARRIAGE",
            "man": person(man.0, man.1).id_number, "woman": person(woman.0, woman.1).id_number });
        let mut application =
            self.change(at, "receiveApplication", "ReceiveApplicationInput", input)?;
        for role in ["MAN", "WOMAN"] {
            let input = json!({ "requestKey": key(role), "application": application["id"],
                "version": application["version"], "role": role, "present": true, "questionedApart": true,
                "willing": true, "document": "ID_CARD", "declaredStatus": "NEVER_MARRIED", "noSpouse": true,
                "noKinship": true, "illnessDutyExplained": true, "faceMatch": "PASS" });
            application = self.change(at, "recordDeclaration", "RecordDeclarationInput", input)?;
        }
        let input = json!({ "requestKey": key("c"), "application": application["id"], "version": application["version"] });
        application = self.change(at, "runOnlineChecks", "ApplicationStepInput", input)?;
        Ok(Couple {
            at,
            man,
            woman,
            application,
        })
    }

    /// A couple that is married.
    pub(crate) fn married(&self) -> Result<Couple, String> {
        let couple = self.couple()?;
        self.press(&couple)?;
        match self.end(&couple, Duration::from_secs(60))?.as_str() {
            "REGISTERED" => Ok(couple),
            other => Err(format!("a couple was to be married and is {other}")),
        }
    }

    /// Presses the button.
    pub(crate) fn press(&self, couple: &Couple) -> Result<(), String> {
        let id = &couple.application["id"];
        let input = json!({ "requestKey": format!("press {id}"), "application": id, "version": couple.application["version"] });
        let pressed = self.change(couple.at, "registerMarriage", "ApplicationStepInput", input)?;
        if matches!(
            pressed["state"].as_str(),
            Some("HOLDING" | "COMMITTING" | "REGISTERED" | "ABORTED")
        ) {
            Ok(())
        } else {
            Err(format!("pressed: {pressed}"))
        }
    }

    /// The state of the application.
    pub(crate) fn state(&self, couple: &Couple) -> Result<String, String> {
        let query = "query ($id: ID!) { registrationApplication(id: $id) { state refusalCode } }";
        let answer = self.ask(
            couple.at,
            &officer(couple.at),
            query,
            &json!({ "id": couple.application["id"] }),
        )?;
        Ok(answer["registrationApplication"]["state"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// What a person's own ledger says.
    pub(crate) fn status(&self, (code, n): (&str, usize)) -> Result<String, String> {
        let role = format!("citizen --citizen {n}");
        let answer = self.ask(code, &role, "{ myMarriage { status } }", &json!({}))?;
        Ok(answer["myMarriage"]["status"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// Waits for the end of the application and for both ledgers to say the same; gives the end.
    pub(crate) fn end(&self, couple: &Couple, patience: Duration) -> Result<String, String> {
        let mut end = String::new();
        until(patience, || {
            end = self.state(couple)?;
            Ok(!matches!(
                end.as_str(),
                "HOLDING" | "COMMITTING" | "ELIGIBLE"
            ))
        })
        .map_err(|why| format!("no end: {why}"))?;
        let mut found = [String::new(), String::new()];
        until(patience, || {
            found = [self.status(couple.man)?, self.status(couple.woman)?];
            let married = found.iter().filter(|status| *status == "MARRIED").count();
            let held = found.iter().any(|status| status == "HELD");
            Ok(!held && married == if end == "REGISTERED" { 2 } else { 0 })
        })
        .map_err(|why| format!("{end}, and the ledgers say {found:?}: {why}"))?;
        Ok(end)
    }
}

/// A registrar of the county where couples come.
pub(crate) fn officer(code: &str) -> String {
    let county = match code {
        "51" => "510118",
        "35" => "350103",
        _ => "320311",
    };
    format!("registrar --division {county}")
}

/// The nth single person of age of one sex.
pub(crate) fn single(code: &str, parity: usize, nth: usize) -> Result<usize, String> {
    (7_000..8_000)
        .filter(|n| n % 2 == parity)
        .filter(|n| {
            let number = person(code, *n).id_number;
            number
                .get(6..10)
                .and_then(|year| year.parse::<i32>().ok())
                .is_some_and(|year| 2026 - year > 22)
        })
        .nth(nth)
        .ok_or_else(|| "there are no more single persons".to_owned())
}

/// Runs the program to its end, which must be good.
pub(crate) fn run(arguments: &[&str]) -> Result<String, String> {
    let (status, said) = Program::run(arguments, &[])?;
    if status.success() {
        Ok(said)
    } else {
        Err(said)
    }
}

/// Waits until something holds; what fails meanwhile is only told at the end.
pub(crate) fn until(
    patience: Duration,
    mut holds: impl FnMut() -> Result<bool, String>,
) -> Result<(), String> {
    let began = Instant::now();
    loop {
        let outcome = holds();
        if outcome == Ok(true) {
            return Ok(());
        }
        if began.elapsed() > patience {
            return Err(format!("not within {patience:?}: {outcome:?}"));
        }
        std::thread::sleep(Duration::from_millis(30));
    }
}
