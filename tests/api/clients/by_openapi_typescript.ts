// Lists, imports and waits for a sync, by the types that openapi-typescript made, with openapi-fetch.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type ListRow = components["schemas"]["ListRow"];

declare const process: { argv: string[] };

async function main(url: string, key: string, link: string): Promise<void> {
  const api = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });
  const lists = await api.GET("/v1/lists");
  if (lists.error) throw new Error(lists.error.code);
  const rows: ListRow[] = lists.data.items;
  const imported = await api.POST("/v1/lists/{list}/imports", {
    params: { path: { list: "News" }, query: { mode: "incremental" } },
    headers: { "Content-Type": "text/csv" },
    body: "email\nts@contoso.example\n",
    bodySerializer: (body) => body,
  });
  if (imported.error) throw new Error(imported.error.code);
  const synced = await api.POST("/v1/links/{link}/sync", { params: { path: { link }, query: { wait: 60 } } });
  if (synced.error) throw new Error(synced.error.code);
  const known = await api.GET("/v1/lists/{list}", { params: { path: { list: "News" } } });
  const status = [imported.response.status, synced.response.status, known.response.headers.has("ETag")];
  console.log(JSON.stringify({ lists: rows.map((row) => row.name), status }));
}

const [url, key, link] = process.argv.slice(2);
main(url, key, link);
