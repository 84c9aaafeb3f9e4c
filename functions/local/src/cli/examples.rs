//! The examples at the end of each verb's help.

pub(super) const ALL: &str = "\
Examples:
  listsync demo                   see it work, with no settings at all
  listsync doctor                 check the settings for your own tenant
  listsync lists create News
  listsync import people.csv --list News --mode incremental
  listsync link News --group 2f4d0c1e-0000-4000-8000-000000000001
  listsync plan News              what a sync would do
  listsync sync News

Settings come from the environment, or from a file .env in the current folder:
  LISTSYNC_STORE, LISTSYNC_QUEUE, LISTSYNC_GRAPH_URL, LISTSYNC_VISIBILITY, LISTSYNC_LOG,
  AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_AUTHORITY_HOST, SSL_CERT_FILE, and one of
  AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE

Exit codes (the first that applies):
  1  error: nothing was done
  4  held or halted
  3  finished with failures, or partial, or continued
  2  changes are pending: after plan, after handout, where changes in the group are made by hand, and where
     something is read or tried again later
  0  done

Of status: 4 held, halted, failing or an import held; 3 somebody is not placed; 2 it goes on by itself;
  0 in step, also where a rule leaves somebody out; 1 the store could not be read";

pub(super) const STATUS: &str = "\
Examples:
  listsync status                 everything on one screen, what needs you first
  listsync status News            one list, with who is out of step and why
  listsync status --watch
  listsync status --json          for monitoring; so does the exit code

Exit codes:
  4  held, halted or failing, or an import is held: nothing goes on without a person
  3  somebody is not placed until something is corrected
  2  it goes on by itself: waiting, throttled, to be synced, or to be made by hand
  1  the store could not be read
  0  in step, also where a rule leaves somebody out; paused";

pub(super) const WHY: &str = "\
Examples:
  listsync why News anna@contoso.com
  listsync why News anna@contoso.com --json

It reads the store, and asks the directory a few questions: whose the address is, and whether they are in the
group now.";

pub(super) const DEMO: &str = "\
Example:
  listsync demo";

pub(super) const LISTS: &str = "\
Examples:
  listsync lists create News
  listsync lists create Sales --filter 'department eq \"Sales\" and external eq false'
  listsync lists create 'All staff' --opt-out not-allowed
  listsync lists preview Sales --filter 'department sw \"Sales\"'
  listsync lists edit Sales --filter 'department sw \"Sales\"'
  listsync lists explain Sales anna@contoso.com
  listsync lists ls
  listsync lists show News
  listsync lists members News --json
  listsync lists export News --csv > news.csv
  listsync lists history News
  listsync lists add News anna@contoso.com --name 'Anna Meier'
  listsync lists add News ben@contoso.com --until 2027-03-31
  listsync lists remove News anna@contoso.com
  listsync lists delete News";

pub(super) const CONTACTS: &str = "\
Examples:
  listsync contacts ls
  listsync contacts show anna@contoso.com --json
  listsync contacts history anna@contoso.com
  listsync contacts edit anna@contoso.com --set department=Sales --alias a.meier@contoso.com
  listsync contacts edit anna@contoso.com --address anna.keller@contoso.com
  listsync contacts merge anna@contoso.com anna.private@example.com
  listsync contacts opt-out anna@contoso.com
  listsync contacts my-lists anna@contoso.com     a link for you to send to her
  listsync contacts prune --older-than 90d        those on no list; shows how many, and asks
  listsync contacts erase anna@contoso.com";

pub(super) const KEYS: &str = "\
Examples:
  listsync keys create 'newsletter tool' --scope read --scope operate
  listsync keys create 'list of the works council' --scope read --scope operate --list Council --expires 2027-03-31
  listsync keys ls
  listsync keys revoke 1f2e3d4c5b6a
  listsync keys rotate-links";

pub(super) const IMPORT: &str = "\
Examples:
  listsync import joiners.csv --list News --mode incremental
  listsync import everybody.csv --list News --mode full       who is not in it leaves the list
  listsync import hr.csv --list News --mode full --map 'email=Work e-mail,name=Full name'
  listsync import export.csv --list News --mode full --profile workday --rejects rejects.csv
  listsync import export.csv --list News --mode full --profile our-hr.json
  listsync import everybody.csv --list News --mode full --dry-run     who would join and leave
  listsync import joiners.csv --list News --mode incremental --link-group news-team
  listsync import unsubscribed.csv --list News --as opt-outs";

pub(super) const IMPORTS: &str = "\
Examples:
  listsync imports ls
  listsync imports show 0197c1de-0000-7000-8000-000000000001
  listsync imports show 0197c1de-0000-7000-8000-000000000001 --csv > held.csv
  listsync imports approve 0197c1de-0000-7000-8000-000000000001
  listsync imports discard 0197c1de-0000-7000-8000-000000000001
  listsync imports undo 0197c1de-0000-7000-8000-000000000001          shows what it takes back, and asks";

pub(super) const SUBSCRIBE: &str = "\
Example:
  listsync subscribe News anna@contoso.com";

pub(super) const UNSUBSCRIBE: &str = "\
Example:
  listsync unsubscribe News anna@contoso.com";

pub(super) const LINK: &str = "\
Examples:
  listsync link News --group 2f4d0c1e-0000-4000-8000-000000000001
  listsync link News --group entra:news-team --mode list-to-group --extras remove
  listsync link News --group sales --group support --mode group-to-list
  listsync link News --new-group 'News readers' --owner admin@contoso.com
  listsync link News --new-group 'News readers' --kind security --every 1h --max-removals 10%
  listsync link News --group news-team --writes by-hand   see 'listsync handout --help'

A list may have several links, each to a group of its own: two-way and list-to-group any number, or one
group-to-list with any number of list-to-group. Look at 'listsync plan LIST' before the first sync.";

pub(super) const GROUPS: &str = "\
Examples:
  listsync groups ls              groups of the tenant, 50 at most
  listsync groups ls Mark         those whose name or address begins so
  listsync link News --group marketing@contoso.com";

pub(super) const LINKS: &str = "\
Examples:
  listsync links ls
  listsync links show News
  listsync links pause News
  listsync links resume News
  listsync links approve 3f9c2a71d04b
  listsync links discard 3f9c2a71d04b
  listsync links relink News
  listsync links writes News by-hand    from now on, changes in the group are made from 'listsync handout'
  listsync links pause News --place entra:news-team    of several links of the list the one that leads there
  listsync links unlink News";

pub(super) const PLAN: &str = "\
Examples:
  listsync plan News              exits with 2 when changes are pending
  listsync plan News --place news-team    only the link that leads there, where the list has several";

pub(super) const HANDOUT: &str = "\
Examples:
  listsync handout News > news.csv
  listsync handout News --as powershell > news.ps1        then: ./news.ps1 -WhatIf
  listsync handout News --as json
Exits with 2 when there is something to do. The next sync sees what was done.";

pub(super) const SYNC: &str = "\
Examples:
  listsync sync News              all its links in turn; exits with the worst of theirs
  listsync sync News --json
  listsync sync News --place entra:news-team
  listsync sync News --plan 3f9c2a71d04b8e65    only what 'listsync plan' showed; 3 where more is due, or less";

pub(super) const TICK: &str = "\
Example:
  listsync tick && listsync work --until-empty";

pub(super) const WORK: &str = "\
Examples:
  listsync work --until-empty
  listsync work                   until Ctrl-C";

pub(super) const SERVE: &str = "\
Examples:
  listsync serve                  stops on Ctrl-C or SIGTERM once the runs under way have ended
  listsync serve --listen 127.0.0.1:9000

The HTTP API wants a key: listsync keys create NAME --scope read --scope operate
It describes itself at /openapi.json. Pages for people are at /: see 'listsync console --help'. LISTSYNC_PUBLIC_URL says where people reach it: opt-out links begin with it.";

pub(super) const CONSOLE: &str = "\
Examples:
  listsync console                prints a link: open it in a browser of this machine
  listsync console --at 127.0.0.1:9000    where 'listsync serve --listen 127.0.0.1:9000' runs

Who follows the link may do everything that the command line may, for nine hours at most, and the audit says local.";

pub(super) const RUNS: &str = "\
Examples:
  listsync runs ls
  listsync runs ls News --limit 5
  listsync runs show 0197c1de-0000-7000-8000-000000000001
  listsync runs show 0197c1de-0000-7000-8000-000000000001 --failures-csv > failures.csv
  listsync runs show 0197c1de-0000-7000-8000-000000000001 --members
  listsync runs show 0197c1de-0000-7000-8000-000000000001 --members --csv > members.csv
  listsync runs undo 0197c1de-0000-7000-8000-000000000001    shows whom it is about, and asks
  listsync runs undo 0197c1de-0000-7000-8000-000000000001 --plan 3f9c2a71d04b8e65

An undo exits as a sync does: 4 where the guard holds a part of it until you approve, and 2 where nobody can be asked
and nothing was done yet.";

pub(super) const BACKUP: &str = "\
Examples:
  listsync backup /backups/listsync-2026-12-01.db
Copy the file of erasures beside the store along with it, and after each erasure: listsync.db.erasures.";

pub(super) const AUDIT: &str = "\
Examples:
  listsync audit ls
  listsync audit ls --since 7d --actor local
  listsync audit ls --object 0197c1de-0000-7000-8000-000000000001 --json
What is recorded: each change by a key, a sender of events, an opt-out link, a dropped file or this command line.
How long it is kept: listsync settings get audit-keep";

pub(super) const ALERTS: &str = "\
Examples:
  listsync alerts ls
  listsync alerts test
The timer sends alerts: listsync serve, or tick. Where to is set in its environment, and each may be the text itself,
file:PATH, secretsmanager:NAME or ssm:NAME:
  LISTSYNC_ALERTS_WEBHOOK, LISTSYNC_ALERTS_WEBHOOK_SECRET    a signed Standard Webhook
  LISTSYNC_ALERTS_TEAMS                                      the URL of a workflow of Microsoft Teams
  LISTSYNC_ALERTS_MAIL                                       graph, ses, or smtps://USER:PASSWORD@HOST:465; with
  LISTSYNC_ALERTS_MAIL_FROM, LISTSYNC_ALERTS_MAIL_TO         from which address, and to which
Further: LISTSYNC_ALERTS_HEARTBEAT (7d, or off), LISTSYNC_ALERTS_ALLOW_PRIVATE (no, or yes)";

pub(super) const DOCTOR: &str = "\
Examples:
  listsync doctor
  listsync doctor --open-gate     let calls begin again although the directory asked for a pause";

pub(super) const SETTINGS: &str = "\
Examples:
  listsync settings get
  listsync settings get every
  listsync settings set every 30m
  listsync settings set max-removals 10%
  listsync settings set internal-domains contoso.com,contoso.de
  listsync settings set protected owners,break.glass@contoso.com
  listsync settings set linkable-groups 2f4d0c1e-0000-4000-8000-000000000001";

pub(super) const COMPLETIONS: &str = "\
Examples:
  listsync completions bash > ~/.local/share/bash-completion/completions/listsync
  listsync completions zsh > ~/.zfunc/_listsync";
