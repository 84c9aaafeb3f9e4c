# What each role may do. They read and write the kinds of items that their function needs; shared/aws/src/table/schema.rs
# names them all. What stands for all values also holds where there are none, so the key has to be there ("Creating a
# condition with multiple keys or values" in the IAM user guide). A transaction is judged item by item, by the actions of its
# parts. A scan has no key: no role may do one.
locals {
  read  = ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:Query"]
  write = ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
  keyed = { "dynamodb:LeadingKeys" = "false" }

  kinds = {
    timer = {
      read = [
        "ALERTS", "CONTACT#*", "ENDS", "EXPECTED", "FEED#*", "GATE#*", "IMPORTS", "LAPSED",
        "LINK#*", "LINKS", "LIST#*", "LISTS", "PEPPER", "ROW#*", "RUN#*", "SEEN#*", "SETTINGS"
      ]
      write = [
        "ALERTS", "CONTACT#*", "ENDS", "FEED#*", "GATE#*", "LAPSED", "LINK#*", "LINKS", "LIST#*",
        "LOG#*", "ROW#*", "SEEN#*"
      ]
    }
    worker = {
      read = [
        "ADDRESS#*", "CONTACT#*", "DEPARTED#*", "ENDS", "EXTERNAL#*", "FEED#*", "GATE#*", "GROUP#*",
        "LINK#*", "LINKS", "LIST#*", "LISTREMOVALS#*", "LOG#*", "MEMBER#*", "MERGED#*", "OBJECT#*",
        "OF#*", "OPEN#*", "PEOPLE#*", "PEPPER", "REMOVALS#*", "ROW#*", "SAID#*", "SEEN#*",
        "SETTINGS"
      ]
      write = [
        "ADDRESS#*", "CONTACT#*", "EFFECTLISTS", "EFFECTS#*", "ENDS", "FEED#*", "GATE#*", "GROUP#*",
        "LAPSED", "LINK#*", "LINKS", "LIST#*", "LISTREMOVALS#*", "LOG#*", "MEMBER#*", "OBJECT#*",
        "OF#*", "OPEN#*", "PEOPLE#*", "PEPPER", "REMOVALS#*", "ROW#*", "RUN#*", "SEEN#*", "TOLD#*"
      ]
    }
    inbox = {
      read = [
        "ADDRESS#*", "CHANGED#*", "CHANGINGIMPORTS", "CONTACT#*", "EXTERNAL#*", "FEED#*", "HELD#*",
        "IMPORTS", "LINK#*", "LINKS", "LIST#*", "LISTS", "LOG#*", "OBJECT#*", "PEPPER", "ROW#*",
        "SETTINGS"
      ]
      write = [
        "ADDRESS#*", "CHANGED#*", "CHANGINGIMPORTS", "CONTACT#*", "EXPECTED", "EXTERNAL#*",
        "FEED#*", "HELD#*", "IMPORTS", "LINK#*", "LINKS", "LIST#*", "LOG#*", "OBJECT#*", "PEPPER",
        "ROW#*"
      ]
    }
    api = {
      read = [
        "ADDRESS#*", "ALERTS", "APIKEY#*", "APIKEYS", "AUDIT#*", "CHANGED#*", "CHANGINGIMPORTS",
        "CONTACT#*", "DEPARTED#*", "EFFECTLISTS", "EFFECTS#*", "ENDS", "EXPECTED", "EXTERNAL#*",
        "FEED#*", "FORMERLIST#*", "FORMERLISTS", "GARBAGE", "GATE#*", "GROUP#*", "HELD#*",
        "IMPORTS", "LAPSED", "LINK#*", "LINKS", "LIST#*", "LISTREMOVALS#*", "LISTS", "LOG#*",
        "MEMBER#*", "MERGED#*", "OBJECT#*", "OF#*", "OPEN#*", "PEPPER", "REMOVALS#*", "ROW#*",
        "RUN#*", "SAID#*", "SEEN#*", "SETTINGS", "SIGNING", "SOURCES", "TOLD#*"
      ]
      write = [
        "ADDRESS#*", "ALERTS", "APIKEY#*", "APIKEYS", "CHANGED#*", "CHANGINGIMPORTS", "CONTACT#*",
        "DEPARTED#*", "EFFECTS#*", "ENDS", "EXPECTED", "EXTERNAL#*", "FEED#*", "FORMERLIST#*",
        "FORMERLISTS", "GARBAGE", "GATE#*", "GROUP#*", "HELD#*", "IMPORTS", "LAPSED", "LINK#*",
        "LINKS", "LIST#*", "LISTS", "LOG#*", "MEMBER#*", "MERGED#*", "OBJECT#*", "OF#*", "OPEN#*",
        "PEPPER", "ROW#*", "RUN#*", "SAID#*", "SEEN#*", "SETTINGS", "SIGNING", "SOURCES", "TOLD#*"
      ]
    }
  }

  # What each of the functions does of items.
  items = { for role, kinds in local.kinds : role => [
    {
      Sid       = "ReadItems"
      Effect    = "Allow"
      Action    = local.read
      Resource  = local.table_arn
      Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = kinds.read }, "Null" = local.keyed }
    },
    {
      Sid       = "WriteItems"
      Effect    = "Allow"
      Action    = local.write
      Resource  = local.table_arn
      Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = kinds.write }, "Null" = local.keyed }
    },
  ] }

  # What each does of its log.
  log = { for function, group in aws_cloudwatch_log_group.logs : function => {
    Sid      = "WriteLog"
    Effect   = "Allow"
    Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    Resource = "${group.arn}:*"
  } }

  # Of the audit nothing is ever changed: an entry is put, and ends by its time.
  record = {
    Sid       = "Record"
    Effect    = "Allow"
    Action    = "dynamodb:PutItem"
    Resource  = local.table_arn
    Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["AUDIT#*"] }, "Null" = local.keyed }
  }

  # AWS offers no narrower resource; the conditions leave nothing but a short token for Entra ID.
  prove = {
    Sid      = "ProveWhoWeAre"
    Effect   = "Allow"
    Action   = "sts:GetWebIdentityToken"
    Resource = "*"
    Condition = {
      "ForAllValues:StringEquals" = { "sts:IdentityTokenAudience" = "api://AzureADTokenExchange" }
      "Null"                      = { "sts:IdentityTokenAudience" = "false", "sts:DurationSeconds" = "false" }
      StringEquals                = { "sts:SigningAlgorithm" = "RS256" }
      NumericLessThanEquals       = { "sts:DurationSeconds" = 300 }
    }
  }

  # A secret's ARN ends in six characters that AWS chooses.
  secret = {
    Sid      = "ReadTheSecret"
    Effect   = "Allow"
    Action   = "secretsmanager:GetSecretValue"
    Resource = "${local.secret_arn}${var.client_secret_name}-??????"
  }

  parameter = {
    Sid      = "ReadTheParameter"
    Effect   = "Allow"
    Action   = "ssm:GetParameter"
    Resource = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter${var.client_secret_name}"
  }

  key = {
    Sid      = "UseTheKey"
    Effect   = "Allow"
    Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
    Resource = var.key_arn
    Condition = {
      StringEquals = { "kms:ViaService" = ["dynamodb.${local.region}.amazonaws.com", "sqs.${local.region}.amazonaws.com"] }
    }
  }

  # What is done under a condition is [for it in [STATEMENT] : it if CONDITION], as a choice would want both ends of one type.
  credential = concat(
    [for it in [local.prove] : it if local.uses_web_identity],
    [for it in [local.secret] : it if local.uses_secret],
    [for it in [local.parameter] : it if local.uses_parameter],
  )

  lambda = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

# The timer also has filtered lists follow what changed of people, sees to change notifications, and sends alerts.
resource "aws_iam_role" "timer" {
  name_prefix        = "${var.name}-timer-"
  description        = "What the timer function may do."
  assume_role_policy = local.lambda
}

resource "aws_iam_role_policy" "timer" {
  name = "timer"
  role = aws_iam_role.timer.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.items.timer,
      [
        {
          Sid      = "FindDueLinks"
          Effect   = "Allow"
          Action   = "dynamodb:Query"
          Resource = ["${local.table_arn}/index/due", "${local.table_arn}/index/runs", "${local.table_arn}/index/runs_by_link"]
        },
        { Sid = "SendMessages", Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.queue.arn },
        local.log.timer,
      ],
      [for sid, name in {
        ReadTheWebhookSecret = local.has_alert_webhook ? var.alert_webhook_secret_name : ""
        ReadTheTeamsUrl      = local.has_alert_teams ? var.alert_teams_url_name : ""
        ReadTheMailServer    = local.mails_by_server ? var.alert_mail_server_name : ""
        } : {
        Sid      = sid
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = "${local.secret_arn}${name}-??????"
      } if name != ""],
      # Whether the address or its domain is the verified identity, only the account knows.
      [for it in [{
        Sid    = "SendMail"
        Effect = "Allow"
        Action = "ses:SendEmail"
        Resource = [for who in [var.alert_mail_from, reverse(split("@", var.alert_mail_from))[0]] :
          "arn:${local.partition}:ses:${local.region}:${local.account}:identity/${who}"
        ]
        Condition = { StringEquals = { "ses:FromAddress" = var.alert_mail_from } }
      }] : it if local.mails_by_ses],
      [for it in local.credential : it if local.timer_asks],
      [for it in [local.key] : it if local.has_key],
    )
  })
}

# It works on one link at a time and needs none of the indexes.
resource "aws_iam_role" "worker" {
  name_prefix        = "${var.name}-worker-"
  description        = "What the worker function may do."
  assume_role_policy = local.lambda
}

resource "aws_iam_role_policy" "worker" {
  name = "worker"
  role = aws_iam_role.worker.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.items.worker,
      [
        {
          Sid      = "TakeAndSendMessages"
          Effect   = "Allow"
          Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"]
          Resource = aws_sqs_queue.queue.arn
        },
        local.log.worker,
      ],
      local.credential,
      [for it in [local.key] : it if local.has_key],
    )
  })
}

# A file brings members, never what a person decided, nor who may do what.
resource "aws_iam_role" "inbox" {
  name_prefix        = "${var.name}-inbox-"
  description        = "What the inbox function may do; InboxPolicy adds what it may do with files."
  assume_role_policy = local.lambda
}

resource "aws_iam_role_policy" "inbox" {
  name = "inbox"
  role = aws_iam_role.inbox.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.items.inbox,
      [
        local.record,
        { Sid = "SendMessages", Effect = "Allow", Action = "sqs:SendMessage", Resource = [aws_sqs_queue.queue.arn, aws_sqs_queue.inbox_failures.arn] },
        local.log.inbox,
      ],
      [for it in [local.key] : it if local.has_key],
      [for it in [{
        Sid       = "UseTheKeyForFiles"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = var.key_arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.amazonaws.com" } }
      }] : it if local.has_key],
    )
  })
}

resource "aws_iam_role_policy" "files" {
  name = "files"
  role = aws_iam_role.inbox.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadFiles"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = ["${aws_s3_bucket.inbox.arn}/incoming/*", "${aws_s3_bucket.inbox.arn}/profiles/*"]
      },
      # Without it, a file that is gone looks like one that may not be read.
      { Sid = "SeeWhatIsGone", Effect = "Allow", Action = "s3:ListBucket", Resource = aws_s3_bucket.inbox.arn },
      { Sid = "LayDown", Effect = "Allow", Action = "s3:PutObject", Resource = "${aws_s3_bucket.inbox.arn}/rejected/*" },
    ]
  })
}

# It previews runs and does none: what was removed, and who changed in the tenant, is written by the worker.
resource "aws_iam_role" "api" {
  count              = local.has_api ? 1 : 0
  name_prefix        = "${var.name}-api-"
  description        = "What the API function may do."
  assume_role_policy = local.lambda
}

resource "aws_iam_role_policy" "api" {
  count = local.has_api ? 1 : 0
  name  = "api"
  role  = aws_iam_role.api[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.items.api,
      [
        local.record,
        {
          Sid      = "ShowRuns"
          Effect   = "Allow"
          Action   = "dynamodb:Query"
          Resource = ["${local.table_arn}/index/runs", "${local.table_arn}/index/runs_by_link"]
        },
        { Sid = "SendMessages", Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.queue.arn },
        local.log.api,
      ],
      # Its own app's credential, never that of the other functions.
      [for it in [local.prove] : it if local.api_reads_directory && local.uses_web_identity],
      [for it in [merge(local.secret, { Resource = "${local.secret_arn}${var.api_client_secret_name}-??????" })] :
      it if local.api_reads_directory && local.uses_secret],
      [for it in [merge(local.parameter, {
        Resource = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter${var.api_client_secret_name}"
      })] : it if local.api_reads_directory && local.uses_parameter],
      [for it in [local.key] : it if local.has_key],
    )
  })
}

# Lets the schedule call the timer function.
resource "aws_iam_role" "schedule" {
  name_prefix = "${var.name}-schedule-"
  description = "Lets the schedule call the timer function."
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "schedule" {
  name = "schedule"
  role = aws_iam_role.schedule.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "CallTheTimer", Effect = "Allow", Action = "lambda:InvokeFunction", Resource = aws_lambda_function.timer.arn }]
  })
}
