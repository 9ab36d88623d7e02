"""The workflows: known actions by major version, least permissions, and only commands that run anywhere."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*"))}
# A released major version each; a bot may replace it by a commit, with the version in a comment beside it.
ACTIONS = {
    "actions/cache": "v4",
    "actions/checkout": "v4",
    "actions/configure-pages": "v5",
    "actions/deploy-pages": "v4",
    "actions/setup-python": "v5",
    "actions/upload-artifact": "v4",
    "actions/upload-pages-artifact": "v3",
}
READ = {"contents": "read"}
# What a job may ask for beyond READ, by workflow and job.
JOB_PERMISSIONS = {
    ("pages.yml", "build"): {"contents": "read", "pages": "read"},
    ("pages.yml", "deploy"): {"pages": "write", "id-token": "write"},
}
# Without pull_request_target, which would lend the repository's rights to a stranger's code.
TRIGGERS = {"push", "pull_request", "schedule", "workflow_dispatch"}


def targets() -> set[str]:
    """What make knows, and the press with it."""
    phony = re.search(r"^\.PHONY:(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    return set(phony[1].split())


def triggers(workflow: dict) -> dict:
    """The part named `on`, which YAML 1.1 reads as true."""
    given = workflow[True]
    return given if isinstance(given, dict) else dict.fromkeys([given] if isinstance(given, str) else given)


def action_fault(uses: str, text: str) -> str | None:
    name, _, version = uses.partition("@")
    if name not in ACTIONS:
        return f"unknown action {uses}"
    if version == ACTIONS[name]:
        return None
    by_commit = re.search(rf"{re.escape(uses)} # v\d", text) and re.fullmatch("[0-9a-f]{40}", version)
    return None if by_commit else f"{uses} is not {ACTIONS[name]}"


def step_faults(step: dict, text: str) -> list[str]:
    found = []
    if "run" in step:
        words = step["run"].split()
        if words[:1] != ["make"] or len(words) < 2 or not targets() >= {*words[1:]}:
            found.append(f"not a target of make: {step['run']}")
    else:
        found += filter(None, [action_fault(step["uses"], text)])
        kept = step.get("with", {}).get("persist-credentials", True)
        if step["uses"].startswith("actions/checkout") and kept is not False:
            found.append("the token outlives the checkout")
    return found


def faults(name: str, text: str) -> list[str]:
    workflow = yaml.safe_load(text)
    found = [f"trigger {one}" for one in triggers(workflow) if one not in TRIGGERS]
    if workflow.get("permissions") != READ:
        found.append(f"permissions of all jobs: {workflow.get('permissions')}")
    if "group" not in workflow.get("concurrency", {}):
        found.append("runs may overlap")
    if "secrets." in text:
        found.append("a secret is used")
    for job, content in workflow["jobs"].items():
        if content.get("permissions", READ) != JOB_PERMISSIONS.get((name, job), READ):
            found.append(f"permissions of {job}: {content['permissions']}")
        if "timeout-minutes" not in content:
            found.append(f"{job} may hang")
        for step in content["steps"]:
            found += step_faults(step, text)
    return found


@pytest.mark.parametrize("name", WORKFLOWS)
def test_each_workflow_keeps_the_rules(name):
    assert faults(name, WORKFLOWS[name]) == []


def test_there_is_one_workflow_for_each_occasion():
    given = {name: {*triggers(yaml.safe_load(text))} for name, text in WORKFLOWS.items()}
    assert given == {
        "ci.yml": {"push", "pull_request"},
        "pages.yml": {"push"},
        "weekly.yml": {"schedule", "workflow_dispatch"},
    }


def commands(name: str) -> dict[str, list[str]]:
    jobs = yaml.safe_load(WORKFLOWS[name])["jobs"]
    return {job: [step["run"] for step in content["steps"] if "run" in step] for job, content in jobs.items()}


def test_each_job_is_what_one_types():
    assert commands("ci.yml") == {"test": ["make test", "make plain"], "check": ["make check"]}
    assert commands("pages.yml") == {"build": ["make book"], "deploy": []}
    assert commands("weekly.yml") == {
        "versions": ["make lower", "make newest"],
        "links": ["make book", "make links"],
    }


def test_only_the_default_branch_is_published_and_at_the_address_that_pages_tells():
    workflow = yaml.safe_load(WORKFLOWS["pages.yml"])
    build, deploy = workflow["jobs"]["build"], workflow["jobs"]["deploy"]
    assert triggers(workflow) == {"push": {"branches": ["main"]}}
    assert "github.event.repository.default_branch" in build["if"]
    (book,) = (step for step in build["steps"] if "run" in step)
    asked = "${{ steps.pages.outputs.base_url }}"
    assert book["env"] == {"FLOWBOUNDS_BASE_URL": asked}
    (asking,) = (step for step in build["steps"] if step.get("id") == "pages")
    assert asking["uses"].startswith("actions/configure-pages@")
    assert (deploy["needs"], deploy["environment"]["name"]) == ("build", "github-pages")


def test_a_proposed_change_shows_its_site_and_links_block_nothing():
    steps = yaml.safe_load(WORKFLOWS["ci.yml"])["jobs"]["test"]["steps"]
    (upload,) = (step for step in steps if step.get("uses", "").startswith("actions/upload-artifact"))
    assert "pull_request" in upload["if"]
    assert upload["with"]["path"] == "_build/html"
    assert yaml.safe_load(WORKFLOWS["weekly.yml"])["jobs"]["links"]["continue-on-error"] is True


def test_newer_actions_are_proposed_by_a_bot():
    bot = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))
    (update,) = bot["updates"]
    assert (update["package-ecosystem"], update["directory"]) == ("github-actions", "/")


SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("ci.yml", ("actions/cache@v4", "actions/cache"), "actions/cache is not v4"),
        ("ci.yml", ("actions/checkout@v4", "actions/checkout@main"), "actions/checkout@main is not v4"),
        ("ci.yml", ("actions/cache@v4", f"actions/cache@{SHA}"), f"actions/cache@{SHA} is not v4"),
        ("ci.yml", ("actions/cache@v4", "someone/cache@v4"), "unknown action someone/cache@v4"),
        ("ci.yml", ("contents: read", "contents: write"), "permissions of all jobs"),
        ("ci.yml", ("permissions:\n  contents: read", "permissions: write-all"), "permissions of all jobs"),
        ("ci.yml", ("permissions:\n  contents: read\n", ""), "permissions of all jobs: None"),
        ("ci.yml", ("  test:\n", "  test:\n    permissions: {pages: write}\n"), "permissions of test"),
        ("pages.yml", ("pages: read", "pages: write"), "permissions of build"),
        ("pages.yml", ("id-token: write", "contents: write"), "permissions of deploy"),
        ("ci.yml", ("run: make test", "run: pip install numpy"), "not a target of make: pip install numpy"),
        ("ci.yml", ("run: make test", "run: make test && curl x"), "not a target of make"),
        ("ci.yml", ("run: make test", "run: make tests"), "not a target of make: make tests"),
        ("ci.yml", ("run: make test", "run: make test ONLY=${{ github.head_ref }}"), "not a target of make"),
        ("ci.yml", ("persist-credentials: false", "fetch-depth: 1"), "the token outlives the checkout"),
        ("ci.yml", ("  pull_request:\n", "  pull_request_target:\n"), "trigger pull_request_target"),
        ("ci.yml", ("name: site", "name: ${{ secrets.TOKEN }}"), "a secret is used"),
        ("ci.yml", ("    timeout-minutes: 45\n", ""), "test may hang"),
        ("weekly.yml", ("concurrency:\n  group: weekly\n  cancel-in-progress: true\n", ""), "may overlap"),
    ],
)
def test_a_planted_fault_is_seen(name, change, told):
    assert change[0] in WORKFLOWS[name]
    assert any(told in fault for fault in faults(name, WORKFLOWS[name].replace(*change, 1)))


def test_a_commit_with_its_version_beside_it_is_a_pin():
    pinned = WORKFLOWS["ci.yml"].replace("actions/cache@v4", f"actions/cache@{SHA} # v4.2.0")
    assert faults("ci.yml", pinned) == []
