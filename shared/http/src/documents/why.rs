//! Why somebody is in step on a list, or is not, as a document.

use listsync_core::{
    Timestamp,
    address::Address,
    list::List,
    why::{Answer, Question, Step},
};
use listsync_engine::why::Told;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Named, status::StateDocument, words};

/// Why somebody is in step on a list and its groups, or is not.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Why)]
pub struct WhyDocument {
    /// The address that was asked about.
    pub address: String,
    /// The list.
    pub list: Named,
    /// When it was asked.
    pub as_of: Timestamp,
    /// For each link of the list; for a list without one, once, with no link.
    pub answers: Vec<WhyAnswer>,
}

/// The steps of somebody on one link.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WhyAnswer {
    /// The link.
    pub link: Option<String>,
    /// The names of its groups.
    pub group: Option<String>,
    /// How the link stands.
    pub state: StateDocument,
    /// From the contact to what happens next.
    pub steps: Vec<WhyStep>,
}

/// One question with its answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WhyStep {
    /// What is asked.
    #[schema(value_type = words::Question)]
    pub question: Question,
    /// How it is answered: as it has to be, it stops here, or it only tells.
    #[schema(value_type = words::Answer)]
    pub answer: Answer,
    /// The answer for a person.
    pub text: String,
    /// What the person can do; empty where there is nothing to do.
    pub hint: String,
}

impl WhyDocument {
    /// Of what was told of an address on a list.
    #[must_use]
    pub fn of(list: &List, address: &Address, told: Vec<Told>, as_of: Timestamp) -> Self {
        let answer = |one: Told| WhyAnswer {
            link: one.link.map(String::from),
            group: one.group,
            state: StateDocument::of(&one.state, &list.name),
            steps: one.steps.into_iter().map(step).collect(),
        };
        Self {
            address: address.as_str().to_owned(),
            list: Named { id: list.id.to_string(), name: list.name.clone() },
            as_of,
            answers: told.into_iter().map(answer).collect(),
        }
    }
}

fn step(Step { question, answer, text, hint }: Step) -> WhyStep {
    WhyStep { question, answer, text, hint }
}
