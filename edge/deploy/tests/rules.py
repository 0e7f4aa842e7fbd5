"""What must hold of a template before it is deployed; each rule answers with what is wrong."""

import json

# What Lambda@Edge refuses (Amazon CloudFront Developer Guide, "Restrictions on Lambda@Edge").
NOT_AT_THE_EDGE = [
    "Environment", "Layers", "VpcConfig", "DeadLetterConfig", "FileSystemConfigs", "ImageConfig",
    "SnapStart", "KmsKeyArn",
]


def listed(value):
    """One or several, as several."""
    return value if isinstance(value, list) else [value]


def functions_at_the_edge(template):
    """Whether the function is one that Lambda@Edge takes."""
    function = template.only("AWS::Lambda::Function")
    wrong = [f"the function has {name}" for name in NOT_AT_THE_EDGE if name in function]
    if function.get("TracingConfig", {}).get("Mode", "PassThrough") != "PassThrough":
        wrong.append("the function is traced")
    if function["Architectures"] != ["x86_64"]:
        wrong.append("the function is not x86_64")
    if not function["Runtime"].startswith(("python", "nodejs")):
        wrong.append(f"the runtime is {function['Runtime']}")
    if function.get("EphemeralStorage", {}).get("Size", 512) > 512:
        wrong.append("the function has more than 512 MB of ephemeral storage")
    if int(function["Timeout"]) > 30:
        wrong.append("the function has more than 30 s")
    trusted = set()
    for statement in template.only("AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]:
        trusted |= set(listed(statement["Principal"]["Service"]))
    if trusted != {"lambda.amazonaws.com", "edgelambda.amazonaws.com"}:
        wrong.append(f"the role trusts {sorted(trusted)}")
    if template.region != "us-east-1":
        wrong.append(f"the function is in {template.region}")
    return wrong + [
        f"the distribution runs {arn}, no numbered version"
        for arn in associated(template)
        if not arn.rpartition(":")[2].isdigit()
    ]


def associated(template):
    """The functions that the distribution runs as origin-response."""
    behaviour = template.only("AWS::CloudFront::Distribution")["DistributionConfig"]
    return [
        one["LambdaFunctionARN"]
        for one in behaviour["DefaultCacheBehavior"]["LambdaFunctionAssociations"]
    ]


def statements(template):
    """Every policy statement, with the logical name of what carries it."""
    for logical, role in template.resources("AWS::IAM::Role").items():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield logical, statement
    for logical, policy in template.resources("AWS::S3::BucketPolicy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            yield logical, statement


def broad_statements(template):
    """Statements that allow more than they say. A website's readers are everyone, by nature."""
    wrong = []
    for logical, statement in statements(template):
        name = f"{logical}.{statement.get('Sid')}"
        if statement["Effect"] == "Deny":
            continue
        if any(action == "*" or action.endswith(":*") for action in listed(statement["Action"])):
            wrong.append(f"{name} allows {statement['Action']}")
        if any(resource == "*" for resource in listed(statement["Resource"])):
            wrong.append(f"{name} is of everything")
        if statement.get("Principal") == "*" and name != "SitePolicy.AnyoneReads":
            wrong.append(f"{name} is for everyone")
        service = isinstance(statement.get("Principal"), dict)
        if service and "AWS:SourceArn" not in json.dumps(statement.get("Condition", {})):
            wrong.append(f"{name} is for anyone's distribution")
    for logical, permission in template.resources("AWS::Lambda::Permission").items():
        if "SourceArn" not in permission:
            wrong.append(f"{logical} is for anyone's {permission['Principal']}")
    return wrong


def buckets(template):
    """Whether buckets are closed, encrypted, and outlive the stack."""
    wrong = []
    for logical, bucket in template.resources("AWS::S3::Bucket").items():
        closed = bucket.get("PublicAccessBlockConfiguration", {})
        if logical != "Site" and list(closed.values()) != [True] * 4:
            wrong.append(f"{logical} may be made public")
        if "BucketEncryption" not in bucket:
            wrong.append(f"{logical} is not encrypted")
        # A bucket that a stack's first try leaves behind would be in the second's way.
        for policy, wanted in (
            ("DeletionPolicy", "RetainExceptOnCreate"), ("UpdateReplacePolicy", "Retain")
        ):
            if template.source["Resources"][logical].get(policy) != wanted:
                wrong.append(f"{logical} has no {policy} of {wanted}")
        if logical != "Site" and not any(
            owner["Bucket"] == template.attributes[logical]["Ref"]
            and any(one["Sid"] == "TlsOnly" for one in owner["PolicyDocument"]["Statement"])
            for owner in template.resources("AWS::S3::BucketPolicy").values()
        ):
            wrong.append(f"{logical} may be read without TLS")
    return wrong


def caches(template):
    """Whether the cache keeps what it should, under the key that it should."""
    wrong = []
    for policy in template.resources("AWS::CloudFront::CachePolicy").values():
        policy = policy["CachePolicyConfig"]
        if policy["MinTTL"] != 0:
            wrong.append(f"{policy['Name']} keeps what says no-store")
        key = policy["ParametersInCacheKeyAndForwardedToOrigin"]
        if key["EnableAcceptEncodingGzip"] or key["EnableAcceptEncodingBrotli"]:
            wrong.append(f"{policy['Name']} has Accept-Encoding in the key")
        headers = [name.lower() for name in key["HeadersConfig"].get("Headers", [])]
        if template.resources("AWS::CloudFront::Function") and "x-edgepix-accept" not in headers:
            wrong.append(f"{policy['Name']} lacks the token in the key")
    return wrong


def settings(template):
    """What the function is told, by variables or headers of the origin, named as variables."""
    config = template.only("AWS::CloudFront::Distribution")["DistributionConfig"]
    told = {
        one["HeaderName"].removeprefix("x-").upper().replace("-", "_"): one["HeaderValue"]
        for origin in config["Origins"]
        for one in origin.get("OriginCustomHeaders", [])
    }
    function = template.only("AWS::Lambda::Function")
    return {**told, **function.get("Environment", {}).get("Variables", {})}


def signatures(template):
    """Whether nothing is stored that a signature is needed for: a bucket asks for none."""
    told = settings(template)
    if told.get("EDGEPIX_SIGNING_KEYS") and (
        told["EDGEPIX_DERIVATIVES_KEEP"] != "false"
        or "EDGEPIX_DERIVATIVES_OVERFLOW_PREFIX" in told
    ):
        return ["what must be signed for is stored, and given to anyone"]
    return []


EVERYWHERE = [broad_statements, buckets, caches, signatures]
RULES = {
    "edge.yaml": [functions_at_the_edge, *EVERYWHERE],
    "function-url.yaml": EVERYWHERE,
    "api-gateway.yaml": EVERYWHERE,
}


def wrong_with(name, template):
    """All that is wrong with a template."""
    return [fault for rule in RULES[name] for fault in rule(template)]
