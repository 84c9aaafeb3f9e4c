"""The Terraform module, evaluated: what it would make of these variables, with no provider and no network.

What a provider knows is a `Made`: its attributes are texts such as `<aws_sqs_queue.queue.arn>`. The language is as the
"Terraform Language Documentation" has it, and of its functions there are those that the module calls; another one fails."""

import functools
import json
import re
from pathlib import Path

import hcl2

FOLDER = Path(__file__).parents[2] / "infra" / "terraform"
# What a provider answers of the account.
DATA = {
    "aws_caller_identity": {"current": {"account_id": "123456789012"}},
    "aws_partition": {"current": {"partition": "aws", "dns_suffix": "amazonaws.com"}},
    "aws_region": {"current": {"region": "eu-west-1"}},
}
# What only holds an expression together.
LAYOUT = ("NewLineOrCommentRule", "NL_OR_COMMENT_TOKEN", "DBLQUOTE_TOKEN", "LPAR_TOKEN", "RPAR_TOKEN", "LSQB_TOKEN", "RSQB_TOKEN", "LBRACE_TOKEN", "RBRACE_TOKEN", "COMMA_TOKEN", "DOT_TOKEN", "EQ_TOKEN", "COLON_TOKEN", "QMARK_TOKEN", "FOR_TOKEN", "IN_TOKEN", "IF_TOKEN", "INTERP_START_TOKEN", "FULL_SPLAT_TOKEN", "FOR_OBJECT_ARROW_TOKEN")


class Made:
    """A resource, of which only its provider knows more."""

    def __init__(self, kind, name):
        self.kind, self.name = kind, name

    def __getitem__(self, attribute):
        return f"<{self.kind}.{self.name}.{attribute}>"


class Failed(Exception):
    """An expression has no value."""


def kind(node):
    return type(node).__name__


def parts(node):
    return [child for child in node.children if child is not None and kind(child) not in LAYOUT]


@functools.cache
def parsed(text):
    return parts(hcl2.parses(text))[0]


class Module:
    def __init__(self, folder=FOLDER, **given):
        self.variables, self.locals, self.blocks, self.outputs = {}, {}, {}, {}
        for path in sorted(folder.glob("*.tf")):
            for block in blocks(parsed(path.read_text())):
                self.take(*block)
        unknown = set(given) - set(self.variables)
        if unknown:
            raise Failed(f"no variables: {sorted(unknown)}")
        self.given, self.known = given, {}

    def take(self, labels, body):
        match labels:
            case ["variable", name]:
                self.variables[name] = body
            case ["locals"]:
                self.locals |= attributes(body)
            case ["resource", *place]:
                self.blocks[tuple(place)] = body
            case ["output", name]:
                self.outputs[name] = attributes(body)["value"]
            case ["terraform"] | ["data", *_]:
                pass
            case _:
                raise Failed(f"a block that is not known here: {labels}")

    def variable(self, name):
        if name in self.given:
            return self.given[name]
        return self.value(attributes(self.variables[name])["default"], {})

    def complaints(self, names=None):
        """What the validations of these variables, or of all, say against what was given."""
        for name in names or self.variables:
            body = self.variables[name]
            for labels, inner in blocks(body):
                rule = attributes(inner)
                if labels == ["validation"] and not self.value(rule["condition"], {}):
                    yield self.value(rule["error_message"], {})

    def output(self, name):
        return self.value(self.outputs[name], {})

    def made(self):
        """Each resource that there would be: its kind, its name with the key of `for_each`, and its arguments."""
        for (kind_, name), body in self.blocks.items():
            own = attributes(body)
            if "count" in own:
                for number in range(self.value(own["count"], {})):
                    yield kind_, name, self.arguments(body, {"count": {"index": number}})
            elif "for_each" in own:
                for key, value in self.value(own["for_each"], {}).items():
                    yield kind_, f"{name}.{key}", self.arguments(body, {"each": {"key": key, "value": value}})
            else:
                yield kind_, name, self.arguments(body, {})

    def arguments(self, body, scope):
        """Attributes by name, and blocks as lists by name; what is null is not there."""
        found = {name: self.value(it, scope) for name, it in attributes(body).items() if name not in ("count", "for_each", "depends_on")}
        found = {name: value for name, value in found.items() if value is not None}
        for labels, inner in blocks(body):
            if labels[0] == "dynamic":
                ((_, content),) = blocks(inner)
                for value in self.value(attributes(inner)["for_each"], scope):
                    found.setdefault(labels[1], []).append(self.arguments(content, scope | {labels[1]: {"value": value}}))
            else:
                found.setdefault(labels[0], []).append(self.arguments(inner, scope))
        return found

    def look_up(self, name, scope):
        if name in scope:
            return scope[name]
        if name in ("var", "local", "data"):
            return {"var": Namespace(self.variable), "local": Namespace(self.local), "data": DATA}[name]
        if any(name == kind_ for kind_, _ in self.blocks):
            return Namespace(lambda it: self.resource(name, it))
        raise Failed(f"nothing is called {name}")

    def local(self, name):
        if name not in self.known:
            self.known[name] = self.value(self.locals[name], {})
        return self.known[name]

    def resource(self, kind_, name):
        own = attributes(self.blocks[kind_, name])
        if "count" in own:
            return [Made(kind_, name)] * self.value(own["count"], {})
        if "for_each" in own:
            return {key: Made(kind_, f"{name}.{key}") for key in self.value(own["for_each"], {})}
        return Made(kind_, name)

    def value(self, node, scope):
        match kind(node), parts(node):
            case "ExprTermRule" | "InterpolationRule" | "ObjectElemKeyExpressionRule", [inner]:
                return self.value(inner, scope)
            case "LiteralValueRule", [token]:
                return {"true": True, "false": False, "null": None}[token.value]
            case "IntLitRule", [token]:
                return int(token.value)
            case "StringRule", texts:
                return "".join(self.text(text, scope) for text in texts)
            case "IdentifierRule", [token]:
                return self.look_up(token.value, scope)
            case "TupleRule", elements:
                return [self.value(element, scope) for element in elements]
            case "ObjectRule", elements:
                return dict(self.element(parts(element), scope) for element in elements)
            case "ConditionalRule", [condition, yes, no]:
                return self.value(yes if self.value(condition, scope) else no, scope)
            case "UnaryOpRule", [operator, operand]:
                return {"!": lambda it: not it, "-": lambda it: -it}[operator.value](self.value(operand, scope))
            case "BinaryOpRule", [left, term]:
                operator, right = parts(term)
                return self.both(left, parts(operator)[0].value, right, scope)
            case "GetAttrExprTermRule", [inner, get]:
                return self.value(inner, scope)[parts(parts(get)[0])[0].value]
            case "IndexExprTermRule", [inner, index]:
                return self.value(inner, scope)[self.value(parts(index)[0], scope)]
            case "FullSplatExprTermRule", [inner, splat]:
                names = [parts(parts(get)[0])[0].value for get in parts(splat)]
                return [step(it, names) for it in self.value(inner, scope)]
            case "FunctionCallRule", [name, *arguments]:
                arguments = parts(arguments[0]) if arguments else []
                return self.call(parts(name)[0].value, arguments, scope)
            case "ForTupleExprRule", [intro, value, *condition]:
                return [self.value(value, inner) for inner in self.each(intro, condition, scope)]
            case "ForObjectExprRule", [intro, key, value, *condition]:
                return {self.value(key, inner): self.value(value, inner) for inner in self.each(intro, condition, scope)}
        raise Failed(f"an expression that is not known here: {kind(node)}")

    def text(self, part, scope):
        (inner,) = parts(part)
        if kind(inner) != "InterpolationRule":
            return inner.value.replace('\\"', '"').replace("\\\\", "\\")
        value = self.value(inner, scope)
        if value is None or isinstance(value, (list, dict, Made)):
            raise Failed(f"no text: {value}")
        return str(value)

    def element(self, pair, scope):
        key, value = pair
        (key,) = parts(key)
        name = parts(key)[0].value if kind(key) == "IdentifierRule" else self.value(key, scope)
        return name, self.value(value, scope)

    def both(self, left, operator, right, scope):
        left = self.value(left, scope)
        if operator in ("&&", "||"):
            return self.value(right, scope) if left == (operator == "&&") else left
        right = self.value(right, scope)
        return {
            "==": lambda: left == right,
            "!=": lambda: left != right,
            ">": lambda: left > right,
            ">=": lambda: left >= right,
            "<=": lambda: left <= right,
            "*": lambda: left * right,
            "/": lambda: left / right,
            "%": lambda: left % right,
        }[operator]()

    def each(self, intro, condition, scope):
        *names, values = parts(intro)
        names, values = [parts(name)[0].value for name in names], self.value(values, scope)
        pairs = list(values.items()) if isinstance(values, dict) else list(enumerate(values))
        for key, value in pairs:
            inner = scope | dict(zip(names, (key, value) if len(names) == 2 else (value,)))
            if not condition or self.value(parts(condition[0])[0], inner):
                yield inner

    def call(self, name, arguments, scope):
        if name in ("try", "can"):
            for argument in arguments:
                try:
                    value = self.value(argument, scope)
                except (Failed, KeyError, IndexError, TypeError):
                    continue
                return True if name == "can" else value
            return False if name == "can" else self.value(arguments[-1], scope)
        return FUNCTIONS[name](*(self.value(argument, scope) for argument in arguments))


class Namespace:
    """What stands before a dot and is looked up when it is asked for."""

    def __init__(self, get):
        self.get = get

    def __getitem__(self, name):
        return self.get(name)


def step(value, names):
    for name in names:
        value = value[name]
    return value


def regex(pattern, text):
    if not re.search(pattern, text):
        raise Failed("no match")
    return text


def one(values):
    if len(values) > 1:
        raise Failed("more than one")
    return values[0] if values else None


def no_file(path):
    raise Failed(f"{path} is not built here")


FUNCTIONS = {
    "concat": lambda *lists: [it for one_list in lists for it in one_list],
    "contains": lambda values, value: value in values,
    "filebase64sha256": no_file,
    "floor": lambda number: int(number // 1),
    "jsonencode": json.dumps,
    "merge": lambda *maps: {key: value for one_map in maps for key, value in one_map.items()},
    "nonsensitive": lambda value: value,
    "one": one,
    "regex": regex,
    "reverse": lambda values: values[::-1],
    "split": lambda between, text: text.split(between),
    "toset": sorted,
}


def attributes(body):
    named = (parts(it) for it in parts(body) if kind(it) == "AttributeRule")
    return {parts(name)[0].value: value for name, value in named}


def blocks(body):
    """Type and labels of each block, and its body."""
    for block in parts(body):
        if kind(block) == "BlockRule":
            *labels, inner = parts(block)
            yield [label(it) for it in labels], inner


def label(node):
    return "".join(parts(it)[0].value for it in parts(node)) if kind(node) == "StringRule" else parts(node)[0].value
