// One query with @defer by Apollo's client: { url, query, variables, token }. Prints each state of the answer
// that the client shows, then {"done":true}.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { Defer20220824Handler } from "@apollo/client/incremental";

const { url, query, variables, token } = JSON.parse(process.argv[2]);
const tell = (value) => console.log(JSON.stringify(value));

const client = new ApolloClient({
  link: new HttpLink({ uri: url, headers: token ? { authorization: `Bearer ${token}` } : {} }),
  // What was told is shown as it came: nothing is put together from the cache.
  cache: new InMemoryCache({ addTypename: false }),
  incrementalHandler: new Defer20220824Handler(),
});

const watched = client.watchQuery({ query: gql(query), variables, fetchPolicy: "no-cache", errorPolicy: "all" });
await new Promise((resolve) => {
  watched.subscribe({
    next: ({ data, dataState, error }) => {
      if (dataState === "empty" && !error) return;
      tell({ data, state: dataState, codes: error?.errors?.map((one) => one.extensions?.code) });
      if (dataState !== "streaming") resolve();
    },
    error: (error) => {
      tell({ failed: String(error?.message ?? error) });
      resolve();
    },
  });
});
tell({ done: true });
process.exit(0);
