"""What the templates create, read back from moto. BLESS=1 rewrites `expected/`."""

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
        """Every policy there is, as its service tells of it."""
        found = {}
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
                policy = policy.replace(bucket["Name"], name)
                found["role may"] = json.loads(
                    json.dumps(found["role may"]).replace(bucket["Name"], name)
                )
                found[f"bucket {name}"] = json.loads(policy)
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


class Edge(InMoto):
    """Lambda@Edge."""

    def test_a_stack_of_nothing_but_defaults(self):
        stack = self.create("edge.yaml", "us-east-1")
        self.assert_policies(stack, "edge")
        bucket = self.bucket(stack, "Originals")
        self.assertEqual(bucket["encryption"], {"SSEAlgorithm": "AES256"})
        self.assertEqual(bucket["closed"], [True] * 4)
        self.assertIsNone(bucket["versions"])
        rule = bucket["lifecycle"]["derivatives"]
        self.assertEqual(rule["Filter"], {"Tag": {"Key": "createByLambda", "Value": "1"}})
        self.assertEqual(rule["Expiration"]["Days"], 90)
        self.assertIn("broken-uploads", bucket["lifecycle"])

    def test_a_function_that_the_edge_takes(self):
        stack = self.create("edge.yaml", "us-east-1")
        function = stack.functions.get_function_configuration(FunctionName="edgepix")
        self.assertEqual(function["Runtime"], "python3.12")
        self.assertEqual(function["Handler"], "lambda_function.handler")
        self.assertEqual(function["Architectures"], ["x86_64"])
        self.assertEqual((function["MemorySize"], function["Timeout"]), (1769, 15))
        self.assertNotIn("Variables", function.get("Environment", {}))
        self.assertEqual(function["Role"], stack.template.attributes["Role"]["Arn"])
        versions = stack.functions.list_versions_by_function(FunctionName="edgepix")["Versions"]
        self.assertIn("1", [one["Version"] for one in versions])

    def test_a_log_group_that_forgets(self):
        stack = self.create("edge.yaml", "us-east-1", LogDays=7)
        group, = stack.logs.describe_log_groups()["logGroups"]
        self.assertEqual(group["logGroupName"], "/aws/lambda/us-east-1.edgepix")
        self.assertEqual(group["retentionInDays"], 7)

    def test_a_key_of_ones_own(self):
        key = KEY.format("us-east-1")
        stack = self.create("edge.yaml", "us-east-1", KmsKeyArn=key, Versioning="Enabled")
        self.assert_policies(stack, "edge-kms")
        bucket = self.bucket(stack, "Originals")
        self.assertEqual(
            bucket["encryption"], {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        )
        self.assertEqual(bucket["versions"], "Enabled")
        statement = json.loads(stack.template.outputs()["KeyPolicyStatements"])
        self.assertEqual(statement["Action"], "kms:Decrypt")

    def test_nothing_is_written_where_nothing_is_stored(self):
        stack = self.create("edge.yaml", "us-east-1", Derivatives="none")
        self.assert_policies(stack, "edge-stores-nothing")

    def test_a_bucket_that_was_there_is_left_alone(self):
        stack = self.create(
            "edge.yaml",
            "us-east-1",
            OriginalsBucket="photos",
            OriginalsRegion="eu-west-1",
            Derivatives="none",
            OverflowPrefix="derived/",
        )
        self.assert_policies(stack, "edge-existing")
        origin, = self.served(stack)["Origins"]["Items"]
        self.assertEqual(origin["DomainName"], "photos.s3.eu-west-1.amazonaws.com")
        self.assertEqual(origin["OriginShield"]["OriginShieldRegion"], "eu-west-1")
        said = json.loads(stack.template.outputs()["BucketPolicyStatement"])
        self.assertEqual(said["Resource"], "arn:aws:s3:::photos/*")

    def test_a_distribution_with_its_settings(self):
        stack = self.create(
            "edge.yaml",
            "us-east-1",
            Dialects="query,at",
            AllowedDimensions="150x100",
            DomainName="img.example.com",
            CertificateArn=CERTIFICATE,
        )
        config = self.served(stack)
        origin, = config["Origins"]["Items"]
        said = {one["HeaderName"]: one["HeaderValue"] for one in origin["CustomHeaders"]["Items"]}
        self.assertEqual(
            said,
            {
                "x-edgepix-dialects": "query,at",
                "x-edgepix-format": "original",
                "x-edgepix-derivatives-keep": "true",
                "x-edgepix-policy-dimensions": "150x100",
            },
        )
        self.assertEqual(config["Aliases"]["Items"], ["img.example.com"])
        self.assertEqual(config["ViewerCertificate"]["ACMCertificateArn"], CERTIFICATE)
        control, = stack.cloudfront.list_origin_access_controls()["OriginAccessControlList"]["Items"]
        self.assertEqual(control["OriginAccessControlOriginType"], "s3")
        self.assertEqual(control["SigningBehavior"], "always")
        self.assert_viewer_function(stack)

    def test_alarms_go_to_their_topic(self):
        topic = TOPIC.format("us-east-1")
        alarms = self.alarms(self.create("edge.yaml", "us-east-1", AlarmTopicArn=topic))
        self.assertEqual(
            set(alarms),
            {
                "AWS/CloudFront LambdaExecutionError",
                "AWS/CloudFront LambdaValidationError",
                "AWS/CloudFront LambdaLimitExceededErrors",
                "AWS/CloudFront 5xxErrorRate",
            },
        )
        self.assertEqual({tuple(one["AlarmActions"]) for one in alarms.values()}, {(topic,)})


class FunctionUrl(InMoto):
    """A function URL behind an origin group."""

    def test_a_stack_of_nothing_but_defaults(self):
        stack = self.create("function-url.yaml", "eu-central-1")
        self.assert_policies(stack, "function-url")
        originals = self.bucket(stack, "Originals")
        derivatives = self.bucket(stack, "Derivatives")
        for bucket in (originals, derivatives):
            self.assertEqual(bucket["encryption"], {"SSEAlgorithm": "AES256"})
            self.assertEqual(bucket["closed"], [True] * 4)
        self.assertEqual(derivatives["lifecycle"]["derivatives"]["Expiration"]["Days"], 90)
        function = stack.template.attributes["Function"]["Arn"]
        events = [(one["Events"], one["LambdaFunctionArn"]) for one in originals["notified"]]
        self.assertEqual(
            events, [(["s3:ObjectCreated:*"], function), (["s3:ObjectRemoved:*"], function)]
        )

    def test_a_function_with_its_settings(self):
        stack = self.create("function-url.yaml", "eu-central-1", DistributionId="E123")
        function = stack.functions.get_function_configuration(FunctionName="edgepix")
        self.assertEqual(function["Runtime"], "provided.al2023")
        self.assertEqual(function["Handler"], "bootstrap")
        self.assertEqual(function["MemorySize"], 1769)
        self.assertEqual(
            function["Environment"]["Variables"],
            {
                "EDGEPIX_STORE_BUCKET": "edgepix-originals-123456789012-eu-central-1",
                "EDGEPIX_STORE_REGION": "eu-central-1",
                "EDGEPIX_DERIVATIVES_BUCKET": "edgepix-derivatives-123456789012-eu-central-1",
                "EDGEPIX_DERIVATIVES_TAG": "false",
                "EDGEPIX_CACHING_ETAG": "own",
                "EDGEPIX_FUNCTION_STREAM": "true",
                "EDGEPIX_FUNCTION_DISTRIBUTION": "E123",
                "EDGEPIX_DIALECTS": "query,native,at,path,variant",
                "EDGEPIX_FORMAT": "original",
                "EDGEPIX_POLICY_DIMENSIONS": "",
                "EDGEPIX_SIGNING_KEYS": "",
                "EDGEPIX_POLICY_TYPES": "",
            },
        )
        self.assert_policies(stack, "function-url-invalidates")
        url = stack.functions.get_function_url_config(FunctionName="edgepix")
        self.assertEqual((url["AuthType"], url["InvokeMode"]), ("AWS_IAM", "RESPONSE_STREAM"))

    def test_either_processor(self):
        for name in ("function-url.yaml", "api-gateway.yaml"):
            for parameters, processor in (({}, "arm64"), ({"Architecture": "x86_64"}, "x86_64")):
                with self.subTest(name, processor=processor):
                    template = Template(name, "eu-central-1", parameters)
                    function = template.only("AWS::Lambda::Function")
                    self.assertEqual(function["Architectures"], [processor])

    def test_a_key_of_ones_own(self):
        key = KEY.format("eu-central-1")
        stack = self.create("function-url.yaml", "eu-central-1", KmsKeyArn=key)
        self.assert_policies(stack, "function-url-kms")
        for logical in ("Originals", "Derivatives"):
            self.assertEqual(
                self.bucket(stack, logical)["encryption"],
                {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
            )

    def test_a_bucket_that_was_there_is_left_alone(self):
        stack = self.create("function-url.yaml", "eu-central-1", OriginalsBucket="photos")
        self.assert_policies(stack, "function-url-existing")
        self.assertNotIn("Originals", stack.template.resources())

    def test_events_that_fail_are_kept(self):
        stack = self.create("function-url.yaml", "eu-central-1")
        queue = stack.template.attributes["FailedEvents"]["Arn"]
        retries = stack.functions.get_function_event_invoke_config(FunctionName="edgepix")
        self.assertEqual(retries["MaximumRetryAttempts"], 2)
        self.assertEqual(retries["DestinationConfig"]["OnFailure"]["Destination"], queue)
        url = stack.sqs.get_queue_url(QueueName="edgepix-failed-events")["QueueUrl"]
        facts = stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual(facts["QueueArn"], queue)
        self.assertEqual(facts["MessageRetentionPeriod"], "1209600")

    def test_the_function_answers_for_what_is_not_stored(self):
        stack = self.create("function-url.yaml", "eu-central-1")
        stored, made = self.served(stack)["Origins"]["Items"]
        self.assertEqual(
            stored["DomainName"],
            "edgepix-derivatives-123456789012-eu-central-1.s3.eu-central-1.amazonaws.com",
        )
        url = stack.functions.get_function_url_config(FunctionName="edgepix")["FunctionUrl"]
        self.assertEqual(f"https://{made['DomainName']}/", url.rstrip("/") + "/")
        kinds = {
            one["Name"]: one["OriginAccessControlOriginType"]
            for one in stack.cloudfront.list_origin_access_controls()[
                "OriginAccessControlList"
            ]["Items"]
        }
        self.assertEqual(kinds, {"edgepix-derivatives": "s3", "edgepix-url": "lambda"})
        config = stack.template.only("AWS::CloudFront::Distribution")["DistributionConfig"]
        group, = config["OriginGroups"]["Items"]
        self.assertEqual(config["DefaultCacheBehavior"]["TargetOriginId"], group["Id"])
        self.assertEqual(
            [one["OriginId"] for one in group["Members"]["Items"]], [stored["Id"], made["Id"]]
        )
        self.assertIn(403, group["FailoverCriteria"]["StatusCodes"]["Items"])
        self.assert_viewer_function(stack)

    def test_alarms_of_cloudfront_only_where_its_metrics_are(self):
        here = self.alarms(self.create("function-url.yaml", "us-east-1"))
        self.assertIn("AWS/CloudFront 5xxErrorRate", here)
        template = Template("function-url.yaml", "eu-central-1")
        there = {one["MetricName"] for one in template.resources("AWS::CloudWatch::Alarm").values()}
        self.assertEqual(
            there, {"Errors", "Throttles", "Duration", "ApproximateNumberOfMessagesVisible"}
        )


class ApiGateway(InMoto):
    """Systems B and C."""

    def test_a_stack_of_nothing_but_defaults(self):
        stack = self.create("api-gateway.yaml", "eu-central-1")
        self.assert_policies(stack, "api-gateway")
        originals, site = self.bucket(stack, "Originals"), self.bucket(stack, "Site")
        self.assertEqual(originals["closed"], [True] * 4)
        self.assertEqual(site["closed"], [True, True, False, False])
        for one in originals["notified"]:
            rule, = one["Filter"]["Key"]["FilterRules"]
            self.assertEqual((rule["Name"].lower(), rule["Value"]), ("prefix", "img/"))
        self.assertEqual(
            [one["Events"] for one in originals["notified"]],
            [["s3:ObjectCreated:*"], ["s3:ObjectRemoved:*"]],
        )
        rule = site["lifecycle"]["derivatives"]
        self.assertEqual(rule["Filter"], {"Tag": {"Key": "createByLambda", "Value": "1"}})

    def test_who_misses_is_sent_to_the_api(self):
        stack = self.create("api-gateway.yaml", "eu-central-1", RedirectCode=302, Stage="v1")
        name = stack.template.attributes["Site"]["Ref"]
        api = stack.template.attributes["Api"]["Ref"]
        rules = stack.s3.get_bucket_website(Bucket=name)["RoutingRules"]
        rule, = rules
        self.assertEqual(
            rule["Condition"], {"HttpErrorCodeReturnedEquals": "404", "KeyPrefixEquals": "img/"}
        )
        self.assertEqual(
            rule["Redirect"],
            {
                "HostName": f"{api}.execute-api.eu-central-1.amazonaws.com",
                "HttpRedirectCode": "302",
                "Protocol": "https",
                "ReplaceKeyPrefixWith": "v1?key=img/",
            },
        )

    def test_an_api_that_refuses_what_has_no_key(self):
        stack = self.create("api-gateway.yaml", "eu-central-1")
        api = stack.template.attributes["Api"]["Ref"]
        self.assertEqual(
            stack.template.only("AWS::ApiGateway::RestApi")["BinaryMediaTypes"], ["*/*"]
        )
        root, = stack.apigateway.get_resources(restApiId=api)["items"]
        method = stack.apigateway.get_method(
            restApiId=api, resourceId=root["id"], httpMethod="GET"
        )
        self.assertEqual(method["methodIntegration"]["type"], "AWS_PROXY")
        function = stack.template.attributes["Function"]["Arn"]
        self.assertIn(f"/{function}/invocations", method["methodIntegration"]["uri"])
        validator = stack.apigateway.get_request_validator(
            restApiId=api, requestValidatorId=stack.validator
        )
        self.assertTrue(validator["validateRequestParameters"])
        get = stack.template.source["Resources"]["Get"]["Properties"]
        self.assertEqual(get["RequestValidatorId"], {"Ref": "HasKeyParameter"})
        self.assertEqual(get["RequestParameters"], {"method.request.querystring.key": True})

    def test_a_function_that_redirects(self):
        stack = self.create(
            "api-gateway.yaml",
            "eu-central-1",
            Answer=301,
            AllowedDimensions="100x100,150x100",
            CacheControl="max-age=1209600",
            DomainName="img.example.com",
            CertificateArn=CERTIFICATE,
        )
        function = stack.functions.get_function_configuration(FunctionName="edgepix")
        self.assertEqual(
            function["Environment"]["Variables"],
            {
                "EDGEPIX_STORE_BUCKET": "edgepix-site-123456789012-eu-central-1",
                "EDGEPIX_STORE_REGION": "eu-central-1",
                "EDGEPIX_DERIVATIVES_CACHE_CONTROL": "max-age=1209600",
                "EDGEPIX_DIALECTS": "path",
                "EDGEPIX_FUNCTION_ANSWER": "301",
                "EDGEPIX_FUNCTION_SITE": "https://img.example.com",
                "EDGEPIX_FUNCTION_DISTRIBUTION": "EDFDVBD6EXAMPLE",
                "EDGEPIX_POLICY_DIMENSIONS": "100x100,150x100",
                "EDGEPIX_POLICY_TYPES": ".png,.jpeg,.jpg",
            },
        )

    def test_only_cloudfront_reads_where_there_is_a_secret(self):
        secret = "0123456789abcdef0123456789abcdef"
        stack = self.create("api-gateway.yaml", "eu-central-1", RefererSecret=secret)
        self.assert_policies(stack, "api-gateway-secret")
        origin, = self.served(stack)["Origins"]["Items"]
        self.assertEqual(
            origin["CustomHeaders"]["Items"], [{"HeaderName": "Referer", "HeaderValue": secret}]
        )

    def test_a_key_of_ones_own(self):
        key = KEY.format("eu-central-1")
        stack = self.create("api-gateway.yaml", "eu-central-1", KmsKeyArn=key)
        self.assert_policies(stack, "api-gateway-kms")
        self.assertEqual(
            self.bucket(stack, "Originals")["encryption"],
            {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
        )
        self.assertEqual(self.bucket(stack, "Site")["encryption"], {"SSEAlgorithm": "AES256"})

    def test_the_website_is_reached_by_its_name_in_every_region(self):
        for region, mark in (("us-east-1", "-"), ("eu-west-1", "-"), ("eu-central-1", ".")):
            with self.subTest(region):
                template = Template("api-gateway.yaml", region)
                config = template.only("AWS::CloudFront::Distribution")["DistributionConfig"]
                origin, = config["Origins"]
                self.assertEqual(
                    origin["DomainName"],
                    f"edgepix-site-123456789012-{region}.s3-website{mark}{region}.amazonaws.com",
                )


if __name__ == "__main__":
    unittest.main()
