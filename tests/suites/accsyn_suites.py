"""accsyn-python-api's own tests, which its makers run by hand in a workspace of theirs."""

from __future__ import annotations

from ftrack_accsyn_sandbox.service import HOST
from suites.suite import Outcome, Place, Suite, run_pytest

# Who the tests are run by; an employee without any volume, as they expect.
_EMPLOYEE, _STANDARD = "employee@acme.test", "standard@acme.test"
# Somebody sits there, and presses Enter whenever the tests ask for something that has been done already.
_TYPED = "\n" * 1000


def _run(place: Place) -> Outcome:
    workspace = place.studio.demo.workspace
    admin = place.studio.demo.admin
    keys = {"admin": (admin.code, admin.api_key)}
    for role, email in (("employee", _EMPLOYEE), ("standard", _STANDARD)):
        user = workspace.add_user(email, f"{role}-demo-key", role)
        keys[role] = (user.code, user.api_key)
    for user in (admin, workspace.user(_STANDARD)):
        place.studio.demo.add_machine(f"{user.name}-desk", None, user=user)
    for role, (email, key) in keys.items():
        lines = (f"ACCSYN_WORKSPACE={workspace.code}", f"ACCSYN_API_USER={email}", f"ACCSYN_API_KEY={key}")
        (place.checkout / f".env.{role}").write_text("\n".join(lines) + "\n", encoding="utf-8")
    direct = {"ACCSYN_PROXY": f"{HOST}:{place.studio.accsyn.port}", "NO_PROXY": HOST, "NETRC": "/dev/null"}
    scratch = {"TMPDIR": str(place.scratch)}  # where the tests put what they download
    # Its options measure coverage and stop at the first failure.
    return run_pytest(place, "-s", "-o", "addopts=", environment={**direct, **scratch}, typed=_TYPED)


SUITES = {
    "accsyn-python-api": Suite(
        "accsyn-python-api",
        wanted=45 / 53,
        python="3.11",
        requirements=("{checkout}", "pytest~=7.0", "pytest-order~=1.0"),
        run=_run,
    ),
}
