"""What the templates create, as it is read back from moto. BLESS=1 rewrites `expected/`."""

import ast
import json
import logging
import os
import pathlib
import unittest

os.environ.update(
    AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none", AWS_DEFAULT_REGION="us-east-1"
)
logging.disable(logging.CRITICAL)

from moto import mock_aws  # noqa: E402  (it reads the environment)

from created import Created  # noqa: E402
from plain import PACKAGE, Template  # noqa: E402

EXPECTED = pathlib.Path(__file__).resolve().parent / "expected"
KEY = "arn:aws:kms:{}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TOPIC = "arn:aws:sns:{}:123456789012:alarms"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1234abcd"


def as_document(policy):
    """A policy of moto's: Python's text of it, with None for what has no value."""
    if isinstance(policy, str):
        policy = ast.literal_eval(policy)
    return {**policy, "Statement": [one for one in policy["Statement"] if one is not None]}


class InMoto(unittest.TestCase):
    """A stack of its own for every test."""

    maxDiff = None

    def setUp(self):
        account = mock_aws()
        account.start()
        self.addCleanup(account.stop)

    def create(self, name, region, **parameters):
        """A stack of a template."""
        stack = Created(Template(name, region, parameters))
        self.assertEqual(stack.status, "CREATE_COMPLETE")
        return stack

    def bucket(self, stack, logical):
        """A bucket, as S3 tells of it."""
        name = stack.template.attributes[logical]["Ref"]
        s3 = stack.s3
        encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
        lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        closed = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        notified = s3.get_bucket_notification_configuration(Bucket=name)
        return {
            "encryption": encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"],
            "lifecycle": {rule["ID"]: rule for rule in lifecycle},
            "closed": list(closed.values()),
            "notified": notified.get("LambdaFunctionConfigurations", []),
            "versions": s3.get_bucket_versioning(Bucket=name).get("Status"),
        }

    def policies(self, stack):
        """Every policy there is, as its service tells of it, and those to be pasted."""
        found = {
            f"output {name}": json.loads(text)
            for name, text in stack.template.outputs().items()
            if name.endswith(("PolicyStatement", "PolicyStatements"))
        }
        for role in stack.iam.list_roles()["Roles"]:
            name = role["RoleName"]
            found["role trusts"] = role["AssumeRolePolicyDocument"]
            names = stack.iam.list_role_policies(RoleName=name)["PolicyNames"]
            self.assertEqual(names, ["edgepix"])
            self.assertEqual(
                stack.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"], []
            )
            policy = stack.iam.get_role_policy(RoleName=name, PolicyName="edgepix")
            found["role may"] = as_document(policy["PolicyDocument"])
        for bucket in stack.s3.list_buckets()["Buckets"]:
            if bucket["Name"] != PACKAGE["Bucket"]:
                policy = stack.s3.get_bucket_policy(Bucket=bucket["Name"])["Policy"]
                # A name that moto made up.
                name = "originals" if bucket["Name"].startswith("stack-") else bucket["Name"]
                found[f"bucket {name}"] = json.loads(policy)
                found = json.loads(json.dumps(found).replace(bucket["Name"], name))
        try:
            policy = stack.functions.get_policy(FunctionName="edgepix")["Policy"]
        except stack.functions.exceptions.ResourceNotFoundException:
            return found
        said = json.loads(policy)["Statement"]
        for one in said:
            del one["Sid"]  # Moto's, random.
        api = stack.template.attributes.get("Api", {}).get("Ref", "no api")
        said = json.loads(json.dumps(said).replace(api, "API"))
        found["function may be called"] = sorted(said, key=json.dumps)
        return found

    def assert_policies(self, stack, name):
        """Compares every policy with what is expected, to the letter."""
        found = json.dumps(self.policies(stack), indent=2, sort_keys=True) + "\n"
        path = EXPECTED / f"{name}.json"
        if os.environ.get("BLESS"):
            path.write_text(found)
        self.assertEqual(path.read_text(), found)

    def alarms(self, stack):
        """The metrics that alarms are of."""
        return {
            f"{one['Namespace']} {one['MetricName']}": one
            for one in stack.cloudwatch.describe_alarms()["MetricAlarms"]
        }

    def served(self, stack):
        """The distribution, as CloudFront tells of it."""
        return stack.cloudfront.get_distribution(Id=stack.distribution)["Distribution"][
            "DistributionConfig"
        ]

    def assert_viewer_function(self, stack):
        """The CloudFront Function has the template's code."""
        code = stack.template.only("AWS::CloudFront::Function")["FunctionCode"]
        name = "edgepix-viewer-request"
        summary = stack.cloudfront.describe_function(Name=name)["FunctionSummary"]
        self.assertEqual(summary["FunctionConfig"]["Runtime"], "cloudfront-js-2.0")
        self.assertLessEqual(len(code.encode()), 10 * 1024)
