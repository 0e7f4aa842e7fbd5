"""What the policies permit, and what they do not."""

import os
import unittest

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from permits import permits  # noqa: E402
from plain import DISTRIBUTION, Template  # noqa: E402

CLOUDFRONT = "cloudfront.amazonaws.com"
OURS = f"arn:aws:cloudfront::123456789012:distribution/{DISTRIBUTION}"
ANOTHER = "arn:aws:cloudfront::123456789012:distribution/EANOTHER"


def role_of(template):
    """What the function may do."""
    return template.only("AWS::IAM::Role")["Policies"][0]["PolicyDocument"]


def policy_of(template, logical):
    """What a bucket lets others do."""
    return template.resources("AWS::S3::BucketPolicy")[logical]["PolicyDocument"]


class Permits(unittest.TestCase):
    """By what is asked, whoever wrote it down however."""

    def assert_permits(self, policy, may, may_not):
        """Requests that are permitted, and others that are not."""
        for action, resource in may:
            self.assertTrue(permits(policy, action, resource), f"{action} {resource}")
        for action, resource in may_not:
            self.assertFalse(permits(policy, action, resource), f"{action} {resource}")

    def test_the_function_at_the_edge(self):
        role = role_of(Template("edge.yaml", "us-east-1", {"OriginalsBucket": "photos"}))
        logs = "arn:aws:logs:ap-southeast-2:123456789012:log-group:/aws/lambda"
        self.assert_permits(
            role,
            may=[
                ("s3:GetObject", "arn:aws:s3:::photos/a/b.jpg"),
                ("s3:ListBucket", "arn:aws:s3:::photos"),
                ("s3:PutObject", "arn:aws:s3:::photos/a/b.jpg@100w.webp"),
                ("s3:PutObjectTagging", "arn:aws:s3:::photos/a/b.jpg@100w.webp"),
                ("logs:CreateLogGroup", f"{logs}/us-east-1.edgepix:"),
                ("logs:PutLogEvents", f"{logs}/us-east-1.edgepix:log-stream:x"),
            ],
            may_not=[
                ("s3:GetObject", "arn:aws:s3:::photos-of-others/a.jpg"),
                ("s3:DeleteObject", "arn:aws:s3:::photos/a/b.jpg"),
                ("s3:PutBucketPolicy", "arn:aws:s3:::photos"),
                ("logs:PutLogEvents", f"{logs}/us-east-1.another:log-stream:x"),
                ("logs:DeleteLogGroup", f"{logs}/us-east-1.edgepix:"),
                ("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/1234abcd"),
            ],
        )

    def test_a_function_that_stores_below_a_prefix_alone(self):
        parameters = {
            "OriginalsBucket": "photos", "Derivatives": "none", "OverflowPrefix": "derived/"
        }
        self.assert_permits(
            role_of(Template("edge.yaml", "us-east-1", parameters)),
            may=[("s3:PutObject", "arn:aws:s3:::photos/derived/a.webp")],
            may_not=[("s3:PutObject", "arn:aws:s3:::photos/a.webp")],
        )

    def test_the_function_behind_a_url(self):
        template = Template("function-url.yaml", "eu-west-1", {"DistributionId": DISTRIBUTION})
        originals = "arn:aws:s3:::edgepix-originals-123456789012-eu-west-1"
        derivatives = "arn:aws:s3:::edgepix-derivatives-123456789012-eu-west-1"
        logs = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/edgepix"
        self.assert_permits(
            role_of(template),
            may=[
                ("s3:GetObject", f"{originals}/a.jpg"),
                ("s3:ListBucket", originals),
                ("s3:PutObject", f"{derivatives}/a.jpg/~w=300"),
                ("s3:DeleteObject", f"{derivatives}/a.jpg/~w=300"),
                ("s3:ListBucket", derivatives),
                ("cloudfront:CreateInvalidation", OURS),
                ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:edgepix-failed-events"),
                ("logs:PutLogEvents", f"{logs}:log-stream:x"),
            ],
            may_not=[
                ("s3:PutObject", f"{originals}/a.jpg"),
                ("s3:DeleteObject", f"{originals}/a.jpg"),
                ("cloudfront:CreateInvalidation", ANOTHER),
                ("cloudfront:UpdateDistribution", OURS),
                ("logs:CreateLogGroup", f"{logs}:"),
            ],
        )

    def test_the_function_behind_an_api(self):
        template = Template("api-gateway.yaml", "eu-west-1")
        originals = "arn:aws:s3:::edgepix-originals-123456789012-eu-west-1"
        site = "arn:aws:s3:::edgepix-site-123456789012-eu-west-1"
        self.assert_permits(
            role_of(template),
            may=[
                ("s3:GetObject", f"{originals}/img/a.png"),
                ("s3:PutObject", f"{site}/img/150x100/a.png"),
                ("s3:PutObjectTagging", f"{site}/img/150x100/a.png"),
                ("s3:DeleteObject", f"{site}/img/150x100/a.png"),
                ("cloudfront:CreateInvalidation", OURS),
            ],
            may_not=[
                ("s3:GetObject", f"{originals}/private/a.png"),
                ("s3:PutObject", f"{originals}/img/a.png"),
                ("s3:PutObject", f"{site}/index.html"),
                ("s3:DeleteObject", f"{site}/index.html"),
            ],
        )

    def test_only_our_distribution_reads_a_bucket_and_only_over_tls(self):
        for name, logical, bucket in (
            ("edge.yaml", "OriginalsPolicy", "made-originals"),
            (
                "function-url.yaml",
                "DerivativesPolicy",
                "edgepix-derivatives-123456789012-us-east-1",
            ),
        ):
            with self.subTest(name):
                policy = policy_of(Template(name, "us-east-1"), logical)
                photo = f"arn:aws:s3:::{bucket}/a.jpg"

                def asked(source, secure, action="s3:GetObject"):
                    context = {"aws:SourceArn": source, "aws:SecureTransport": secure}
                    return permits(policy, action, photo, CLOUDFRONT, context)

                self.assertTrue(asked(OURS, "true"))
                self.assertFalse(asked(ANOTHER, "true"))
                self.assertFalse(asked(OURS, "false"))
                self.assertFalse(asked(OURS, "true", "s3:PutObject"))

    def test_nobody_but_the_function_reads_originals_that_are_not_served(self):
        policy = policy_of(Template("function-url.yaml", "us-east-1"), "OriginalsPolicy")
        photo = "arn:aws:s3:::edgepix-originals-123456789012-us-east-1/a.jpg"
        context = {"aws:SourceArn": OURS, "aws:SecureTransport": "true"}
        self.assertFalse(permits(policy, "s3:GetObject", photo, CLOUDFRONT, context))

    def test_a_website_with_a_secret_is_read_by_who_says_it(self):
        secret = "0123456789abcdef0123456789abcdef"
        template = Template("api-gateway.yaml", "us-east-1", {"RefererSecret": secret})
        policy = policy_of(template, "SitePolicy")
        photo = "arn:aws:s3:::edgepix-site-123456789012-us-east-1/img/a.png"
        for said, may in ((secret, True), ("another", False), (None, False)):
            context = {"aws:Referer": said}
            self.assertEqual(permits(policy, "s3:GetObject", photo, None, context), may)


class TheEvaluator(unittest.TestCase):
    """That it denies what it should."""

    def test_a_denial_is_stronger(self):
        allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
        policy = {"Statement": [allow, {**allow, "Effect": "Deny", "Resource": "secret"}]}
        self.assertTrue(permits(policy, "s3:GetObject", "photo"))
        self.assertFalse(permits(policy, "s3:GetObject", "secret"))
        self.assertFalse(permits(policy, "s3:PutObject", "photo"))

    def test_a_condition_that_it_does_not_know_is_no_leave(self):
        statement = {
            "Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"IpAddress": {}}
        }
        with self.assertRaises(NotImplementedError):
            permits({"Statement": [statement]}, "a:b", "x")


if __name__ == "__main__":
    unittest.main()
