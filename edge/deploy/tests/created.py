"""A template, created in moto, which stands for AWS.

What moto's CloudFormation creates, it creates: roles, functions and who may call them, log
groups, queues, the API, and buckets with their encryption. What it leaves out or only says
it creates goes through the service's own API, from the same template with its references
resolved to what there is by then: all else of buckets, alarms, function URLs, retries, the
API's validator and stage, and CloudFront.
"""

import copy
import functools
import io
import json
import zipfile

import boto3

from plain import DISTRIBUTION, PACKAGE

DOMAIN = "d111111abcdef8.cloudfront.net"
STACK = "stack"


def without_cloudfront(node, names):
    """A part of the template, with references to CloudFront's resources resolved."""
    if isinstance(node, dict):
        if list(node) == ["Ref"] and node["Ref"] in names:
            return DISTRIBUTION
        if list(node) == ["Fn::GetAtt"] and node["Fn::GetAtt"][0] in names:
            return DOMAIN
        return {key: without_cloudfront(value, names) for key, value in node.items()}
    if isinstance(node, list):
        return [without_cloudfront(value, names) for value in node]
    if isinstance(node, str):
        return node.replace("${Distribution}", DISTRIBUTION).replace(
            "${Distribution.DomainName}", DOMAIN
        )
    return node


@functools.cache
def client(service, region):
    """A client; making one takes longer than all that it is asked."""
    return boto3.client(service, region_name=region)


def lifecycle(rule):
    """A rule, from CloudFormation's form to that of the API."""
    given = dict(rule)
    given["ID"] = given.pop("Id")
    tags = given.pop("TagFilters", None)
    given["Filter"] = {"Tag": tags[0]} if tags else {"Prefix": ""}
    if "ExpirationInDays" in given:
        given["Expiration"] = {"Days": int(given.pop("ExpirationInDays"))}
    return given


def notification(one):
    """Whom a bucket tells of what, from CloudFormation's form to that of the API."""
    told = {"LambdaFunctionArn": one["Function"], "Events": [one["Event"]]}
    if "Filter" in one:
        rules = one["Filter"]["S3Key"]["Rules"]
        told["Filter"] = {"Key": {"FilterRules": rules}}
    return told


def routing(rule):
    """Where a website sends whom, from CloudFormation's form to that of the API."""
    return {"Condition": rule["RoutingRuleCondition"], "Redirect": rule["RedirectRule"]}


def counted(items):
    """A list as CloudFront's API has it."""
    return {"Quantity": len(items), "Items": items}


def distribution(properties, access):
    """A distribution's configuration, from CloudFormation's form to that of the API."""
    given = copy.deepcopy(properties["DistributionConfig"])
    given["IsIPV6Enabled"] = given.pop("IPV6Enabled")
    certificate = given["ViewerCertificate"]
    if "AcmCertificateArn" in certificate:
        certificate["ACMCertificateArn"] = certificate.pop("AcmCertificateArn")
        certificate["SSLSupportMethod"] = certificate.pop("SslSupportMethod")
    for name in ("Aliases", "CustomErrorResponses"):
        if name in given:
            given[name] = counted(given[name])
    for origin in given["Origins"]:
        origin["CustomHeaders"] = counted(origin.pop("OriginCustomHeaders", []))
        if "OriginAccessControlId" in origin:
            origin["OriginAccessControlId"] = access[origin["OriginAccessControlId"]]
        if "CustomOriginConfig" in origin:
            custom = origin["CustomOriginConfig"]
            custom.update(HTTPPort=80, HTTPSPort=443)
            if "OriginSSLProtocols" in custom:
                custom["OriginSslProtocols"] = counted(custom.pop("OriginSSLProtocols"))
    given["Origins"] = counted(given["Origins"])
    behaviour = given["DefaultCacheBehavior"]
    methods = counted(behaviour["AllowedMethods"])
    behaviour["AllowedMethods"] = {**methods, "CachedMethods": counted(behaviour.pop("CachedMethods"))}
    for name in ("FunctionAssociations", "LambdaFunctionAssociations"):
        behaviour[name] = counted(behaviour.get(name, []))
    return {"CallerReference": "once", **given}


class Created:
    """What a template has become. To be used within moto's `mock_aws`."""

    def __init__(self, template):
        self.template = template
        self.region = template.region
        for name in ("s3", "iam", "logs", "sqs", "cloudwatch", "cloudfront", "apigateway"):
            setattr(self, name, client(name, self.region))
        self.functions = client("lambda", self.region)
        self.upload()
        self.create_stack()
        self.create_what_moto_only_pretends()
        self.access = self.create_cloudfront()

    def upload(self):
        """A package, which Lambda wants to see."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as package:
            package.writestr("bootstrap", "")
        place = {} if self.region == "us-east-1" else {
            "CreateBucketConfiguration": {"LocationConstraint": self.region}
        }
        self.s3.create_bucket(Bucket=PACKAGE["Bucket"], **place)
        self.s3.put_object(**PACKAGE, Body=archive.getvalue())

    def create_stack(self):
        """Creates the stack, and learns what its resources are called."""
        source = self.template.source
        cloudfront = {
            name for name, one in source["Resources"].items() if "CloudFront" in one["Type"]
        }
        body = {
            **source,
            "Resources": {
                name: one for name, one in source["Resources"].items() if name not in cloudfront
            },
        }
        body = without_cloudfront(body, cloudfront)
        stacks = client("cloudformation", self.region)
        stacks.create_stack(
            StackName=STACK,
            TemplateBody=json.dumps(body),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in self.template.given.items()
            ],
        )
        stack = stacks.describe_stacks(StackName=STACK)["Stacks"][0]
        self.status = stack["StackStatus"]
        for one in stacks.list_stack_resources(StackName=STACK)["StackResourceSummaries"]:
            self.learn(one.get("LogicalResourceId"), one.get("ResourceType"), one)

    def learn(self, logical, kind, summary):
        """What references to a resource come to, now that it is there."""
        physical = summary.get("PhysicalResourceId")
        known = self.template.attributes.get(logical, {})
        if kind == "AWS::S3::Bucket":
            domain = f"{physical}.s3.{self.region}.amazonaws.com"
            arn = f"arn:aws:s3:::{physical}"
            known.update(Ref=physical, Arn=arn, RegionalDomainName=domain)
        elif kind == "AWS::IAM::Role":
            arn = self.iam.get_role(RoleName=physical)["Role"]["Arn"]
            known.update(Ref=physical, Arn=arn)
        elif kind == "AWS::ApiGateway::RestApi":
            known["Ref"] = physical
        elif kind == "AWS::ApiGateway::Deployment":
            known["Ref"] = physical

    def create_what_moto_only_pretends(self):
        """All but CloudFront."""
        resources = self.template.resources
        for bucket, properties in resources("AWS::S3::Bucket").items():
            self.finish_bucket(self.template.attributes[bucket]["Ref"], properties)
        for policy in resources("AWS::S3::BucketPolicy").values():
            document = json.dumps(policy["PolicyDocument"])
            self.s3.put_bucket_policy(Bucket=policy["Bucket"], Policy=document)
        for logical, alarm in resources("AWS::CloudWatch::Alarm").items():
            self.cloudwatch.put_metric_alarm(AlarmName=logical, **alarm)
        for url in resources("AWS::Lambda::Url").values():
            made = self.functions.create_function_url_config(
                FunctionName=url["TargetFunctionArn"],
                AuthType=url["AuthType"],
                InvokeMode=url["InvokeMode"],
            )
            self.template.attributes["Url"]["FunctionUrl"] = made["FunctionUrl"]
        for retries in resources("AWS::Lambda::EventInvokeConfig").values():
            self.functions.put_function_event_invoke_config(**retries)
        for validator in resources("AWS::ApiGateway::RequestValidator").values():
            made = self.apigateway.create_request_validator(
                restApiId=validator["RestApiId"],
                name=validator["Name"],
                validateRequestBody=validator["ValidateRequestBody"],
                validateRequestParameters=validator["ValidateRequestParameters"],
            )
            self.validator = made["id"]
        for stage in resources("AWS::ApiGateway::Stage").values():
            self.apigateway.create_stage(
                restApiId=stage["RestApiId"],
                deploymentId=stage["DeploymentId"],
                stageName=stage["StageName"],
            )

    def finish_bucket(self, name, properties):
        """All of a bucket but its encryption."""
        self.s3.put_public_access_block(
            Bucket=name,
            PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"],
        )
        self.s3.put_bucket_ownership_controls(
            Bucket=name, OwnershipControls=properties["OwnershipControls"]
        )
        rules = [lifecycle(rule) for rule in properties["LifecycleConfiguration"]["Rules"]]
        self.s3.put_bucket_lifecycle_configuration(
            Bucket=name, LifecycleConfiguration={"Rules": rules}
        )
        if "VersioningConfiguration" in properties:
            self.s3.put_bucket_versioning(
                Bucket=name, VersioningConfiguration=properties["VersioningConfiguration"]
            )
        told = properties.get("NotificationConfiguration", {}).get("LambdaConfigurations", [])
        if told:
            configurations = [notification(one) for one in told]
            self.s3.put_bucket_notification_configuration(
                Bucket=name,
                NotificationConfiguration={"LambdaFunctionConfigurations": configurations},
            )
        if "WebsiteConfiguration" in properties:
            website = properties["WebsiteConfiguration"]
            self.s3.put_bucket_website(
                Bucket=name,
                WebsiteConfiguration={
                    "IndexDocument": {"Suffix": website["IndexDocument"]},
                    "RoutingRules": [routing(rule) for rule in website["RoutingRules"]],
                },
            )

    def create_cloudfront(self):
        """CloudFront's part, as far as moto knows it."""
        resources = self.template.resources
        access = {}
        for logical, control in resources("AWS::CloudFront::OriginAccessControl").items():
            made = self.cloudfront.create_origin_access_control(**control)
            access[logical] = made["OriginAccessControl"]["Id"]
        for function in resources("AWS::CloudFront::Function").values():
            self.cloudfront.create_function(
                Name=function["Name"],
                FunctionConfig=function["FunctionConfig"],
                FunctionCode=function["FunctionCode"].encode(),
            )
        properties = self.template.only("AWS::CloudFront::Distribution")
        config = distribution(properties, access)
        if "OriginGroups" in config:
            # moto takes no group for a target, where CloudFront does.
            config["DefaultCacheBehavior"]["TargetOriginId"] = config["Origins"]["Items"][0]["Id"]
        made = self.cloudfront.create_distribution(DistributionConfig=config)
        self.distribution = made["Distribution"]["Id"]
        return access
