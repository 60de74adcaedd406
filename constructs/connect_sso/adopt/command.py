"""`connect-sso adopt`: an environment file and its imports for a contact centre that somebody set up by hand."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from connect_sso.adopt import placing, reading
from connect_sso.adopt.as_made import common_tags, is_as_made
from connect_sso.adopt.changes import first_changes
from connect_sso.adopt.discovery import discover
from connect_sso.adopt.environment_text import crowd_file, crowd_text, divided, environment_text
from connect_sso.adopt.import_list import PARTS, imports_of, part_of
from connect_sso.adopt.model import Aside, CannotAdoptError
from connect_sso.adopt.reading import Wanted
from connect_sso.adopt.rendering import Outcome, as_json, as_text
from connect_sso.adopt.update import update_of
from connect_sso.environment.derived_names import ENVIRONMENT_NAME
from connect_sso.environment.imports import SUFFIX, render_imports
from connect_sso.environment.loading import environments_directory, load_one
from connect_sso.errors import EXIT_DECIDE, Failure, UsageFailure
from connect_sso.facts.names import OKTA_DOMAINS
from connect_sso.live.progress import shown
from connect_sso.text import visible

if TYPE_CHECKING:
    from pathlib import Path

    from connect_sso.adopt.model import ContactCentre
    from connect_sso.environment.loading import LoadedEnvironment
    from connect_sso.live.model import LiveAccount, LiveOrg


@click.command()
@click.argument("environment", metavar="ENV")
@click.option("--region", metavar="REGION", help="The instance's region, such as us-east-1.")
@click.option("--instance", metavar="ID_OR_ALIAS", help="The Amazon Connect instance.")
@click.option(
    "--org",
    metavar="HOST",
    help="The Okta org, such as acme.okta.com; else OKTA_ORG_NAME and OKTA_BASE_URL say it, as for the provider, or what OKTA_HTTP_PROXY leads to.",
)
@click.option(
    "--app", "apps", metavar="LABEL_OR_ID", multiple=True, help="An Okta app to take over; once more for each."
)
@click.option(
    "--api-user", metavar="NAME", help="The IAM user whose key Okta's API integration has, where it is not found."
)
@click.option(
    "--only", type=click.Choice(list(PARTS)), multiple=True, help="Import this part alone; once more for each."
)
@click.option(
    "--update", is_flag=True, help="Add what an environment that is there lacks, and change nothing else of it."
)
@click.option("--format", "output_format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    environment: str,
    region: str | None,
    instance: str | None,
    org: str | None,
    apps: tuple[str, ...],
    api_user: str | None,
    only: tuple[str, ...],
    update: bool,
    output_format: str,
) -> None:
    """Write an environment file, its CSV and its imports for a contact centre that is there already.

    Reads the live accounts and changes nothing in them. Writes ENV.yaml, ENV-agents.csv (for more than 20 people) and
    ENV.imports.json into the directory of the environment files, all or none, and never over a file that is there. The next
    plan imports what they name. The credentials are those of Terraform's providers.

    Exits 0 where the first plan only imports, 3 where it changes something or a person must decide something, and 1 where this
    cannot be taken over.

    \b
    Example:
      connect-sso adopt prod --region us-east-1 --instance acme-contact --org acme.okta.com --app "Amazon Connect"
      connect-sso adopt prod --update
    """
    if update and (region or instance or org or api_user):
        raise UsageFailure(
            "with --update the environment file says region, instance, org and API user; only --app and --only go with it"
        )
    if not ENVIRONMENT_NAME.fullmatch(environment):
        raise UsageFailure(
            f"{environment!r} cannot be an environment's name: 1 to 40 letters, digits, _ and -, beginning with a letter or digit"
        )
    if update:
        outcome = _update(load_one(environment), apps, only)
    else:
        if region is None or instance is None or not apps:
            raise UsageFailure("--region, --instance and at least one --app say what to take over")
        wanted = Wanted(region, instance, *_org(org), apps, api_user)
        outcome = _adopt(environment, wanted, only)
    sys.stdout.write(as_json(outcome) if output_format == "json" else as_text(outcome))
    if not outcome.is_decided:
        sys.exit(EXIT_DECIDE)


def _org(host: str | None) -> tuple[str, str]:
    """Name and base URL of the org, as the provider takes them: https://registry.terraform.io/providers/okta/okta/latest/docs."""
    from connect_sso.live.okta_client import org_behind_proxy  # only here: requests takes long to import

    if host is None:
        name = os.environ.get("OKTA_ORG_NAME", "")
        host = f"{name}.{os.environ.get('OKTA_BASE_URL') or OKTA_DOMAINS[0]}" if name else org_behind_proxy() or ""
    name, _, base_url = host.removeprefix("https://").rstrip("/").partition(".")
    if not name or not base_url:
        raise UsageFailure(
            "which Okta org? --org acme.okta.com, or OKTA_ORG_NAME (and OKTA_BASE_URL, where it is not okta.com)"
        )
    return name, base_url


def _read(wanted: Wanted) -> tuple[LiveAccount, LiveOrg]:
    with shown() as progress:
        return reading.read_accounts(wanted, progress)


def _adopt(name: str, wanted: Wanted, only: Collection[str]) -> Outcome:
    _needs_the_apps(only)
    folder = environments_directory()
    placing.refuse_what_is_there(folder, [f"{name}.yaml", f"{name}.yml", f"{name}{SUFFIX}", crowd_file(name)])
    account, org = _read(wanted)
    centre = _discovered(name, account, org, {})
    imports = imports_of(centre, only)
    schema_line = (folder / "environment.schema.json").exists()
    texts = {
        f"{name}.yaml": environment_text(centre, schema_line=schema_line),
        f"{name}{SUFFIX}": render_imports(imports),
    }
    if crowd := divided(centre.people)[1]:
        texts[crowd_file(name)] = crowd_text(crowd)
    with placing.staged(folder, texts) as stage:
        loaded = placing.checked(stage, name, folder)
        assert loaded.environment is not None
        if is_as_made(loaded.environment, centre):
            centre = replace(centre, adopted=False, tags=common_tags(centre))
            (stage / f"{name}.yaml").write_text(environment_text(centre, schema_line=schema_line), encoding="utf-8")
            placing.checked(stage, name, folder)
        placing.put_in_place(stage, folder, list(texts))
    changes = first_changes(centre, org)
    return Outcome(centre, _paths(folder, texts), imports, changes, notes=_notes(centre, imports, only))


def _update(loaded: LoadedEnvironment, apps: Collection[str], only: Collection[str]) -> Outcome:
    _needs_the_apps(only, [each.address for each in loaded.imports])
    environment = loaded.environment
    assert environment is not None
    aws, connect, labels = (
        environment.aws,
        environment.connect,
        {app.label: key for key, app in environment.apps.items()},
    )
    integrated = environment.okta.role_assignment == "api_integration"
    wanted = Wanted(
        region=aws.region,
        instance=connect.instance_id or connect.alias or "",
        org_name=environment.okta.org_name,
        base_url=environment.okta.base_url,
        apps=(*labels, *(app for app in apps if app not in labels)),
        api_user=environment.api_integration.user if integrated else None,
        account_id=aws.account_id,
        assume_role=aws.assume_role,
    )
    account, org = _read(wanted)
    centre = _discovered(loaded.name, account, org, labels)
    update = update_of(loaded, centre, only)
    folder = loaded.path.parent
    everything = {name: path.read_bytes().decode() for name, path in _files(loaded).items()} | dict(update.after)
    with placing.staged(folder, everything) as stage:
        staged = placing.checked(stage, loaded.name, folder)
        placing.replace_together(stage, folder, update.before, update.after)
    asides = [*centre.asides, *update.asides]
    assert staged.environment is not None
    if environment.adopted is not True and not is_as_made(staged.environment, centre):
        asides.append(_NOT_ADOPTED)
    centre = replace(centre, asides=tuple(asides), adopted=environment.leaves("apps"))
    notes = _notes(centre, {each.address: each.id for each in loaded.imports} | dict(update.imports), only)
    changes = [change for change in first_changes(centre, org) if change.address in update.imports]
    return Outcome(centre, _paths(folder, update.after), update.imports, changes, update.diff, notes)


_NOT_ADOPTED = Aside(
    "what the file has no words for",
    "the file does not say `adopted: true`, and not everything is as the stacks make it: the next apply may set it anew. Write it, or "
    "look closely at the next plan",
    decide=True,
)


def _files(loaded: LoadedEnvironment) -> dict[str, Path]:
    """The environment's files that are there, by their names in its directory."""
    folder = loaded.path.parent
    names = [loaded.path.name, f"{loaded.name}{SUFFIX}", loaded.environment and loaded.environment.users_file]
    return {name: folder / name for name in names if name and (folder / name).exists()}


def _paths(folder: Path, names: Collection[str]) -> list[str]:
    return [str(folder / name) for name in names]


def _discovered(name: str, account: LiveAccount, org: LiveOrg, keys: Mapping[str, str]) -> ContactCentre:
    try:
        return discover(name, account, org, keys=keys)
    except CannotAdoptError as error:
        raise Failure(
            "\n  ".join(["this cannot be taken over, and nothing was written:", *map(visible, error.reasons)])
        ) from None


def _needs_the_apps(only: Collection[str], there: Collection[str] = ()) -> None:
    """A part that is planned alone brings along what it refers to: IAM's SAML providers hold the metadata of the apps."""
    if "iam" in only and "okta" not in only and not any(part_of(address) == "okta" for address in there):
        raise UsageFailure(
            "IAM's SAML providers hold the metadata of the Okta apps: take over okta first, or both at once (--only okta --only iam)"
        )


def _notes(centre: ContactCentre, imports: Mapping[str, str], only: Collection[str]) -> list[str]:
    """What is to be known of a part that is taken over without the others."""
    missing = [address for address in imports_of(centre) if address not in imports]
    if not missing:
        return []
    parts = sorted({part_of(address) for address in missing})
    return [
        f"{', '.join(parts)}: {len(missing):,} more things of the file are there already and are not imported yet. A plan of the whole "
        "environment would make them a second time, or fail on their names. Add them first (`connect-sso adopt "
        f"{centre.name} --update`), or plan and apply what is imported alone, with these arguments of Terraform: "
        + " ".join(f"-target={block}" for block in sorted({address.partition("[")[0] for address in imports}))
    ]
