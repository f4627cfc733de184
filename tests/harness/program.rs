//! The program under test as child processes: started on free ports with a data folder of their own,
//! waited for until `/ready` says so, and ended when dropped.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::Client;

/// The binary: what `tests/run` built, or the release build beside this test.
pub fn binary() -> PathBuf {
    std::env::var_os("MINZHENG_BIN").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/minzheng"),
        PathBuf::from,
    )
}

/// The binary that dies where a test names (`--features fault-points`), which `tests/run` puts beside the other.
pub fn faulty_binary() -> PathBuf {
    std::env::var_os("MINZHENG_FAULTS_BIN")
        .map_or_else(|| binary().with_file_name("minzheng-faults"), PathBuf::from)
}

/// A TCP port on this machine's loopback address that nobody listens on, below those that the system gives to
/// connections (from 32768 on): no connection of another test takes it before a program does. Each process counts
/// through the range from a place of its own, by steps, for a demonstration takes the ports that follow its own.
pub fn free_port() -> u16 {
    const FIRST: u32 = 20_000;
    const STEP: u32 = 16;
    const MANY: u32 = 750;
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let own = std::process::id().wrapping_mul(131);
    let mut ports = (0..MANY).map(|_| {
        let nth = own.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed));
        u16::try_from(FIRST + nth % MANY * STEP).unwrap_or(0)
    });
    ports
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .unwrap_or(0)
}

/// A running role of the program. Dropping it asks it to drain, then kills it.
pub struct Program {
    child: Child,
    /// The role's base address, such as `http://127.0.0.1:PORT`.
    pub url: String,
    output: Arc<Mutex<String>>,
    /// How long it took from start to the first good answer of `/ready`.
    pub ready_after: Duration,
}

impl Program {
    /// Starts the program with `arguments` (which must make it listen on `port`) and waits until it is
    /// ready, at most `patience`.
    pub fn start(
        arguments: &[&str],
        envs: &[(&str, &str)],
        port: u16,
        patience: Duration,
    ) -> Result<Self, String> {
        Self::start_as(
            &binary(),
            &Client::new(),
            "http",
            arguments,
            envs,
            port,
            patience,
        )
    }

    /// The same where it listens with another scheme, asked by this client.
    pub fn start_over(
        client: &Client,
        scheme: &str,
        arguments: &[&str],
        envs: &[(&str, &str)],
        port: u16,
        patience: Duration,
    ) -> Result<Self, String> {
        Self::start_as(&binary(), client, scheme, arguments, envs, port, patience)
    }

    /// The same with another binary.
    pub fn start_as(
        binary: &Path,
        client: &Client,
        scheme: &str,
        arguments: &[&str],
        envs: &[(&str, &str)],
        port: u16,
        patience: Duration,
    ) -> Result<Self, String> {
        let mut command = Command::new(binary);
        if arguments.first() == Some(&"standalone") {
            // A machine that is busy with other tests writes late.
            command.env("MINZHENG_ACCESS_LOG__PATIENCE", "30s");
        }
        command
            .args(arguments)
            .envs(envs.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let began = Instant::now();
        let mut child = command
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", binary.display()))?;
        let output = Arc::new(Mutex::new(String::new()));
        if let Some(stdout) = child.stdout.take() {
            collect(stdout, Arc::clone(&output));
        }
        if let Some(stderr) = child.stderr.take() {
            collect(stderr, Arc::clone(&output));
        }
        let url = format!("{scheme}://127.0.0.1:{port}");
        let mut program = Self {
            child,
            url,
            output,
            ready_after: Duration::ZERO,
        };
        while began.elapsed() < patience {
            if let Ok(Some(status)) = program.child.try_wait() {
                return Err(format!(
                    "the program ended with {status} before it was ready:\n{}",
                    program.output()
                ));
            }
            if client
                .get(&format!("{}/ready", program.url), &[])
                .is_ok_and(|answer| answer.status == 200)
            {
                program.ready_after = began.elapsed();
                return Ok(program);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!(
            "not ready after {patience:?}:\n{}",
            program.output()
        ))
    }

    /// Runs the program to its end and returns its status with all it printed.
    pub fn run(arguments: &[&str], envs: &[(&str, &str)]) -> Result<(ExitStatus, String), String> {
        let output = Command::new(binary())
            .args(arguments)
            .envs(envs.iter().copied())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{} does not start: {error}", binary().display()))?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Ok((output.status, text))
    }

    /// All that the process has printed so far.
    pub fn output(&self) -> String {
        self.output
            .lock()
            .map(|text| text.clone())
            .unwrap_or_default()
    }

    /// The GraphQL endpoint.
    pub fn graphql(&self) -> String {
        format!("{}/graphql", self.url)
    }

    /// The process id, for signals.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks the process to drain (SIGTERM) and waits for its end, at most `patience`.
    pub fn stop(&mut self, patience: Duration) -> Option<ExitStatus> {
        signal(self.child.id(), "TERM");
        self.wait(patience)
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills the process at once (SIGKILL).
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let began = Instant::now();
        while began.elapsed() < patience {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended, by itself or killed by a case, is nobody to signal.
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        if self.stop(Duration::from_secs(5)).is_none() {
            self.kill();
        }
    }
}

fn signal(process: u32, name: &str) {
    let _ = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(process.to_string())
        .status();
}

fn collect(from: impl std::io::Read + Send + 'static, into: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if let Ok(mut text) = into.lock() {
                text.push_str(&line);
                text.push('\n');
            }
        }
    });
}

/// A bearer token printed by `minzheng token`.
pub fn token(data: &Path, arguments: &[&str]) -> Result<String, String> {
    let folder = data.to_string_lossy();
    let mut all = vec!["token", "--data", folder.as_ref()];
    all.extend_from_slice(arguments);
    let output = Command::new(binary())
        .args(&all)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
