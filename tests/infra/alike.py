"""What the Terraform module would make, in the words of the template, so that the two can be held against each other.

A resource of the template stands in both as `<Queue>`, and an attribute of it as `<Queue.Arn>`. Which argument of the
provider is which property: the documentation of hashicorp/aws 6, and the template reference of CloudFormation."""

import json
import re

# Resources of the module by their names in the template. What AWS has as one, the provider may have in parts.
NAMES = {
    ("aws_apigatewayv2_api", "gateway"): "Gateway",
    ("aws_apigatewayv2_integration", "gateway"): "GatewayIntegration",
    ("aws_apigatewayv2_route", "gateway"): "GatewayRoute",
    ("aws_apigatewayv2_stage", "gateway"): "GatewayStage",
    ("aws_cloudwatch_dashboard", "dashboard"): "Dashboard",
    ("aws_cloudwatch_log_group", "logs.api"): "ApiLog",
    ("aws_cloudwatch_log_group", "logs.inbox"): "InboxLog",
    ("aws_cloudwatch_log_group", "logs.timer"): "TimerLog",
    ("aws_cloudwatch_log_group", "logs.worker"): "WorkerLog",
    ("aws_dynamodb_table", "table"): "Table",
    ("aws_iam_role", "api"): "ApiRole",
    ("aws_iam_role", "inbox"): "InboxRole",
    ("aws_iam_role", "schedule"): "ScheduleRole",
    ("aws_iam_role", "timer"): "TimerRole",
    ("aws_iam_role", "worker"): "WorkerRole",
    ("aws_iam_role_policy", "api"): "ApiRole",
    ("aws_iam_role_policy", "files"): "InboxPolicy",
    ("aws_iam_role_policy", "inbox"): "InboxRole",
    ("aws_iam_role_policy", "schedule"): "ScheduleRole",
    ("aws_iam_role_policy", "timer"): "TimerRole",
    ("aws_iam_role_policy", "worker"): "WorkerRole",
    ("aws_lambda_event_source_mapping", "messages"): "WorkerFunctionMessages",
    ("aws_lambda_function", "api"): "ApiFunction",
    ("aws_lambda_function", "inbox"): "InboxFunction",
    ("aws_lambda_function", "timer"): "TimerFunction",
    ("aws_lambda_function", "worker"): "WorkerFunction",
    ("aws_lambda_function_event_invoke_config", "inbox"): "InboxFunctionEventInvokeConfig",
    ("aws_lambda_permission", "dropped"): "InboxFunctionDroppedPermission",
    ("aws_lambda_permission", "gateway"): "GatewayPermission",
    ("aws_s3_bucket", "inbox"): "Inbox",
    ("aws_s3_bucket_lifecycle_configuration", "inbox"): "Inbox",
    ("aws_s3_bucket_notification", "inbox"): "Inbox",
    ("aws_s3_bucket_ownership_controls", "inbox"): "Inbox",
    ("aws_s3_bucket_policy", "inbox"): "InboxBucketPolicy",
    ("aws_s3_bucket_public_access_block", "inbox"): "Inbox",
    ("aws_s3_bucket_server_side_encryption_configuration", "inbox"): "Inbox",
    ("aws_scheduler_schedule", "beat"): "TimerFunctionBeat",
    ("aws_sns_topic", "alarms"): "AlarmTopic",
    ("aws_sns_topic_policy", "alarms"): "AlarmTopicPolicy",
    ("aws_sns_topic_subscription", "alarms"): "AlarmSubscription",
    ("aws_sqs_queue", "dead_letters"): "DeadLetters",
    ("aws_sqs_queue", "inbox_failures"): "InboxFailures",
    ("aws_sqs_queue", "queue"): "Queue",
}
# What an attribute of the provider is in the template, where it is not the resource's own name there.
ATTRIBUTES = {
    ("aws_apigatewayv2_api", "api_endpoint"): "https://<{}>.execute-api.eu-west-1.amazonaws.com",
    ("aws_apigatewayv2_api", "execution_arn"): "arn:aws:execute-api:eu-west-1:123456789012:<{}>",
    # Here the two differ: CloudFormation's ends in ":*", the provider's does not.
    ("aws_cloudwatch_log_group", "arn"): "<{}.Arn>",
    ("aws_sns_topic", "arn"): "<{}>",
    ("aws_sqs_queue", "name"): "<{}.QueueName>",
}
# What CloudFormation calls by itself, and Terraform has called by the module.
NAMED = {
    "aws_apigatewayv2_api": [],
    "aws_cloudwatch_metric_alarm": ["alarm_name"],
    "aws_dynamodb_table": ["name"],
    "aws_iam_role": ["name_prefix"],
    "aws_lambda_function": ["function_name"],
    "aws_s3_bucket": ["bucket_prefix"],
    "aws_sns_topic": ["name"],
    "aws_sqs_queue": ["name"],
}


def name_of(kind, name):
    return name.removeprefix("alarms.") if kind == "aws_cloudwatch_metric_alarm" else NAMES[kind, name]


def in_words(text):
    """A text in which attributes of the provider are those of the template."""

    def attribute(found):
        kind, name, attribute = found.groups()
        own = NAMES[kind, name]
        return ATTRIBUTES.get((kind, attribute), "<{}.Arn>" if attribute == "arn" else "<{}>").format(own)

    return re.sub(r"<(aws_\w+)\.([\w.]+)\.(\w+)>", attribute, text)


def everywhere(value):
    match value:
        case str():
            return in_words(value)
        case list():
            return [everywhere(each) for each in value]
        case dict():
            return {key: everywhere(each) for key, each in value.items()}
    return value


def retained(arguments):
    """Whether it outlives the stack, which the template says beside the properties."""
    return arguments.pop("lifecycle", None) == [{"prevent_destroy": True}]


def pick(arguments, **names):
    """Properties that are arguments by another name; the rest stays."""
    return {prop: arguments.pop(argument) for prop, argument in names.items() if argument in arguments}


def only(arguments, block):
    (found,) = arguments.pop(block)
    return found


def queue(it):
    made = pick(it, VisibilityTimeout="visibility_timeout_seconds", MessageRetentionPeriod="message_retention_seconds")
    if "redrive_policy" in it:
        made["RedrivePolicy"] = json.loads(it.pop("redrive_policy"))
    return made | pick(it, SqsManagedSseEnabled="sqs_managed_sse_enabled", KmsMasterKeyId="kms_master_key_id")


def table(it):
    made = pick(it, BillingMode="billing_mode", DeletionProtectionEnabled="deletion_protection_enabled") | {"KeySchema": keys(it)}
    made["AttributeDefinitions"] = [{"AttributeName": each["name"], "AttributeType": each["type"]} for each in it.pop("attribute")]
    made["GlobalSecondaryIndexes"] = [index(each) for each in it.pop("global_secondary_index")]
    made["PointInTimeRecoverySpecification"] = pick(only(it, "point_in_time_recovery"), PointInTimeRecoveryEnabled="enabled")
    made["TimeToLiveSpecification"] = pick(only(it, "ttl"), AttributeName="attribute_name", Enabled="enabled")
    if "server_side_encryption" in it:
        key = pick(only(it, "server_side_encryption"), SSEEnabled="enabled", KMSMasterKeyId="kms_key_arn")
        made["SSESpecification"] = key | {"SSEType": "KMS"}
    return made


def keys(it):
    return [{"AttributeName": it.pop("hash_key"), "KeyType": "HASH"}, {"AttributeName": it.pop("range_key"), "KeyType": "RANGE"}]


def index(it):
    schema, projection = keys(it), pick(it, ProjectionType="projection_type", NonKeyAttributes="non_key_attributes")
    return pick(it, IndexName="name") | {"KeySchema": schema, "Projection": projection}


def function(it):
    made = pick(it, Description="description", Handler="handler", MemorySize="memory_size", Role="role", Runtime="runtime", Timeout="timeout")
    made |= pick(it, Architectures="architectures", ReservedConcurrentExecutions="reserved_concurrent_executions")
    made["LoggingConfig"] = pick(only(it, "logging_config"), LogFormat="log_format", ApplicationLogLevel="application_log_level", SystemLogLevel="system_log_level", LogGroup="log_group")
    return made | {"Environment": {"Variables": only(it, "environment")["variables"]}} | {"Code": pick(it, File="filename", S3Bucket="s3_bucket", S3Key="s3_key")}


def schedule(it):
    made = pick(it, Name="name", Description="description", ScheduleExpression="schedule_expression")
    target, window = only(it, "target"), only(it, "flexible_time_window")
    again = pick(only(target, "retry_policy"), MaximumRetryAttempts="maximum_retry_attempts", MaximumEventAgeInSeconds="maximum_event_age_in_seconds")
    return made | {"FlexibleTimeWindow": pick(window, Mode="mode"), "Target": pick(target, Arn="arn", RoleArn="role_arn") | {"RetryPolicy": again}}


def mapping(it):
    made = pick(it, BatchSize="batch_size", EventSourceArn="event_source_arn", FunctionName="function_name", FunctionResponseTypes="function_response_types")
    return made | {"ScalingConfig": pick(only(it, "scaling_config"), MaximumConcurrency="maximum_concurrency")}


def invoked(it):
    made = pick(it, FunctionName="function_name", MaximumEventAgeInSeconds="maximum_event_age_in_seconds", MaximumRetryAttempts="maximum_retry_attempts")
    failed = only(only(it, "destination_config"), "on_failure")
    # Whoever names no version means the newest.
    return made | {"DestinationConfig": {"OnFailure": pick(failed, Destination="destination")}, "Qualifier": "$LATEST"}


def encryption(it):
    it.pop("bucket")
    rule = only(it, "rule")
    how = pick(only(rule, "apply_server_side_encryption_by_default"), SSEAlgorithm="sse_algorithm", KMSMasterKeyID="kms_master_key_id")
    made = {"ServerSideEncryptionByDefault": how} | pick(rule, BucketKeyEnabled="bucket_key_enabled")
    return {"BucketEncryption": {"ServerSideEncryptionConfiguration": [made]}}


def lifecycle(it):
    it.pop("bucket")
    made = []
    for rule in it.pop("rule"):
        one = pick(rule, Id="id", Status="status") | pick(only(rule, "filter"), Prefix="prefix")
        if "expiration" in rule:
            one |= pick(only(rule, "expiration"), ExpirationInDays="days")
        if "abort_incomplete_multipart_upload" in rule:
            one["AbortIncompleteMultipartUpload"] = pick(only(rule, "abort_incomplete_multipart_upload"), DaysAfterInitiation="days_after_initiation")
        made.append(one)
    return {"LifecycleConfiguration": {"Rules": made}}


def notification(it):
    it.pop("bucket")
    calls = []
    for call in it.pop("lambda_function"):
        (event,), prefix = call.pop("events"), call.pop("filter_prefix")
        filtered = {"S3Key": {"Rules": [{"Name": "prefix", "Value": prefix}]}}
        calls.append(pick(call, Function="lambda_function_arn") | {"Event": event, "Filter": filtered})
    return {"NotificationConfiguration": {"LambdaConfigurations": calls}}


def public(it):
    it.pop("bucket")
    return {"PublicAccessBlockConfiguration": pick(it, BlockPublicAcls="block_public_acls", BlockPublicPolicy="block_public_policy", IgnorePublicAcls="ignore_public_acls", RestrictPublicBuckets="restrict_public_buckets")}


def ownership(it):
    it.pop("bucket")
    return {"OwnershipControls": {"Rules": [pick(only(it, "rule"), ObjectOwnership="object_ownership")]}}


def role_policy(it):
    made = pick(it, PolicyName="name") | {"PolicyDocument": json.loads(it.pop("policy"))}
    # The template has one of them apart, since its bucket waits for the function, and the function for its role.
    return {"Roles": [it.pop("role")]} | made if made["PolicyName"] == "files" else it.pop("role") and {"Policies": [made]}


def alarm(it):
    made = pick(it, AlarmDescription="alarm_description", Namespace="namespace", MetricName="metric_name", Statistic="statistic", Period="period")
    made |= pick(it, EvaluationPeriods="evaluation_periods", DatapointsToAlarm="datapoints_to_alarm", Threshold="threshold")
    made |= pick(it, ComparisonOperator="comparison_operator", TreatMissingData="treat_missing_data")
    made["Dimensions"] = [{"Name": name, "Value": value} for name, value in it.pop("dimensions").items()]
    return made | pick(it, AlarmActions="alarm_actions", OKActions="ok_actions")


def stage(it):
    made = pick(it, ApiId="api_id", StageName="name", AutoDeploy="auto_deploy")
    bounds = pick(only(it, "default_route_settings"), ThrottlingRateLimit="throttling_rate_limit", ThrottlingBurstLimit="throttling_burst_limit")
    return made | {"DefaultRouteSettings": bounds}


PROPERTIES = {
    "aws_apigatewayv2_api": lambda it: pick(it, Name="name", Description="description", ProtocolType="protocol_type", DisableExecuteApiEndpoint="disable_execute_api_endpoint"),
    "aws_apigatewayv2_integration": lambda it: pick(it, ApiId="api_id", IntegrationType="integration_type", IntegrationUri="integration_uri", PayloadFormatVersion="payload_format_version", TimeoutInMillis="timeout_milliseconds"),
    "aws_apigatewayv2_route": lambda it: pick(it, ApiId="api_id", RouteKey="route_key", AuthorizationType="authorization_type", Target="target"),
    "aws_apigatewayv2_stage": stage,
    "aws_cloudwatch_dashboard": lambda it: pick(it, DashboardName="dashboard_name", DashboardBody="dashboard_body"),
    "aws_cloudwatch_log_group": lambda it: pick(it, LogGroupName="name", RetentionInDays="retention_in_days", KmsKeyId="kms_key_id"),
    "aws_cloudwatch_metric_alarm": alarm,
    "aws_dynamodb_table": table,
    "aws_iam_role": lambda it: pick(it, Description="description") | {"AssumeRolePolicyDocument": json.loads(it.pop("assume_role_policy"))},
    "aws_iam_role_policy": role_policy,
    "aws_lambda_event_source_mapping": mapping,
    "aws_lambda_function": function,
    "aws_lambda_function_event_invoke_config": invoked,
    "aws_lambda_permission": lambda it: pick(it, Action="action", FunctionName="function_name", Principal="principal", SourceAccount="source_account", SourceArn="source_arn"),
    "aws_s3_bucket": lambda it: {},
    "aws_s3_bucket_lifecycle_configuration": lifecycle,
    "aws_s3_bucket_notification": notification,
    "aws_s3_bucket_ownership_controls": ownership,
    "aws_s3_bucket_policy": lambda it: pick(it, Bucket="bucket") | {"PolicyDocument": json.loads(it.pop("policy"))},
    "aws_s3_bucket_public_access_block": public,
    "aws_s3_bucket_server_side_encryption_configuration": encryption,
    "aws_scheduler_schedule": schedule,
    "aws_sns_topic": lambda it: pick(it, DisplayName="display_name"),
    "aws_sns_topic_policy": lambda it: {"Topics": [it.pop("arn")], "PolicyDocument": json.loads(it.pop("policy"))},
    "aws_sns_topic_subscription": lambda it: pick(it, TopicArn="topic_arn", Protocol="protocol", Endpoint="endpoint"),
    "aws_sqs_queue": queue,
}


def made(module):
    """Properties of each resource by its name in the template, and the names of those that outlive the stack."""
    found, kept = {}, set()
    for kind, name, arguments in module.made():
        own = name_of(kind, name)
        if retained(arguments):
            kept.add(own)
        for argument in NAMED.get(kind, []):
            if not arguments.pop(argument).startswith(module.variable("name")):
                raise ValueError(f"{own}: is called the same in every deployment")
        properties = everywhere(PROPERTIES[kind](arguments))
        if arguments:
            raise ValueError(f"{own}: nothing of the template is compared with {sorted(arguments)}")
        found[own] = found.get(own, {}) | properties
    return found, kept
