"""What function-url.yaml creates."""

import unittest

from in_moto import InMoto, KEY
from plain import Template


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
                "EDGEPIX_DERIVATIVES_KEEP": "true",
                "EDGEPIX_DERIVATIVES_TAG": "false",
                "EDGEPIX_CACHING_ETAG": "own",
                "EDGEPIX_FUNCTION_STREAM": "true",
                "EDGEPIX_FUNCTION_DISTRIBUTION": "E123",
                "EDGEPIX_DIALECTS": "query,native,at,path,variant",
                "EDGEPIX_FORMAT": "original",
                "EDGEPIX_POLICY_DIMENSIONS": "",
                "EDGEPIX_POLICY_PRESETS_ONLY": "false",
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

    def test_no_more_at_once_than_is_said(self):
        for name in ("function-url.yaml", "api-gateway.yaml"):
            with self.subTest(name):
                function = Template(name, "eu-central-1").only("AWS::Lambda::Function")
                self.assertNotIn("ReservedConcurrentExecutions", function)
                template = Template(name, "eu-central-1", {"ReservedConcurrency": 20})
                function = template.only("AWS::Lambda::Function")
                self.assertEqual(function["ReservedConcurrentExecutions"], "20")

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


if __name__ == "__main__":
    unittest.main()
