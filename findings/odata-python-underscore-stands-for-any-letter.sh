#!/usr/bin/env bash
# odata-query 0.10.0 (PyPI, OData filters as SQL): an underscore or a percent sign in contains() and startswith()
# stays a sign of LIKE, and ne leaves out who has no value. OData 4.01, part 2: the functions take text as it is
# (5.1.1.5), and null ne 'x' is true (5.1.1.1.2). Many addresses hold an underscore.
#
# Guess before the run: text is text, and "or is null" is written for ne.
# Seen: through SQLAlchemy ann_lee finds annxlee, too; the plain SQL doubles the underscore, which is two letters for
# LIKE, and finds nobody. "department ne 'Sales'" does not find who has no department.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check odata-query==0.10.0 sly==0.4 python-dateutil==2.9.0.post0 \
    sqlalchemy==2.1.9

cat > "$dir/people.py" <<'PY'
import logging
from importlib.metadata import version

from odata_query.grammar import ODataLexer, ODataParser
from odata_query.sql import AstToSqliteSqlVisitor
from odata_query.sqlalchemy import apply_odata_query
from sqlalchemy import Column, String, create_engine, select, text
from sqlalchemy.orm import Session, declarative_base

logging.disable(logging.WARNING)
Base = declarative_base()


class Person(Base):
    __tablename__ = "people"
    mail = Column(String, primary_key=True)
    department = Column(String)


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
print("odata-query", version("odata-query"))
with Session(engine) as session:
    session.add_all([Person(mail="ann_lee@example.com", department="Sales"), Person(mail="annxlee@example.com")])
    session.flush()
    ann, anx = "ann_lee@example.com", "annxlee@example.com"
    for odata, meant, by_sqlalchemy, by_sql in [
        ("contains(mail,'ann_lee')", [ann], [ann, anx], []),
        ("startswith(mail,'ann_')", [ann], [ann, anx], [ann, anx]),
        ("department ne 'Sales'", [anx], [], []),
    ]:
        sql = AstToSqliteSqlVisitor().visit(ODataParser().parse(ODataLexer().tokenize(odata)))
        found = [
            sorted(person.mail for person in session.scalars(apply_odata_query(select(Person), odata))),
            sorted(session.scalars(text(f"select mail from people where {sql}"))),
        ]
        print(f"{odata}: means {meant}, finds {found[0]} by SQLAlchemy, {found[1]} by {sql}")
        assert found == [by_sqlalchemy, by_sql], found
PY
"$dir/venv/bin/python" "$dir/people.py"
echo "as found"
