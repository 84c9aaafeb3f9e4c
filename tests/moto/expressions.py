"""What DynamoDB asks of expressions, whatever request they stand in. Each rule gives the faults that it finds, as sentences.

Sources are pages of the Amazon DynamoDB developer guide, unless they name another.
"""

import functools
import re

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

# "Expression parameters" of "Service, account, and table quotas in Amazon DynamoDB".
LONGEST = 4096
LONGEST_PLACEHOLDER = 255
MOST_OPERATORS = 300
MOST_OPERANDS = 100
MOST_SUBSTITUTED = 2 * 1024 * 1024

FIELDS = ("KeyConditionExpression", "FilterExpression", "ConditionExpression", "UpdateExpression", "ProjectionExpression")
TOKEN = re.compile(r"[#:]?[A-Za-z0-9_]+|<>|<=|>=|[=<>(),.\[\]+-]")
FUNCTIONS = {
    "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size", "if_not_exists", "list_append",
}
WORDS = {"AND", "OR", "NOT", "BETWEEN", "IN"}
CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")
OPERATORS = {"=", "<>", "<", "<=", ">", ">=", "+", "-", ",", "AND", "OR", "NOT", "BETWEEN", "IN"} | set(CLAUSES) | FUNCTIONS


RESERVED = {word.upper() for word in ReservedKeywords.get_reserved_keywords()}


@functools.lru_cache(maxsize=10_000)
def tokens(text):
    return TOKEN.findall(text)


class Expressions:
    """The expressions of one request or of one write of a transaction, with what their placeholders stand for."""

    def __init__(self, request):
        self.texts = {field: request[field] for field in FIELDS if field in request}
        self.names = request.get("ExpressionAttributeNames")
        self.values = request.get("ExpressionAttributeValues")
        self.tokens = {field: tokens(text) for field, text in self.texts.items()}

    def name(self, token):
        """The attribute that a token stands for; none: it is no attribute."""
        if token.startswith("#"):
            return (self.names or {}).get(token)
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", token) and token.upper() not in WORDS | set(CLAUSES) and token not in FUNCTIONS:
            return token
        return None

    def attributes(self, field):
        """The top-level attributes that an expression names."""
        tokens = self.tokens.get(field, [])
        tops = [token for before, token in zip([""] + tokens, tokens) if before != "."]
        return {name for name in map(self.name, tops) if name}

    def value(self, token):
        return (self.values or {}).get(token)


def texts_have_a_length(it):
    """ "Expression parameters"; and the API reference: an expression can not be empty."""
    for field, text in it.texts.items():
        if not text.strip():
            yield f"{field}: the expression can not be empty"
        if len(text.encode()) > LONGEST:
            yield f"{field}: the expression has more than {LONGEST} bytes"


def placeholders_are_short(it):
    """ "Expression parameters": 255 bytes each, 2 MB of substitution variables in all."""
    for token in [*(it.names or {}), *(it.values or {})]:
        if len(token.encode()) > LONGEST_PLACEHOLDER:
            yield f"the placeholder {token[:20]}… has more than {LONGEST_PLACEHOLDER} bytes"
    if sum(len(str(value)) for value in [*(it.names or {}).items(), *(it.values or {}).items()]) > MOST_SUBSTITUTED:
        yield "the substitution variables have more than 2 MB"


def placeholders_are_used_and_known(it):
    """ "Expression attribute names (aliases)", "Using expression attribute values": each is used, and each that is used is given."""
    used = {token for tokens in it.tokens.values() for token in tokens if token[0] in "#:"}
    for what, given in (("ExpressionAttributeNames", it.names), ("ExpressionAttributeValues", it.values)):
        sign = "#" if what.endswith("Names") else ":"
        if given is not None and not given:
            yield f"{what} must not be empty"
        if given is not None and not it.texts:
            yield f"{what} can only be specified when using expressions"
        for token in given or {}:
            if not re.fullmatch(sign + "[A-Za-z0-9_]+", token):
                yield f"{what} contains invalid key {token}"
            elif token not in used:
                yield f"{what}: {token} is unused in expressions"
        for token in sorted(used):
            if token[0] == sign and token not in (given or {}):
                yield f"{token} is not defined in {what}"


def reserved_words_have_a_placeholder(it):
    """ "Reserved words in DynamoDB"."""
    for field, tokens in it.tokens.items():
        for token in tokens:
            if token[0] not in "#:" and it.name(token) and token.upper() in RESERVED:
                yield f"{field}: {token} is a reserved word"


def operators_are_counted(it):
    """ "Operators and operands" of "Service, account, and table quotas in Amazon DynamoDB"."""
    for field, tokens in it.tokens.items():
        if sum(token in OPERATORS or token.upper() in OPERATORS for token in tokens) > MOST_OPERATORS:
            yield f"{field}: more than {MOST_OPERATORS} operators"
        for start, token in enumerate(tokens):
            if token.upper() == "IN" and ")" in tokens[start:]:
                listed = tokens[start : tokens.index(")", start)]
                if listed.count(",") + 1 > MOST_OPERANDS:
                    yield f"{field}: more than {MOST_OPERANDS} operands of IN"


def parentheses_are_of_use(it):
    """The service answers "The expression has redundant parentheses" to ((a)), and dynalite (db/condition-parser.pegjs) as well."""
    for field, tokens in it.tokens.items():
        opened, closed = [], {}
        for place, token in enumerate(tokens):
            if token == "(":
                opened.append(place)
            elif token == ")" and opened:
                closed[opened.pop()] = place
        for start, end in closed.items():
            if tokens[start + 1] == "(" and closed.get(start + 1) == end - 1:
                yield f"{field}: the expression has redundant parentheses"


def ranges_go_up(it):
    """ "Condition and filter expressions, operators, and functions": the upper bound of BETWEEN is not below the lower one."""
    for field, tokens in it.tokens.items():
        for place, token in enumerate(tokens):
            if token.upper() != "BETWEEN" or len(tokens) < place + 4:
                continue
            low, high = it.value(tokens[place + 1]), it.value(tokens[place + 3])
            if low and high and (low.keys() != high.keys() or ("S" in low and low["S"].encode() > high["S"].encode())):
                yield f"{field}: the BETWEEN operator requires upper bound to be greater than or equal to lower bound"


def clauses_come_once(it):
    """ "Using update expressions in DynamoDB": each keyword once."""
    tokens = [token.upper() for token in it.tokens.get("UpdateExpression", [])]
    for clause in CLAUSES:
        if tokens.count(clause) > 1:
            yield f'UpdateExpression: the "{clause}" section can only be used once'
    if "UpdateExpression" in it.tokens and not any(token in CLAUSES for token in tokens[:1]):
        yield "UpdateExpression: it begins with no clause"


def paths_do_not_overlap(it):
    """ "Using update expressions in DynamoDB": no two changes of one attribute."""
    changed = [name for _, name in changes(it)]
    for name in sorted({name for name in changed if changed.count(name) > 1}):
        yield f"UpdateExpression: two document paths overlap: {name}"


def changes(it):
    """Each clause of an update with the attribute that it changes."""
    clause, depth, first = None, 0, False
    for token in it.tokens.get("UpdateExpression", []):
        if token.upper() in CLAUSES and depth == 0:
            clause, first = token.upper(), True
        elif token == "(":
            depth += 1
        elif token == ")":
            depth -= 1
        elif token == "," and depth == 0:
            first = True
        elif first and it.name(token):
            yield clause, it.name(token)
            first = False


RULES = [
    texts_have_a_length, placeholders_are_short, placeholders_are_used_and_known, reserved_words_have_a_placeholder,
    operators_are_counted, parentheses_are_of_use, ranges_go_up, clauses_come_once, paths_do_not_overlap,
]


def faults(request):
    """What is wrong with the expressions of a request. The same text with other values comes again and again."""
    texts = tuple((field, request[field]) for field in FIELDS if field in request)
    names, values = request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
    given = None if values is None else tuple(values)
    found = of_texts(texts, None if names is None else tuple(names.items()), given)
    return [*found, *ranges_go_up(Expressions(request))]


@functools.lru_cache(maxsize=10_000)
def of_texts(texts, names, values):
    request = dict(texts)
    if names is not None:
        request["ExpressionAttributeNames"] = dict(names)
    if values is not None:
        request["ExpressionAttributeValues"] = dict.fromkeys(values, {})
    return [fault for rule in RULES if rule is not ranges_go_up for fault in rule(Expressions(request))]
