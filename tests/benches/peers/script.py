#!/usr/bin/env python3
"""What an administrator writes in an afternoon: makes the members of a group those of a CSV file, with the plain calls of Graph.

    tests/benches/peers/script.py in-turn|sixteen|batches GROUP FILE

Each address is looked up by `GET /users?$filter=…`; each member is added by `POST …/members/$ref` or removed by `DELETE`: one
call after the other, sixteen at a time, or twenty in a `$batch`. It takes listsync's settings, and knows nothing of lag,
throttling or what it did before. It prints how many calls it made.
"""

import asyncio
import csv
import os
import ssl
import sys

import httpx

AT_A_TIME = 16
IN_A_BATCH = 20
PAGE = 999


def look_up(address):
    quoted = address.replace("'", "''")
    return {"method": "GET", "url": f"/users?$filter=mail eq '{quoted}'&$select=id"}


def add(graph, group, member):
    body = {"@odata.id": f"{graph}/directoryObjects/{member}"}
    return {"method": "POST", "url": f"/groups/{group}/members/$ref", "headers": {"Content-Type": "application/json"}, "body": body}


def remove(group, member):
    return {"method": "DELETE", "url": f"/groups/{group}/members/{member}/$ref"}


class Script:
    """The calls that it makes, by its way of making many."""

    def __init__(self, client, graph, way):
        self.client, self.graph, self.way, self.calls = client, graph, way, 0

    async def call(self, call):
        self.calls += 1
        answer = await self.client.request(call["method"], self.graph + call["url"], json=call.get("body"))
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def batch(self, calls):
        requests = [{"id": str(number), **call} for number, call in enumerate(calls)]
        told = await self.call({"method": "POST", "url": "/$batch", "body": {"requests": requests}})
        answers = sorted(told["responses"], key=lambda one: int(one["id"]))
        assert all(one["status"] < 300 for one in answers), answers
        return [one.get("body") for one in answers]

    async def all(self, calls):
        match self.way:
            case "in-turn":
                return [await self.call(call) for call in calls]
            case "sixteen":
                room = asyncio.Semaphore(AT_A_TIME)

                async def one(call):
                    async with room:
                        return await self.call(call)

                return await asyncio.gather(*map(one, calls))
            case "batches":
                parts = [calls[start : start + IN_A_BATCH] for start in range(0, len(calls), IN_A_BATCH)]
                return [answer for part in parts for answer in await self.batch(part)]
            case _:
                sys.exit(__doc__)

    async def members(self, group):
        found, url = set(), f"/groups/{group}/members?$select=id&$top={PAGE}"
        while url:
            page = await self.call({"method": "GET", "url": url})
            found.update(row["id"] for row in page["value"])
            url = page.get("@odata.nextLink", "").removeprefix(self.graph)
        return found


async def main(way, group, file):
    with open(file, encoding="utf-8", newline="") as rows:
        addresses = [row["email"] for row in csv.DictReader(rows)]
    known = os.environ
    tenant, graph = known["AZURE_TENANT_ID"], known["LISTSYNC_GRAPH_URL"].rstrip("/")
    trust = ssl.create_default_context(cafile=known["SSL_CERT_FILE"])
    async with httpx.AsyncClient(verify=trust, timeout=60) as client:
        form = {
            "grant_type": "client_credentials",
            "client_id": known["AZURE_CLIENT_ID"],
            "client_secret": known["AZURE_CLIENT_SECRET"],
            "scope": "https://graph.microsoft.com/.default",
        }
        token = await client.post(f"{known['AZURE_AUTHORITY_HOST'].rstrip('/')}/{tenant}/oauth2/v2.0/token", data=form)
        client.headers["Authorization"] = f"Bearer {token.raise_for_status().json()['access_token']}"
        script = Script(client, graph, way)
        there = await script.members(group)
        found = await script.all([look_up(address) for address in addresses])
        wanted = {rows["value"][0]["id"] for rows in found if len(rows["value"]) == 1}
        await script.all([add(graph, group, member) for member in sorted(wanted - there)])
        await script.all([remove(group, member) for member in sorted(there - wanted)])
        print(script.calls)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    asyncio.run(main(*sys.argv[1:]))
