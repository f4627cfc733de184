//! The figures of the five reports that this subsystem reproduces, each with its report.
//!
//! Report numbers are those of the domain model, part A.4. A figure that the report gives only roughly
//! ("more than", "almost") carries that mark in its rows too.

/// 福州, report 002: first half of 2023.
pub mod fuzhou {
    /// The prefecture.
    pub const CODE: &str = "350100";
    /// "Zombie" organizations cleaned up.
    pub const ZOMBIES: usize = 222;
    /// Illegal organizations cleaned up.
    pub const ILLEGAL: usize = 73;
    /// Associations that cut fees.
    pub const FEE_ASSOCIATIONS: usize = 78;
    /// What they cut, in yuan.
    pub const FEE_YUAN: i64 = 22_356_200;
    /// Enterprises that pay less.
    pub const FEE_ENTERPRISES: i64 = 3_840;
    /// Charities.
    pub const CHARITIES: usize = 90;
    /// Pilot projects of the five partners.
    pub const PROJECTS: usize = 96;
    /// Money put into them, in yuan.
    pub const PROJECT_YUAN: i64 = 18_437_500;
    /// Community organizations grown.
    pub const GROWN: i64 = 326;
    /// People served: "almost 400,000".
    pub const SERVED: i64 = 400_000;
    /// Among the ten best of the province.
    pub const HONOURED: usize = 4;
}

/// 徐州, report 001: 2023-07-21, so the first half of 2023.
pub mod xuzhou {
    /// The prefecture.
    pub const CODE: &str = "320300";
    /// What associations cut, in yuan.
    pub const FEE_YUAN: i64 = 1_700_000;
    /// Associations that cut fees: invented, the report does not say.
    pub const FEE_ASSOCIATIONS: usize = 12;
    /// Enterprises that pay less: invented, the report does not say.
    pub const FEE_ENTERPRISES: i64 = 468;
    /// Organizations that adopt households: "more than 50".
    pub const ADOPTERS: usize = 50;
    /// Households adopted: "more than 800".
    pub const HOUSEHOLDS: i64 = 800;
}

/// 新津, reports 000 (about 2021) and 003 (the plan of 2022).
pub mod xinjin {
    /// The district.
    pub const CODE: &str = "510118";
    /// Organizations registered.
    pub const ORGANIZATIONS: usize = 174;
    /// Small funds of communities.
    pub const FUNDS: usize = 35;
    /// Their money, in yuan: "more than".
    pub const FUND_YUAN: i64 = 1_100_000;
    /// Hub organizations that the plan promised: a target, no result.
    pub const HUB_TARGET: i64 = 2;
    /// The year of the plan.
    pub const HUB_TARGET_YEAR: i32 = 2022;
}

/// 广丰, report 004 (2019): no figure on organizations.
pub mod guangfeng {
    /// The district.
    pub const CODE: &str = "361103";
}

/// First and last month of the reports on 福州 and 徐州, as `YYYY-MM`.
pub const HALF_YEAR: ((i32, u32), (i32, u32)) = ((2023, 1), (2023, 6));
