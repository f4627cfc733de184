//! Invented names: common surnames, and given names put together from characters that are often
//! used for one sex.

use super::Sex;
use crate::citizen_id::DOUBLE_SURNAMES;

const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙段郝黎史陶贺毛顾龚邵万覃武钱戴严莫孔向常汤";

const MALE: &str = "伟强磊军勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢翔建国文志海永庆东晨阳哲瑞博毅峰松柏川岩江河安邦定远清和正德立新成业启航";

const FEMALE: &str = "芳娜敏静丽艳娟霞秀玲桂英华玉萍红梅兰丹洁倩颖婷雪琳欣怡佳慧莉蕾薇瑶璐莹雅琴云月荷莲菊香凤春秋晓梦诗语思雨若兮可妍岚珊巧惠文淑贞素珍";

/// A name that depends on sex and hash only.
pub(super) fn name(sex: Sex, hash: &[u8; 32]) -> String {
    let given = match sex {
        Sex::Male => MALE,
        Sex::Female => FEMALE,
    };
    let mut name = String::new();
    // About one in sixty has a double surname.
    if hash[8] < 4 {
        name.push_str(DOUBLE_SURNAMES[usize::from(hash[9]) % DOUBLE_SURNAMES.len()]);
    } else {
        name.extend(choose(SURNAMES, [hash[10], hash[11]]));
    }
    name.extend(choose(given, [hash[12], hash[13]]));
    // About four in five have two characters.
    if hash[14] < 205 {
        name.extend(choose(given, [hash[15], hash[16]]));
    }
    name
}

fn choose(from: &str, by: [u8; 2]) -> Option<char> {
    let count = from.chars().count().max(1);
    from.chars()
        .nth(usize::from(u16::from_be_bytes(by)) % count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_two_to_four_characters() {
        for byte in 0..=255 {
            let name = name(Sex::Female, &[byte; 32]);
            assert!((2..=4).contains(&name.chars().count()), "{name}");
        }
    }
}
