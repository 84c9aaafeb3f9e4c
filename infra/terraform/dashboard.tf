locals {
  timer  = aws_lambda_function.timer.function_name
  worker = aws_lambda_function.worker.function_name
  inbox  = aws_lambda_function.inbox.function_name
  api    = one(aws_lambda_function.api[*].function_name)

  widgets = concat(
    [
      {
        title = "What runs did"
        stat  = "Sum"
        metrics = [
          ["listsync", "Added", "FunctionName", local.worker],
          ["listsync", "Removed", "FunctionName", local.worker],
          ["listsync", "Failures", "FunctionName", local.worker],
          ["listsync", "FailedRuns", "FunctionName", local.worker],
        ]
      },
      {
        title = "What waits until a person looks"
        stat  = "Maximum"
        metrics = [
          ["listsync", "HeldRemovals", "FunctionName", local.worker],
          ["listsync", "HeldAdditions", "FunctionName", local.worker],
          ["listsync", "HeldImports", "FunctionName", local.timer],
        ]
      },
      {
        title = "Links that were due"
        stat  = "Sum"
        metrics = [
          ["listsync", "Due", "FunctionName", local.timer],
          ["listsync", "Sent", "FunctionName", local.timer],
          ["listsync", "Unsent", "FunctionName", local.timer],
        ]
      },
      {
        title = "Seconds since a run finished"
        stat  = "Minimum"
        metrics = [
          ["listsync", "LastRunAge", "FunctionName", local.timer],
        ]
      },
      {
        title = "Microsoft Graph, but for runs that found nothing by one request"
        stat  = "Sum"
        metrics = [
          ["listsync", "GraphRequests", "FunctionName", local.worker],
          ["listsync", "SetAside", "FunctionName", local.worker],
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
          ["listsync", "Files", "FunctionName", local.inbox],
          ["listsync", "RefusedFiles", "FunctionName", local.inbox],
          ["listsync", "RejectedRows", "FunctionName", local.inbox],
          ["listsync", "HeldRemovals", "FunctionName", local.inbox],
          ["listsync", "HeldAdditions", "FunctionName", local.inbox],
        ]
      },
      {
        title = "Errors of functions"
        stat  = "Sum"
        metrics = [
          ["AWS/Lambda", "Errors", "FunctionName", local.timer],
          ["AWS/Lambda", "Errors", "FunctionName", local.worker],
          ["AWS/Lambda", "Errors", "FunctionName", local.inbox],
        ]
      },
    ],
    [for widget in [
      {
        title = "The HTTP API"
        stat  = "Sum"
        metrics = [
          ["AWS/Lambda", "Invocations", "FunctionName", local.api],
          ["AWS/Lambda", "Errors", "FunctionName", local.api],
          ["AWS/Lambda", "Throttles", "FunctionName", local.api],
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
