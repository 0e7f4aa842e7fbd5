"""What edge.yaml creates."""

import json
import unittest

from in_moto import CERTIFICATE, InMoto, KEY, TOPIC


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

    def test_nothing_is_written_that_a_signature_is_needed_for(self):
        keys = {"SigningKeys": "web:0123456789abcdef", "OverflowPrefix": "derived/"}
        stack = self.create("edge.yaml", "us-east-1", **keys)
        # As with no derivatives: the signature needs no leave.
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


if __name__ == "__main__":
    unittest.main()
