variable "name" {
  type        = string
  description = "What the things that are made are called by; like the name of a stack, another one for each deployment of an account."
  default     = "listsync"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,26}$", var.name))
    error_message = "A name has 2 to 27 small letters, digits and hyphens, and begins with a letter."
  }
}

variable "code_folder" {
  type        = string
  description = "The folder below which the zips lie as cargo-lambda builds them, listsync-timer/bootstrap.zip and so on. Not used with code_bucket."
  default     = "target/lambda"
}

variable "code_bucket" {
  type        = string
  description = "A bucket of this region that holds the zips of a release; empty for those of code_folder."
  default     = ""
}

variable "code_prefix" {
  type        = string
  description = "What the keys of the zips in code_bucket begin with: PREFIXlistsync-timer-arm64.zip and so on."
  default     = ""
}

variable "tenant_id" {
  type        = string
  description = "The directory (tenant) id of the app registration."

  validation {
    condition     = can(regex("^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$", var.tenant_id))
    error_message = "tenant_id has another form; its description says which."
  }
}

variable "client_id" {
  type        = string
  description = "The application (client) id of the app registration with which lists and groups are kept in step."

  validation {
    condition     = can(regex("^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$", var.client_id))
    error_message = "client_id has another form; its description says which."
  }
}

variable "credential_kind" {
  type        = string
  description = "How the worker proves who it is. web-identity stores no secret; secretsmanager and ssm read a client secret that you put there."
  default     = "web-identity"

  validation {
    condition     = contains(["web-identity", "secretsmanager", "ssm"], var.credential_kind)
    error_message = "credential_kind is one of web-identity, secretsmanager, ssm."
  }
}

variable "client_secret_name" {
  type        = string
  description = "The name of the secret, or of the SecureString parameter, that holds the client secret. Not used with web-identity."
  default     = "/listsync/client-secret"

  validation {
    condition     = can(regex("^((/[A-Za-z0-9_.-]+)+)$", var.client_secret_name))
    error_message = "client_secret_name is like /listsync/client-secret."
  }
}

variable "graph_url" {
  type        = string
  description = "Microsoft Graph; another one in a national cloud."
  default     = "https://graph.microsoft.com/v1.0"

  validation {
    condition     = can(regex("^(https://.+)$", var.graph_url))
    error_message = "graph_url has another form; its description says which."
  }
}

variable "authority_host" {
  type        = string
  description = "Who gives out tokens; another one in a national cloud."
  default     = "https://login.microsoftonline.com"

  validation {
    condition     = can(regex("^(https://.+)$", var.authority_host))
    error_message = "authority_host has another form; its description says which."
  }
}

variable "interval" {
  type        = string
  description = "How often the timer looks for due links. How often a link is due is its own setting; a link is never run more often than the timer looks."
  default     = "rate(1 minute)"

  validation {
    condition     = can(regex("^(rate\\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\\))$", var.interval))
    error_message = "interval is like rate(1 minute) or rate(5 minutes)."
  }
}

variable "concurrency" {
  type        = number
  description = "How many workers run at a time at most. Each runs up to four links at once."
  default     = 4

  validation {
    condition     = var.concurrency >= 2 && var.concurrency <= 1000
    error_message = "concurrency is from 2 to 1000."
  }
}

variable "api" {
  type        = string
  description = "Whether the HTTP API is deployed, with the opt-out pages and the addresses for events. Those are public; everything else asks for an API key."
  default     = "no"

  validation {
    condition     = contains(["no", "yes"], var.api)
    error_message = "api is one of no, yes."
  }
}

variable "api_client_id" {
  type        = string
  description = "The application (client) id of another app registration, one that may only read: the HTTP API makes and previews links with it. Empty: it does neither, and has no credential at all."
  default     = ""

  validation {
    condition     = can(regex("^(|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$", var.api_client_id))
    error_message = "api_client_id has another form; its description says which."
  }

  validation {
    condition     = var.api_client_id != var.client_id
    error_message = "The HTTP API is open to strangers. Give it an app registration of its own, which may only read."
  }
}

variable "api_client_secret_name" {
  type        = string
  description = "The name of the secret, or of the SecureString parameter, that holds the client secret of api_client_id. Not used with web-identity."
  default     = "/listsync/api-client-secret"

  validation {
    condition     = can(regex("^((/[A-Za-z0-9_.-]+)+)$", var.api_client_secret_name))
    error_message = "api_client_secret_name is like /listsync/api-client-secret."
  }

  validation {
    condition     = var.api_client_secret_name != var.client_secret_name
    error_message = "The HTTP API must not read the client secret of the other functions."
  }
}

variable "console_sign_in" {
  type        = string
  description = "Whether people sign in to the console with Microsoft Entra ID, by the app of api_client_id, which has the redirect address and the roles for it."
  default     = "no"

  validation {
    condition     = contains(["no", "yes"], var.console_sign_in)
    error_message = "console_sign_in is one of no, yes."
  }

  validation {
    condition     = var.console_sign_in == "no" || var.api == "yes"
    error_message = "The console is part of the HTTP API, which is not deployed."
  }

  validation {
    condition     = var.console_sign_in == "no" || var.api_client_id != ""
    error_message = "Name the app that people sign in to in api_client_id."
  }
}

variable "public_url" {
  type        = string
  description = "Where people and Microsoft Graph reach the API, such as https://lists.contoso.com; empty for the address that AWS gives it. Opt-out links begin with it."
  default     = ""

  validation {
    condition     = can(regex("^(|https://[^/ ]+)$", var.public_url))
    error_message = "public_url has another form; its description says which."
  }
}

variable "gateway_address" {
  type        = string
  description = "Whether the address that AWS gives the API goes on to answer beside public_url. Keep it open where opt-out links were sent with it."
  default     = "closed"

  validation {
    condition     = contains(["closed", "open"], var.gateway_address)
    error_message = "gateway_address is one of closed, open."
  }
}

variable "trusted_proxies" {
  type        = string
  description = "The addresses and networks of what stands before public_url and tells whom it speaks for, such as 10.0.0.0/8,192.0.2.1; empty for none."
  default     = ""

  validation {
    condition     = can(regex("^([0-9a-fA-F:./,]*)$", var.trusted_proxies))
    error_message = "trusted_proxies has another form; its description says which."
  }
}

variable "api_concurrency" {
  type        = number
  description = "How many requests the API answers at once at most, reserved from what the account may run; 0 for no bound of its own."
  default     = 0

  validation {
    condition     = var.api_concurrency >= 0 && var.api_concurrency <= 1000
    error_message = "api_concurrency is from 0 to 1000."
  }
}

variable "inbox_retention_days" {
  type        = number
  description = "How long files in the inbox, and what is said of them, are kept. They hold people's data."
  default     = 30

  validation {
    condition     = var.inbox_retention_days >= 1 && var.inbox_retention_days <= 3650
    error_message = "inbox_retention_days is from 1 to 3650."
  }
}

variable "architecture" {
  type        = string
  description = "What the zips were built for."
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is one of arm64, x86_64."
  }
}

variable "existing_table" {
  type        = string
  description = "The name of a table of listsync that is there already: restored, or kept by a stack that was removed. Empty: one is made."
  default     = ""

  validation {
    condition     = can(regex("^(|[A-Za-z0-9_.-]{3,255})$", var.existing_table))
    error_message = "existing_table has another form; its description says which."
  }
}

variable "key_arn" {
  type        = string
  description = "The ARN of your own KMS key for table, queues, inbox and logs; empty for the keys that AWS owns. The guide shows the key policy."
  default     = ""

  validation {
    condition     = can(regex("^(|arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)$", var.key_arn))
    error_message = "key_arn has another form; its description says which."
  }
}

variable "alert_webhook_url" {
  type        = string
  description = "The URL that takes alerts as signed Standard Webhooks: a failure, a hold, a halt, a held file, and when it is over; empty for none."
  default     = ""
  sensitive   = true

  validation {
    condition     = can(regex("^(|https://[^ ]+)$", var.alert_webhook_url))
    error_message = "alert_webhook_url has another form; its description says which."
  }
}

variable "alert_webhook_secret_name" {
  type        = string
  description = "The name of the secret in Secrets Manager by which those webhooks are signed: whsec_ and base64, as the receiver has it."
  default     = "/listsync/alert-webhook-secret"

  validation {
    condition     = can(regex("^((/[A-Za-z0-9_.-]+)+)$", var.alert_webhook_secret_name))
    error_message = "alert_webhook_secret_name is like /listsync/alert-webhook-secret."
  }
}

variable "alert_teams" {
  type        = string
  description = "Whether alerts go to a channel of Microsoft Teams, by a workflow."
  default     = "no"

  validation {
    condition     = contains(["no", "yes"], var.alert_teams)
    error_message = "alert_teams is one of no, yes."
  }
}

variable "alert_teams_url_name" {
  type        = string
  description = "The name of the secret in Secrets Manager that holds the workflow's URL, which is all that a sender needs."
  default     = "/listsync/alert-teams-url"

  validation {
    condition     = can(regex("^((/[A-Za-z0-9_.-]+)+)$", var.alert_teams_url_name))
    error_message = "alert_teams_url_name is like /listsync/alert-teams-url."
  }
}

variable "alert_mail" {
  type        = string
  description = "What sends alerts as mail: Amazon SES of this region, a mail server (smtp), or the tenant by Microsoft Graph; no for none."
  default     = "no"

  validation {
    condition     = contains(["no", "ses", "smtp", "graph"], var.alert_mail)
    error_message = "alert_mail is one of no, ses, smtp, graph."
  }
}

variable "alert_mail_from" {
  type        = string
  description = "The address that this mail comes from. SES wants it, or its domain, verified; Graph sends from its mailbox."
  default     = ""

  validation {
    condition     = can(regex("^(|[^@, ]+@[^@, ]+)$", var.alert_mail_from))
    error_message = "alert_mail_from has another form; its description says which."
  }

  validation {
    condition     = var.alert_mail == "no" || var.alert_mail_from != ""
    error_message = "Name the address that alerts come from in alert_mail_from."
  }
}

variable "alert_mail_to" {
  type        = string
  description = "The addresses that this mail goes to, with a comma between two."
  default     = ""

  validation {
    condition     = can(regex("^(|[^@, ]+@[^@, ]+(,[^@, ]+@[^@, ]+)*)$", var.alert_mail_to))
    error_message = "alert_mail_to has another form; its description says which."
  }

  validation {
    condition     = var.alert_mail == "no" || var.alert_mail_to != ""
    error_message = "Name the addresses that alerts go to in alert_mail_to."
  }
}

variable "alert_mail_server_name" {
  type        = string
  description = "The name of the secret in Secrets Manager that holds the mail server, as smtps://USER:PASSWORD@HOST:465."
  default     = "/listsync/alert-mail-server"

  validation {
    condition     = can(regex("^((/[A-Za-z0-9_.-]+)+)$", var.alert_mail_server_name))
    error_message = "alert_mail_server_name is like /listsync/alert-mail-server."
  }
}

variable "alert_heartbeat" {
  type        = string
  description = "How often a sign of life goes to each channel of alerts, such as 7d, as such channels die silently; or off."
  default     = "7d"

  validation {
    condition     = can(regex("^(off|[1-9][0-9]{0,3}d)$", var.alert_heartbeat))
    error_message = "alert_heartbeat has another form; its description says which."
  }
}

variable "alarm_email" {
  type        = string
  description = "An e-mail address that hears of alarms, by a topic that is made for it. AWS asks there whether that is wanted. Empty for none."
  default     = ""

  validation {
    condition     = can(regex("^(|[^@ ]+@[^@ ]+)$", var.alarm_email))
    error_message = "alarm_email has another form; its description says which."
  }
}

variable "alarm_topic_arn" {
  type        = string
  description = "The ARN of an SNS topic of your own that hears of alarms; empty for none."
  default     = ""

  validation {
    condition     = can(regex("^(|arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+)$", var.alarm_topic_arn))
    error_message = "alarm_topic_arn has another form; its description says which."
  }
}

variable "log_retention_days" {
  type        = number
  description = "How long log lines are kept. They hold ids, never an address or a name."
  default     = 30

  validation {
    condition     = contains([7, 14, 30, 60, 90, 180, 365], var.log_retention_days)
    error_message = "log_retention_days is one of 7, 14, 30, 60, 90, 180, 365."
  }
}
