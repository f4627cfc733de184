//! The console in a real browser that can reach nothing but this machine, driven by the W3C WebDriver
//! protocol: the page loads, the first query is there, and running it shows the answer.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use minzheng_tests::{Client, free_port};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixtures::Fixtures;
use crate::small::Small;
use crate::{Outcome, case};

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![
        case(
            fixtures,
            "the_console_answers_the_first_query_in_a_browser_without_any_other_network",
            first_query,
        ),
        case(
            fixtures,
            "the_console_of_some_roles_opens_in_a_browser_for_a_token_of_theirs_only",
            by_role,
        ),
    ]
}

/// How long the page and its answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser session; the driver, and with it the browser, ends when it is dropped.
struct Browser {
    driver: Child,
    client: Client,
    session: String,
    _profile: TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closing the session ends the browser; the driver itself has to be ended.
        let _ = self.client.delete(&self.session);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    /// Starts a browser; `None` where there is no driver (`tests/run` installs one).
    fn start() -> Result<Option<Self>, String> {
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(driver) = driver else {
            return Ok(None);
        };
        let profile = TempDir::new().map_err(|error| error.to_string())?;
        let mut browser = Self {
            driver,
            client: Client::new(),
            session: format!("http://127.0.0.1:{port}/session"),
            _profile: profile,
        };
        let arguments = json!([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            // Every name but this machine's fails, as on a network without the internet.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            format!("--user-data-dir={}", browser._profile.path().display()),
        ]);
        let capabilities = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": { "args": arguments } } } });
        let began = Instant::now();
        let made = loop {
            match browser.post("", &capabilities) {
                Ok(made) => break made,
                Err(error) if began.elapsed() > PATIENCE => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        };
        let id = made["sessionId"]
            .as_str()
            .ok_or_else(|| format!("no session: {made}"))?;
        browser.session = format!("{}/{id}", browser.session);
        Ok(Some(browser))
    }

    /// A command of the protocol; its value.
    fn post(&self, command: &str, body: &Value) -> Result<Value, String> {
        let url = format!("{}{command}", self.session);
        let headers = [("content-type", "application/json")];
        let answer = self.client.post(&url, &headers, body.to_string())?;
        match answer.status {
            200 => Ok(answer.json()["value"].clone()),
            status => Err(format!("{command}: {status} {}", answer.json())),
        }
    }

    /// The value of a script in the page.
    fn script(&self, text: &str) -> Result<Value, String> {
        self.post("/execute/sync", &json!({ "script": text, "args": [] }))
    }

    /// Waits until a script's value is true.
    fn until(&self, what: &str, text: &str) -> Outcome {
        let began = Instant::now();
        while self.script(text)? != true {
            if began.elapsed() > PATIENCE {
                let page = self.script("return document.body.innerText")?;
                return Err(format!(
                    "{what}: not after {PATIENCE:?}; the page says {page}"
                ));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

fn first_query(fixtures: &Fixtures) -> Outcome {
    let province = fixtures.province("51")?;
    let Some(browser) = Browser::start()? else {
        eprintln!("no chromedriver to test with: tests/run installs it");
        return Ok(());
    };
    let page = format!("{}/console", province.program.url);
    browser.post("/url", &json!({ "url": page }))?;
    browser.until(
        "the first query is shown",
        "return [...document.querySelectorAll('.graphiql-query-editor .CodeMirror')]
            .some((editor) => editor.CodeMirror.getValue().includes('WhereIsItNow'))",
    )?;
    browser.script("document.querySelector('.graphiql-execute-button').click()")?;
    browser.until(
        "the answer is shown",
        "return [...document.querySelectorAll('.graphiql-response .CodeMirror')]
            .some((pane) => pane.CodeMirror.getValue().includes('新津区'))",
    )?;
    let feed = province.data(
        "public",
        "{ changesSince(first: 1) { edges { cursor } } }",
        &Value::Null,
    )?;
    // What lies behind the first change is told at once.
    let since = &feed["changesSince"]["edges"][0]["cursor"];
    let changes =
        format!("subscription {{ placeChanged(since: {since}) {{ change {{ kind }} }} }}");
    let deferred = "{ divisionByCode(code: \"510118\") { ... @defer { current { name } } } }";
    for (query, shown) in [(changes.as_str(), "placeChanged"), (deferred, "新津区")] {
        browser.script(&format!(
            "const editor = [...document.querySelectorAll('.graphiql-query-editor .CodeMirror')][0].CodeMirror;
             [...document.querySelectorAll('.graphiql-response .CodeMirror')][0].CodeMirror.setValue('');
             editor.setValue({});",
            Value::from(query)
        ))?;
        // The page looks at what was typed a moment after the last key, so it may ask what stood there before: then it
        // is asked again, and what goes on without an end is stopped first.
        browser.until(
            "what is told later is shown",
            &format!(
                "const shown = [...document.querySelectorAll('.graphiql-response .CodeMirror')]
                    .some((pane) => pane.CodeMirror.getValue().includes({}));
                 const button = document.querySelector('.graphiql-execute-button');
                 const runs = button.getAttribute('aria-label').startsWith('Stop');
                 window.looked = (window.looked ?? 0) + 1;
                 if (!shown && (!runs || window.looked % 50 === 0)) button.click();
                 return shown",
                Value::from(shown)
            ),
        )?;
        // A subscription goes on until it is stopped.
        browser.script(
            "document.querySelector('.graphiql-execute-button[aria-label^=\"Stop\"]')?.click()",
        )?;
    }
    asks_nobody_else(&browser)
}

fn asks_nobody_else(browser: &Browser) -> Outcome {
    let outside = browser.script(
        "return performance.getEntriesByType('resource').map((entry) => entry.name)
            .filter((name) => !name.startsWith(location.origin) && !name.startsWith('data:'))",
    )?;
    if outside != json!([]) {
        return Err(format!("the page asks others: {outside}"));
    }
    Ok(())
}

fn by_role(_: &Fixtures) -> Outcome {
    let config = "province = \"51\"\n[server]\nconsole = [\"registrar\"]\n";
    let gateway = Small::start(config, r#"{"data":{"word":"hello"}}"#)?;
    let Some(browser) = Browser::start()? else {
        eprintln!("no chromedriver to test with: tests/run installs it");
        return Ok(());
    };
    let citizen = gateway.token(&["--role", "citizen"])?;
    let officer = gateway.token(&["--role", "registrar", "--division", "510104"])?;
    let page = format!("{}/console", gateway.program.url);
    browser.post("/url", &json!({ "url": page }))?;
    let show = |token: &str| {
        browser.script(&format!(
            "document.getElementById('token').value = {};
             document.querySelector('form button').click()",
            Value::from(token)
        ))
    };
    for (token, code) in [
        (citizen.as_str(), "CONSOLE_FORBIDDEN"),
        ("nonsense", "TOKEN_MALFORMED"),
    ] {
        show(token)?;
        browser.until(
            "the refusal is shown",
            &format!("return document.getElementById('said').textContent.includes('{code}')"),
        )?;
        let shown = browser.script("return document.getElementById('graphiql') !== null")?;
        if shown != false {
            return Err(format!("the console is there for {code}"));
        }
    }
    show(&officer)?;
    browser.until(
        "the console is there and knows who asks",
        "return document.querySelector('.graphiql-query-editor .CodeMirror') !== null
            && document.getElementById('who').textContent.startsWith('registrar')",
    )?;
    browser.script(
        "[...document.querySelectorAll('.graphiql-query-editor .CodeMirror')][0].CodeMirror.setValue('{ word }')",
    )?;
    browser.until(
        "the answer is shown",
        // Asked again until it is there: the page looks at what was typed a moment after the last key, and takes an
        // answer away when it asks anew.
        "const shown = [...document.querySelectorAll('.graphiql-response .CodeMirror')]
            .some((pane) => pane.CodeMirror.getValue().includes('hello'));
         const button = document.querySelector('.graphiql-execute-button');
         if (!shown && !button.getAttribute('aria-label').startsWith('Stop')) button.click();
         return shown",
    )?;
    let left = browser.script(
        "return [document.cookie, JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage}), location.href]",
    )?;
    if left.to_string().contains(&officer) {
        return Err(format!("the token is kept: {left}"));
    }
    asks_nobody_else(&browser)
}
