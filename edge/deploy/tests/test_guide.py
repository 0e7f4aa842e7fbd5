"""Whether the guide says what there is: files, commands, settings, permissions, words."""

import os
import re
import shlex
import subprocess
import sys
import unittest

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

import botocore.session  # noqa: E402  (it reads the environment)
from botocore import xform_name  # noqa: E402

from plain import DEPLOY, Template, read  # noqa: E402
from rules import listed, statements  # noqa: E402

ROOT = DEPLOY.parent.parent
GUIDE = (DEPLOY / "README.md").read_text()
SETTINGS = (ROOT / "edge/docs/configuration.md").read_text()
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd"
TEMPLATES = {
    "edge.yaml": ("us-east-1", {"KmsKeyArn": KEY}),
    "function-url.yaml": ("eu-west-1", {"KmsKeyArn": KEY, "DistributionId": "E123"}),
    "api-gateway.yaml": ("eu-west-1", {"KmsKeyArn": KEY}),
}
# Commands of AWS's command line that are no operations of a service.
NO_OPERATIONS = {("s3", "cp"), ("s3", "ls"), ("s3", "rm"), ("s3", "sync"), ("logs", "tail")}
# Options that every command has.
COMMON = {"region", "query", "output"}


def commands(program):
    """The guide's commands of a program, each as its words."""
    for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL):
        for line in block.replace("\\\n", " ").split("\n"):
            line = line.strip()
            if line.startswith(program + " "):
                yield shlex.split(line.partition(" >")[0], comments=True)


def options(words):
    """The names of the options among words."""
    return {word[2:].partition("=")[0] for word in words if word.startswith("--")}


class Guide(unittest.TestCase):
    """What the guide says, against what there is."""

    def test_every_file_that_it_leads_to_is_there(self):
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", GUIDE):
            self.assertTrue((DEPLOY / target).exists(), target)
        paths = re.findall(r"(?:edge/deploy|\.ci)/[\w./-]*\w", GUIDE)
        made = {"edge/deploy/my-stack.yaml"}
        for path in set(paths) - made:
            self.assertTrue((ROOT / path).exists(), path)

    def test_every_section_that_it_leads_to_is_there(self):
        headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL), re.M)
        anchors = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
        for target in re.findall(r"\]\(#([^)]+)\)", GUIDE):
            self.assertIn(target, anchors)

    def test_every_setting_is_one(self):
        for path in [DEPLOY / "README.md", *DEPLOY.glob("*.yaml")]:
            text = path.read_text()
            for name in set(re.findall(r"EDGEPIX_[A-Z_]+|x-edgepix-[a-z-]+[a-z]", text)):
                # The token is no setting, and the config file's place is none.
                if name != "x-edgepix-accept":
                    self.assertIn(f"`{name}`", SETTINGS, path.name)
        for name in re.findall(r"`([a-z]+\.[a-z_]+)`", GUIDE):
            if name.partition(".")[2] not in ("yaml", "toml", "md", "jpg", "js", "handler"):
                self.assertIn(f"| `{name}` |", SETTINGS)

    def test_every_word_of_the_header_is_explained(self):
        status = (ROOT / "edge/src/status.rs").read_text()
        words = set(re.findall(r'Self::\w+ => "([a-z-]+)"', status)) | {"launcher"}
        self.assertGreater(len(words), 15)
        table = GUIDE.partition("| `x-edgepix` says |")[2].partition("\n\n")[0]
        explained = set(re.findall(r"`([a-z-]+)`", " ".join(
            row.split("|")[1] for row in table.split("\n")[2:]
        )))
        self.assertEqual(words - explained, set())

    def test_every_parameter_and_output_is_one(self):
        deployed = list(commands("sam"))
        self.assertGreater(len(deployed), 5)
        for words in deployed:
            self.assertEqual(words[1], "deploy")
            given = words[words.index("--parameter-overrides") + 1:]
            name = words[words.index("--template-file") + 1].rpartition("/")[2]
            template = "function-url.yaml" if name == "my-stack.yaml" else name
            parameters = read(template)["Parameters"]
            for one in given:
                self.assertIn(one.partition("=")[0], parameters, template)
            wanted = {key for key, one in parameters.items() if "Default" not in one}
            self.assertEqual(wanted - {one.partition("=")[0] for one in given}, set())
        outputs = set().union(*(set(read(name)["Outputs"]) for name in TEMPLATES))
        asked = re.findall(r"\boutput ([A-Z]\w+)|\boutput `(\w+)`", GUIDE)
        self.assertGreater(len(asked), 10)
        for one, other in asked:
            self.assertIn(one or other, outputs)

    def test_every_parameter_of_the_tables_is_one(self):
        known = set().union(*(set(read(name)["Parameters"]) for name in TEMPLATES))
        known |= {"MemorySize", "Timeout", "LambdaFunctionARN"}
        known |= set().union(*(set(read(name)["Outputs"]) for name in TEMPLATES))
        known |= set().union(*(set(read(name)["Resources"]) for name in TEMPLATES))
        aws = {
            "LambdaExecutionError", "LambdaValidationError", "LambdaLimitExceeded",
            "LambdaLimitExceededErrors", "AccessDeniedException", "DistributionConfig",
            "BlockPublicPolicy", "RestrictPublicBuckets",
        }
        for name in re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-zA-Z]+)+)(?:=[^`]*)?`", GUIDE):
            self.assertIn(name, known | aws)

    def test_a_shell_can_read_every_command(self):
        blocks = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
        self.assertGreater(len(blocks), 15)
        for block in blocks:
            read_by = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True)
            self.assertEqual((read_by.returncode, read_by.stderr), (0, ""), block)

    def test_a_copy_of_the_template_has_the_other_package(self):
        command, = commands("sed")
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        self.assertIn("CodeUri: ../../dist/edgepix-lambda-x86_64.zip\n", done.stdout)

    def test_every_command_of_sam_is_one(self):
        sam = os.path.join(os.path.dirname(sys.executable), "sam")
        environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
        told = subprocess.run(
            [sam, "deploy", "--help"], capture_output=True, text=True, env=environment, check=True
        ).stdout
        for words in commands("sam"):
            for option in options(words):
                self.assertIn(f"--{option}", told)

    def test_every_command_of_aws_is_one(self):
        session = botocore.session.get_session()
        found = 0
        for words in commands("aws"):
            service, name = words[1:3]
            found += 1
            if (service, name) in NO_OPERATIONS:
                continue
            service = "s3" if service == "s3api" else service
            model = session.get_service_model(service)
            if name == "wait":
                waiter = session.get_waiter_model(service)
                named = {xform_name(one, "-"): one for one in waiter.waiter_names}
                operation = waiter.get_waiter(named[words[3]]).operation
            else:
                named = {xform_name(one, "-"): one for one in model.operation_names}
                self.assertIn(name, named, service)
                operation = named[name]
            shape = model.operation_model(operation).input_shape
            members = {xform_name(one, "-") for one in shape.members} if shape else set()
            if name == "create-invalidation":
                # The command line's own way to say InvalidationBatch.
                members.add("paths")
            self.assertEqual(options(words) - members - COMMON, set(), f"aws {service} {name}")
            required = {xform_name(one, "-") for one in shape.required_members} if shape else set()
            required -= {"invalidation-batch"} if name == "create-invalidation" else set()
            self.assertEqual(required - options(words), set(), f"aws {service} {name}")
        self.assertGreater(found, 15)

    def test_every_option_of_the_package_is_one(self):
        told = (DEPLOY / "package.sh").read_text()
        found = list(commands("edge/deploy/package.sh"))
        self.assertEqual(len(found), 2)
        for words in found:
            for option in options(words):
                self.assertIn(f"--{option})", told)

    def test_every_field_of_a_log_query_is_one(self):
        line = (ROOT / "edge/src/lambda/line.rs").read_text()
        # What the service calls a request has a name for each service.
        fields = set(re.findall(r'(?:put\(|request_id: \()"(\w+)"', line))
        block = GUIDE.partition("Logs Insights, over that group:")[2].partition("```\n\n")[0]
        words = re.sub(r'"[^"]*"|/[^/\n]*/|#[^\n]*', "", block)
        names = set(re.findall(r"@?\b[a-z_]+\b", words)) - {"@timestamp"}
        language = {
            "fields", "filter", "sort", "desc", "limit", "stats", "count", "avg", "pct", "by",
            "ispresent", "like",
        }
        self.assertEqual(names - language - fields, set())
        self.assertIn("duration_ms", names)

    def test_every_permission_is_in_the_table_and_in_a_template(self):
        table = GUIDE.partition("| template | statement | allows | why |")[2].partition("\n\n")[0]
        told = set()
        for row in table.split("\n")[2:]:
            _, template, statement, actions, why, _ = (cell.strip() for cell in row.split("|"))
            self.assertTrue(why, row)
            for action in re.findall(r"`([^`]+)`", actions):
                told.add((template, statement.strip("`"), action))
        there = set()
        for name, (region, parameters) in TEMPLATES.items():
            template = Template(name, region, parameters)
            for logical, one in statements(template):
                if one["Effect"] == "Allow":
                    for action in listed(one["Action"]):
                        there.add((name, f"{logical}.{one['Sid']}", action))
            for logical, one in template.resources("AWS::Lambda::Permission").items():
                there.add((name, logical, one["Action"]))
        self.assertEqual(told, there)


if __name__ == "__main__":
    unittest.main()
