//! The law of place names, divisions and boundaries as pure functions: no clock, no database.
//!
//! Sources: 地名管理条例 (2022), 行政区域界线管理条例 (2002), 行政区划管理条例 (2019), 中国地名汉语拼音字母拼写规则
//! (1984). Each function names its rule (`domain.md` B.3.2, B.3.4) and article.

pub mod authority;
pub mod boundaries;
pub mod characters;
pub mod clocks;
pub mod divisions;
pub mod famous;
pub mod forbidden;
pub mod geojson;
pub mod geometry;
pub mod measure;
pub mod names;
pub mod naming;
pub mod notice;
pub mod officers;
pub mod parameters;
pub mod pinyin;
pub mod romanise;
pub mod scope;
pub mod state;
pub mod topology;
