//! Collects what the law and the forms refuse: the codes of `userErrors` with their sentences, as they stand
//! in the sources of the subsystems, for the published catalogue (`minzheng errors`).
//!
//! A refusal is written out where its rule is: a code, an English sentence and a Chinese one behind one
//! another. Whoever adds one adds it to the catalogue by that; a list kept by hand would be forgotten.
//!
//! And has the program linked so that it keeps less in memory, where its loader understands that.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// Tokens that may stand between a code and its sentences: `, format!(`, `.into(), en: `.
const BETWEEN: usize = 8;

/// A piece of source: the value of a literal, or anything else.
enum Token {
    Text(String),
    Other(char),
}

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let subgraphs = root.join("../../subgraphs");
    println!("cargo::rerun-if-changed={}", subgraphs.display());
    println!("cargo::rerun-if-changed=build.rs");
    if loader_reads_packed() {
        // What the loader puts right in a program that may lie anywhere is eleven megabytes of notes, all of which it
        // reads at the start, so that they are resident from then on. Packed they are a hundred kilobytes.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    // By code and sentences: the subsystems that refuse so.
    let mut all: BTreeMap<(String, String, String), Vec<String>> = BTreeMap::new();
    let mut names: Vec<PathBuf> = fs::read_dir(&subgraphs)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    names.sort();
    for folder in names.iter().filter(|path| path.is_dir()) {
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut files = Vec::new();
        sources(&folder.join("src"), &mut files)?;
        for file in files {
            for refusal in refusals(&tokens(&fs::read_to_string(file)?)) {
                let by = all.entry(refusal).or_default();
                if !by.contains(&name) {
                    by.push(name.clone());
                }
            }
        }
    }
    let mut out = String::from("&[\n");
    for ((code, en, zh), by) in &all {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "({code:?}, {:?}, {en:?}, {zh:?}),", by.join(", "));
    }
    out.push_str("]\n");
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(target.join("refusals.rs"), out)
}

/// Whether the program is for this machine's own C library, and that reads packed relocations: glibc from 2.36 on. A
/// linker that does not make them says so and leaves them as they are, but for gold, which gives up: so whoever chooses
/// a linker chooses also this.
fn loader_reads_packed() -> bool {
    let told = |name: &str| env::var(name).unwrap_or_default();
    if told("TARGET") != told("HOST") || told("CARGO_CFG_TARGET_ENV") != "gnu" {
        return false;
    }
    let flags = told("CARGO_ENCODED_RUSTFLAGS");
    if flags.contains("fuse-ld") || flags.contains("linker") || !told("RUSTC_LINKER").is_empty() {
        return false;
    }
    let Ok(answer) = Command::new("getconf").arg("GNU_LIBC_VERSION").output() else {
        return false;
    };
    let answer = String::from_utf8_lossy(&answer.stdout);
    let version = answer.trim().strip_prefix("glibc ").unwrap_or_default();
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().ok());
    let version = (numbers.next().flatten(), numbers.next().flatten());
    version >= (Some(2), Some(36))
}

/// The source files of a folder, without tests.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with("test") {
            continue;
        }
        if path.is_dir() {
            sources(&path, files)?;
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// The source as tokens, without comments, spaces and what is compiled for tests only.
fn tokens(source: &str) -> Vec<Token> {
    let source = source
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let mut tokens = Vec::new();
    let mut rest = source.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '/' if rest.peek() == Some(&'/') => while rest.next_if(|c| *c != '\n').is_some() {},
            '"' => {
                let mut text = String::new();
                while let Some(c) = rest.next().filter(|c| *c != '"') {
                    match (c, c == '\\') {
                        (_, true) => match rest.next() {
                            // A line that goes on behind the spaces of the next.
                            Some('\n') => while rest.next_if(|c| c.is_whitespace()).is_some() {},
                            Some('n') => text.push('\n'),
                            Some(escaped) => text.push(escaped),
                            None => {}
                        },
                        (c, false) => text.push(c),
                    }
                }
                tokens.push(Token::Text(text));
            }
            // A quote as a character, and a lifetime.
            '\'' => {
                if rest.next_if_eq(&'"').is_some() {
                    let _ = rest.next_if_eq(&'\'');
                }
            }
            c if c.is_whitespace() => {}
            c if c.is_alphanumeric() || c == '_' => {
                while rest.next_if(|c| c.is_alphanumeric() || *c == '_').is_some() {}
                tokens.push(Token::Other('a'));
            }
            c => tokens.push(Token::Other(c)),
        }
    }
    tokens
}

/// A code, an English and a Chinese sentence behind one another.
fn refusals(tokens: &[Token]) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Token::Text(code) = token else { continue };
        if !is_code(code) {
            continue;
        }
        let Some((en, at)) = next_text(tokens, at).filter(|(en, _)| is_english(en)) else {
            continue;
        };
        if let Some((zh, _)) = next_text(tokens, at).filter(|(zh, _)| is_chinese(zh)) {
            found.push((code.clone(), en.to_owned(), zh.to_owned()));
        }
    }
    found
}

/// The next literal, if it belongs to what stands before it, and its place.
fn next_text(tokens: &[Token], from: usize) -> Option<(&str, usize)> {
    let window = tokens.iter().enumerate().skip(from + 1).take(BETWEEN);
    for (at, token) in window {
        match token {
            Token::Text(text) => return Some((text, at)),
            Token::Other('a' | ',' | ':' | '(' | ')' | '.' | '!' | '&') => {}
            Token::Other(_) => return None,
        }
    }
    None
}

fn is_code(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.len() > 4
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(allowed)
}

fn is_english(text: &str) -> bool {
    text.contains(' ') && text.starts_with(|c: char| c.is_ascii_uppercase() || c == '{')
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}
