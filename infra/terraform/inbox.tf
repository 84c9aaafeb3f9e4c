# Files are dropped below incoming/, and what is said of them lies below rejected/. An overwritten file is gone at once.
resource "aws_s3_bucket" "inbox" {
  bucket_prefix = "${var.name}-inbox-"

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "inbox" {
  bucket = aws_s3_bucket.inbox.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = local.has_key ? "aws:kms" : "AES256"
      kms_master_key_id = local.key_arn
    }
    bucket_key_enabled = local.has_key ? true : null
  }
}

resource "aws_s3_bucket_public_access_block" "inbox" {
  bucket                  = aws_s3_bucket.inbox.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "inbox" {
  bucket = aws_s3_bucket.inbox.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "inbox" {
  bucket = aws_s3_bucket.inbox.id

  rule {
    id     = "dropped"
    status = "Enabled"
    filter {
      prefix = "incoming/"
    }
    expiration {
      days = var.inbox_retention_days
    }
  }

  rule {
    id     = "told"
    status = "Enabled"
    filter {
      prefix = "rejected/"
    }
    expiration {
      days = var.inbox_retention_days
    }
  }

  rule {
    id     = "broken-off"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "inbox" {
  bucket = aws_s3_bucket.inbox.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.inbox.arn, "${aws_s3_bucket.inbox.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

# What the function itself lays down is elsewhere, so it never calls itself.
resource "aws_s3_bucket_notification" "inbox" {
  bucket = aws_s3_bucket.inbox.id

  lambda_function {
    lambda_function_arn = aws_lambda_function.inbox.arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "incoming/"
  }

  depends_on = [aws_lambda_permission.dropped]
}

resource "aws_lambda_permission" "dropped" {
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.inbox.function_name
  principal      = "s3.amazonaws.com"
  source_account = local.account
}

# A file that is dropped is taken into a list.
resource "aws_lambda_function" "inbox" {
  function_name    = "${var.name}-inbox"
  description      = "Takes files that are dropped in the inbox into lists."
  filename         = local.code["inbox"].filename
  source_code_hash = local.code["inbox"].hash
  s3_bucket        = local.code["inbox"].bucket
  s3_key           = local.code["inbox"].key
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  # The largest file that is taken, 64 MB, has some 600,000 people.
  memory_size = 2048
  timeout     = 900
  role        = aws_iam_role.inbox.arn

  logging_config {
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.logs["inbox"].name
  }

  environment {
    variables = {
      LISTSYNC_STORE = local.store
      LISTSYNC_QUEUE = local.queue
    }
  }
}

resource "aws_lambda_function_event_invoke_config" "inbox" {
  function_name                = aws_lambda_function.inbox.function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.inbox_failures.arn
    }
  }

  # The service asks whether the function may send there.
  depends_on = [aws_iam_role_policy.inbox]
}
