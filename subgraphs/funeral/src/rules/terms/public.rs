//! What is open to everyone: the hotline, visiting graves, voyages, and the clean-up of illegal graves.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

terms! {
    /// Why an illegal grave is illegal (违建坟墓类别).
    IllegalGraveKind {
        /// A grave built for a living person (活人墓).
        LivingPerson,
        /// A clan grave (家族式墓地).
        Clan,
        /// A grave in the form of a house (住宅式墓地).
        HouseStyle,
        /// Larger than allowed (硬化大墓).
        Oversize,
        /// In a zone where burial is forbidden (禁葬区).
        ForbiddenZone,
        /// Outside any cemetery (公墓外).
        OutsideCemetery,
        /// A dwelling used to keep ashes (骨灰房).
        AshesInDwelling,
    }
}

terms! {
    /// Where a case of an illegal grave stands (违建坟墓处置状态).
    GraveState {
        /// Found (已发现).
        Found,
        /// Entered in the register (登记造册).
        Registered,
        /// Notice was given (已告知).
        Notice,
        /// Being put right (整改中).
        Rectifying,
        /// Put right and verified (已验收).
        Verified,
        /// Removed by force of law (强制拆除).
        Forced,
        /// The vegetation is restored (已复绿).
        Restored,
        /// A protected grave, exempt (文物保护豁免).
        Exempt,
    }
}

terms! {
    /// What a call to the hotline is about (热线诉求类别).
    TicketCategory {
        /// A body is to be fetched (遗体接运).
        Collect,
        /// A question about prices (价格咨询).
        Price,
        /// A complaint (投诉).
        Complaint,
        /// A waiver of fees (费用减免).
        Waiver,
        /// Burial (安葬).
        Burial,
        /// Visiting a grave (祭扫).
        Worship,
        /// Something else (其他).
        Other,
    }
}

terms! {
    /// Where a ticket of the hotline stands (工单状态).
    TicketState {
        /// Opened (已受理).
        Open,
        /// Sent to a facility (已派单).
        Dispatched,
        /// Taken by the facility (已接单).
        Accepted,
        /// The facility's people are there (已到场).
        OnSite,
        /// Done (已办结).
        Resolved,
        /// Closed with feedback (已回访关闭).
        Closed,
        /// Raised to a supervisor (已升级).
        Escalated,
        /// Opened again (重新受理).
        Reopened,
    }
}

terms! {
    /// A zone in which nobody is buried (禁葬区类别).
    ZoneKind {
        /// Farmland (耕地).
        Farmland,
        /// Forest (林地).
        Forest,
        /// A city park, scenic or heritage area (公园、风景名胜区、文物保护区).
        ParkOrHeritage,
        /// A reservoir, a dike or a source of water, and what lies near (水库、堤坝、水源保护区及附近).
        Water,
        /// A main railway or road, and both its sides (铁路、公路干线及两侧).
        RailOrRoad,
    }
}

terms! {
    /// How a grave is visited (祭扫方式).
    WorshipMode {
        /// On the spot (现场祭扫).
        OnSite,
        /// By the facility on the family's behalf (代祭).
        Proxy,
        /// Online (云祭扫).
        Online,
    }
}

terms! {
    /// How crowded a span of time is (客流程度).
    CrowdLevel {
        /// Few people (畅通).
        Low,
        /// A good many (较多).
        Moderate,
        /// Crowded (拥挤).
        High,
        /// Full: no more places (约满).
        Full,
    }
}

terms! {
    /// Where a voyage stands (航次状态).
    VoyageState {
        /// Open to enrolment (可报名).
        Open,
        /// Full (名额已满).
        Full,
        /// Its day has come; nobody enrols any more (停止报名).
        Due,
        /// Done (已完成).
        Done,
        /// Called off (已取消).
        Cancelled,
    }
}

terms! {
    /// Where an enrolment for a burial at sea stands (海葬报名状态).
    EnrolmentState {
        /// Enrolled (已报名).
        Enrolled,
        /// Called off (已取消).
        Cancelled,
        /// The ashes were given to the sea (已撒放).
        Carried,
        /// The voyage went without them (未成行).
        Missed,
    }
}
