"""A template as CloudFormation would run it: SAM's resources written out, parameters and
conditions decided, references resolved as far as they can be before anything is created.
"""

import logging
import pathlib
import re

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

# It would say of every template that nobody asked for its metrics.
logging.getLogger("samtranslator.metrics.metrics").setLevel(logging.ERROR)

DEPLOY = pathlib.Path(__file__).resolve().parent.parent
ACCOUNT = "123456789012"
DISTRIBUTION = "EDFDVBD6EXAMPLE"
PACKAGE = {"Bucket": "packages", "Key": "0123456789abcdef"}
# What a template wants to be told; all else has a default.
WANTED = {"api-gateway.yaml": {"AllowedDimensions": "150x100"}}
NO_VALUE = object()


class NoManagedPolicies:
    """Names of AWS's own policies, of which the templates use none."""

    def load(self):
        """None."""
        return {}


def read(name):
    """A template as it is written, its short forms as long ones."""
    return yaml_parse((DEPLOY / name).read_text())


def pruned(node):
    """Without what there is no value for."""
    if isinstance(node, dict):
        return {key: pruned(value) for key, value in node.items() if value is not NO_VALUE}
    if isinstance(node, list):
        return [pruned(value) for value in node if value is not NO_VALUE]
    return node


class Template:
    """A template with its parameters, in a Region."""

    def __init__(self, name, region, parameters=None, source=None, package=None):
        source = source or read(name)
        for resource in source["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                # As `sam package` does, which names what it uploads by its hash.
                resource["Properties"]["CodeUri"] = package or PACKAGE
        self.region = region
        given = {**WANTED.get(name, {}), **(parameters or {})}
        unknown = set(given) - set(source["Parameters"])
        if unknown:
            raise KeyError(f"{name} has no parameters {sorted(unknown)}")
        wanted = {key for key, one in source["Parameters"].items() if "Default" not in one}
        if wanted - set(given):
            raise KeyError(f"{name} wants {sorted(wanted - set(given))}")
        self.given = {key: str(value) for key, value in given.items()}
        defaults = {key: one.get("Default") for key, one in source["Parameters"].items()}
        self.parameters = {**defaults, **self.given}
        self.source = transform(source, dict(self.parameters), NoManagedPolicies())
        self.attributes = {}
        for logical, resource in self.source["Resources"].items():
            self.attributes[logical] = self.before_it_is_there(logical, resource)

    def before_it_is_there(self, logical, resource):
        """What references to a resource come to, by names that stand for those AWS gives."""
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind == "AWS::S3::Bucket":
            name = self.resolve(properties.get("BucketName", f"made-{logical.lower()}"))
            domain = f"{name}.s3.{self.region}.amazonaws.com"
            return {"Ref": name, "Arn": f"arn:aws:s3:::{name}", "RegionalDomainName": domain}
        if kind == "AWS::CloudFront::Distribution":
            return {"Ref": DISTRIBUTION, "DomainName": "d111111abcdef8.cloudfront.net"}
        if kind == "AWS::Lambda::Function":
            name = self.resolve(properties["FunctionName"])
            return {"Ref": name, "Arn": f"arn:aws:lambda:{self.region}:{ACCOUNT}:function:{name}"}
        if kind == "AWS::Lambda::Version":
            name = self.parameters["Name"]
            arn = f"arn:aws:lambda:{self.region}:{ACCOUNT}:function:{name}:1"
            return {"Ref": arn, "Version": "1"}
        if kind == "AWS::Logs::LogGroup":
            name = self.resolve(properties["LogGroupName"])
            return {"Ref": name, "Arn": f"arn:aws:logs:{self.region}:{ACCOUNT}:log-group:{name}:*"}
        if kind == "AWS::SQS::Queue":
            name = self.resolve(properties["QueueName"])
            arn = f"arn:aws:sqs:{self.region}:{ACCOUNT}:{name}"
            return {"Ref": f"https://sqs/{name}", "Arn": arn, "QueueName": name}
        if kind == "AWS::Lambda::Url":
            return {"Ref": logical, "FunctionUrl": "https://abc.lambda-url.eu-central-1.on.aws/"}
        arn = f"arn:aws:iam::{ACCOUNT}:role/{logical}"
        function = f"arn:aws:cloudfront::{ACCOUNT}:function/{logical}"
        return {"Ref": logical, "Arn": arn, "FunctionARN": function, "RootResourceId": "root"}

    def condition(self, name):
        """Whether a condition holds."""
        return self.resolve(self.source["Conditions"][name])

    def allowed(self):
        """Whether the template's own rules let these parameters be."""
        return all(
            self.resolve(one["Assert"])
            for rule in self.source.get("Rules", {}).values()
            for one in rule["Assertions"]
        )

    def reference(self, name):
        """What `Ref` comes to."""
        pseudo = {
            "AWS::Region": self.region,
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": "stack",
            "AWS::NoValue": NO_VALUE,
        }
        for names in (pseudo, self.parameters):
            if name in names:
                return names[name]
        return self.attributes[name]["Ref"]

    def substituted(self, text, names):
        """What `Fn::Sub` comes to."""

        def one(found):
            name = found[1]
            if name in names:
                return str(names[name])
            logical, dot, attribute = name.partition(".")
            return str(self.attributes[logical][attribute] if dot else self.reference(name))

        return re.sub(r"\$\{([^}!]+)\}", one, text)

    def resolve(self, node):
        """A part of the template, with every function in it carried out."""
        if isinstance(node, list):
            return pruned([self.resolve(value) for value in node])
        if not isinstance(node, dict):
            return node
        if len(node) != 1:
            return pruned({key: self.resolve(value) for key, value in node.items()})
        (name, value), = node.items()
        if name == "Ref":
            return self.reference(value)
        if name == "Condition" and isinstance(value, str):
            return self.condition(value)
        if name == "Fn::If":
            return self.resolve(value[1] if self.condition(value[0]) else value[2])
        if name == "Fn::GetAtt":
            return self.attributes[value[0]][value[1]]
        if name == "Fn::Sub":
            text, names = (value, {}) if isinstance(value, str) else value
            return self.substituted(text, self.resolve(names) if names else {})
        if not name.startswith("Fn::"):
            return pruned({name: self.resolve(value)})
        value = self.resolve(value)
        return {
            "Fn::Equals": lambda: str(value[0]) == str(value[1]),
            "Fn::Not": lambda: not value[0],
            "Fn::And": lambda: all(value),
            "Fn::Or": lambda: any(value),
            "Fn::Select": lambda: value[1][int(value[0])],
            "Fn::Split": lambda: value[1].split(value[0]),
        }[name]()

    def resources(self, kind=None):
        """The resources that there will be: each one's properties by its logical name."""
        there = {}
        for logical, resource in self.source["Resources"].items():
            wanted = kind is None or resource["Type"] == kind
            if wanted and ("Condition" not in resource or self.condition(resource["Condition"])):
                there[logical] = self.resolve(resource.get("Properties", {}))
        return there

    def only(self, kind):
        """The one resource of a kind."""
        found = list(self.resources(kind).values())
        if len(found) != 1:
            raise LookupError(f"{len(found)} of {kind}")
        return found[0]

    def outputs(self):
        """What the stack says of itself."""
        return {
            name: self.resolve(output["Value"])
            for name, output in self.source["Outputs"].items()
            if "Condition" not in output or self.condition(output["Condition"])
        }
