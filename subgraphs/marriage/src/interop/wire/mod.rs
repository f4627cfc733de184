//! What goes over the wire between provinces: one signed text each way.
//!
//! [`canonical`] gives every JSON value one text; [`signature`] signs it with one of three algorithms;
//! [`jws`] puts header, body and signature together and takes them apart again, judging in this order:
//! size, form, peer, key valid at signing time, signature, recipient, time window. [`jwe`] seals an
//! identity so that only its authority reads it: a message log without the keys names nobody.
//!
//! Nothing here knows what a message means, what the time is or what was received before: those are
//! handed in, and replay is judged where the log is ([`super::log`]).

pub mod canonical;
pub mod jwe;
pub mod jws;
pub mod proofs;
pub mod signature;
pub mod vectors;

/// The longest message, in bytes; below the gateway's limit of a request. Most take 2 to 20 KiB; the answer to
/// HELLO is the longest.
pub const LONGEST: usize = 512 * 1024;

/// How far a message's time may lie from ours, in seconds. A message is signed anew at each try, so this
/// needs to cover clocks and the way, not retries. A clock that is off by more is refused on both sides,
/// which delays and never decides.
pub const WINDOW_SECONDS: i64 = 300;

/// Why a message is not believed. The names are part of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Too long to be read.
    TooLarge,
    /// Not of the form.
    Malformed,
    /// Readable, but not in canonical form.
    NotCanonical,
    /// From an authority that is not trusted here.
    UnknownPeer,
    /// Signed with a key that the authority has not published, or not for this time.
    UnknownKey,
    /// The signature does not fit.
    BadSignature,
    /// Meant for somebody else, or an answer to another question.
    WrongRecipient,
    /// Signed too long ago, or in the future.
    OutsideWindow,
    /// Received before.
    Replayed,
    /// A sealed identity cannot be opened with our keys, or was sealed for another place.
    Unsealable,
}

impl Fault {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "INTEROP_TOO_LARGE",
            Self::Malformed => "INTEROP_MALFORMED",
            Self::NotCanonical => "INTEROP_NOT_CANONICAL",
            Self::UnknownPeer => "INTEROP_UNKNOWN_PEER",
            Self::UnknownKey => "INTEROP_UNKNOWN_KEY",
            Self::BadSignature => "INTEROP_BAD_SIGNATURE",
            Self::WrongRecipient => "INTEROP_WRONG_RECIPIENT",
            Self::OutsideWindow => "INTEROP_OUTSIDE_WINDOW",
            Self::Replayed => "INTEROP_REPLAYED",
            Self::Unsealable => "INTEROP_UNSEALABLE",
        }
    }

    /// What it means and what to do, in English and Chinese.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::TooLarge => ("The message is too long.", "报文过长。"),
            Self::Malformed => (
                "The message is not of the agreed form; see the protocol's description.",
                "报文格式不符合约定，请对照协议说明。",
            ),
            Self::NotCanonical => (
                "The message is not in canonical JSON (RFC 8785).",
                "报文未按规范化JSON（RFC 8785）编码。",
            ),
            Self::UnknownPeer => (
                "The sender is not an authority trusted here; exchange keys first.",
                "发送方不是本节点信任的登记机关，请先交换密钥。",
            ),
            Self::UnknownKey => (
                "The message is signed with a key that is not published for this time.",
                "签名密钥未公布或在签名时不在有效期内。",
            ),
            Self::BadSignature => (
                "The signature does not fit the message.",
                "签名与报文不符。",
            ),
            Self::WrongRecipient => (
                "The message is meant for another authority.",
                "报文接收方不是本节点。",
            ),
            Self::OutsideWindow => (
                "The message was signed too long ago or in the future; check the clocks.",
                "报文签名时间超出允许范围，请核对时钟。",
            ),
            Self::Replayed => (
                "The message was received before; sign it anew to ask again.",
                "该报文此前已收到，如需重试请重新签名。",
            ),
            Self::Unsealable => (
                "A sealed identity cannot be opened with the keys here.",
                "加密的身份信息无法用本节点密钥解开。",
            ),
        }
    }
}

impl From<Fault> for crate::kit::Error {
    fn from(fault: Fault) -> Self {
        let (en, zh) = fault.words();
        crate::kit::UserError::new(fault.code(), en, zh).into()
    }
}
