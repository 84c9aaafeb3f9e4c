# The HTTP API, the opt-out pages, and the addresses for events.
resource "aws_lambda_function" "api" {
  count            = local.has_api ? 1 : 0
  function_name    = "${var.name}-api"
  description      = "Answers over HTTP."
  filename         = local.code["api"].filename
  source_code_hash = local.code["api"].hash
  s3_bucket        = local.code["api"].bucket
  s3_key           = local.code["api"].key
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  memory_size      = 512
  # The gateway waits for 30 seconds.
  timeout = 29
  role    = aws_iam_role.api[0].arn
  # Not bounded unless asked: what is reserved is taken from the account's pool, of which 100 have to stay free. Strangers
  # are bounded by the gateway, and the worker by its event source.
  reserved_concurrent_executions = var.api_concurrency != 0 ? var.api_concurrency : null

  logging_config {
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.logs["api"].name
  }

  # An app registration that may only read: what strangers reach must not be able to change a group. Making a group, and
  # every other write, is the worker's.
  environment {
    variables = { for name, value in {
      LISTSYNC_STORE             = local.store
      LISTSYNC_QUEUE             = local.queue
      LISTSYNC_PUBLIC_URL        = local.api_url
      LISTSYNC_TRUSTED_PROXIES   = var.trusted_proxies
      LISTSYNC_GRAPH_URL         = var.graph_url
      LISTSYNC_CREDENTIAL        = local.api_reads_directory ? (local.uses_web_identity ? "web-identity" : "${var.credential_kind}:${var.api_client_secret_name}") : null
      AZURE_TENANT_ID            = local.api_reads_directory ? var.tenant_id : null
      AZURE_CLIENT_ID            = local.api_reads_directory ? var.api_client_id : null
      AZURE_AUTHORITY_HOST       = var.authority_host
      LISTSYNC_CONSOLE_CLIENT_ID = local.signs_people_in ? var.api_client_id : null
    } : name => value if value != null }
  }
}

resource "aws_apigatewayv2_api" "gateway" {
  count         = local.has_api ? 1 : 0
  name          = var.name
  description   = "The HTTP API of listsync."
  protocol_type = "HTTP"
  # One way in: what stands before a domain of one's own must not be passed by.
  disable_execute_api_endpoint = var.public_url != "" && var.gateway_address == "closed"
}

resource "aws_apigatewayv2_integration" "gateway" {
  count                  = local.has_api ? 1 : 0
  api_id                 = aws_apigatewayv2_api.gateway[0].id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.api[0].arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000
}

resource "aws_apigatewayv2_route" "gateway" {
  count     = local.has_api ? 1 : 0
  api_id    = aws_apigatewayv2_api.gateway[0].id
  route_key = "$default"
  # The function judges keys, signed links and signatures itself.
  authorization_type = "NONE"
  target             = "integrations/${aws_apigatewayv2_integration.gateway[0].id}"
}

# No access log: paths hold opt-out tokens and senders' secrets.
resource "aws_apigatewayv2_stage" "gateway" {
  count       = local.has_api ? 1 : 0
  api_id      = aws_apigatewayv2_api.gateway[0].id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = 100
    throttling_burst_limit = 200
  }
}

resource "aws_lambda_permission" "gateway" {
  count         = local.has_api ? 1 : 0
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.api[0].function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.gateway[0].execution_arn}/*"
}
