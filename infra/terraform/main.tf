locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region

  makes_table     = var.existing_table == ""
  has_key         = var.key_arn != ""
  has_alarm_email = var.alarm_email != ""
  # That there is a receiver is no secret, only where it is.
  has_alert_webhook   = nonsensitive(var.alert_webhook_url != "")
  has_alert_teams     = var.alert_teams == "yes"
  has_alert_mail      = var.alert_mail != "no"
  mails_by_ses        = var.alert_mail == "ses"
  mails_by_server     = var.alert_mail == "smtp"
  has_api             = var.api == "yes"
  timer_asks          = local.has_api || var.alert_mail == "graph"
  api_reads_directory = local.has_api && var.api_client_id != ""
  signs_people_in     = local.api_reads_directory && var.console_sign_in == "yes"
  uses_web_identity   = var.credential_kind == "web-identity"
  uses_secret         = var.credential_kind == "secretsmanager"
  uses_parameter      = var.credential_kind == "ssm"

  key_arn    = local.has_key ? var.key_arn : null
  table      = local.makes_table ? aws_dynamodb_table.table[0].name : var.existing_table
  table_arn  = local.makes_table ? aws_dynamodb_table.table[0].arn : "arn:${local.partition}:dynamodb:${local.region}:${local.account}:table/${var.existing_table}"
  store      = "dynamodb:${local.table}"
  queue      = "sqs:${aws_sqs_queue.queue.url}"
  api_url    = local.has_api ? (var.public_url != "" ? var.public_url : aws_apigatewayv2_api.gateway[0].api_endpoint) : null
  secret_arn = "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:"
}

# One message per link that is to be looked at.
resource "aws_sqs_queue" "queue" {
  name = "${var.name}-queue"
  # Six times the worker's time-out, as AWS advises for event sources.
  visibility_timeout_seconds = 1800
  message_retention_seconds  = 345600
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 5
  })
  sqs_managed_sse_enabled = local.has_key ? null : true
  kms_master_key_id       = local.key_arn
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = local.has_key ? null : true
  kms_master_key_id         = local.key_arn
}

# Events of dropped files that could not be handled three times.
resource "aws_sqs_queue" "inbox_failures" {
  name                      = "${var.name}-inbox-failures"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = local.has_key ? null : true
  kms_master_key_id         = local.key_arn
}

# Lists, links, runs and settings. Whoever deletes it has to say so three times: here, at the table, and to Terraform.
resource "aws_dynamodb_table" "table" {
  count        = local.makes_table ? 1 : 0
  name         = "${var.name}-table"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"

  dynamic "attribute" {
    for_each = ["pk", "sk", "due_shard", "due_key", "run_shard", "run_key", "run_link"]
    content {
      name = attribute.value
      type = "S"
    }
  }

  # All are sparse: an item without the keys is in none of them.
  global_secondary_index {
    name               = "due"
    hash_key           = "due_shard"
    range_key          = "due_key"
    projection_type    = "INCLUDE"
    non_key_attributes = ["link", "every", "active", "requested", "synced", "due_at", "leased_until"]
  }

  global_secondary_index {
    name            = "runs"
    hash_key        = "run_shard"
    range_key       = "run_key"
    projection_type = "KEYS_ONLY"
  }

  global_secondary_index {
    name            = "runs_by_link"
    hash_key        = "run_link"
    range_key       = "run_key"
    projection_type = "KEYS_ONLY"
  }

  deletion_protection_enabled = true

  point_in_time_recovery {
    enabled = true
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  dynamic "server_side_encryption" {
    for_each = local.has_key ? [1] : []
    content {
      enabled     = true
      kms_key_arn = var.key_arn
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}

# One for each function that there is.
resource "aws_cloudwatch_log_group" "logs" {
  for_each          = { for function in local.functions : function => function if function != "api" || local.has_api }
  name              = "/listsync/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.key_arn
}
