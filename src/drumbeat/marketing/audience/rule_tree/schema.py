"""The JSON schema of a rule, made from the same lists that `reading` knows."""

from drumbeat.kit.json_objects import JsonObject
from drumbeat.marketing.audience.rule_tree import reading
from drumbeat.marketing.audience.rule_tree.tree import ANSWERS, ORDERED, Op, Permit, Score

_TEXT: JsonObject = {"type": "string", "minLength": 1, "maxLength": reading.MOST_TEXT}
_NUMBER: JsonObject = {"type": "number"}
_VALUE: JsonObject = {"type": ["string", "number", "boolean"]}
_RULE: JsonObject = {"$ref": "#/$defs/rule"}


def rule_schema() -> JsonObject:
    """Draft 2020-12; `$defs.rule` is any rule."""
    leaves = [
        *(_attribute(op) for op in Op),
        _object({"consent": {"enum": [each.value for each in Permit]}}),
        _event(),
        _of_last(),
        *(_score(op) for op in ORDERED),
        _object({"rfm": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}}),
        _object({"segment": _TEXT}),
    ]
    several: JsonObject = {"type": "array", "items": _RULE, "minItems": 1}
    trees = [_object({"all": several}), _object({"any": several}), _object({"not": _RULE})]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A segment's rule",
        "$ref": "#/$defs/rule",
        "$defs": {"rule": {"oneOf": [*trees, *leaves]}},
    }


def _object(needed: JsonObject, also: JsonObject | None = None) -> JsonObject:
    return {
        "type": "object",
        "properties": {**needed, **(also or {})},
        "required": list(needed),
        "additionalProperties": False,
    }


def _attribute(op: Op) -> JsonObject:
    value: JsonObject = _VALUE
    if op is Op.KNOWN:
        value = {"type": "boolean"}
    if op is Op.ONE_OF:
        value = {"type": "array", "items": _VALUE, "minItems": 1, "maxItems": reading.MOST_VALUES}
    return _object({"attribute": _TEXT, op.value: value})


def _score(op: Op) -> JsonObject:
    return _object({"score": {"enum": [each.value for each in Score]}, op.value: _NUMBER})


def _event() -> JsonObject:
    times: JsonObject = {"type": "integer", "minimum": 0, "maximum": reading.MOST_TIMES}
    days: JsonObject = {"type": "integer", "minimum": 1, "maximum": reading.LONGEST_DAYS}
    where: JsonObject = {"type": "object", "additionalProperties": _TEXT, "maxProperties": 5}
    return _object(
        {"event": {"enum": sorted(reading.EVENT_WORDS)}},
        {"at_least": times, "at_most": times, "never": {"const": True}, "days": days}
        | {"where": where},
    )


def _of_last() -> JsonObject:
    return _object(
        {
            "event": {"enum": [each.value for each in ANSWERS]},
            "of_last": {"type": "integer", "minimum": 1, "maximum": 100},
        },
        {"at_least": {"type": "integer", "minimum": 1, "maximum": 100}},
    )
