locals {
  # Whom the alarms tell.
  hears = concat([for topic in [var.alarm_topic_arn] : topic if topic != ""], [for topic in aws_sns_topic.alarms : topic.arn])

  of_timer  = { FunctionName = local.timer }
  of_worker = { FunctionName = local.worker }
  of_inbox  = { FunctionName = local.inbox }

  # By the names that the guide has them under. Where nothing else is said, an alarm rings at the first value above 0.
  alarms = merge(
    {
      DeadLettersAlarm = {
        description = "A message was given up five times. \"listsync links show\" tells why; send it again from the queue's console."
        namespace   = "AWS/SQS"
        metric      = "ApproximateNumberOfMessagesVisible"
        of          = { QueueName = aws_sqs_queue.dead_letters.name }
        statistic   = "Maximum"
        period      = 300
      }
      OldestMessageAlarm = {
        description = "A message waits for more than an hour. Workers are too few, throttled by Microsoft Graph, or failing."
        namespace   = "AWS/SQS"
        metric      = "ApproximateAgeOfOldestMessage"
        of          = { QueueName = aws_sqs_queue.queue.name }
        statistic   = "Maximum"
        period      = 300
        periods     = 3
        threshold   = 3600
      }
      TimerErrorsAlarm = {
        description = "The timer function fails. Its log says why."
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        of          = local.of_timer
        statistic   = "Sum"
        period      = 300
        periods     = 3
        datapoints  = 2
      }
      TimerSilentAlarm = {
        description = "The timer was not called for a day. Is its schedule there and enabled?"
        namespace   = "AWS/Lambda"
        metric      = "Invocations"
        of          = local.of_timer
        statistic   = "Sum"
        period      = 86400
        threshold   = 1
        comparison  = "LessThanThreshold"
        missing     = "breaching"
      }
      WorkerErrorsAlarm = {
        description = "The worker function fails as a whole, not only single links. Its log says why."
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        of          = local.of_worker
        statistic   = "Sum"
        period      = 300
        periods     = 3
        datapoints  = 2
      }
      LinksHeldAlarm = {
        description = "A link holds removals back until a person looks. See \"listsync links ls\"."
        namespace   = "listsync"
        metric      = "HeldRemovals"
        of          = local.of_worker
        statistic   = "Maximum"
        period      = 3600
      }
      LinksGrowthAlarm = {
        description = "A link holds additions back until a person looks. See \"listsync links ls\"."
        namespace   = "listsync"
        metric      = "HeldAdditions"
        of          = local.of_worker
        statistic   = "Maximum"
        period      = 3600
      }
      LinksFailingAlarm = {
        description = "Runs of a link fail or were halted. See \"listsync links ls\" and \"listsync runs ls\"."
        namespace   = "listsync"
        metric      = "FailedRuns"
        of          = local.of_worker
        statistic   = "Sum"
        period      = 3600
      }
      LastRunAlarm = {
        description = "Links are due, and no run has finished for an hour. Is the worker called, and does Microsoft Graph answer?"
        namespace   = "listsync"
        metric      = "LastRunAge"
        of          = local.of_timer
        # The smallest of several beats: the first beat after a quiet time sees an old run, the next ones do not.
        statistic = "Minimum"
        period    = 3600
        threshold = 3600
      }
      InboxFailuresAlarm = {
        description = "A dropped file could not be taken in, although it was tried three times. The inbox function's log says why; drop it again."
        namespace   = "AWS/SQS"
        metric      = "ApproximateNumberOfMessagesVisible"
        of          = { QueueName = aws_sqs_queue.inbox_failures.name }
        statistic   = "Maximum"
        period      = 300
      }
      InboxErrorsAlarm = {
        description = "The inbox function fails. Its log says why."
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        of          = local.of_inbox
        statistic   = "Sum"
        period      = 300
        periods     = 3
        datapoints  = 2
      }
      FilesRefusedAlarm = {
        description = "A dropped file was refused, and nothing was changed. Its report lies below rejected/ in the inbox."
        namespace   = "listsync"
        metric      = "RefusedFiles"
        of          = local.of_inbox
        statistic   = "Sum"
        period      = 300
      }
      ImportHeldAlarm = {
        description = "The removals of a dropped file wait until a person looks. See \"listsync imports ls\"."
        namespace   = "listsync"
        metric      = "HeldRemovals"
        of          = local.of_inbox
        statistic   = "Maximum"
        period      = 3600
      }
      ImportGrowthAlarm = {
        description = "The additions of a dropped file wait until a person looks. See \"listsync imports ls\"."
        namespace   = "listsync"
        metric      = "HeldAdditions"
        of          = local.of_inbox
        statistic   = "Maximum"
        period      = 3600
      }
      FileWaitsAlarm = {
        description = "A file waits until a person looks, however it came, over HTTP or by the command line too. See \"listsync imports ls\"."
        namespace   = "listsync"
        metric      = "HeldImports"
        of          = local.of_timer
        statistic   = "Maximum"
        period      = 3600
      }
    },
    { for name, alarm in {
      ApiErrorsAlarm = {
        description = "The API function fails. Its log says why."
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        of          = { FunctionName = local.api }
        statistic   = "Sum"
        period      = 300
        periods     = 3
        datapoints  = 2
      }
    } : name => alarm if local.has_api },
  )
}

resource "aws_cloudwatch_metric_alarm" "alarms" {
  for_each            = local.alarms
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.of
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = try(each.value.periods, 1)
  datapoints_to_alarm = try(each.value.datapoints, null)
  threshold           = try(each.value.threshold, 0)
  comparison_operator = try(each.value.comparison, "GreaterThanThreshold")
  treat_missing_data  = try(each.value.missing, "notBreaching")
  alarm_actions       = local.hears
  ok_actions          = local.hears
}

# Alarms say what is wrong in general; they name no list and nobody.
resource "aws_sns_topic" "alarms" {
  count        = local.has_alarm_email ? 1 : 0
  name         = "${var.name}-alarms"
  display_name = "listsync"
}

resource "aws_sns_topic_subscription" "alarms" {
  count     = local.has_alarm_email ? 1 : 0
  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_sns_topic_policy" "alarms" {
  count = local.has_alarm_email ? 1 : 0
  arn   = aws_sns_topic.alarms[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms[0].arn
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}
