"""Whether the templates say what they must, and whether the rules see it when they do not."""

import json
import os
import shutil
import subprocess
import sys
import unittest

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from plain import DEPLOY, Template, read  # noqa: E402  (it reads the environment)
from rules import RULES, wrong_with  # noqa: E402

REGIONS = {"edge.yaml": "us-east-1", "function-url.yaml": "eu-west-1", "api-gateway.yaml": "eu-west-1"}
BEHIND_A_VIEWERS_FUNCTION = ["edge.yaml", "function-url.yaml"]
CONFIG = ["Distribution", "Properties", "DistributionConfig"]
BEHAVIOUR = [*CONFIG, "DefaultCacheBehavior"]
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1234abcd"
KEYS = "web:0123456789abcdef"


def changed(name, change, **parameters):
    """A template with a mistake in it."""
    source = read(name)
    change(source["Resources"])
    return Template(name, REGIONS[name], parameters, source)


class Templates(unittest.TestCase):
    """The templates as they are."""

    def test_nothing_is_wrong_with_any(self):
        for name in RULES:
            signed = {"SigningKeys": KEYS, "OverflowPrefix": "derived/"}
            known = set(read(name)["Parameters"])
            signed = {key: value for key, value in signed.items() if key in known}
            for parameters in ({}, {"KmsKeyArn": KEY}, {"OriginalsBucket": "photos"}, signed):
                with self.subTest(name, **parameters):
                    template = Template(name, REGIONS[name], parameters)
                    self.assertEqual(wrong_with(name, template), [])

    def test_a_certificate_can_be_there_before_its_name(self):
        for name in RULES:
            with self.subTest(name):
                template = Template(name, REGIONS[name], {"CertificateArn": CERTIFICATE})
                config = template.only("AWS::CloudFront::Distribution")["DistributionConfig"]
                self.assertNotIn("Aliases", config)
                certificate = config["ViewerCertificate"]
                self.assertEqual(certificate["AcmCertificateArn"], CERTIFICATE)
                self.assertTrue(template.allowed())

    def test_sizes_must_be_said_where_viewers_could_spend_by_them(self):
        self.assertNotIn("Default", read("api-gateway.yaml")["Parameters"]["AllowedDimensions"])

    def test_a_name_needs_its_certificate(self):
        for name in RULES:
            with self.subTest(name):
                named = {"DomainName": "img.example.com"}
                self.assertFalse(Template(name, REGIONS[name], named).allowed())
                named["CertificateArn"] = CERTIFICATE
                template = Template(name, REGIONS[name], named)
                self.assertTrue(template.allowed())
                config = template.only("AWS::CloudFront::Distribution")["DistributionConfig"]
                self.assertEqual(config["Aliases"], ["img.example.com"])

    def test_there_is_a_rule_for_every_template(self):
        self.assertEqual(set(RULES), {path.name for path in DEPLOY.glob("*.yaml")})

    def test_the_viewers_function_is_in_them_as_it_is(self):
        done = subprocess.run(
            [sys.executable, DEPLOY / "templates.py", "--check"], capture_output=True, text=True
        )
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_the_viewers_function_has_the_settings_of_its_template(self):
        for name, stored in (("edge.yaml", "false"), ("function-url.yaml", "true")):
            with self.subTest(name):
                parameters = {"Dialects": "query,at", "Format": "auto", "SigningKeys": "a:" + "s" * 16}
                template = Template(name, REGIONS[name], parameters)
                code = template.only("AWS::CloudFront::Function")["FunctionCode"]
                settings = code.partition("\n};\n")[0]
                self.assertIn(f"\n    stored: {stored},\n", settings)
                self.assertIn("\n    dialects: 'query,at'.split(','),\n", settings)
                self.assertIn("\n    unsaid: 'auto' === 'auto',\n", settings)
                self.assertIn("\n    signed: 'true' === 'true',\n", settings)
                self.assertNotIn("${", code)
                self.assertNotIn("s" * 16, code)

    def test_the_viewers_function_runs_as_it_is_written_there(self):
        tool = DEPLOY.parent.parent / "target/tools/node-24/bin/node"
        node = str(tool) if tool.exists() else shutil.which("node")
        if node is None and os.environ.get("REQUIRE_TOOLS"):
            self.fail("there is no Node.js, and REQUIRE_TOOLS is set")
        if node is None:
            self.skipTest("there is no Node.js")
        request = {"uri": "/photo.jpg", "querystring": {"w": {"value": "0300"}}, "headers": {}}
        asks = f"console.log(JSON.stringify(handler({{request: {json.dumps(request)}}})));"
        signs = {"SigningKeys": KEYS}
        for name, parameters, uri, query in (
            ("edge.yaml", {}, "/photo.jpg", "w=300"),
            ("edge.yaml", signs, "/photo.jpg", "w=300"),
            ("function-url.yaml", {}, "/photo.jpg/~w=300", ""),
            # What is signed is stored under no key.
            ("function-url.yaml", signs, "/photo.jpg", "w=300"),
        ):
            with self.subTest(name, **parameters):
                template = Template(name, REGIONS[name], parameters)
                code = template.only("AWS::CloudFront::Function")["FunctionCode"]
                done = subprocess.run(
                    [node, "-"], input=code + asks, capture_output=True, text=True, check=True
                )
                answer = json.loads(done.stdout)
                self.assertEqual((answer["uri"], answer["querystring"]), (uri, query))
                self.assertEqual(answer["headers"], {"x-edgepix-accept": {"value": "none"}})

    def test_a_new_package_is_a_new_version(self):
        def version(**package):
            package = {"Bucket": "packages", "Key": "one", **package}
            resources = Template("edge.yaml", "us-east-1", {}, package=package).source["Resources"]
            (logical, one), = (
                item for item in resources.items() if item[1]["Type"] == "AWS::Lambda::Version"
            )
            self.assertEqual(one["DeletionPolicy"], "Retain")
            association = resources["Distribution"]["Properties"]["DistributionConfig"][
                "DefaultCacheBehavior"
            ]["LambdaFunctionAssociations"][0]["LambdaFunctionARN"]
            self.assertEqual(association, {"Ref": logical})
            return logical

        self.assertEqual(version(), version())
        self.assertNotEqual(version(), version(Key="two"))

    def test_more_memory_is_a_new_version(self):
        def version(memory):
            def change(resources):
                resources["Function"]["Properties"]["MemorySize"] = memory

            resources = changed("edge.yaml", change).source["Resources"]
            kinds = {logical: one["Type"] for logical, one in resources.items()}
            return next(one for one, kind in kinds.items() if kind == "AWS::Lambda::Version")

        self.assertNotEqual(version(512), version(1024))

    def test_what_is_in_a_version_is_written_out(self):
        # SAM does not see another value of a parameter, and would publish nothing.
        properties = read("edge.yaml")["Resources"]["Function"]["Properties"]
        for name in ("CodeUri", "Runtime", "Handler", "Architectures", "MemorySize", "Timeout"):
            self.assertNotIn("Ref", str(properties[name]), name)

    def test_lines_are_no_longer_than_a_page(self):
        for path in [*DEPLOY.glob("*.yaml"), DEPLOY / "README.md"]:
            code = (DEPLOY / "viewer-request.js").read_text().split("\n")
            for number, line in enumerate(path.read_text().split("\n"), 1):
                if line.strip() not in (one.strip() for one in code) and "|" not in line[:1]:
                    self.assertLessEqual(len(line), 120, f"{path.name}:{number}")


class Mistakes(unittest.TestCase):
    """Each of them is one that somebody makes; the rules must see it."""

    def assert_seen(self, fault, name, change, **parameters):
        """The one thing that is wrong is this."""
        self.assertEqual(wrong_with(name, changed(name, change, **parameters)), [fault])

    def test_an_alias_in_place_of_a_version(self):
        def mistake(resources):
            config = resources["Distribution"]["Properties"]["DistributionConfig"]
            association = config["DefaultCacheBehavior"]["LambdaFunctionAssociations"][0]
            association["LambdaFunctionARN"] = {"Fn::Sub": "${Function.Arn}:live"}

        arn = "arn:aws:lambda:us-east-1:123456789012:function:edgepix:live"
        fault = f"the distribution runs {arn}, no numbered version"
        self.assert_seen(fault, "edge.yaml", mistake)

    def test_a_role_that_the_edge_may_not_take(self):
        def mistake(resources):
            trust = resources["Role"]["Properties"]["AssumeRolePolicyDocument"]
            trust["Statement"][0]["Principal"]["Service"].remove("edgelambda.amazonaws.com")

        self.assert_seen("the role trusts ['lambda.amazonaws.com']", "edge.yaml", mistake)

    def test_a_variable_at_the_edge(self):
        def mistake(resources):
            resources["Function"]["Properties"]["Environment"] = {"Variables": {"A": "b"}}

        self.assert_seen("the function has Environment", "edge.yaml", mistake)

    def test_arm64_at_the_edge(self):
        def mistake(resources):
            resources["Function"]["Properties"]["Architectures"] = ["arm64"]

        self.assert_seen("the function is not x86_64", "edge.yaml", mistake)

    def test_another_region_than_the_edges(self):
        template = Template("edge.yaml", "eu-west-1")
        self.assertEqual(wrong_with("edge.yaml", template), ["the function is in eu-west-1"])

    def test_tracing_at_the_edge(self):
        def mistake(resources):
            resources["Function"]["Properties"]["Tracing"] = "Active"

        # SAM gives a role of its own making leave to trace; ours is given.
        self.assert_seen("the function is traced", "edge.yaml", mistake)

    def test_leave_to_do_everything(self):
        def mistake(resources):
            policy = resources["Role"]["Properties"]["Policies"][0]["PolicyDocument"]
            policy["Statement"][0]["Action"] = "s3:*"

        for name in ("edge.yaml", "function-url.yaml"):
            with self.subTest(name):
                self.assert_seen("Role.ReadOriginals allows s3:*", name, mistake)

    def test_leave_of_everything(self):
        def mistake(resources):
            policy = resources["Role"]["Properties"]["Policies"][0]["PolicyDocument"]
            policy["Statement"][0]["Resource"] = "*"

        for name in ("edge.yaml", "function-url.yaml"):
            with self.subTest(name):
                self.assert_seen("Role.ReadOriginals is of everything", name, mistake)

    def test_anyones_distribution(self):
        def mistake(resources):
            policy = resources["DerivativesPolicy"]["Properties"]["PolicyDocument"]
            del policy["Statement"][0]["Condition"]

        fault = "DerivativesPolicy.CloudFrontReads is for anyone's distribution"
        self.assert_seen(fault, "function-url.yaml", mistake)

    def test_anyones_bucket(self):
        def mistake(resources):
            del resources["OriginalsMayNotify"]["Properties"]["SourceArn"]

        fault = "OriginalsMayNotify is for anyone's s3.amazonaws.com"
        for name in ("function-url.yaml", "api-gateway.yaml"):
            with self.subTest(name):
                self.assert_seen(fault, name, mistake)

    def test_a_bucket_that_goes_with_its_stack(self):
        def mistake(resources):
            del resources["Originals"]["DeletionPolicy"]

        for name in RULES:
            with self.subTest(name):
                fault = "Originals has no DeletionPolicy of RetainExceptOnCreate"
                self.assert_seen(fault, name, mistake)

    def test_a_bucket_that_stays_after_a_stack_that_never_was(self):
        def mistake(resources):
            resources["Originals"]["DeletionPolicy"] = "Retain"

        for name in RULES:
            with self.subTest(name):
                fault = "Originals has no DeletionPolicy of RetainExceptOnCreate"
                self.assert_seen(fault, name, mistake)

    def test_a_bucket_that_may_be_made_public(self):
        def mistake(resources):
            block = resources["Originals"]["Properties"]["PublicAccessBlockConfiguration"]
            block["RestrictPublicBuckets"] = False

        for name in RULES:
            with self.subTest(name):
                self.assert_seen("Originals may be made public", name, mistake)

    def test_a_bucket_without_encryption_or_tls(self):
        def mistake(resources):
            del resources["Originals"]["Properties"]["BucketEncryption"]
            policy = resources["OriginalsPolicy"]["Properties"]["PolicyDocument"]
            policy["Statement"] = [one for one in policy["Statement"] if one["Sid"] != "TlsOnly"]

        found = wrong_with("edge.yaml", changed("edge.yaml", mistake))
        self.assertEqual(found, ["Originals is not encrypted", "Originals may be read without TLS"])

    def test_a_signed_derivative_that_the_bucket_gives_to_anyone(self):
        def header(resources):
            config = resources["Distribution"]["Properties"]["DistributionConfig"]
            headers = config["Origins"][0]["OriginCustomHeaders"]
            keep, = (one for one in headers if one.get("HeaderName", "").endswith("-keep"))
            keep["HeaderValue"] = "true"

        def variable(resources):
            environment = resources["Function"]["Properties"]["Environment"]["Variables"]
            environment["EDGEPIX_DERIVATIVES_KEEP"] = "true"

        fault = "what must be signed for is stored, and given to anyone"
        for name, mistake in (("edge.yaml", header), ("function-url.yaml", variable)):
            with self.subTest(name):
                self.assert_seen(fault, name, mistake, SigningKeys=KEYS)

    def test_a_cache_that_keeps_redirects(self):
        def mistake(resources):
            resources["CachePolicy"]["Properties"]["CachePolicyConfig"]["MinTTL"] = 1

        fault = "edgepix-images keeps what says no-store"
        for name in ("edge.yaml", "function-url.yaml"):
            with self.subTest(name):
                self.assert_seen(fault, name, mistake)

    def test_a_cache_that_does_not_tell_formats_apart(self):
        def mistake(resources):
            config = resources["CachePolicy"]["Properties"]["CachePolicyConfig"]
            key = config["ParametersInCacheKeyAndForwardedToOrigin"]
            key["HeadersConfig"] = {"HeaderBehavior": "none"}

        fault = "edgepix-images lacks the token in the key"
        for name in ("edge.yaml", "function-url.yaml"):
            with self.subTest(name):
                self.assert_seen(fault, name, mistake)

    def assert_set(self, fault, name, path, value):
        """What is wrong once a part of the distribution, or another resource, has a value."""

        def mistake(resources):
            *way, last = path
            place = resources
            for step in way:
                place = place[step]
            if value is None:
                del place[last]
            else:
                place[last] = value

        with self.subTest(name):
            self.assert_seen(fault, name, mistake)

    def test_a_query_that_does_not_arrive(self):
        key = ["CachePolicy", "Properties", "CachePolicyConfig"]
        key += ["ParametersInCacheKeyAndForwardedToOrigin", "QueryStringsConfig"]
        for name in BEHIND_A_VIEWERS_FUNCTION:
            fault = "edgepix-images lacks the query in the key"
            self.assert_set(fault, name, key, {"QueryStringBehavior": "none"})

    def test_a_viewers_function_that_does_not_run(self):
        fault = "viewer requests do not go through ViewerRequest"
        for name in BEHIND_A_VIEWERS_FUNCTION:
            self.assert_set(fault, name, [*BEHAVIOUR, "FunctionAssociations"], None)
            path = [*BEHAVIOUR, "FunctionAssociations", 0, "EventType"]
            self.assert_set(fault, name, path, "viewer-response")

    def test_a_viewers_function_that_is_not_published(self):
        for name in BEHIND_A_VIEWERS_FUNCTION:
            path = ["ViewerRequest", "Properties", "AutoPublish"]
            self.assert_set("ViewerRequest is not published", name, path, False)

    def test_answers_that_caches_take_for_everyones(self):
        for name in BEHIND_A_VIEWERS_FUNCTION:
            path = [*BEHAVIOUR, "ResponseHeadersPolicyId"]
            self.assert_set("answers do not vary by Accept", name, path, None)

    def test_an_origin_that_is_asked_without_a_signature(self):
        for name, number, origin, access in (
            ("edge.yaml", 0, "originals", "OriginAccess"),
            ("function-url.yaml", 0, "derivatives", "DerivativesAccess"),
            ("function-url.yaml", 1, "function", "UrlAccess"),
        ):
            fault = f"CloudFront does not sign what it asks of {origin}"
            path = [*CONFIG, "Origins", number, "OriginAccessControlId"]
            self.assert_set(fault, name, path, None)
            path = [access, "Properties", "OriginAccessControlConfig", "SigningBehavior"]
            self.assert_set(fault, name, path, "never")

    def test_a_function_that_runs_before_the_bucket_is_asked(self):
        path = [*BEHAVIOUR, "LambdaFunctionAssociations", 0, "EventType"]
        fault = "the function runs at ['origin-request']"
        self.assert_set(fault, "edge.yaml", path, "origin-request")

    def test_a_function_that_runs_in_every_region(self):
        path = [*CONFIG, "Origins", 0, "OriginShield", "Enabled"]
        self.assert_set("originals has no Origin Shield", "edge.yaml", path, False)

    def test_a_statement_to_paste_that_is_for_anyones_distribution(self):
        for name, output, parameters in (
            ("edge.yaml", "BucketPolicyStatement", {}),
            ("edge.yaml", "KeyPolicyStatements", {"KmsKeyArn": KEY}),
            ("function-url.yaml", "KeyPolicyStatements", {"KmsKeyArn": KEY}),
        ):
            with self.subTest(name, output=output):
                source = read(name)
                text = json.dumps(source["Outputs"][output]["Value"])
                self.assertIn("distribution/${Distribution}", text)
                text = text.replace("distribution/${Distribution}", "distribution/*")
                source["Outputs"][output]["Value"] = json.loads(text)
                fault, = wrong_with(name, Template(name, REGIONS[name], parameters, source))
                self.assertRegex(fault, f"^{output}[.].* is for anyone's distribution$")

    def test_a_distribution_that_is_a_pattern(self):
        def mistake(resources):
            policy = resources["DerivativesPolicy"]["Properties"]["PolicyDocument"]
            policy["Statement"][0]["Condition"] = {"StringLike": {"AWS:SourceArn": "*"}}

        fault = "DerivativesPolicy.CloudFrontReads is for anyone's distribution"
        self.assert_seen(fault, "function-url.yaml", mistake)

    def test_a_function_that_is_asked_too_seldom(self):
        codes = [*CONFIG, "OriginGroups", "Items", 0, "FailoverCriteria", "StatusCodes", "Items"]
        fault = "the function is not asked after [404, 500, 502, 503, 504]"
        self.assert_set(fault, "function-url.yaml", codes, [403])
        path = [*BEHAVIOUR, "TargetOriginId"]
        self.assert_set("the function is never asked", "function-url.yaml", path, "derivatives")

    def test_a_function_that_nobody_waits_for(self):
        path = ["Function", "Properties", "Timeout"]
        fault = "the function may take 61 s, which nobody waits for"
        self.assert_set(fault, "function-url.yaml", path, 61)
        source = read("function-url.yaml")
        source["Parameters"]["Timeout"]["MaxValue"] = 61
        template = Template("function-url.yaml", "eu-west-1", {}, source)
        self.assertEqual(wrong_with("function-url.yaml", template), [fault])

    def test_viewers_who_may_do_more_than_look(self):
        for name in RULES:
            path = [*BEHAVIOUR, "ViewerProtocolPolicy"]
            self.assert_set("viewers may ask over http", name, path, "allow-all")
            methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
            fault = "viewers may ['DELETE', 'PATCH', 'POST', 'PUT']"
            self.assert_set(fault, name, [*BEHAVIOUR, "AllowedMethods"], methods)

    def test_a_redirect_that_is_kept(self):
        path = ["ImageCachePolicy", "Properties", "CachePolicyConfig", "DefaultTTL"]
        fault = "edgepix-images keeps redirects for 86400 s"
        self.assert_set(fault, "api-gateway.yaml", path, 86400)

    def test_an_error_that_outlives_its_image(self):
        for number, code in enumerate((403, 404)):
            path = [*CONFIG, "CustomErrorResponses", number, "ErrorCachingMinTTL"]
            self.assert_set(f"a {code} is kept", "api-gateway.yaml", path, 300)

    def test_code_for_the_viewer_that_has_no_such_setting(self):
        sys.path.insert(0, str(DEPLOY))
        import templates

        with self.assertRaisesRegex(ValueError, "0 lines with the setting stored"):
            templates.with_settings("const settings = {\n    auto: true\n};\n", {"stored": "true"})
        with self.assertRaisesRegex(ValueError, "means a parameter"):
            templates.with_settings("`${a}`", {})


if __name__ == "__main__":
    unittest.main()
