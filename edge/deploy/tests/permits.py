"""What a policy permits: as much of IAM's evaluation as the templates' statements need
(AWS Identity and Access Management User Guide, "Policy evaluation logic"). It stands in for
IAM's simulator, which moto has not.
"""

import re

from rules import listed


def matches(pattern, text):
    """Whether a text is one of those that a pattern with `*` and `?` stands for."""
    pieces = [{"*": ".*", "?": "."}.get(mark, re.escape(mark)) for mark in pattern]
    return re.fullmatch("".join(pieces), text, re.DOTALL) is not None


def holds(condition, context):
    """Whether all of a condition holds; a key that is not there makes it fail."""
    context = {key.lower(): value for key, value in context.items()}
    for operator, keys in condition.items():
        if operator not in ("StringEquals", "Bool"):
            raise NotImplementedError(operator)
        for key, value in keys.items():
            if context.get(key.lower()) not in listed(value):
                return False
    return True


def concerns(statement, who, action, resource, context):
    """Whether a statement is about this request."""
    principal = statement.get("Principal", "*")
    if isinstance(principal, dict):
        if who not in listed(principal["Service"]):
            return False
    elif principal != "*":
        raise NotImplementedError(principal)
    return (
        any(matches(one.lower(), action.lower()) for one in listed(statement["Action"]))
        and any(matches(one, resource) for one in listed(statement["Resource"]))
        and holds(statement.get("Condition", {}), context)
    )


def permits(policy, action, resource, who=None, context=None):
    """Whether a policy permits a request: one statement allows it, and none denies it."""
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        if concerns(statement, who, action, resource, context or {})
    }
    return effects == {"Allow"}
