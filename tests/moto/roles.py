"""Judges what a function asks of AWS by the role that the template gives it.

A role is a list of grants: `actions`, the `places` for which they are, by the names of the template, and the patterns of
the partition keys to which they are bound (`keys`), or none. Deny statements are not known here; deploy.py refuses them.

Sources: "Using IAM policy conditions for fine-grained access control" (`dynamodb:LeadingKeys` is the partition key of each
item that a request names) and "Using IAM with DynamoDB transactions" (each part of a transaction is judged by the action of
its own) in the DynamoDB developer guide; the DynamoDB page of the service authorization reference (which actions know the
key; a scan does not); "Creating a condition with multiple keys or values" in the IAM user guide (`ForAllValues`).
"""

import collections
from fnmatch import fnmatchcase

PARTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


class Use(collections.namedtuple("Use", "action place keys")):
    """An action, the place that it is for, and the partition keys of the items that it names."""

    def __str__(self):
        kinds = sorted({key.partition("#")[0] for key in self.keys})
        return " ".join(filter(None, [self.action, self.place, "of " + ", ".join(kinds) if kinds else ""]))


def allows(grants, use):
    """Whether one of these allows it: for all keys, and only where there is any, as the template asks for that as well."""
    return any(use.action in grant["actions"] and use.place in grant["places"] and is_bound(grant["keys"], use.keys) for grant in grants)


def is_bound(patterns, keys):
    if patterns is None:
        return True
    return bool(keys) and all(any(fnmatchcase(key, pattern) for pattern in patterns) for key in keys)


def in_bucket(path):
    """The part of the inbox in which an object is."""
    return f"Inbox/{path.split('/')[2]}/*"


def uses(request, asked, place):
    """What a role has to be allowed for a request: of this service, by this operation."""
    service, operation = request
    action = f"{service}:{operation}"
    if service == "sqs":
        return [Use(f"{service}:{operation.removesuffix('Batch')}", "Queue", ())]
    if service == "secretsmanager":
        return [Use(action, f"Secret {asked['SecretId']}", ())]
    if service != "dynamodb":
        return [Use(action, place, ())]
    if "IndexName" in asked:
        return [Use(action, f"Table/index/{asked['IndexName']}", ())]
    if operation == "TransactWriteItems":
        parts = [(PARTS[kind], part) for write in asked["TransactItems"] for kind, part in write.items()]
        return [Use(f"{service}:{action}", "Table", (partition(part),)) for action, part in parts]
    return [Use(action, "Table", tuple(sorted(keys_of(operation, asked))))]


def keys_of(operation, asked):
    """The partition keys of the items that a request names; none where it names no item, as a scan does."""
    match operation:
        case "BatchWriteItem":
            return {partition(part) for writes in asked["RequestItems"].values() for write in writes for part in write.values()}
        case "BatchGetItem":
            return {partition({"Key": key}) for wanted in asked["RequestItems"].values() for key in wanted["Keys"]}
        case "Query":
            return {asked["ExpressionAttributeValues"][":pk"]["S"]}
    return {partition(asked)} if "Key" in asked or "Item" in asked else set()


def partition(part):
    return (part.get("Item") or part["Key"])["pk"]["S"]
