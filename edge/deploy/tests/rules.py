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


def sources(statement):
    """The ARNs that a statement wants its caller to come from."""
    return [
        arn
        for keys in statement.get("Condition", {}).values()
        for key, value in keys.items()
        if key.lower() == "aws:sourcearn"
        for arn in listed(value)
    ]


def is_one(arns):
    """Whether ARNs are each somebody's, and no pattern."""
    return bool(arns) and not any(mark in arn for arn in arns for mark in "*?")


def broad(name, statement):
    """What a statement allows more than it says. A website's readers are everyone, by nature."""
    if statement["Effect"] == "Deny":
        return
    if any(action == "*" or action.endswith(":*") for action in listed(statement["Action"])):
        yield f"{name} allows {statement['Action']}"
    # In the policy of a key, * is that key.
    is_key = name.startswith("KeyPolicyStatements.")
    if not is_key and any(resource == "*" for resource in listed(statement["Resource"])):
        yield f"{name} is of everything"
    if statement.get("Principal") == "*" and name != "SitePolicy.AnyoneReads":
        yield f"{name} is for everyone"
    if isinstance(statement.get("Principal"), dict) and not is_one(sources(statement)):
        yield f"{name} is for anyone's distribution"


def broad_statements(template):
    """Statements that allow too much, those of outputs included: somebody pastes them."""
    wrong = []
    for logical, statement in statements(template):
        wrong += broad(f"{logical}.{statement.get('Sid')}", statement)
    for output, text in template.outputs().items():
        if output.endswith(("PolicyStatement", "PolicyStatements")):
            statement = json.loads(text)
            wrong += broad(f"{output}.{statement.get('Sid')}", statement)
    for logical, permission in template.resources("AWS::Lambda::Permission").items():
        if not is_one(listed(permission.get("SourceArn", []))):
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
        if not template.resources("AWS::CloudFront::Function"):
            continue
        headers = [name.lower() for name in key["HeadersConfig"].get("Headers", [])]
        if "x-edgepix-accept" not in headers:
            wrong.append(f"{policy['Name']} lacks the token in the key")
        if key["QueryStringsConfig"]["QueryStringBehavior"] != "all":
            wrong.append(f"{policy['Name']} lacks the query in the key")
    return wrong


def served(template):
    """The distribution's configuration."""
    return template.only("AWS::CloudFront::Distribution")["DistributionConfig"]


def viewers(template):
    """Whether viewers may do what they should with the distribution, and no more."""
    wrong = []
    behaviour = served(template)["DefaultCacheBehavior"]
    if behaviour["ViewerProtocolPolicy"] not in ("redirect-to-https", "https-only"):
        wrong.append("viewers may ask over http")
    if more := set(behaviour["AllowedMethods"]) - {"GET", "HEAD", "OPTIONS"}:
        wrong.append(f"viewers may {sorted(more)}")
    if behaviour["CachePolicyId"] not in template.resources("AWS::CloudFront::CachePolicy"):
        wrong.append("the distribution's cache policy is not the template's")
    return wrong


def viewer_function(template):
    """Whether the CloudFront Function is there, live, and what it turns upon is said."""
    wrong = []
    behaviour = served(template)["DefaultCacheBehavior"]
    arn = template.attributes["ViewerRequest"]["FunctionARN"]
    if behaviour.get("FunctionAssociations", []) != [
        {"EventType": "viewer-request", "FunctionARN": arn}
    ]:
        wrong.append("viewer requests do not go through ViewerRequest")
    if template.only("AWS::CloudFront::Function").get("AutoPublish") is not True:
        wrong.append("ViewerRequest is not published")
    policies = template.resources("AWS::CloudFront::ResponseHeadersPolicy")
    policy = policies.get(behaviour.get("ResponseHeadersPolicyId"), {})
    headers = policy.get("ResponseHeadersPolicyConfig", {}).get("CustomHeadersConfig", {})
    if not any(one["Header"] == "Vary" and one["Value"] == "Accept" for one in headers.get("Items", [])):
        wrong.append("answers do not vary by Accept")
    return wrong


def origins(template):
    """Whether CloudFront signs what it asks of private origins."""
    wrong = []
    controls = template.resources("AWS::CloudFront::OriginAccessControl")
    for origin in served(template)["Origins"]:
        kind = "s3" if "S3OriginConfig" in origin else "lambda"
        control = controls.get(origin.get("OriginAccessControlId"), {})
        control = control.get("OriginAccessControlConfig", {})
        wanted = {
            "OriginAccessControlOriginType": kind,
            "SigningBehavior": "always",
            "SigningProtocol": "sigv4",
        }
        if not wanted.items() <= control.items():
            wrong.append(f"CloudFront does not sign what it asks of {origin['Id']}")
    return wrong


def beside_the_bucket(template):
    """Whether the function runs where Origin Shield is, once the bucket has answered."""
    wrong = []
    config = served(template)
    events = [
        one["EventType"] for one in config["DefaultCacheBehavior"]["LambdaFunctionAssociations"]
    ]
    if events != ["origin-response"]:
        wrong.append(f"the function runs at {events}")
    for origin in config["Origins"]:
        if origin.get("OriginShield", {}).get("Enabled") is not True:
            wrong.append(f"{origin['Id']} has no Origin Shield")
    return wrong


def failover(template):
    """Whether the function is asked for all that the bucket cannot give, and in time."""
    wrong = []
    group, = served(template)["OriginGroups"]["Items"]
    codes = set(group["FailoverCriteria"]["StatusCodes"]["Items"])
    if missing := {403, 404, 500, 502, 503, 504} - codes:
        wrong.append(f"the function is not asked after {sorted(missing)}")
    if [one["OriginId"] for one in group["Members"]["Items"]] != ["derivatives", "function"]:
        wrong.append("the function is not asked after the bucket")
    if served(template)["DefaultCacheBehavior"]["TargetOriginId"] != group["Id"]:
        wrong.append("the function is never asked")
    most = template.source["Parameters"]["Timeout"]["MaxValue"]
    seconds = max(int(template.only("AWS::Lambda::Function")["Timeout"]), most)
    if seconds > 60:
        wrong.append(f"the function may take {seconds} s, which nobody waits for")
    return wrong


def redirects(template):
    """Whether CloudFront forgets the website's redirect, and that there is nothing."""
    wrong = []
    for policy in template.resources("AWS::CloudFront::CachePolicy").values():
        policy = policy["CachePolicyConfig"]
        if policy["DefaultTTL"] != 0:
            wrong.append(f"{policy['Name']} keeps redirects for {policy['DefaultTTL']} s")
    errors = served(template).get("CustomErrorResponses", [])
    kept = {one["ErrorCode"]: one.get("ErrorCachingMinTTL") for one in errors}
    return wrong + [f"a {code} is kept" for code in (403, 404) if kept.get(code) != 0]


def settings(template):
    """What the function is told, by variables or headers of the origin, named as variables."""
    config = served(template)
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


EVERYWHERE = [broad_statements, buckets, caches, viewers, signatures]
PRIVATE = [*EVERYWHERE, viewer_function, origins]
RULES = {
    "edge.yaml": [functions_at_the_edge, *PRIVATE, beside_the_bucket],
    "function-url.yaml": [*PRIVATE, failover],
    "api-gateway.yaml": [*EVERYWHERE, redirects],
}


def wrong_with(name, template):
    """All that is wrong with a template."""
    return [fault for rule in RULES[name] for fault in rule(template)]
