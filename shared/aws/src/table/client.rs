use std::sync::Arc;

use aws_sdk_dynamodb::{
    Client,
    types::{BillingMode, TableStatus, TimeToLiveSpecification},
};
use listsync_engine::ports::PortResult;
use tokio::sync::OnceCell;

use super::{
    item::{Item, Key, Stored},
    schema::{self, INDEXES, PARTITION_KEY, SORT_KEY, TIME_TO_LIVE},
    span::Span,
    transact::Patience,
};
use crate::{error, pepper::Pepper};

/// The table.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) pepper: Arc<OnceCell<Pepper>>,
}

/// One page of a query, and where the next begins.
pub(crate) struct Page {
    pub(crate) items: Vec<Stored>,
    pub(crate) next: Option<Item>,
}

impl Table {
    /// What the hashes of addresses are keyed by; read once.
    pub(crate) async fn pepper(&self) -> PortResult<Pepper> {
        self.pepper.get_or_try_init(|| Pepper::load(self)).await.cloned()
    }

    /// One item, as it is now.
    pub(crate) async fn get(&self, doing: &'static str, key: &Key) -> PortResult<Option<Stored>> {
        let asked = self.client.get_item().table_name(&self.name).set_key(Some(key.attributes()));
        let answer =
            asked.consistent_read(true).send().await.map_err(|failed| error::port(doing, &failed))?;
        answer.item.map(Stored::known).transpose()
    }

    /// All items of a part of a partition, as they are now (in an index: as they were lately).
    pub(crate) async fn query(&self, doing: &'static str, span: &Span) -> PortResult<Vec<Stored>> {
        let (mut all, mut next) = (Vec::new(), None);
        let limit = span.limit.unwrap_or(usize::MAX);
        loop {
            let page = self.page(doing, span, next).await?;
            all.extend(page.items);
            next = page.next;
            if next.is_none() || all.len() >= limit {
                all.truncate(limit);
                return Ok(all);
            }
        }
    }

    /// The same, each item read as it comes: only a page of them is in memory as it is stored.
    pub(crate) async fn read<T>(
        &self,
        doing: &'static str,
        span: &Span,
        read: impl Fn(&Stored) -> PortResult<T>,
    ) -> PortResult<Vec<T>> {
        let (mut all, mut next) = (Vec::new(), None);
        loop {
            let page = self.page(doing, span, next).await?;
            for stored in &page.items {
                all.push(read(stored)?);
            }
            next = page.next;
            if next.is_none() {
                return Ok(all);
            }
        }
    }

    /// One page of it: 1 MB at most.
    pub(crate) async fn page(
        &self,
        doing: &'static str,
        span: &Span,
        start: Option<Item>,
    ) -> PortResult<Page> {
        if span.from.as_ref().zip(span.to.as_ref()).is_some_and(|(from, to)| from > to) {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let condition = span.condition();
        let mut names = condition.names().unwrap_or_default();
        let mut values = condition.values().unwrap_or_default();
        if let Some(filter) = &span.filter {
            names.extend(filter.names().unwrap_or_default());
            values.extend(filter.values().unwrap_or_default());
        }
        // A limit counts what was read, before the filter.
        let limit = span.limit.filter(|_| span.filter.is_none());
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(span.index.map(|index| index.name.to_owned()))
            .consistent_read(span.index.is_none() && !span.lately)
            .key_condition_expression(condition.text())
            .set_filter_expression(span.filter.as_ref().map(|filter| filter.text().to_owned()))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .scan_index_forward(!span.newest_first)
            .set_limit(limit.map(|limit| i32::try_from(limit.max(1)).unwrap_or(i32::MAX)))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|failed| error::port(doing, &failed))?;
        let keep = |item: &Item| span.index.is_none() || item.contains_key("schema");
        let (known, bare): (Vec<_>, Vec<_>) = answer.items.unwrap_or_default().into_iter().partition(keep);
        let mut items = known.into_iter().map(Stored::known).collect::<PortResult<Vec<_>>>()?;
        // An index that holds keys only tells no shape; who reads the item itself learns it.
        items.extend(bare.into_iter().map(Stored));
        Ok(Page { items, next: answer.last_evaluated_key.filter(|key| !key.is_empty()) })
    }

    /// Makes the table, on demand, with its indexes and its time-to-live attribute.
    pub(crate) async fn create(&self) -> PortResult<()> {
        const DOING: &str = "create the table";
        let malformed = |_| error::malformed(DOING);
        let mut request = self
            .client
            .create_table()
            .table_name(&self.name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_attribute_definitions(Some(schema::attributes().map_err(malformed)?))
            .set_key_schema(Some(schema::keys(PARTITION_KEY, SORT_KEY).map_err(malformed)?));
        for index in &INDEXES {
            request = request.global_secondary_indexes(schema::index(index).map_err(malformed)?);
        }
        request.send().await.map_err(|failed| error::port(DOING, &failed))?;
        let mut patience = Patience::new(DOING);
        while !self.is_active().await? {
            patience.wait().await?;
        }
        let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name(TIME_TO_LIVE).build();
        let asked = self.client.update_time_to_live().table_name(&self.name);
        let asked = asked.time_to_live_specification(ttl.map_err(malformed)?);
        asked.send().await.map_err(|failed| error::port(DOING, &failed))?;
        Ok(())
    }

    /// Whether the table can be used.
    pub(crate) async fn is_active(&self) -> PortResult<bool> {
        let asked = self.client.describe_table().table_name(&self.name).send().await;
        let answer = asked.map_err(|failed| error::port("look at the table", &failed))?;
        Ok(answer.table.and_then(|table| table.table_status) == Some(TableStatus::Active))
    }
}
