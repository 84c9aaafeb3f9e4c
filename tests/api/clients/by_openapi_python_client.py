"""Lists, imports and waits for a sync, by the client that openapi-python-client made."""

import io
import json
import sys

from made import AuthenticatedClient
from made.api.imports import post_lists_list_imports
from made.api.links import post_links_link_sync
from made.api.lists import get_lists, get_lists_list
from made.models import ImportMode, PageListRow
from made.types import File

url, key, link = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key)
lists = get_lists.sync(client=client)
assert isinstance(lists, PageListRow), lists
file = File(payload=io.BytesIO(b"email\npython@contoso.example\n"), file_name="people.csv")
imported = post_lists_list_imports.sync_detailed("News", client=client, body=file, mode=ImportMode.INCREMENTAL)
synced = post_links_link_sync.sync_detailed(link, client=client, wait=60)
known = get_lists_list.sync_detailed("News", client=client)
status = [imported.status_code, synced.status_code, "ETag" in known.headers]
print(json.dumps({"lists": [row.name for row in lists.items], "status": status}))
