//! The characters in which a name may be written: the State's table of general standard characters.

use std::{collections::HashSet, sync::OnceLock};

/// 通用规范汉字表, 国发〔2013〕23号, as its file tells.
const TABLE: &str = include_str!("../../data/standard-characters-2013.txt");

/// The lines of the table, without the words about it.
fn lines() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.starts_with('#'))
}

/// P-1, 地名管理条例 9(2) and 国家通用语言文字法 3: whether a character is one of the 8,105 of the table, of any of its three
/// levels: the third was made for the names of persons and places. What stands outside is rare, old or traditional.
pub fn is_standard(character: char) -> bool {
    static STANDARD: OnceLock<HashSet<char>> = OnceLock::new();
    STANDARD
        .get_or_init(|| lines().flat_map(str::chars).collect())
        .contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 通用规范汉字表: 一级字表收字3500个，二级字表收字3000个，三级字表收字1605个.
    #[test]
    fn the_table_is_whole() {
        let mut levels = Vec::new();
        for line in TABLE.lines() {
            match line.strip_prefix("# ") {
                Some("一级" | "二级" | "三级") => levels.push(0),
                Some(_) => {}
                None => *levels.last_mut().unwrap() += line.chars().count(),
            }
        }
        assert_eq!(levels, [3_500, 3_000, 1_605]);
        let all: Vec<char> = lines().flat_map(str::chars).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 8_105);
        assert_eq!((all[0], all[8_104]), ('一', '蠼'));
    }

    /// 地名管理条例 9(2): 使用国家通用语言文字，避免使用生僻字.
    #[test]
    fn rare_and_traditional_characters_are_no_standard_ones() {
        for (character, standard) in [
            ('新', true),
            ('瓯', true),
            ('甪', true),
            ('埗', true),
            ('龘', false),
            ('龍', false),
            ('囍', false),
            ('A', false),
            ('5', false),
            ('\u{20000}', false),
        ] {
            assert_eq!(is_standard(character), standard, "{character}");
        }
    }
}
