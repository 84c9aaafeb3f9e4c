output "store" {
  description = "LISTSYNC_STORE for the command line."
  value       = local.store
}

output "queue_url" {
  description = "LISTSYNC_QUEUE for the command line."
  value       = local.queue
}

output "dead_letters_url" {
  description = "The dead-letter queue."
  value       = aws_sqs_queue.dead_letters.url
}

output "worker_role_arn" {
  description = "The subject of the federated credential in Entra ID."
  value       = aws_iam_role.worker.arn
}

output "timer_role_arn" {
  description = "The subject of the timer's federated credential in Entra ID, for change notifications and mail."
  value       = local.timer_asks ? aws_iam_role.timer.arn : null
}

output "timer_name" {
  description = "The timer function, to be called on demand."
  value       = aws_lambda_function.timer.function_name
}

output "inbox_name" {
  description = "The bucket for files; drop them as incoming/LIST/MODE/PROFILE/FILE."
  value       = aws_s3_bucket.inbox.id
}

output "inbox_failures_url" {
  description = "The queue of events of dropped files that could not be handled."
  value       = aws_sqs_queue.inbox_failures.url
}

output "api_url" {
  description = "The HTTP API."
  value       = local.api_url
}

output "gateway_id" {
  description = "The gateway of the API, to be given a domain of your own."
  value       = local.has_api ? aws_apigatewayv2_api.gateway[0].id : null
}

output "api_role_arn" {
  description = "The subject of the federated credential of the API's own app registration in Entra ID."
  value       = local.has_api ? aws_iam_role.api[0].arn : null
}
