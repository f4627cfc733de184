//! Three provinces that trust each other, with a proxy on every way between two of them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use minzheng_kit::demo::person;
use minzheng_kit::id::derived;
use minzheng_tests::{Client, Program, Proxy, Way, free_port, token};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The instant at which the demonstration plays, noon in Shanghai.
const NOON: &str = "2026-11-22T04:00:00Z";

/// The provinces: the one that accepts, and the two authorities.
pub(crate) const CODES: [&str; 3] = ["51", "32", "35"];

/// How each signs.
const ALGORITHMS: [&str; 3] = ["ed-dsa", "es256", "sm2-sm3"];

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) client: Client,
    ports: BTreeMap<&'static str, u16>,
    programs: BTreeMap<&'static str, Program>,
    proxies: BTreeMap<(&'static str, &'static str), Proxy>,
    tokens: std::sync::Mutex<BTreeMap<(String, String), String>>,
    couples: AtomicUsize,
}

/// A couple whose application is ready for the button.
pub(crate) struct Couple {
    man: usize,
    woman: usize,
    application: Value,
}

impl World {
    /// Makes folders and keys, brings the key files around, and starts all of them.
    pub(crate) fn start() -> Result<Self, String> {
        let folder = TempDir::new().map_err(|error| error.to_string())?;
        let ports: BTreeMap<&'static str, u16> =
            CODES.iter().map(|code| (*code, free_port())).collect();
        let mut world = Self {
            folder,
            client: Client::new(),
            ports,
            programs: BTreeMap::new(),
            proxies: BTreeMap::new(),
            tokens: std::sync::Mutex::default(),
            couples: AtomicUsize::new(0),
        };
        for (code, algorithm) in CODES.into_iter().zip(ALGORITHMS) {
            let endpoint = format!("http://127.0.0.1:{}/graphql", world.ports[code]);
            let data = world.data(code).to_string_lossy().into_owned();
            run(&[
                "peer",
                "key",
                "--data",
                &data,
                "--province",
                code,
                "--endpoint",
                &endpoint,
                "--algorithm",
                algorithm,
            ])?;
        }
        for from in CODES {
            for to in CODES.into_iter().filter(|to| *to != from) {
                let proxy = Proxy::before(world.ports[to])?;
                // The way from one to the other leads through a proxy of its own.
                let own = world.data(to).join("peers/self.json");
                let text = std::fs::read_to_string(own).map_err(|error| error.to_string())?;
                let text = text.replace(
                    &format!(":{}/", world.ports[to]),
                    &format!(":{}/", proxy.port),
                );
                let brought = world.folder.path().join(format!("{to}-for-{from}.json"));
                std::fs::write(&brought, text).map_err(|error| error.to_string())?;
                let data = world.data(from).to_string_lossy().into_owned();
                run(&["peer", "trust", &brought.to_string_lossy(), "--data", &data])?;
                world.proxies.insert((from, to), proxy);
            }
        }
        let made = &world;
        let started = std::thread::scope(|scope| {
            let starting: Vec<_> = CODES
                .into_iter()
                .map(|code| (code, scope.spawn(move || made.launch(code))))
                .collect();
            starting
                .into_iter()
                .map(|(code, thread)| {
                    let started = thread.join().map_err(|_| "a start panicked".to_owned())?;
                    Ok((code, started?))
                })
                .collect::<Result<BTreeMap<_, _>, String>>()
        })?;
        world.programs = started;
        for code in CODES {
            world.serving(code, Duration::from_secs(30))?;
        }
        Ok(world)
    }

    pub(crate) fn data(&self, code: &str) -> PathBuf {
        self.folder.path().join(code)
    }

    fn launch(&self, code: &str) -> Result<Program, String> {
        let port = self.ports[code];
        let data = self.data(code).to_string_lossy().into_owned();
        let listen = format!("127.0.0.1:{port}");
        let arguments = [
            "standalone",
            "--workers",
            "1",
            "--listen",
            &listen,
            "--data",
            &data,
            "--province",
            code,
        ];
        Program::start(
            &arguments,
            &[("MINZHENG_CLOCK", NOON)],
            port,
            Duration::from_secs(240),
        )
    }

    /// The way from one province to another.
    pub(crate) fn way(&self, from: &str, to: &str, way: Way) {
        for ((one, other), proxy) in &self.proxies {
            if *one == from && *other == to {
                proxy.set(way);
            }
        }
    }

    /// Kills a province at once, from beside whoever is asking it.
    pub(crate) fn strike(&self, code: &str) {
        if let Some(program) = self.programs.get(code) {
            let id = program.id().to_string();
            let _ = std::process::Command::new("kill")
                .args(["-KILL", &id])
                .status();
        }
    }

    /// Kills a province at once.
    pub(crate) fn kill(&mut self, code: &str) {
        if let Some(program) = self.programs.get_mut(code) {
            program.kill();
        }
    }

    /// Starts a killed province on its folder.
    pub(crate) fn restart(&mut self, code: &'static str) -> Result<(), String> {
        let program = self.launch(code)?;
        self.programs.insert(code, program);
        Ok(())
    }

    pub(crate) fn endpoint(&self, code: &str) -> String {
        format!("http://127.0.0.1:{}/graphql", self.ports[code])
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

    fn change(&self, field: &str, kind: &str, input: Value) -> Result<Value, String> {
        let fields = "application { id version state refusalCode } userErrors { code }";
        let query =
            format!("mutation ($input: {kind}!) {{ {field}(input: $input) {{ {fields} }} }}");
        let answer = self.ask("51", OFFICER, &query, &json!({ "input": input }))?;
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
        let (man, woman) = (single("32", 0, n)?, single("35", 1, n)?);
        let key = |what: &str| format!("{what} {n}");
        let input = json!({ "requestKey": key("r"), "registry": derived("marriage registry", "510118-2"),
            "registrar": derived("marriage registrar", "510118-2 0"), "kind": "MARRIAGE",
            "man": person("32", man).id_number, "woman": person("35", woman).id_number });
        let mut application =
            self.change("receiveApplication", "ReceiveApplicationInput", input)?;
        for role in ["MAN", "WOMAN"] {
            let input = json!({ "requestKey": key(role), "application": application["id"],
                "version": application["version"], "role": role, "present": true, "questionedApart": true,
                "willing": true, "document": "ID_CARD", "declaredStatus": "NEVER_MARRIED", "noSpouse": true,
                "noKinship": true, "illnessDutyExplained": true, "faceMatch": "PASS" });
            application = self.change("recordDeclaration", "RecordDeclarationInput", input)?;
        }
        let input = json!({ "requestKey": key("c"), "application": application["id"], "version": application["version"] });
        application = self.change("runOnlineChecks", "ApplicationStepInput", input)?;
        Ok(Couple {
            man,
            woman,
            application,
        })
    }

    /// Presses the button.
    pub(crate) fn press(&self, couple: &Couple) -> Result<(), String> {
        let id = &couple.application["id"];
        let input = json!({ "requestKey": format!("press {id}"), "application": id, "version": couple.application["version"] });
        let pressed = self.change("registerMarriage", "ApplicationStepInput", input)?;
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
            "51",
            OFFICER,
            query,
            &json!({ "id": couple.application["id"] }),
        )?;
        Ok(answer["registrationApplication"]["state"]
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
        let (his, hers) = (
            format!("citizen --citizen {}", couple.man),
            format!("citizen --citizen {}", couple.woman),
        );
        let mut found = [String::new(), String::new()];
        until(patience, || {
            for (at, (code, role)) in [("32", &his), ("35", &hers)].into_iter().enumerate() {
                let answer = self.ask(code, role, "{ myMarriage { status } }", &json!({}))?;
                found[at] = answer["myMarriage"]["status"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
            }
            let married = found.iter().filter(|status| *status == "MARRIED").count();
            let held = found.iter().any(|status| status == "HELD");
            Ok(!held && married == if end == "REGISTERED" { 2 } else { 0 })
        })
        .map_err(|why| format!("{end}, and the ledgers say {found:?}: {why}"))?;
        Ok(end)
    }
}

/// A registrar of the accepting registry's county.
const OFFICER: &str = "registrar --division 510118";

/// The nth single person of age of one sex.
fn single(code: &str, parity: usize, nth: usize) -> Result<usize, String> {
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
