"""What DynamoDB asks of items, keys and values. Each rule gives the faults that it finds, as sentences.

Sources are pages of the Amazon DynamoDB developer guide, unless they name another.
"""

import base64
from decimal import Decimal, InvalidOperation

# "Items" and "Item size": 400 KB, names counted.
LARGEST = 400 * 1024
# "Partition keys and sort keys".
KEY_BYTES = {"HASH": 2048, "RANGE": 1024}
# "Data types": numbers, and 32 levels of documents.
DIGITS = 38
LEAST, MOST = Decimal("1E-130"), Decimal("9.9999999999999999999999999999999999999E+125")
DEEPEST = 32
# "Attribute names".
LONGEST_NAME = 64 * 1024 - 1


def measure(item):
    """ "DynamoDB Item sizes and formats": the bytes of an item, its names among them."""
    return sum(len(name.encode()) + of_value(value) for name, value in item.items())


def of_bytes(content):
    """A request holds them as base64, and what lies in the table as they are."""
    return len(content if isinstance(content, bytes) else base64.b64decode(content))


def of_value(value):
    (kind, content), = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return of_number(content)
    if kind == "B":
        return of_bytes(content)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "SS":
        return sum(len(text.encode()) for text in content)
    if kind == "NS":
        return sum(map(of_number, content))
    if kind == "BS":
        return sum(map(of_bytes, content))
    if kind == "L":
        return 3 + sum(1 + of_value(one) for one in content)
    return 3 + sum(1 + len(name.encode()) + of_value(one) for name, one in content.items())


def of_number(text):
    """About a byte for two significant digits, and one more; a sign costs another."""
    digits = text.lstrip("-").replace(".", "").lower().partition("e")[0].strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def values_are_good(values):
    """ "Supported data types and naming rules in Amazon DynamoDB". Of attributes by name."""
    for name, value in values.items():
        yield from (f"{name}: {fault}" for fault in of_one(value, 1))


def of_one(value, depth):
    if not isinstance(value, dict) or len(value) != 1:
        yield "a value has exactly one type"
        return
    (kind, content), = value.items()
    if kind not in ("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"):
        yield f"there is no type {kind}"
    elif kind in ("SS", "NS", "BS"):
        if not content:
            yield f"an attribute value of type {kind} must not be empty"
        if len({Decimal(one) for one in content} if kind == "NS" else set(content)) < len(content):
            yield "a set holds a value twice"
    elif kind == "NULL" and content is not True:
        yield "a null value is true"
    elif kind in ("L", "M"):
        if depth >= DEEPEST:
            yield f"more than {DEEPEST} levels"
        for one in content if kind == "L" else content.values():
            yield from of_one(one, depth + 1)
    if kind in ("N", "NS"):
        for number in [content] if kind == "N" else content:
            yield from of_numeral(number)


def of_numeral(text):
    try:
        number = Decimal(text)
    except InvalidOperation:
        yield f"{text} is no number"
        return
    if len("".join(map(str, number.as_tuple().digits)).strip("0")) > DIGITS:
        yield f"a number has more than {DIGITS} significant digits"
    if number and not LEAST <= abs(number) <= MOST:
        yield "a number is too large or too small"


def keys_are_whole(key, keys):
    """ "Working with items and attributes": a key is the partition key and the sort key, and nothing more."""
    if set(key) != set(keys):
        yield f"the provided key element does not match the schema: {sorted(key)}"


def keys_are_short_texts(item, keys):
    """ "Partition keys and sort keys": of the table's type, not empty, 1 to 2048 and 1 to 1024 bytes; those of an index as well."""
    for name, kind in keys.items():
        value = item.get(name)
        if value is None:
            continue
        if "S" not in value:
            yield f"type mismatch for key {name}"
        elif not value["S"]:
            yield f"the attribute value for a key attribute cannot contain an empty string value: {name}"
        elif len(value["S"].encode()) > KEY_BYTES[kind]:
            yield f"the size of {name} has exceeded the maximum size limit of {KEY_BYTES[kind]} bytes"


def items_are_small(item):
    """ "Item size": 400 KB."""
    if measure(item) > LARGEST:
        yield f"the item size {measure(item)} has exceeded the maximum allowed size"


def names_are_short(item):
    """ "Naming rules": a name has 1 to 65,535 bytes, and 255 at most where it is a key's."""
    for name in item:
        if not 0 < len(name.encode()) <= LONGEST_NAME:
            yield "an attribute's name has no byte, or more than 64 KB"
