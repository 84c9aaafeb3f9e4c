//! Writes of one item. Each that has a condition knows itself again: its answer may be lost, and what is sent once more
//! then meets what it wrote before. What a transaction of somebody else has in hand is refused ("Transaction conflict
//! handling in DynamoDB" in the developer guide), and tried again here: the client does not do so by itself.

use aws_sdk_dynamodb::{
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use listsync_engine::ports::PortResult;

use super::{
    client::Table,
    item::{Item, Key, Stored},
    mark::Mark,
    op::Condition,
    transact::Patience,
};
use crate::error;

impl Table {
    /// Writes an item over. `false`: the condition does not hold, and nothing was written.
    pub(crate) async fn put(
        &self,
        doing: &'static str,
        stored: Stored,
        condition: Option<Condition>,
    ) -> PortResult<bool> {
        let mark = Mark::fresh();
        let stored = if condition.is_some() { mark.on(stored) } else { stored };
        let mut patience = Patience::new(doing);
        loop {
            let sent = self
                .client
                .put_item()
                .table_name(&self.name)
                .set_item(Some(stored.0.clone()))
                .set_condition_expression(condition.as_ref().map(|condition| condition.text().to_owned()))
                .set_expression_attribute_names(condition.as_ref().and_then(Condition::names))
                .set_expression_attribute_values(condition.as_ref().and_then(Condition::values))
                .set_return_values_on_condition_check_failure(
                    condition.as_ref().map(|_| ReturnValuesOnConditionCheckFailure::AllOld),
                )
                .send()
                .await;
            match sent {
                Ok(_) => return Ok(true),
                Err(failed) => match failed.as_service_error() {
                    Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                        return Ok(refused.item().is_some_and(|there| mark.wrote(there)));
                    }
                    Some(PutItemError::TransactionConflictException(_)) => patience.wait().await?,
                    _ => return Err(error::port(doing, &failed)),
                },
            }
        }
    }

    /// Changes attributes of an item, and gives it as it is then. None: the condition does not hold.
    pub(crate) async fn update(
        &self,
        doing: &'static str,
        (key, update, condition): (&Key, Condition, Condition),
    ) -> PortResult<Option<Stored>> {
        let mark = Mark::fresh();
        let (update, condition) = (mark.within(update), mark.unless_done(condition));
        let both = Condition::new(format!("{} {}", update.text(), condition.text()));
        let values: Item = [update.values(), condition.values()].into_iter().flatten().flatten().collect();
        let mut patience = Patience::new(doing);
        loop {
            let sent = self
                .client
                .update_item()
                .table_name(&self.name)
                .set_key(Some(key.attributes()))
                .update_expression(update.text())
                .condition_expression(condition.text())
                .set_expression_attribute_names(both.names())
                .set_expression_attribute_values(Some(values.clone()))
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .send()
                .await;
            match sent {
                Ok(answer) => return answer.attributes.map(Stored::known).transpose(),
                Err(failed) => match failed.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                        let there = refused.item().filter(|there| mark.changed(there)).cloned();
                        return there.map(Stored::known).transpose();
                    }
                    Some(UpdateItemError::TransactionConflictException(_)) => patience.wait().await?,
                    _ => return Err(error::port(doing, &failed)),
                },
            }
        }
    }
}
