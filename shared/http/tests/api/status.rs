//! How the lists stand, and why somebody is in step or not.

use serde_json::json;

use crate::stage::{Stage, options};

#[tokio::test]
async fn the_status_is_paged_by_urgency_and_names_people_where_one_list_is_asked_for() {
    let stage = Stage::new(options()).await;
    for name in ["News", "Quiet"] {
        stage.operate("POST", "/v1/lists").json(json!({"name": name})).expect(201).await;
    }
    for who in ["anna@contoso.example", "nobody@contoso.example"] {
        stage.operate("PUT", &format!("/v1/lists/News/members/{who}")).expect(201).await;
    }
    let domains = json!({"internal-domains": ["contoso.example"]});
    stage.administer("PATCH", "/v1/settings").json(domains).expect(200).await;
    let wish = json!({"list": "News", "group": "Staff"});
    let link = stage.administer("POST", "/v1/links").json(wish).expect(201).await;
    assert_eq!(link["state"]["state"], "never_ran", "{link}");
    let sync = format!("/v1/links/{}/sync", link["id"].as_str().unwrap());
    stage.operate("POST", &sync).expect(202).await;
    crate::syncs::work(&stage).await;
    let first = stage.operate("GET", "/v1/status?limit=1").expect(200).await;
    let counts = json!({"not_placed": 1, "not_linked": 1});
    assert_eq!((&first["exit_code"], &first["counts"]), (&json!(3), &counts), "{first}");
    let row = &first["items"][0];
    assert_eq!(
        (&row["list"]["name"], &row["state"], &row["people"]),
        (&json!("News"), &json!("not_placed"), &json!(null))
    );
    let next = first["next"].as_str().unwrap();
    let second = stage.operate("GET", &format!("/v1/status?limit=1&cursor={next}")).expect(200).await;
    assert_eq!((&second["items"][0]["list"]["name"], &second["next"]), (&json!("Quiet"), &json!(null)));
    let one = stage.operate("GET", "/v1/status?list=News").expect(200).await;
    assert_eq!(one["items"][0]["people"][0]["address"], "nobody@contoso.example", "{one}");
    let run =
        stage.operate("GET", "/v1/runs").expect(200).await["items"][0]["run"].as_str().unwrap().to_owned();
    let run = stage.operate("GET", &format!("/v1/runs/{run}")).expect(200).await;
    assert_eq!(run["unsettled"][0]["reason"], "no_such_user", "{run}");
    let lists = stage.operate("GET", "/v1/lists").expect(200).await;
    assert_eq!(lists["items"][0]["state"]["exit_code"], 3, "{lists}");
    stage.operate("GET", "/v1/status?list=Nowhere").expect(404).await;
}

#[tokio::test]
async fn why_answers_for_each_link_and_for_a_list_without_any() {
    let stage = Stage::new(options()).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    stage.operate("PUT", "/v1/lists/News/members/cleo@contoso.example").expect(201).await;
    let path = "/v1/lists/News/why?address=cleo@contoso.example";
    let alone = stage.operate("GET", path).expect(200).await;
    let answer = &alone["answers"][0];
    assert_eq!((&answer["link"], &answer["state"]["state"]), (&json!(null), &json!("not_linked")), "{alone}");
    let wish = json!({"list": "News", "group": "Staff"});
    stage.administer("POST", "/v1/links").json(wish).expect(201).await;
    let linked = stage.operate("GET", path).expect(200).await;
    let steps = linked["answers"][0]["steps"].as_array().unwrap();
    let told: Vec<_> = steps.iter().map(|step| step["answer"].as_str().unwrap()).collect();
    assert_eq!(told, ["fine", "fine", "fine", "stop", "fine", "note"], "{linked}");
    assert!(steps[5]["text"].as_str().unwrap().starts_with("added to the group by the next run"), "{linked}");
    stage.operate("GET", "/v1/lists/News/why?address=nonsense").expect(400).await;
}
