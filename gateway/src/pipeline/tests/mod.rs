//! The whole road in memory: from the text of an operation, through composed subgraphs, to bytes.

mod aliases;
mod bypass;
mod caching;
mod declared;
mod documents;
mod faults;
mod forgotten;
mod joined;
mod mock;
mod parts;
mod personal;
mod rights;
mod road;
mod shapes;
mod shared;
mod told;

use mock::{Subgraph, World};
use serde_json::json;

/// A shop: products with names here, prices and stock there, reviews elsewhere.
fn shop() -> World {
    World::new(vec![
        Subgraph {
            name: "products",
            sdl: r#"
                type Query { products: [Product!]! product(id: ID!): Product search: [Item!] me: User matrix: [[Product!]!]! }
                type Mutation { rename(name: String!): Product touch: Int }
                interface Item { id: ID! }
                type Product implements Item @key(fields: "id") { id: ID! name: String! size: Int! weight: Int }
                type Book implements Item @key(fields: "id") { id: ID! title: String! }
                type User @key(fields: "id") { id: ID! nick: String secret: String @requiresScopes(scopes: [["self"]]) safe: String! @authenticated }
            "#,
            data: json!({
                "Query": {
                    "products": [
                        {"__typename": "Product", "id": "1", "name": "Lamp", "size": 3, "weight": 7},
                        {"__typename": "Product", "id": "2", "name": "Table", "size": 9, "weight": null},
                        {"__typename": "Product", "id": "1", "name": "Lamp", "size": 3, "weight": 7}
                    ],
                    "product": {"__typename": "Product", "id": "2", "name": "Table", "size": 9},
                    "product(id:\"404\")": null,
                    "search": [
                        {"__typename": "Product", "$is": ["Item"], "id": "1", "name": "Lamp", "size": 3},
                        {"__typename": "Book", "$is": ["Item"], "id": "b1", "title": "Rites"}
                    ],
                    "matrix": [[{"__typename": "Product", "id": "1", "name": "Lamp"}], [], [{"__typename": "Product", "id": "2", "name": "Table"}, {"__typename": "Product", "id": "1", "name": "Lamp"}]],
                    "me": {"__typename": "User", "id": "u1", "nick": "Li", "secret": "s", "safe": "ok"}
                },
                "Mutation": {"rename": {"__typename": "Product", "id": "1", "name": "New", "size": 3}, "touch": 1},
                "entities": {"Product": [
                    {"id": "1", "name": "Lamp", "size": 3, "weight": 7},
                    {"id": "2", "name": "Table", "size": 9}
                ]}
            }),
        },
        Subgraph {
            name: "stock",
            sdl: r#"
                type Query { cheapest: Product }
                type Mutation { order(id: ID!): Order }
                type Order { id: ID! product: Product }
                type Product @key(fields: "id") { id: ID! price: Int! size: Int! @external shipping: Int @requires(fields: "size") maker: Maker }
                type Book @key(fields: "id") { id: ID! price: Int! }
                type Maker @key(fields: "id") { id: ID! city: String }
            "#,
            data: json!({
                "Query": {"cheapest": {"__typename": "Product", "id": "1", "price": 5}},
                "Mutation": {"order": {"__typename": "Order", "id": "o1", "product": {"__typename": "Product", "id": "2"}}},
                "entities": {
                    "Product": [
                        {"id": "1", "price": 5, "shipping": {"$echo": "size"}, "maker": {"__typename": "Maker", "id": "m1", "city": "Chengdu"}},
                        {"id": "2", "price": 50, "shipping": {"$echo": "size"}, "maker": {"__typename": "Maker", "id": "m1", "city": "Chengdu"}}
                    ],
                    "Book": [{"id": "b1", "price": 8}]
                }
            }),
        },
        Subgraph {
            name: "reviews",
            sdl: r#"
                type Query { latest: [Review!] }
                type Product @key(fields: "id") { id: ID! reviews: [Review!] rating: Float }
                type Review { stars: Int! author: User product: Product text: String }
                type User @key(fields: "id") { id: ID! reviews: [Review!] }
                type Maker @key(fields: "id") { id: ID! fame: Int }
            "#,
            data: json!({
                "Query": {"latest": [{"__typename": "Review", "stars": 4, "product": {"__typename": "Product", "id": "2"}, "author": {"__typename": "User", "id": "u1"}}]},
                "entities": {
                    "Product": [
                        {"id": "1", "rating": 4.5, "reviews": [{"__typename": "Review", "stars": 5, "text": "好", "author": {"__typename": "User", "id": "u1"}}, {"__typename": "Review", "stars": 1, "text": {"$error": "TEXT_GONE"}}]},
                        {"id": "2", "rating": {"$error": "NO_RATING"}, "reviews": []}
                    ],
                    "User": [{"id": "u1", "reviews": [{"__typename": "Review", "stars": 5}]}],
                    "Maker": [{"id": "m1", "fame": 3}]
                }
            }),
        },
    ])
}
