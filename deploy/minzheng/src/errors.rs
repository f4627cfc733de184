//! `minzheng errors`: the catalogue of error codes, from where they are defined. The file
//! `gateway/ERRORS.md` is its output, and a test keeps it so.

use std::fmt::Write as _;

use minzheng_gateway::error::ErrorCode;
use minzheng_gateway::subscribe::transport_ws::Close;
use minzheng_kit::error::CODES;

/// What the subsystems refuse, as their sources say it: code, subsystems, both sentences. See `build.rs`.
const REFUSALS: &[(&str, &str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/refusals.rs"));

const INTRODUCTION: &str = "\
<!-- Printed by `minzheng errors`; do not edit by hand. -->
# Error codes 错误代码

An error of an answer has its code in `extensions.code`, its sentence in English in `message` and in
Chinese in `extensions.messageZh`. Codes are never renamed; sentences may become better. No sentence
repeats a value that was sent. `extensions.service` names the subsystem concerned, and
`extensions.reference` is what support needs to find the request.

What the law or the form refuses is no error but an entry of `userErrors` in the payload of a mutation,
with a code, both sentences, the input field and the article of law.

";

/// The catalogue.
pub(crate) fn markdown() -> String {
    let mut out = INTRODUCTION.to_owned();
    out.push_str(
        "## Of the gateway 网关\n\n\
         The status is that of the HTTP answer when the error stops the whole request; errors of single\n\
         fields leave it at 200. Clients that ask for `application/json` get 200 instead of 400.\n\n\
         | code | status | English | 中文 |\n| --- | --- | --- | --- |\n",
    );
    for code in ErrorCode::ALL {
        row(
            &mut out,
            &[
                &format!("`{code}`"),
                &code.http_status().to_string(),
                code.message_en(),
                code.message_zh(),
            ],
        );
    }
    out.push_str(
        "\n## Of the subsystems 子系统\n\n\
         They stand at single fields.\n\n\
         | code | English | 中文 |\n| --- | --- | --- |\n",
    );
    for (code, en, zh) in CODES {
        row(&mut out, &[&format!("`{code}`"), en, zh]);
    }
    out.push_str(
        "\n## What is refused 业务错误\n\n\
         Entries of `userErrors`, and in queries `extensions.reason` of `BAD_USER_INPUT`. What stands\n\
         in braces is filled in.\n\n\
         | code | subsystem | English | 中文 |\n| --- | --- | --- | --- |\n",
    );
    // The errors above are written like refusals; of them only a change in between is told as one too.
    let is_error = |code: &str| CODES.iter().any(|(known, ..)| *known == code);
    let refusals = REFUSALS.iter();
    for (code, by, en, zh) in refusals.filter(|(code, ..)| *code == "CONFLICT" || !is_error(code)) {
        row(&mut out, &[&format!("`{code}`"), by, en, zh]);
    }
    out.push_str(
        "\n## Close codes of WebSocket connections 连接关闭代码\n\n\
         As of `graphql-transport-ws`. With 4403 the reason is the code of the error.\n\n\
         | close code | reason |\n| --- | --- |\n",
    );
    for close in Close::ALL {
        row(&mut out, &[&close.code().to_string(), close.reason()]);
    }
    out
}

fn row(out: &mut String, cells: &[&str]) {
    for cell in cells {
        // Writing to a String cannot fail.
        let _ = write!(out, "| {} ", cell.replace('|', "\\|"));
    }
    out.push_str("|\n");
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_published_catalogue_is_what_the_program_prints() {
        let published = include_str!("../../../gateway/ERRORS.md");
        let hint = "write it anew: minzheng errors > gateway/ERRORS.md";
        assert!(published == super::markdown(), "{hint}");
    }
}
