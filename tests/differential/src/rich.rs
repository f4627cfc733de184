//! Subgraphs that use what our own do without: `@requires`, `@provides`, `@override`, several, compound and
//! nested keys, interfaces and unions across subgraphs, an interface object, shared types.

use minzheng_gateway::supergraph::SubgraphSdl;

const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject"])"#;

const CATALOGUE: &str = r#"
    type Query { books(first: Int = 10, like: Filter): [Book!]! item(id: ID!): Item items: [Item] found(word: String): [Found!] media: [Medium!] author(id: ID!): Author version: Version! @shareable matrix: [[Author!]!] }
    type Mutation { addBook(book: BookInput!): Book! touch(times: [Int!]!): Int removeAuthor(id: ID!): Author }
    input Filter { word: String = "x" kinds: [Kind!] sizes: [[Int]] price: Range exact: Boolean! = false }
    input Range { from: Float to: Float! }
    input BookInput { title: String! kinds: [Kind!]! = [NEW] by: ID pick: One }
    input One @oneOf { id: ID name: String }
    directive @oneOf on INPUT_OBJECT
    enum Kind { NEW OLD RARE }
    scalar Json
    type Version @shareable { number: Int! label: String }
    interface Item { id: ID! title: String kind: Kind! }
    union Found = Book | Film | Author
    interface Medium @key(fields: "id") { id: ID! title: String }
    type Book implements Item & Medium @key(fields: "id") @key(fields: "isbn") { id: ID! isbn: String! title: String kind: Kind! pages: Int! size: Size! authors(first: Int): [Author!]! meta: Json main: Author @provides(fields: "name") series: [Book] }
    type Film implements Item & Medium @key(fields: "id") { id: ID! title: String kind: Kind! minutes: Int director: Author! pages: [String!] @shareable }
    type Size @shareable { width: Float! height: Float unit: Unit }
    type Unit @shareable { name: String! factor: Float! }
    type Author @key(fields: "id") @key(fields: "code region { id }") { id: ID! code: Int! region: Region! name: String @external books(kind: Kind): [Book!] }
    type Region @key(fields: "id") { id: ID! }
"#;
const PRICES: &str = r#"
    type Query { cheapest(kind: Kind = OLD): Book version: Version! @shareable offers: [Offer!]! anything: Found }
    type Mutation { setPrice(isbn: String!, price: Float!): Offer }
    enum Kind { NEW OLD RARE }
    union Found = Book | Film
    type Version @shareable { number: Int! label: String }
    type Book @key(fields: "isbn") { isbn: String! pages: Int! @external size: Size! @external price(currency: String = "CNY"): Float! weight: Float @requires(fields: "pages size { width unit { factor } }") post: Post @requires(fields: "pages") }
    type Post { stamps: Int! box: Size! @shareable zone: Region }
    type Film @key(fields: "id") { id: ID! price: Float }
    type Size @shareable { width: Float! height: Float unit: Unit }
    type Unit @shareable { name: String! factor: Float! }
    type Offer { book: Book! film: Film note: String kinds: [Kind!]! }
    type Region @key(fields: "id") { id: ID! tax: Float name: String! }
"#;
const PEOPLE: &str = r#"
    type Query { authors(after: ID): [Author!] person: Author! who: Person people: [Person!]! region(id: ID!): Region }
    interface Person { name: String born: Date }
    scalar Date
    type Author implements Person @key(fields: "id") @key(fields: "code region { id }") { id: ID! code: Int! region: Region! name: String born: Date friends: [Author] spouse: Author best: Reader home: Place! bio: String @override(from: "reviews") }
    type Reader implements Person @key(fields: "nick") { nick: ID! name: String born: Date age: Int! }
    type Place @shareable { city: String! at: [Float!]! }
    type Region @key(fields: "id", resolvable: false) { id: ID! }
"#;
const REVIEWS: &str = r#"
    type Query { reviews(minimum: Int): [Review!]! top: Medium }
    type Review @key(fields: "id") { id: ID! stars: Int! text: String about: Medium! by: Reader place: Place answers: [Review!] }
    type Medium @key(fields: "id") @interfaceObject { id: ID! reviews(first: Int): [Review!]! rating: Float }
    type Reader @key(fields: "nick") { nick: ID! age: Int! @external reviews: [Review] adult: Boolean! @requires(fields: "age") }
    type Author @key(fields: "id") { id: ID! bio: String mentions: [Review!]! }
    type Place @shareable { city: String! at: [Float!]! }
"#;

/// Their schemas.
#[must_use]
pub fn schemas() -> Vec<SubgraphSdl> {
    let all = [
        ("catalogue", CATALOGUE),
        ("prices", PRICES),
        ("people", PEOPLE),
        ("reviews", REVIEWS),
    ];
    all.map(|(name, sdl)| SubgraphSdl {
        name: name.to_owned(),
        url: String::new(),
        sdl: format!("{LINK}\n{sdl}"),
    })
    .into()
}
