"""What the README of ftrack-query shows, statement by statement: takes its path, prints for each what went wrong.

A statement that the library itself cannot build, so that nothing is sent, is left out. It runs in the environment of
that library, which has nothing else of this project.
"""

import ast
import json
import re
import sys
import uuid
from pathlib import Path

import arrow
import ftrack_query
from ftrack_query import FTrackQuery, attr, create, delete, or_, select, update

if __name__ != "__main__":
    raise ImportError("It is a program, and no plugin for a host that searches this folder.")

readme = Path(sys.argv[1]).read_text(encoding="utf-8")
blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", readme)
session = FTrackQuery(auto_connect_event_hub=False)
# The README speaks of a table and columns that there are not.
_TABLE = ("id from table where x is y", "id from Shot where name is sh010")
names = {
    "a": "name",
    "b": "nim",
    "x": "parent.name",
    "y": "sh",
    **{name: getattr(ftrack_query, name) for name in ("and_", "not_")},
    "arrow": arrow,
    "attr": attr,
    "create": create,
    "delete": delete,
    "or_": or_,
    "select": select,
    "update": update,
    "session": session,
}
outcomes = {}
sent = []
call = session.call
session.call = lambda data: (sent.append(data), call(data))[1]


def attempt(words, run):
    sent.clear()
    wrong = None
    try:
        run()
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the answer
        session.rollback()
        wrong = f"{type(error).__name__}: {error}"
    if sent:
        outcomes[words] = wrong


def executed(expression):
    return session.execute(eval(expression, names)).all()


def statements():
    """The first example, which is run as it stands; those that have nothing to do with the server prepare them."""
    (example,) = [block for block in blocks if "session.commit()" in block]
    for statement in ast.parse(example).body[-1].body:
        source = ast.unparse(statement)
        words = source if "session.select" in source or "session.execute" in source else ""
        if words:
            attempt(words, lambda source=source: exec(source, names))
        else:
            exec(source, names)


def equivalents():
    """The statements beside the queries of the client's own documentation."""
    (example,) = [block for block in blocks if "thrones" in block]
    for line in example.splitlines():
        if line.strip() and not line.startswith("#"):
            attempt(line, lambda line=line: executed(line))


def operators():
    """The list of operators, each on an attribute of its kind."""
    kinds = {
        "String": ("Task", "name", ""),
        "Number": ("AssetVersion", "version", ""),
        "Pattern": ("Task", "name", ""),
        "Time": ("AssetVersion", "date", ""),
        "Scalar": ("Task", "parent", "name"),
        "Collection": ("Task", "assignments", "type"),
        "Subquery": ("Task", "parent_id", ""),
    }
    names["subquery"] = "select id from Shot where name is sh010"
    for kind, expression in re.findall(r"^- (\w+) \w+: `(.*)`$", readme, re.MULTILINE):
        entity_type, key, inner = kinds[kind]
        condition = expression.replace("subkey=", f"{inner}=").replace("attr(key)", f"attr('{key}')")
        attempt(expression, lambda e=entity_type, c=condition: executed(f"select('{e}').where({c})"))


def in_the_text():
    """Conditions and orders that stand in sentences."""
    for span in dict.fromkeys(spans):
        if span.startswith((".where(first", ".where(attr")):
            entity_type = "User" if "first_name" in span else "Task"
            attempt(span, lambda e=entity_type, s=span: executed(f"select('{e}'){s}"))
        if span.startswith((".in_([", ".in_('")):
            attempt(span, lambda s=span: executed(f"select('Task').where(attr('parent_id'){s.replace(*_TABLE)})"))
        if re.match(r"~?attr\([ax]\)", span):
            attempt(span, lambda s=span: executed(f"select('Task').where({s})"))
        if span in ("attr('name').desc()", "name descending"):
            order = span if "(" in span else repr(span)
            attempt(span, lambda order=order: executed(f"select('Project').order_by({order})"))


def seed():
    schema = session.query("ProjectSchema").first()
    data = {"name": "Test Project", "full_name": "Test Project", "project_schema": schema}
    project = session.create("Project", data)
    session.create("Task", {"name": "Old Task Name", "parent": project})
    session.commit()
    names.update(project=project, version_id=str(uuid.uuid4()))


seed()
for part in (statements, equivalents, operators, in_the_text):
    part()
sys.stdout.write(json.dumps(outcomes))
