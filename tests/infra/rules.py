"""Our own rules over the translated template: what no linter knows. Each gives the faults that it finds, as sentences."""

import re
from pathlib import Path

# Where AWS offers no narrower resource: the statement, and the conditions that fence it.
FENCED = {
    ("sts:GetWebIdentityToken", "*"): {
        "sts:IdentityTokenAudience": "api://AzureADTokenExchange",
        "sts:SigningAlgorithm": "RS256",
        "sts:DurationSeconds": 300,
    },
}
# The end of a secret's ARN is chosen by AWS; the pattern stands for exactly those six characters.
SECRET_END = "-??????"
# What an object's path may begin with, by what is done: the end of a bucket's ARN.
OBJECTS = {"s3:GetObject": ("/incoming/*", "/profiles/*"), "s3:PutObject": ("/rejected/*",)}
# The kinds of items that the table has: the second column of the table at the head of its schema.
SCHEMA = Path(__file__).parents[2] / "shared" / "aws" / "src" / "table" / "schema.rs"
# Items that decide who may do what: keys of the API and of links, and the senders of events. Only the API reads them.
AUTHORITY = {"APIKEY#*", "APIKEYS", "SIGNING", "SOURCES"}
# What people decided and set up. No function writes it but the one that people reach: no run, no beat, no file of a stranger.
DECISIONS = {"SAID#*", "MERGED#*", "SETTINGS", "LISTS", "GARBAGE"}
# What a run remembers. The inbox, which parses strangers' files, has no part in it.
MEMORY = {"MEMBER#*", "OPEN#*", "OF#*", "GROUP#*", "REMOVALS#*", "LISTREMOVALS#*", "RUN#*", "GATE#*", "PEOPLE#*", "SEEN#*"}
READS = {f"dynamodb:{name}" for name in ("BatchGetItem", "ConditionCheckItem", "GetItem", "Query")}
WRITES = {f"dynamodb:{name}" for name in ("BatchWriteItem", "DeleteItem", "PutItem", "UpdateItem")}
# Words with which a pattern is no ARN any more.
WILD = re.compile(r"[*?]")
RATE = re.compile(r"rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)")


def of_type(template, kind):
    return {name: it["Properties"] for name, it in template["Resources"].items() if it["Type"] == kind}


def resolved(template, value):
    """A parameter's default where a value refers to one."""
    if isinstance(value, dict) and "Ref" in value:
        return template["Parameters"].get(value["Ref"], {}).get("Default", value)
    return value


def named(value):
    """The resource that a reference is to."""
    if not isinstance(value, dict):
        return None
    target = value.get("Ref") or value.get("Fn::GetAtt", "")
    return target[0] if isinstance(target, list) else target.split(".")[0]


def each(value):
    return value if isinstance(value, list) else [value]


def sources(template):
    """Queue, function and mapping of every event source."""
    queues, functions = of_type(template, "AWS::SQS::Queue"), of_type(template, "AWS::Lambda::Function")
    for name, mapping in of_type(template, "AWS::Lambda::EventSourceMapping").items():
        yield name, mapping, queues[named(mapping["EventSourceArn"])], functions[named(mapping["FunctionName"])]


def asynchronous(template):
    """Function and configuration of every function that is called without anybody waiting."""
    functions = {named(it["FunctionName"]): it for it in of_type(template, "AWS::Lambda::EventInvokeConfig").values()}
    for bucket in of_type(template, "AWS::S3::Bucket").values():
        for notification in bucket.get("NotificationConfiguration", {}).get("LambdaConfigurations", []):
            function = named(notification["Function"])
            yield function, functions.get(function, {})


def failures(template):
    """The queues of what asynchronous calls gave up."""
    destinations = [it.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination") for _, it in asynchronous(template)]
    return {named(it) for it in destinations if it}


def visibility_is_six_timeouts(template):
    for name, _, queue, function in sources(template):
        if queue.get("VisibilityTimeout", 30) < 6 * function.get("Timeout", 3):
            yield f"{name}: a message is visible again before six time-outs of its function"


def batches_are_answered_in_part(template):
    for name, mapping, _, _ in sources(template):
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{name}: one bad message brings its whole batch back"
        if mapping.get("BatchSize", 10) > 10:
            yield f"{name}: a batch has more than ten messages"
        if "MaximumConcurrency" not in mapping.get("ScalingConfig", {}):
            yield f"{name}: nothing bounds how many workers run"
        if "FilterCriteria" in mapping:
            yield f"{name}: a filter deletes what it does not match"


def every_queue_has_dead_letters(template):
    queues = of_type(template, "AWS::SQS::Queue")
    redrives = {name: queue.get("RedrivePolicy") for name, queue in queues.items()}
    dead = {named(redrive["deadLetterTargetArn"]) for redrive in redrives.values() if redrive} | failures(template)
    for name, redrive in redrives.items():
        if redrive is None and name not in dead:
            yield f"{name}: what cannot be handled is never put aside"
        if redrive and redrive["maxReceiveCount"] < 5:
            yield f"{name}: a message is given up before five receives"
        if redrive:
            target = queues[named(redrive["deadLetterTargetArn"])]
            if target.get("MessageRetentionPeriod", 345600) <= queues[name].get("MessageRetentionPeriod", 345600):
                yield f"{name}: dead letters are not kept longer than messages"


def the_worker_knows_the_last_receive(template):
    for name, _, queue, function in sources(template):
        told = function.get("Environment", {}).get("Variables", {}).get("LISTSYNC_MAX_RECEIVES")
        if "RedrivePolicy" in queue and told != str(queue["RedrivePolicy"]["maxReceiveCount"]):
            yield f"{name}: LISTSYNC_MAX_RECEIVES is not the queue's maxReceiveCount"


def what_can_stand_still_has_an_alarm(template):
    watched = set()
    for alarm in of_type(template, "AWS::CloudWatch::Alarm").values():
        for dimension in alarm.get("Dimensions", []):
            watched.add((named(dimension["Value"]), alarm["Namespace"], alarm["MetricName"]))
        if alarm.get("TreatMissingData") is None:
            yield f"{alarm['MetricName']}: nobody decided what missing data means"
    queues = of_type(template, "AWS::SQS::Queue")
    dead = {named(queue["RedrivePolicy"]["deadLetterTargetArn"]) for queue in queues.values() if "RedrivePolicy" in queue} | failures(template)
    wanted = {(queue, "AWS/SQS", "ApproximateNumberOfMessagesVisible" if queue in dead else "ApproximateAgeOfOldestMessage") for queue in queues}
    wanted |= {(function, "AWS/Lambda", "Errors") for function in of_type(template, "AWS::Lambda::Function")}
    wanted |= {("WorkerFunction", "listsync", "HeldRemovals"), ("WorkerFunction", "listsync", "HeldAdditions"), ("WorkerFunction", "listsync", "FailedRuns"), ("TimerFunction", "listsync", "LastRunAge"), ("TimerFunction", "listsync", "HeldImports")}
    wanted |= {("InboxFunction", "listsync", "RefusedFiles"), ("InboxFunction", "listsync", "HeldRemovals"), ("InboxFunction", "listsync", "HeldAdditions")}
    for resource, _, metric in sorted(wanted - watched):
        yield f"{resource}: no alarm watches {metric}"


def statements(template):
    """Every statement of every role, those under a condition included."""
    for name, role in of_type(template, "AWS::IAM::Role").items():
        if role.get("ManagedPolicyArns"):
            yield name, {"Action": "*", "Resource": "*", "Sid": "ManagedPolicyArns"}
        for policy in role.get("Policies", []):
            yield from ((name, statement) for statement in branches(policy))
    for policy in of_type(template, "AWS::IAM::Policy").values():
        for role in policy["Roles"]:
            yield from ((named(role), statement) for statement in branches(policy))


def branches(policy):
    for statement in policy["PolicyDocument"]["Statement"]:
        yield from unfolded(statement)


def unfolded(statement):
    """The statement, or those of each branch of a condition, however deep."""
    if "Fn::If" in statement:
        for branch in statement["Fn::If"][1:]:
            yield from unfolded(branch)
    elif "Action" in statement:
        yield of_a_made_table(statement)


def of_a_made_table(part):
    """The same where the stack makes its table: what it says of one that is there already, the_same_of_either_table judges."""
    match part:
        case {"Fn::If": ["MakesTable", made, _]}:
            return made
        case dict():
            return {key: of_a_made_table(value) for key, value in part.items()}
        case list():
            return [of_a_made_table(each) for each in part]
    return part


def choices_of_table(part):
    match part:
        case {"Fn::If": ["MakesTable", made, there]}:
            yield made, there
        case dict():
            for value in part.values():
                yield from choices_of_table(value)
        case list():
            for each in part:
                yield from choices_of_table(each)


def the_same_of_either_table(template):
    """Whatever is said of the table that the stack makes is said of one that is there already, and of no other."""
    arn = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${ExistingTable}"
    known = [({"Fn::GetAtt": ["Table", "Arn"]}, {"Fn::Sub": arn}), ({"Ref": "Table"}, {"Ref": "ExistingTable"})]
    if not list(choices_of_table(template["Resources"])):
        yield "the parameter for an existing table does nothing"
    for choice in choices_of_table(template):
        if choice not in known:
            yield f"{choice[0]} or {choice[1]}: not the same of either table"
    if template["Resources"]["Table"].get("Condition") != "MakesTable":
        yield "Table: is made beside one that is there already"
    if any("ExistingTable" in str(of_a_made_table(template[part])) for part in ("Resources", "Outputs")):
        yield "a table that is there already is named elsewhere"


def nothing_is_allowed_wholesale(template):
    for role, statement in statements(template):
        for action in each(statement["Action"]):
            if WILD.search(action):
                yield f"{role}: {statement.get('Sid')} allows {action}"
            for resource in each(statement["Resource"]):
                text = resource if isinstance(resource, str) else str(resource.get("Fn::Sub", ""))
                if WILD.search(ended(action, text)) and not is_fenced(action, text, statement):
                    yield f"{role}: {statement.get('Sid')} allows {action} on {text}"


def ended(action, text):
    """An ARN without the end that may be a pattern."""
    for end in (SECRET_END, *OBJECTS.get(action, ())):
        text = text.removesuffix(end)
    return text


def is_fenced(action, resource, statement):
    wanted = FENCED.get((action, resource))
    if wanted is None:
        return False
    conditions = statement.get("Condition", {})
    found = {key: value for operator, keys in conditions.items() if operator != "Null" for key, value in keys.items()}
    # Audiences are a set: a request without any would match, so the key has to be there.
    return found == wanted and conditions.get("Null", {}).get("sts:IdentityTokenAudience") == "false"


def leading_keys(statement):
    """Patterns of the partition keys to which a statement is bound, where it is bound for each and for there being any."""
    conditions = statement.get("Condition", {})
    if conditions.get("Null", {}).get("dynamodb:LeadingKeys") != "false":
        return None
    return conditions.get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys")


def of_the_table(template):
    """Role and statement of whatever is allowed of the table itself."""
    for role, statement in statements(template):
        if any(it == {"Fn::GetAtt": ["Table", "Arn"]} or it == "*" for it in each(statement["Resource"])):
            if any(action.startswith("dynamodb:") for action in each(statement["Action"])):
                yield role, statement


def kinds():
    """The kinds of items, as patterns of their partition keys."""
    for line in SCHEMA.read_text().splitlines():
        if line.startswith("//! | ") and "`" in line:
            for key in re.findall(r"`([A-Z][^`]+)`", line.split("|")[2]):
                yield re.sub("#.*", "#*", key)


def items_are_bound_to_kinds(template):
    """Without it, a role reads and writes the whole table."""
    known = set(kinds())
    for role, statement in of_the_table(template):
        keys, actions = leading_keys(statement), set(each(statement["Action"]))
        if keys is None:
            yield f"{role}: {statement.get('Sid')} is for every kind of item, or for a request that names none"
            continue
        if statement["Effect"] != "Allow" or not (actions <= READS or actions <= WRITES):
            yield f"{role}: {statement.get('Sid')} mixes reads and writes, or has an action that knows no key"
        for key in sorted(set(keys) - known):
            yield f"{role}: {statement.get('Sid')} has {key}, which is no kind of item"


def reach(template, role):
    """The kinds of items that a role reads and that it writes."""
    reads, writes = set(), set()
    for who, statement in of_the_table(template):
        if who == role:
            keys = set(leading_keys(statement) or kinds())
            reads |= keys if READS & set(each(statement["Action"])) else set()
            writes |= keys if WRITES & set(each(statement["Action"])) else set()
    return reads, writes


def kinds_are_for_whom_they_are(template):
    for name, function in of_type(template, "AWS::Lambda::Function").items():
        reads, writes = reach(template, named(function["Role"]))
        beyond = {"reads": set(), "writes": set()}
        if name != "ApiFunction":
            beyond = {"reads": reads & AUTHORITY, "writes": writes & (AUTHORITY | DECISIONS)}
        if name == "InboxFunction":
            beyond = {"reads": beyond["reads"] | reads & MEMORY, "writes": beyond["writes"] | writes & MEMORY}
        for verb, them in beyond.items():
            for kind in sorted(them):
                yield f"{name}: {verb} {kind}"


def the_audit_is_only_added_to(template):
    """Who did what stays as it was recorded, by who reaches it from outside, and is read where keys are judged."""
    audit = "AUDIT#*"
    for role, statement in of_the_table(template):
        if audit not in set(leading_keys(statement) or kinds()):
            continue
        actions = set(each(statement["Action"]))
        if actions & WRITES and (actions != {"dynamodb:PutItem"} or role not in ("ApiRole", "InboxRole")):
            yield f"{role}: {statement.get('Sid')} may do more to the audit than add to it"
        if actions & READS and role != "ApiRole":
            yield f"{role}: {statement.get('Sid')} reads the audit"


def strangers_reach_no_credential_that_writes(template):
    """The public function has an app registration of its own, and nothing by which it could be the worker."""
    public, other = "ApiFunction", "WorkerFunction"
    functions = of_type(template, "AWS::Lambda::Function")
    variables = {name: functions[name]["Environment"]["Variables"] for name in (public, other)}
    for name in ("AZURE_CLIENT_ID", "LISTSYNC_CREDENTIAL"):
        mine, theirs = (refers(variables[which].get(name)) for which in (public, other))
        shared = (mine & theirs) - {"CredentialKind", "AWS::NoValue"}
        if shared or not mine:
            yield f"{public}: {name} is not its own ({sorted(shared)})"
    role = named(functions[public]["Role"])
    for who, statement in statements(template):
        if who == role and "ClientSecretName" in refers(statement["Resource"]):
            yield f"{public}: {statement.get('Sid')} reads the secret of the other functions"
    told = [refers(it["Assert"]) for it in template.get("Rules", {}).get("TheApiHasAnAppOfItsOwn", {}).get("Assertions", [])]
    for pair in ({"ApiClientId", "ClientId"}, {"ApiClientSecretName", "ClientSecretName"}):
        if pair not in told:
            yield f"{' and '.join(sorted(pair))}: may be the same"


def channels_are_the_timers(template):
    """Who sends alerts knows where to; whoever runs links, parses files or answers strangers does not."""
    for name, function in of_type(template, "AWS::Lambda::Function").items():
        for variable in function["Environment"]["Variables"]:
            if variable.startswith("LISTSYNC_ALERTS_") and name != "TimerFunction":
                yield f"{name}: {variable} is set"
    for role, statement in statements(template):
        if role != "TimerRole" and refers(statement["Resource"]) & {"AlertWebhookSecretName", "AlertTeamsUrlName", "AlertMailServerName"}:
            yield f"{role}: {statement.get('Sid')} reads where alerts go"
    if not template["Parameters"]["AlertWebhookUrl"].get("NoEcho"):
        yield "AlertWebhookUrl: whoever looks at the stack sees it"
    for name, policy in of_type(template, "AWS::SNS::TopicPolicy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            own = statement.get("Condition", {}).get("StringEquals", {}).get("aws:SourceAccount") == {"Ref": "AWS::AccountId"}
            if statement["Principal"] != {"Service": "cloudwatch.amazonaws.com"} or not own:
                yield f"{name}: others may write to the topic of alarms"


def refers(value):
    """The parameters that a value refers to, wherever it does."""
    if isinstance(value, list):
        return set().union(*map(refers, value))
    if not isinstance(value, dict):
        return set()
    found = {value["Ref"]} if "Ref" in value else set()
    if isinstance(value.get("Fn::Sub"), str):
        found |= set(re.findall(r"\$\{(\w+)\}", value["Fn::Sub"]))
    return found.union(*map(refers, value.values()))


def each_function_has_its_own_role(template):
    roles = [named(function["Role"]) for function in of_type(template, "AWS::Lambda::Function").values()]
    if len(set(roles)) < len(roles):
        yield "two functions share a role"


def functions_run_our_binaries(template):
    for name, function in of_type(template, "AWS::Lambda::Function").items():
        if function.get("Runtime") != "provided.al2023" or function.get("Handler") != "bootstrap":
            yield f"{name}: is no binary of ours"
        if [resolved(template, one) for one in function.get("Architectures", [])] != ["arm64"]:
            yield f"{name}: is not for arm64 by default"


def logs_end(template):
    groups = of_type(template, "AWS::Logs::LogGroup")
    for name, group in groups.items():
        if resolved(template, group.get("RetentionInDays")) is None:
            yield f"{name}: log lines are kept for ever"
    for name, function in of_type(template, "AWS::Lambda::Function").items():
        if named(function.get("LoggingConfig", {}).get("LogGroup")) not in groups:
            yield f"{name}: writes to a log that nobody made"


def schedules_are_well_formed(template):
    for name, schedule in of_type(template, "AWS::Scheduler::Schedule").items():
        expression = schedule["ScheduleExpression"]
        if not RATE.fullmatch(str(resolved(template, expression))):
            yield f"{name}: {resolved(template, expression)} is no schedule"
        if isinstance(expression, dict) and not same_grammar(template["Parameters"][expression["Ref"]]["AllowedPattern"]):
            yield f"{name}: its parameter takes what is no schedule, or refuses what is one"
        if "AWS::StackName" not in str(schedule.get("Name")):
            yield f"{name}: its name is the same for every stack of an account"


def same_grammar(pattern):
    """EventBridge takes one in the singular and every other number in the plural."""
    good = ["rate(1 minute)", "rate(5 minutes)", "rate(15 minutes)", "rate(1 hour)", "rate(2 hours)", "rate(1 day)", "rate(10 days)"]
    bad = ["rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(01 minute)", "rate(5 seconds)", "5 minutes", "rate(5minutes)", "rate(1 minute) ", ""]
    return all(re.fullmatch(pattern, text) for text in good) and not any(re.fullmatch(pattern, text) for text in bad)


def outlives(resource, policy="RetainExceptOnCreate"):
    """It stays when its stack goes or replaces it, but goes with one that never came to be, and so is in no second try's way."""
    return resource.get("DeletionPolicy") == policy and resource.get("UpdateReplacePolicy") == "Retain"


def the_table_outlives_mistakes(template):
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::DynamoDB::Table":
            continue
        table = resource["Properties"]
        if table.get("BillingMode") != "PAY_PER_REQUEST":
            yield f"{name}: is not paid per request"
        if not table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
            yield f"{name}: cannot be set back to a moment before a mistake"
        if table.get("DeletionProtectionEnabled") is not True:
            yield f"{name}: one call deletes it"
        if not table.get("TimeToLiveSpecification", {}).get("Enabled"):
            yield f"{name}: old runs are never dropped"
        # Its deletion is refused, be it of a stack that never came to be: to ask for it would leave the stack half gone.
        if not outlives(resource, "Retain"):
            yield f"{name}: goes with the stack"


def what_rests_is_encrypted_with_the_key(template):
    kinds = {"AWS::S3::Bucket": "BucketEncryption", "AWS::SQS::Queue": "KmsMasterKeyId", "AWS::Logs::LogGroup": "KmsKeyId", "AWS::DynamoDB::Table": "SSESpecification"}
    for kind, prop in kinds.items():
        for name, properties in of_type(template, kind).items():
            if "KeyArn" not in str(properties.get(prop)):
                yield f"{name}: does not use the operator's own key"


def files_are_private_and_end(template):
    locked = {named(it["Bucket"]) for it in of_type(template, "AWS::S3::BucketPolicy").values() if refuses_plain_text(it)}
    for name, bucket in of_type(template, "AWS::S3::Bucket").items():
        block = bucket.get("PublicAccessBlockConfiguration", {})
        if not all(block.get(key) is True for key in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")):
            yield f"{name}: can be made public"
        if bucket.get("OwnershipControls", {}).get("Rules") != [{"ObjectOwnership": "BucketOwnerEnforced"}]:
            yield f"{name}: who drops a file can keep it from us, or give it to others"
        if name not in locked:
            yield f"{name}: takes files over plain HTTP"
        rules = bucket.get("LifecycleConfiguration", {}).get("Rules", [])
        ends = {rule.get("Prefix"): resolved(template, rule.get("ExpirationInDays")) for rule in rules if rule["Status"] == "Enabled"}
        for prefix in ("incoming/", "rejected/"):
            if not ends.get(prefix):
                yield f"{name}: people's data below {prefix} is kept for ever"
        if not any("AbortIncompleteMultipartUpload" in rule and "Prefix" not in rule for rule in rules):
            yield f"{name}: uploads that broke off are kept for ever"
        if not outlives(template["Resources"][name]):
            yield f"{name}: keeps the stack from being removed while there is a file in it"


def refuses_plain_text(policy):
    for statement in policy["PolicyDocument"]["Statement"]:
        everything = statement["Effect"] == "Deny" and statement["Principal"] == "*" and statement["Action"] == "s3:*"
        both = {str(it.get("Fn::GetAtt", it.get("Fn::Sub"))) for it in each(statement["Resource"])}
        plain = statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        if everything and plain and len(both) == 2 and any(it.endswith("/*") for it in both):
            return True
    return False


def no_function_calls_itself(template):
    """A bucket calls a function for what others lay down, never for what it lays down itself."""
    written = {}
    for role, statement in statements(template):
        if "s3:PutObject" in each(statement["Action"]):
            written.setdefault(role, []).extend(str(it.get("Fn::Sub", it)).split("}/", 1)[-1] for it in each(statement["Resource"]))
    functions = of_type(template, "AWS::Lambda::Function")
    for name, bucket in of_type(template, "AWS::S3::Bucket").items():
        for notification in bucket.get("NotificationConfiguration", {}).get("LambdaConfigurations", []):
            role = named(functions[named(notification["Function"])]["Role"])
            rules = notification.get("Filter", {}).get("S3Key", {}).get("Rules", [])
            prefixes = [rule["Value"] for rule in rules if rule["Name"] == "prefix"]
            for path in written.get(role, []):
                if not prefixes or any(path.startswith(prefix) or prefix.startswith(path.removesuffix("*")) for prefix in prefixes):
                    yield f"{name}: calls a function for what it lays down below {path}"


def what_nobody_waits_for_is_not_lost(template):
    queues, functions = of_type(template, "AWS::SQS::Queue"), of_type(template, "AWS::Lambda::Function")
    for name, calls in asynchronous(template):
        target = calls.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if calls.get("MaximumRetryAttempts", 2) < 2:
            yield f"{name}: is not called again"
        if calls.get("MaximumEventAgeInSeconds", 21600) < 3 * functions[name].get("Timeout", 3):
            yield f"{name}: an event ends before it was tried three times"
        if named(target) not in queues:
            yield f"{name}: what it gives up is lost"
            continue
        if queues[named(target)].get("MessageRetentionPeriod", 345600) < 1209600:
            yield f"{name}: what it gives up is not kept for two weeks"
        role = named(functions[name]["Role"])
        sends = [it for who, it in statements(template) if who == role and "sqs:SendMessage" in each(it["Action"])]
        if not any(named(resource) == named(target) for it in sends for resource in each(it["Resource"])):
            yield f"{name}: may not tell what it gives up"


def the_public_door_is_bounded(template):
    stages, routes = of_type(template, "AWS::ApiGatewayV2::Stage"), of_type(template, "AWS::ApiGatewayV2::Route")
    for name, stage in stages.items():
        bounds = stage.get("DefaultRouteSettings", {})
        if not 0 < bounds.get("ThrottlingRateLimit", 0) <= 1000 or not 0 < bounds.get("ThrottlingBurstLimit", 0) <= 1000:
            yield f"{name}: nothing bounds how much is asked"
        if "AccessLogSettings" in stage:
            yield f"{name}: its log has opt-out tokens and secrets, which stand in paths"
    for name in [*of_type(template, "AWS::ApiGatewayV2::Api"), *stages, *routes]:
        if template["Resources"][name].get("Condition") != "HasApi":
            yield f"{name}: is there although nobody asked for an API"
    for name, api in of_type(template, "AWS::ApiGatewayV2::Api").items():
        if api.get("DisableExecuteApiEndpoint") != {"Fn::If": ["ClosesGatewayAddress", True, False]}:
            yield f"{name}: has a second address beside a domain of one's own"
    for name, it in of_type(template, "AWS::ApiGatewayV2::Integration").items():
        function = of_type(template, "AWS::Lambda::Function")[named(it["IntegrationUri"])]
        if function["Environment"]["Variables"].get("LISTSYNC_TRUSTED_PROXIES") != {"Ref": "TrustedProxies"}:
            yield f"{name}: whoever comes through what stands before a domain of one's own counts as one caller"
        if "ReservedConcurrentExecutions" not in function:
            yield f"{name}: strangers can take all that the account may run, and nobody can bound them"
        if it.get("PayloadFormatVersion") != "2.0":
            yield f"{name}: sends events that the function does not know"
        if function.get("Timeout", 3) * 1000 >= it.get("TimeoutInMillis", 30000):
            yield f"{name}: hangs up before the function does"
    for name, it in of_type(template, "AWS::Lambda::Permission").items():
        if "SourceArn" not in it and "SourceAccount" not in it:
            yield f"{name}: lets every account call"
    for name in of_type(template, "AWS::Lambda::Url"):
        yield f"{name}: is a door without bounds"
    if template["Parameters"]["Api"].get("Default") != "no":
        yield "Api: is open by accident"


RULES = [
    visibility_is_six_timeouts,
    batches_are_answered_in_part,
    every_queue_has_dead_letters,
    the_worker_knows_the_last_receive,
    what_can_stand_still_has_an_alarm,
    nothing_is_allowed_wholesale,
    items_are_bound_to_kinds,
    kinds_are_for_whom_they_are,
    the_audit_is_only_added_to,
    strangers_reach_no_credential_that_writes,
    channels_are_the_timers,
    each_function_has_its_own_role,
    functions_run_our_binaries,
    logs_end,
    schedules_are_well_formed,
    the_table_outlives_mistakes,
    the_same_of_either_table,
    what_rests_is_encrypted_with_the_key,
    files_are_private_and_end,
    no_function_calls_itself,
    what_nobody_waits_for_is_not_lost,
    the_public_door_is_bounded,
]


def faults(template):
    return [f"{rule.__name__}: {fault}" for rule in RULES for fault in rule(template)]
