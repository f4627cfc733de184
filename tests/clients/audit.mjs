// GraphQL over HTTP, by the public audits of the package graphql-http: { url }.
// Prints what is not as it should be, whether it must, should or may; then {"audits":N,"ok":N}.
import { serverAudits } from "graphql-http";

const { url } = JSON.parse(process.argv[2]);
const audits = serverAudits({ url, fetchFn: fetch });
let ok = 0;
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status === "ok") ok += 1;
  else console.log(JSON.stringify({ id: audit.id, name: audit.name, status: result.status, reason: result.reason }));
}
console.log(JSON.stringify({ audits: audits.length, ok }));
process.exit(0);
