"""A DynamoDB that loses answers, fails, and conflicts: at random, as a seed has it, or once, as a test asks."""

import collections
import enum
import random
import re


class Fate(enum.Enum):
    """What becomes of one request."""

    DONE = "it is done, and answered"
    LOST = "it is done, and its answer is lost"
    BROKEN_BEFORE = "the service fails before it is done"
    BROKEN_AFTER = "the service fails after it was done"
    THROTTLED = "the table is busy"
    CONFLICT = "a transaction of somebody else has an item in hand"
    LEFT_OVER = "a batch does nothing of what it was asked"


WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}
BATCHES = {"BatchWriteItem", "BatchGetItem"}
JUDGED = WRITES | BATCHES | {"GetItem", "Query"}
# So often in a row one request has bad luck: the client tries four times.
MOST_IN_A_ROW = 3
# A table where a request names it: by its name, or as what a batch asks of it.
TABLE = re.compile(rb'"TableName":\s*"[^"]+"|"RequestItems":\s*\{\s*"[^"]+"')


class Odds:
    """Shares of a thousand: of requests whose answers are lost, that fail, and of writes that conflict."""

    def __init__(self, seed, lost=30, failed=20, conflicts=50):
        self.seed, self.dice = seed, {}
        self.lost, self.failed, self.conflicts = lost, failed, conflicts
        self.in_a_row = collections.Counter()

    def of_table(self, body):
        """The dice of the table that is asked: what becomes of its requests does not hang on those of others."""
        found = TABLE.search(body)
        name = found[0] if found else b""
        if name not in self.dice:
            self.dice[name] = random.Random(f"{self.seed} {name}")
        return self.dice[name]

    def fate(self, operation, body):
        fate = self.thrown(operation, self.of_table(body))
        if fate == Fate.DONE or self.in_a_row[body] == MOST_IN_A_ROW:
            self.in_a_row.pop(body, None)
            return Fate.DONE
        self.in_a_row[body] += 1
        return fate

    def thrown(self, operation, dice):
        thrown, again = dice.randrange(1000), dice.randrange(3)
        if operation not in JUDGED:
            return Fate.DONE
        if thrown < self.lost:
            return Fate.LOST
        if thrown < self.lost + self.failed:
            # The API reference says of InternalServerError that a write may have been done all the same.
            return (Fate.BROKEN_BEFORE, Fate.BROKEN_AFTER, Fate.THROTTLED)[again]
        if thrown < self.lost + self.failed + self.conflicts:
            if operation in WRITES:
                return Fate.CONFLICT
            if operation in BATCHES:
                return Fate.LEFT_OVER
        return Fate.DONE

    def conflict(self, writes, body):
        """Of so many writes one meets somebody else's. The reasons are in the order of the actions, as "Transaction conflict
        handling in DynamoDB" of the developer guide has it."""
        reasons = [{"Code": "None"} for _ in range(writes)]
        reasons[self.of_table(body).randrange(writes)] = {"Code": "TransactionConflict", "Message": "x"}
        return {"CancellationReasons": reasons}


class Once:
    """The next answer to this operation is lost; all else is done."""

    def __init__(self, lose):
        self.lose = lose

    def fate(self, operation, body):
        if operation != self.lose:
            return Fate.DONE
        self.lose = None
        return Fate.LOST
