"""What api-gateway.yaml creates."""

import unittest

from in_moto import CERTIFICATE, InMoto, KEY
from plain import Template


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

    def test_a_bucket_that_was_there_is_left_alone(self):
        stack = self.create("api-gateway.yaml", "eu-central-1", OriginalsBucket="photos")
        self.assert_policies(stack, "api-gateway-existing")
        self.assertNotIn("Originals", stack.template.resources())

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
