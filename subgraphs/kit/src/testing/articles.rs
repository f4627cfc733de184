//! Whether the law can be searched: the comment of each rule begins with the rule's id and what it rests on.

use std::{fs, io, path::Path};

/// The public functions in a folder of rules whose comment does not begin with an id (of a rule, `M-16`, or of a
/// section of the domain model, `B.1.5` or `A.2-19`), a comma, the article or practice, and a colon. Modules named in
/// `tables` hold numbers and are no rules. Tests are not looked at.
///
/// # Errors
/// When the folder cannot be read.
pub fn without_article(rules: &Path, tables: &[&str]) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(rules)?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let module = name.strip_suffix(".rs").unwrap_or(&name);
        if name.starts_with("tests") || tables.contains(&module) {
            continue;
        }
        if path.is_dir() {
            found.extend(without_article(&path, tables)?);
        } else if name.ends_with(".rs") {
            let source = fs::read_to_string(&path)?;
            found.extend(
                nameless(&source).map(|function| format!("{}: {function}", path.display())),
            );
        }
    }
    Ok(found)
}

/// The functions of one file without an article.
fn nameless(source: &str) -> impl Iterator<Item = String> + '_ {
    let rules = source.split("#[cfg(test)]\n").next().unwrap_or_default();
    let (mut comment, mut found) = (String::new(), Vec::new());
    for line in rules.lines() {
        if let Some(text) = line.strip_prefix("///") {
            comment.push_str(text);
            continue;
        }
        let rest = line
            .strip_prefix("pub fn ")
            .or_else(|| line.strip_prefix("pub const fn "));
        if let Some(rest) = rest
            && !begins_with_article(comment.trim_start())
        {
            let end = rest.find(['(', '<']).unwrap_or(rest.len());
            found.push(rest[..end].to_owned());
        }
        // Attributes stand between a comment and its function.
        if !line.starts_with("#[") && !line.starts_with(' ') && !line.starts_with(")]") {
            comment.clear();
        }
    }
    found.into_iter()
}

fn begins_with_article(comment: &str) -> bool {
    let Some((head, _)) = comment.split_once(": ") else {
        return false;
    };
    let mut parts = head.split([',', ' ']).filter(|part| !part.is_empty());
    parts.next().is_some_and(is_id)
        && parts.any(|part| !is_id(part) && !matches!(part, "and" | "to"))
}

/// `M-16`, `M-21a`, `A.2-19`, `B.0.5`, `B.1.5a`.
fn is_id(part: &str) -> bool {
    let mut letters = part.chars();
    letters.next().is_some_and(|c| c.is_ascii_uppercase())
        && letters.next().is_some_and(|c| matches!(c, '-' | '.'))
        && letters.next().is_some_and(|c| c.is_ascii_digit())
        && letters.all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | 'a'..='c'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_without_id_or_article_is_found() {
        for (comment, fits) in [
            ("M-16, 民法典 1077: 30 days.", true),
            ("M-1 and M-2, 民法典 1041、1047: ages.", true),
            ("B.1.5a, GB/T 2261.2-2003: status.", true),
            ("A.2-19, 违建坟墓专项整治: the moves.", true),
            ("M-16: 30 days.", false),
            ("M-3, M-4: what is missing.", false),
            ("Whether it is open.", false),
            ("M-16 says so.", false),
        ] {
            assert_eq!(begins_with_article(comment), fits, "{comment}");
        }
        let source = "/// No id.\n#[must_use]\npub fn a() {}\n\n/// M-1, 民法典 1047:\n/// an age.\npub const fn b<T>() {}\n\
            /// Inner.\nfn c() {}\npub fn d() {}\n#[cfg(test)]\npub fn e() {}\n";
        assert_eq!(nameless(source).collect::<Vec<_>>(), ["a", "d"]);
    }
}
