locals {
  functions = toset(["timer", "worker", "inbox", "api"])

  # Each function's zip: a file as it was built, or an object of a release.
  code = { for function in local.functions : function => {
    filename = var.code_bucket == "" ? "${var.code_folder}/listsync-${function}/bootstrap.zip" : null
    # Null while the zips are not there, so that a plan can be made before a build.
    hash   = var.code_bucket == "" ? try(filebase64sha256("${var.code_folder}/listsync-${function}/bootstrap.zip"), null) : null
    bucket = var.code_bucket == "" ? null : var.code_bucket
    key    = var.code_bucket == "" ? null : "${var.code_prefix}listsync-${function}-${var.architecture}.zip"
  } }

  # How the functions speak to Microsoft Graph.
  directory = {
    LISTSYNC_GRAPH_URL   = var.graph_url
    LISTSYNC_CREDENTIAL  = local.uses_web_identity ? "web-identity" : "${var.credential_kind}:${var.client_secret_name}"
    AZURE_TENANT_ID      = var.tenant_id
    AZURE_CLIENT_ID      = var.client_id
    AZURE_AUTHORITY_HOST = var.authority_host
  }
}

# Every due link becomes one message.
resource "aws_lambda_function" "timer" {
  function_name    = "${var.name}-timer"
  description      = "Puts one message per due link on the queue."
  filename         = local.code["timer"].filename
  source_code_hash = local.code["timer"].hash
  s3_bucket        = local.code["timer"].bucket
  s3_key           = local.code["timer"].key
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  memory_size      = 256
  timeout          = 60
  role             = aws_iam_role.timer.arn

  logging_config {
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.logs["timer"].name
  }

  environment {
    variables = { for name, value in merge(local.directory, {
      LISTSYNC_STORE = local.store
      LISTSYNC_QUEUE = local.queue
      # With the API the timer sees to the subscription to change notifications; without this nothing else is used.
      LISTSYNC_PUBLIC_URL            = local.api_url
      LISTSYNC_ALERTS_WEBHOOK        = local.has_alert_webhook ? var.alert_webhook_url : null
      LISTSYNC_ALERTS_WEBHOOK_SECRET = local.has_alert_webhook ? "secretsmanager:${var.alert_webhook_secret_name}" : null
      LISTSYNC_ALERTS_TEAMS          = local.has_alert_teams ? "secretsmanager:${var.alert_teams_url_name}" : null
      LISTSYNC_ALERTS_MAIL           = local.mails_by_server ? "secretsmanager:${var.alert_mail_server_name}" : local.has_alert_mail ? var.alert_mail : null
      LISTSYNC_ALERTS_MAIL_FROM      = local.has_alert_mail ? var.alert_mail_from : null
      LISTSYNC_ALERTS_MAIL_TO        = local.has_alert_mail ? var.alert_mail_to : null
      LISTSYNC_ALERTS_HEARTBEAT      = var.alert_heartbeat
    }) : name => value if value != null }
  }
}

resource "aws_scheduler_schedule" "beat" {
  name                = "${var.name}-timer"
  description         = "Looks for due links."
  schedule_expression = var.interval

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.timer.arn
    role_arn = aws_iam_role.schedule.arn

    # A beat that was missed needs no second try: the next one finds the same links.
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }

  depends_on = [aws_iam_role_policy.schedule]
}

# A message becomes one run of one link.
resource "aws_lambda_function" "worker" {
  function_name    = "${var.name}-worker"
  description      = "Takes messages and syncs the links that they name."
  filename         = local.code["worker"].filename
  source_code_hash = local.code["worker"].hash
  s3_bucket        = local.code["worker"].bucket
  s3_key           = local.code["worker"].key
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  memory_size      = 512
  timeout          = 300
  role             = aws_iam_role.worker.arn

  logging_config {
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.logs["worker"].name
  }

  environment {
    variables = merge(local.directory, {
      LISTSYNC_STORE = local.store
      LISTSYNC_QUEUE = local.queue
      # The queue's maxReceiveCount.
      LISTSYNC_MAX_RECEIVES = "5"
    })
  }
}

resource "aws_lambda_event_source_mapping" "messages" {
  event_source_arn        = aws_sqs_queue.queue.arn
  function_name           = aws_lambda_function.worker.function_name
  batch_size              = 10
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.concurrency
  }

  # The service asks whether the function may take messages.
  depends_on = [aws_iam_role_policy.worker]
}
