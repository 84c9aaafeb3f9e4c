"""What requests take of DynamoDB, in units: "DynamoDB read and write operations" and "Global secondary indexes" in its
developer guide.

A unit of writing is a kilobyte of an item, the larger of what was there and what is now, and two in a transaction. An index
takes the same for its own entry, once where an entry comes, goes or changes, and twice where its key changes. A unit of
reading is four kilobytes; half of one, where the read may be a moment old."""

from math import ceil

from items import measure

KEYS = {"PutRequest": "Item", "DeleteRequest": "Key", "Put": "Item", "Update": "Key", "Delete": "Key", "ConditionCheck": "Key"}


def written(size):
    return max(1, ceil(size / 1024))


def read(size, consistent, factor=1):
    return max(1, ceil(size / 4096)) * (factor if consistent else factor / 2)


def writes(operation, asked):
    """The table, and what names the item, of each item that is written or looked at to write."""
    if operation in ("PutItem", "UpdateItem", "DeleteItem"):
        yield asked["TableName"], asked.get("Item") or asked["Key"]
    for write in asked.get("TransactItems", []) if operation == "TransactWriteItems" else []:
        for kind, part in write.items():
            yield part["TableName"], part[KEYS[kind]]
    for table, requests in asked["RequestItems"].items() if operation == "BatchWriteItem" else []:
        for request in requests:
            for kind, part in request.items():
                yield table, part[KEYS[kind]]


def of_index(before, after, keys):
    """What one index takes for an item, given its entries before and after; None is no entry."""
    if before == after:
        return 0
    if before and after and any(before[key] != after[key] for key in keys):
        return written(measure(before)) + written(measure(after))
    return written(max(measure(entry) for entry in (before, after) if entry))


class Meter:
    """Sums what is asked from now on. `look` gives an item as it lies there and its entries in the indexes, each by the
    index and its keys."""

    def __init__(self, look):
        self.look, self.read, self.write, self.asked, self.lines = look, 0, 0, {}, []

    def take(self, operation, asked, do):
        touched = list(writes(operation, asked))
        before = [self.look(*one) for one in touched]
        answer = do()
        self.asked[operation] = self.asked.get(operation, 0) + 1
        factor = 2 if operation == "TransactWriteItems" else 1
        before_it = self.write
        for (item, entries), one in zip(before, touched):
            now, entries_now = self.look(*one)
            self.write += factor * written(max(measure(item or {}), measure(now or {})))
            for index in entries.keys() | entries_now.keys():
                self.write += factor * of_index(entries.get(index), entries_now.get(index), index[1])
        if touched:
            self.line(operation, [one for _, one in touched], self.write - before_it)
        return answer

    def line(self, operation, keys, units):
        """What one request took of which items, for whoever asks where a round's units go."""
        named = (" ".join(next(iter(key[name].values())) for name in ("pk", "sk") if name in key) for key in keys)
        self.lines.append(f"{units:g} {operation} {', '.join(named)}")

    def shown(self, operation, asked, answer):
        """What a read takes, by what it gave."""
        before_it = self.read
        if operation == "GetItem":
            self.read += read(measure(answer.get("Item", {})), asked.get("ConsistentRead"))
            keys = [asked["Key"]]
        elif operation == "Query":
            found = answer.get("Items", [])
            # What a filter left out was read as well, and is taken to be as large as what was shown.
            size = sum(map(measure, found)) * max(1, answer.get("ScannedCount", 0) / max(1, len(found)))
            self.read += read(size, asked.get("ConsistentRead"))
            keys = [{"pk": asked["ExpressionAttributeValues"][":pk"], "sk": {"S": asked.get("IndexName", "")}}]
        elif operation == "BatchGetItem":
            keys = []
            for table, wanted in asked["RequestItems"].items():
                found = answer.get("Responses", {}).get(table, [])
                sizes = [measure(item) for item in found] + [0] * (len(wanted["Keys"]) - len(found))
                self.read += sum(read(size, wanted.get("ConsistentRead")) for size in sizes)
                keys += wanted["Keys"]
        else:
            return
        self.line(operation, keys, self.read - before_it)

    def told(self):
        return {"read": self.read, "write": self.write, "asked": self.asked, "lines": self.lines}
