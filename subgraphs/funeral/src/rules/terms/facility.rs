//! Facilities, the list of services, niches and graves, and the prices and waivers that go with them.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

terms! {
    /// The three kinds of funeral facility that the regulation knows (殡葬设施类别).
    FacilityKind {
        /// A funeral home, with or without cremators (殡仪馆).
        FuneralHome,
        /// A hall of niches for ashes (骨灰堂).
        Columbarium,
        /// A cemetery (公墓).
        Cemetery,
    }
}

terms! {
    /// Whom a facility serves and how it came to be (殡葬设施类型).
    FacilitySubKind {
        /// A public facility of a town (城市公益性).
        UrbanPublic,
        /// A public facility of a village, for its villagers only (农村公益性).
        RuralPublic,
        /// A life park for ecological burial (生命公园).
        LifePark,
        /// A commercial facility approved before the revision of 2026 (修订前经营性).
        Pre2026Commercial,
        /// A service point of a funeral home (殡仪服务站).
        ServicePoint,
    }
}

terms! {
    /// Who runs a facility (运营主体).
    FacilityOperator {
        /// The government (政府).
        Government,
        /// A village collective (村集体).
        VillageCollective,
        /// A private operator from before the revision of 2026 (原民办).
        LegacyPrivate,
    }
}

terms! {
    /// Whether a facility works already (设施状态).
    FacilityState {
        /// Being built (在建).
        UnderConstruction,
        /// Open to the public (运营中).
        Open,
        /// Closed for good (已关闭).
        Closed,
    }
}

terms! {
    /// The class of a service item on the published list (项目类别).
    ItemClass {
        /// A base item of the national list (基础项目).
        Base,
        /// A base item added by the province (省增基础项目).
        ProvinceAddedBase,
        /// A non-base item (非基础项目).
        NonBase,
    }
}

terms! {
    /// The unit in which a service item is charged (计价单位).
    ItemUnit {
        /// Once (次).
        Time,
        /// A body (具).
        Body,
        /// A day (天).
        Day,
        /// An hour (小时).
        Hour,
        /// A kilometre (公里).
        Kilometre,
        /// A niche for a year (格·年).
        NicheYear,
        /// A grave for a year (座·年).
        GraveYear,
    }
}

terms! {
    /// What a place of interment is (位类别).
    PlotKind {
        /// A niche in a columbarium (骨灰格位).
        Niche,
        /// A grave for ashes (骨灰墓位).
        AshPlot,
        /// A grave for a body (遗体墓位).
        BodyPlot,
    }
}

terms! {
    /// Where a niche or grave stands (格位/墓位状态).
    PlotState {
        /// Free (空闲).
        Free,
        /// Held for one case until a time (预留).
        Held,
        /// In use (使用中).
        Occupied,
        /// The term is over, the grace period runs (到期).
        Expired,
        /// Closed (已收回).
        Closed,
    }
}

terms! {
    /// Who pays what is waived (减免承担方).
    WaiverPayer {
        /// The public purse (财政).
        Fiscal,
        /// The facility (服务机构).
        Facility,
    }
}

terms! {
    /// Where the figures of a settled batch come from (结算数据来源).
    SettlementSource {
        /// The waivers of this system's own cases (本系统案件).
        Cases,
        /// A published report, taken over as one figure (公开报告).
        Report,
    }
}

terms! {
    /// What is wrong with a price (价格违规类别).
    BreachKind {
        /// Not on the published list (清单外收费).
        NotOnList,
        /// Above the guided ceiling (超政府指导价).
        OverCeiling,
        /// Outside the published reference range (超出参考价).
        OutOfRange,
        /// More than the published price (高于公示价).
        AbovePublished,
        /// A base item was made to depend on another one (捆绑收费).
        Bundled,
        /// Nothing wrong was found by the list (未发现违规).
        NoneFound,
    }
}

terms! {
    /// Where a price breach stands (价格违规处理状态).
    BreachState {
        /// Reported (已举报).
        Reported,
        /// Confirmed (已查实).
        Confirmed,
        /// Paid back (已退费).
        Refunded,
        /// Dismissed (不成立).
        Dismissed,
    }
}
