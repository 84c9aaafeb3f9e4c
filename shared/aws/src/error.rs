//! Failures of AWS in the words of the ports. Texts of a service may quote what was sent, so none is passed on: only
//! its code is.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use listsync_engine::ports::{Fault, PortError};

/// How long to stay away from a service that throttles although it was asked again and again.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn port<E: ProvideErrorMetadata, R>(doing: &str, failed: &SdkError<E, R>) -> PortError {
    let Some(service) = failed.as_service_error() else { return unsent(doing, failed) };
    let code = service.code().unwrap_or("unknown");
    let (fault, hint) = verdict(code);
    PortError::new(fault, code, format!("could not {doing}: AWS answered {code}")).with_hint(hint)
}

fn verdict(code: &str) -> (Fault, &'static str) {
    match code {
        "ThrottlingException"
        | "Throttling"
        | "RequestThrottled"
        | "RequestLimitExceeded"
        | "ProvisionedThroughputExceededException"
        | "TooManyRequestsException"
        | "SlowDown" => (Fault::Throttled(PATIENCE), ""),
        "AccessDeniedException" | "AccessDenied" | "KMS.AccessDeniedException" | "KmsAccessDenied" => {
            (Fault::Denied, "give the function's role the permission that its policy in infra/ names")
        }
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "ExpiredToken"
        | "MissingAuthenticationTokenException" => {
            (Fault::Denied, "check the AWS credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID) and the clock")
        }
        "ResourceNotFoundException" => {
            (Fault::Rejected, "check the name in the setting, the AWS region (AWS_REGION) and the account")
        }
        "AWS.SimpleQueueService.NonExistentQueue" | "QueueDoesNotExist" => {
            (Fault::Rejected, "check LISTSYNC_QUEUE, the AWS region (AWS_REGION) and the account")
        }
        "NoSuchBucket" => (Fault::Rejected, "check the bucket's name, the AWS region and the account"),
        "ParameterNotFound" => (Fault::Rejected, "check the parameter's name and the AWS region"),
        "InternalServerError"
        | "InternalError"
        | "InternalFailure"
        | "InternalServiceError"
        | "ServiceUnavailable"
        | "RequestTimeout"
        | "TransactionConflictException"
        | "TransactionInProgressException" => (Fault::Unavailable, ""),
        _ => (Fault::Rejected, "see what the code means in the service's API reference"),
    }
}

fn unsent<E, R>(doing: &str, failed: &SdkError<E, R>) -> PortError {
    let (fault, code, cause, hint) = match failed {
        SdkError::TimeoutError(_) => (Fault::Unavailable, "aws_timeout", "AWS did not answer in time", ""),
        SdkError::DispatchFailure(dispatch) if dispatch.is_other() || dispatch.is_user() => (
            Fault::Denied,
            "aws_credentials",
            "the request could not be made",
            "check the AWS credentials and the region (AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_REGION)",
        ),
        SdkError::ConstructionFailure(_) => (
            Fault::Denied,
            "aws_settings",
            "the request could not be made",
            "check the region (AWS_REGION) and the address (AWS_ENDPOINT_URL)",
        ),
        _ => (
            Fault::Unavailable,
            "aws_unreachable",
            "AWS cannot be reached",
            "check the network, and the address where one is set (AWS_ENDPOINT_URL)",
        ),
    };
    PortError::new(fault, code, format!("could not {doing}: {cause}")).with_hint(hint)
}

pub(crate) fn malformed(doing: &str) -> PortError {
    let message = format!("could not {doing}: the request is not complete");
    PortError::new(Fault::Rejected, "aws_request", message).with_hint("report this")
}

pub(crate) fn busy(doing: &str) -> PortError {
    let message = format!("could not {doing}: others kept changing the same items");
    PortError::new(Fault::Unavailable, "store_busy", message).with_hint("try again")
}

pub(crate) fn lease_lost(doing: &str) -> PortError {
    let message = format!("could not {doing}: the link's lease is not ours any more");
    PortError::new(Fault::LeaseLost, "lease_lost", message)
}

pub(crate) fn gone(code: &str, message: String) -> PortError {
    PortError::new(Fault::Gone, code, message)
}

pub(crate) fn rejected(code: &str, message: impl Into<String>, hint: &str) -> PortError {
    PortError::new(Fault::Rejected, code, message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_caller_may_do_follows_from_the_code() {
        assert_eq!(verdict("ThrottlingException").0, Fault::Throttled(PATIENCE));
        assert_eq!(verdict("AccessDeniedException").0, Fault::Denied);
        assert_eq!(verdict("ResourceNotFoundException").0, Fault::Rejected);
        assert_eq!(verdict("InternalServerError").0, Fault::Unavailable);
        assert_eq!(verdict("SomethingNew").0, Fault::Rejected);
    }
}
