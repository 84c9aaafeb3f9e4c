#!/usr/bin/env bash
# django-scim2 0.23.0 (PyPI): a filter on an attribute that its settings do not map is answered by 200 and nobody. Out
# of the box that is every attribute of a group, and of people externalId and emails, though both are shown in the
# resources. RFC 7644, section 3.4.2.2: what a provider cannot filter by it must refuse, 400 with invalidFilter.
#
# Guess before the run: displayName finds the group and emails.value the person, or the answer is 400.
# Seen: both come back empty; only names and "active" are mapped for people. Who asks before creating, as Microsoft
# Entra does, takes the group for missing and tries to create it at every run.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check \
    django-scim2==0.23.0 django==5.2.19 scim2-filter-parser==0.7.0 sly==0.5
mkdir "$dir/people"
cd "$dir"

cat > people/models.py <<'PY'
from django.contrib.auth.models import AbstractUser, Group
from django_scim.models import AbstractSCIMGroupMixin, AbstractSCIMUserMixin


class User(AbstractSCIMUserMixin, AbstractUser):
    @property
    def scim_groups(self):
        return Team.objects.filter(user=self)


class Team(AbstractSCIMGroupMixin, Group):
    pass
PY
cat > asked.py <<'PY'
from importlib.metadata import version
from urllib.parse import quote

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="tests",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions")] + ["django_scim", "people"],
    MIGRATION_MODULES={"auth": None, "contenttypes": None, "sessions": None},
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware"],
    AUTH_USER_MODEL="people.User",
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    SCIM_SERVICE_PROVIDER={"NETLOC": "localhost", "GROUP_MODEL": "people.models.Team", "AUTHENTICATION_SCHEMES": []},
)
django.setup()

from django.core.management import call_command
from django.test import Client
from django.urls import include, path
from people.models import Team, User

urlpatterns = [path("scim/v2/", include("django_scim.urls", namespace="scim"))]
call_command("migrate", verbosity=0, run_syncdb=True)
ann = User.objects.create_superuser("ann", "ann@example.com", "secret", scim_external_id="e-1")
Team.objects.create(name="staff").user_set.add(ann)
client = Client()
client.force_login(ann)


def found(kind, wanted=""):
    answer = client.get(f"/scim/v2/{kind}" + (f"?filter={quote(wanted)}" if wanted else ""))
    resources = answer.json().get("Resources", [])
    print(kind, wanted or "(all)", "->", answer.status_code, [one.get("userName") or one["displayName"] for one in resources])
    return answer.status_code, len(resources)


print("django-scim2", version("django-scim2"))
assert found("Groups") == found("Users") == (200, 1)
assert found("Users", 'userName eq "ann"') == (200, 1)
assert found("Groups", 'displayName eq "staff"') == (200, 0)
assert found("Users", 'externalId eq "e-1"') == (200, 0)
assert found("Users", 'emails.value eq "ann@example.com"') == (200, 0)
PY
PYTHONPATH=. "$dir/venv/bin/python" asked.py
echo "as found"
