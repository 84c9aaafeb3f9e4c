locals {
  widgets = concat(
    [
      {
        title = "What runs did"
        stat  = "Sum"
        metrics = [
          ["listsync", "Added", "FunctionName", aws_lambda_function.worker.function_name],
          ["listsync", "Removed", "FunctionName", aws_lambda_function.worker.function_name],
          ["listsync", "Failures", "FunctionName", aws_lambda_function.worker.function_name],
          ["listsync", "FailedRuns", "FunctionName", aws_lambda_function.worker.function_name],
        ]
      },
      {
        title = "What waits until a person looks"
        stat  = "Maximum"
        metrics = [
          ["listsync", "HeldRemovals", "FunctionName", aws_lambda_function.worker.function_name],
          ["listsync", "HeldAdditions", "FunctionName", aws_lambda_function.worker.function_name],
          ["listsync", "HeldImports", "FunctionName", aws_lambda_function.timer.function_name],
        ]
      },
      {
        title = "Links that were due"
        stat  = "Sum"
        metrics = [
          ["listsync", "Due", "FunctionName", aws_lambda_function.timer.function_name],
          ["listsync", "Sent", "FunctionName", aws_lambda_function.timer.function_name],
          ["listsync", "Unsent", "FunctionName", aws_lambda_function.timer.function_name],
        ]
      },
      {
        title = "Seconds since a run finished"
        stat  = "Minimum"
        metrics = [
          ["listsync", "LastRunAge", "FunctionName", aws_lambda_function.timer.function_name],
        ]
      },
      {
        title = "Microsoft Graph"
        stat  = "Sum"
        metrics = [
          ["listsync", "GraphRequests", "FunctionName", aws_lambda_function.worker.function_name],
          ["listsync", "SetAside", "FunctionName", aws_lambda_function.worker.function_name],
        ]
      },
      {
        title = "Messages"
        stat  = "Maximum"
        metrics = [
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.queue.name],
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.dead_letters.name],
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.inbox_failures.name],
        ]
      },
      {
        title = "Files"
        stat  = "Sum"
        metrics = [
          ["listsync", "Files", "FunctionName", aws_lambda_function.inbox.function_name],
          ["listsync", "RefusedFiles", "FunctionName", aws_lambda_function.inbox.function_name],
          ["listsync", "RejectedRows", "FunctionName", aws_lambda_function.inbox.function_name],
          ["listsync", "HeldRemovals", "FunctionName", aws_lambda_function.inbox.function_name],
          ["listsync", "HeldAdditions", "FunctionName", aws_lambda_function.inbox.function_name],
        ]
      },
      {
        title = "Errors of functions"
        stat  = "Sum"
        metrics = [
          ["AWS/Lambda", "Errors", "FunctionName", aws_lambda_function.timer.function_name],
          ["AWS/Lambda", "Errors", "FunctionName", aws_lambda_function.worker.function_name],
          ["AWS/Lambda", "Errors", "FunctionName", aws_lambda_function.inbox.function_name],
        ]
      },
    ],
    [for widget in [
      {
        title = "The HTTP API"
        stat  = "Sum"
        metrics = [
          ["AWS/Lambda", "Invocations", "FunctionName", one(aws_lambda_function.api[*].function_name)],
          ["AWS/Lambda", "Errors", "FunctionName", one(aws_lambda_function.api[*].function_name)],
          ["AWS/Lambda", "Throttles", "FunctionName", one(aws_lambda_function.api[*].function_name)],
        ]
      },
    ] : widget if local.has_api],
  )
}

# What listsync did, what waits, and how the functions do. It shows numbers only.
resource "aws_cloudwatch_dashboard" "dashboard" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    start = "-P1D"
    widgets = [for place, widget in local.widgets : {
      type       = "metric"
      x          = place % 2 * 12
      y          = floor(place / 2) * 6
      width      = 12
      height     = 6
      properties = merge(widget, { region = local.region, period = 300 })
    }]
  })
}
