"""SCIM as the checks of others see it: every one of scim2-tester."""

import json
import urllib.request

import pytest
from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server


@pytest.fixture
def client(stage):
    """With a key of the scope."""
    ask = urllib.request.Request(
        f"{stage['url']}/v1/keys",
        data=json.dumps({"name": "scim", "scopes": ["scim"]}).encode(),
        headers={"Authorization": f"Bearer {stage['key']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(ask) as answer:
        secret = json.load(answer)["secret"]
    with Client(base_url=f"{stage['url']}/scim/v2", headers={"Authorization": f"Bearer {secret}"}) as asked:
        yield SyncSCIMClient(asked)


def test_every_check_passes(client):
    results = check_server(client)
    bad = [result for result in results if result.status not in (Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE)]
    assert not bad, "\n".join(f"{it.resource_type} {it.title} {it.status}: {it.reason}" for it in bad)
    assert len(results) > 60, f"only {len(results)} checks were made"
