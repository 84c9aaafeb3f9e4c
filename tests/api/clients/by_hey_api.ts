// Lists, imports and waits for a sync, by the client that @hey-api/openapi-ts made.
import { getLists, getListsList, postLinksLinkSync, postListsListImports } from "./hey";
import { client } from "./hey/client.gen";

declare const process: { argv: string[] };

async function main(url: string, key: string, link: string): Promise<void> {
  client.setConfig({ baseUrl: url, auth: key });
  const lists = await getLists({ throwOnError: true });
  const imported = await postListsListImports({
    path: { list: "News" },
    query: { mode: "incremental" },
    headers: { "Content-Type": "text/csv" },
    body: new Blob(["email\nhey@contoso.example\n"]),
    throwOnError: true,
  });
  const synced = await postLinksLinkSync({ path: { link }, query: { wait: 60 }, throwOnError: true });
  const known = await getListsList({ path: { list: "News" }, throwOnError: true });
  const status = [imported.response.status, synced.response.status, known.response.headers.has("ETag")];
  console.log(JSON.stringify({ lists: lists.data.items.map((row) => row.name), status }));
}

const [url, key, link] = process.argv.slice(2);
main(url, key, link);
