"""Whether edgepix itself takes what the templates tell it, if there is one that was built."""

import os
import pathlib
import subprocess
import tempfile
import unittest

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from plain import DEPLOY, Template  # noqa: E402  (it reads the environment)

TARGET = DEPLOY.parent.parent / "target"
BUILT = [path for kind in ("checked", "release") if (path := TARGET / kind / "edgepix").exists()]
EDGEPIX = os.environ.get("EDGEPIX_BINARY") or (str(BUILT[0]) if BUILT else None)
KEYS = "web:0123456789abcdef"


class Settings(unittest.TestCase):
    """`edgepix config --check`, in an environment that has nothing else."""

    def setUp(self):
        if EDGEPIX is None:
            if os.environ.get("REQUIRE_TOOLS"):
                self.fail("no edgepix was built, and REQUIRE_TOOLS is set")
            self.skipTest("no edgepix was built")

    def check(self, variables):
        """Its exit code, and what it says is wrong."""
        with tempfile.TemporaryDirectory() as nowhere:
            done = subprocess.run(
                [str(pathlib.Path(EDGEPIX).resolve()), "config", "--check"],
                env=variables, cwd=nowhere, capture_output=True, text=True,
            )
        return done.returncode, done.stdout + done.stderr

    def test_variables(self):
        for name, parameters in (
            ("function-url.yaml", {}),
            ("function-url.yaml", {"DistributionId": "E123", "SigningKeys": KEYS}),
            ("function-url.yaml", {"PresetsOnly": "true"}),
            ("api-gateway.yaml", {}),
            ("api-gateway.yaml", {"Answer": "301", "AllowedDimensions": "100x100,150x100"}),
        ):
            with self.subTest(name, **parameters):
                function = Template(name, "eu-west-1", parameters).only("AWS::Lambda::Function")
                self.assertEqual(self.check(function["Environment"]["Variables"]), (0, ""))

    def test_headers(self):
        # They are the same settings as the variables, by other names.
        for parameters in (
            {"AllowedDimensions": "100x100,300x", "OverflowPrefix": "derived/"},
            {"AllowedDimensions": "100x100,300x", "SigningKeys": KEYS},
            {"AllowedDimensions": "100x100,300x", "PresetsOnly": "true"},
        ):
            template = Template("edge.yaml", "us-east-1", parameters)
            config = template.only("AWS::CloudFront::Distribution")["DistributionConfig"]
            variables = {
                one["HeaderName"].removeprefix("x-").upper().replace("-", "_"): one["HeaderValue"]
                for one in config["Origins"][0]["OriginCustomHeaders"]
            }
            self.assertEqual(len(variables), 5)
            self.assertEqual(self.check(variables), (0, ""))

    def test_what_is_no_setting_is_seen(self):
        code, said = self.check({"EDGEPIX_FUNCTION_ANSWERS": "image"})
        self.assertEqual(code, 1)
        self.assertIn("EDGEPIX_FUNCTION_ANSWERS", said)


if __name__ == "__main__":
    unittest.main()
