use super::*;

fn read(notice: &Value) -> Vec<String> {
    told(&ses::read("m-1", &notice.to_string()))
}

#[test]
fn every_recipient_of_a_notification_is_told() {
    let envelope: Value = serde_json::from_str(BOUNCE).unwrap();
    let entries = ses::read("m-1", envelope["Message"].as_str().unwrap());
    assert_eq!(told(&entries), ["anna@contoso.example bounce", "bert@contoso.example bounce"]);
    assert_eq!(entries[1].name, "message m-1#1");
}

#[test]
fn both_shapes_say_the_same() {
    let complaint = json!({"complainedRecipients": [{"emailAddress": "a@b.example"}]});
    for name in ["notificationType", "eventType"] {
        let notice = json!({name: "Complaint", "complaint": complaint});
        assert_eq!(read(&notice), ["a@b.example complaint"]);
    }
}

#[test]
fn only_what_is_for_good_counts() {
    let bounce = |kind: &str| {
        let recipients = json!([{"emailAddress": "a@b.example"}]);
        read(&json!({"eventType": "Bounce", "bounce": {"bounceType": kind, "bouncedRecipients": recipients}}))
    };
    assert_eq!(bounce("Permanent"), ["a@b.example bounce"]);
    assert_eq!(bounce("Transient"), ["transient"]);
    assert_eq!(bounce("Undetermined"), ["transient"]);
    let recipients = json!([{"emailAddress": "a@b.example"}]);
    let complaint = json!({"complainedRecipients": recipients, "complaintFeedbackType": "not-spam"});
    assert_eq!(read(&json!({"eventType": "Complaint", "complaint": complaint})), ["ignored"]);
}

#[test]
fn what_concerns_no_list_or_is_no_json_is_ignored() {
    assert_eq!(read(&json!({"eventType": "Delivery"})), ["ignored"]);
    assert_eq!(told(&ses::read("m", "Successfully validated SNS topic.")), ["ignored"]);
    assert_eq!(
        read(&json!({"eventType": "Bounce", "bounce": {"bounceType": "Permanent"}})),
        ["/bounce/bouncedRecipients"]
    );
}

#[test]
fn a_change_of_preferences_names_its_topics() {
    let status = |topics: &[(&str, &str)]| {
        let one = |(name, status): &(&str, &str)| json!({"topicName": name, "subscriptionStatus": status});
        Value::from(topics.iter().map(one).collect::<Vec<_>>())
    };
    let change = |all: bool, new: Value| {
        let old = json!({"unsubscribeAll": false, "topicDefaultSubscriptionStatus": status(&[("News", "OptIn")]),
            "topicSubscriptionStatus": status(&[("Jobs", "OptOut")])});
        let new = json!({"unsubscribeAll": all, "topicSubscriptionStatus": new});
        read(&json!({"eventType": "Subscription", "mail": {"destination": ["Anna <a@b.example>"]},
            "subscription": {"newTopicPreferences": new, "oldTopicPreferences": old}}))
    };
    assert_eq!(change(true, json!([])), ["a@b.example unsubscribe"]);
    assert_eq!(
        change(false, status(&[("News", "OptOut"), ("Jobs", "OptOut")])),
        ["a@b.example unsubscribe of News"]
    );
    assert_eq!(
        change(false, status(&[("News", "OptIn"), ("Jobs", "OptIn")])),
        ["a@b.example subscribe of Jobs"]
    );
    assert_eq!(change(false, status(&[("News", "OptIn")])), ["ignored"]);
}
