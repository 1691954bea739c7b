"""Policies as files against policies as they are kept.  A root, used by commands and tests.

Versions are read and published on the platform's role, which sees no district's own rows; whom a version touches is asked
on each district's role, one after the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from server.db import roles
from server.db.pools import Pools
from server.kit import clock
from server.kit.actor import MUNICIPALITY
from server.kit.errors import Conflict
from server.policy import seeding, store
from server.policy.catalogue import FILE_OF
from server.policy.dumping import dump_pack
from server.policy.judge import Book
from server.policy.model import PolicyVersion
from server.policy.planning import Key, PackState, Plan, drift, name_of, pack_of, plan, reversed_plan
from server.policy.shelf import Library
from server.policy.simulate import Simulation
from server.policy.terms import SCOPE_OF, FactScope, Kind, Status
from server.record.acts import Act
from server.standing import simulating

_DISTRICTS = "SELECT code, tenant_id FROM district ORDER BY display_order"


class Drifted(Conflict):
    """Somebody published something since the plan was made."""

    code = "POLICY_DRIFTED"


@dataclass(frozen=True)
class Touched:
    """Whom a version touches in its district: numbers of institutions, never their names."""

    on: date
    simulation: Simulation

    @property
    def sentence(self) -> str:
        """In an official's words."""
        found = self.simulation
        parts = [f"{self.on} 判定 {found.evaluated} 家，{found.changed} 家结果改变，{found.indeterminate} 家有待查明"]
        parts += [f"新增“{effect.label}”{count} 家" for effect, count in sorted(found.entering.items())]
        parts += [f"不再“{effect.label}”{count} 家" for effect, count in sorted(found.leaving.items())]
        return "；".join(parts)

    def plain(self) -> dict[str, Any]:
        """From JSON's own types."""
        found = self.simulation
        return {
            "on": self.on.isoformat(),
            "evaluated": found.evaluated,
            "changed": found.changed,
            "indeterminate": found.indeterminate,
            "entering": {effect.value: count for effect, count in sorted(found.entering.items())},
            "leaving": {effect.value: count for effect, count in sorted(found.leaving.items())},
        }


class Configuration:
    """The policies of one installation, and the library that files are read from."""

    def __init__(self, pools: Pools, library: Library) -> None:
        self._pools = pools
        self._library = library

    async def plan(self, *, erratum: bool = False) -> Plan:
        """What applying the library's files would publish."""
        tenants = await self._tenants()
        library = self._library
        packs = [pack for pack in library.catalogue.packs if pack.jurisdiction in tenants]
        states = await self._states(tenants)
        return plan(packs, states, library.register, library.cases, today=clock.today(), erratum=erratum)

    async def reversed(self, made: Plan, *, effective_from: date) -> Plan:
        """The plan that returns to what was before this one.  Raises: PolicyRejected."""
        return reversed_plan(made, await self._states(await self._tenants()), effective_from=effective_from)

    async def touched(self, made: Plan) -> dict[str, Touched]:
        """For each step that judges institutions, whom it touches from its first day on; nothing is stored."""
        tenants, found = await self._tenants(), {}
        states = await self._states(tenants)
        today = clock.today()
        for step in made.steps:
            jurisdiction, kind = step.key
            if (
                tenants.get(jurisdiction, MUNICIPALITY) == MUNICIPALITY
                or SCOPE_OF.get(kind) is not FactScope.INSTITUTION
            ):
                continue
            fetch = partial(self._pools.fetch, roles.district_role(jurisdiction))
            book = Book(states.get(step.key, PackState()).published, self._library.register)
            place = await simulating.ground(fetch, tenants[jurisdiction], kind, book, clock.now())
            on = max(today, step.version.period.from_on)
            done = await simulating.simulate_version(place, step.version, self._library.register, [on])
            found[name_of(step)] = Touched(on, done[0])
        return found

    async def apply(self, made: Plan, *, by: str, reason: str, erratum: bool = False) -> int:
        """The plan's versions in force, all or none; how many they are.

        Raises: Drifted, PolicyFlawed, BackDated, PeriodRefused, with nothing changed.
        """
        tenants = await self._tenants()
        async with self._pools.transaction(roles.PLATFORM) as connection:
            for jurisdiction, kind in sorted(made.bases):
                await store.hold_pack(connection, tenants[jurisdiction], kind)
            states = _states(await store.list_all(connection), tenants)
            moved = drift(made, states)
            if moved:
                told = "、".join(f"{jurisdiction} {kind.label}" for jurisdiction, kind in moved)
                raise Drifted(f"计划生成之后，以下政策已有变动：{told}；请重新生成计划")
            for step in made.steps:
                tenant_id = tenants[step.key[0]]
                act = Act(connection, tenant_id, seeding.operator(tenant_id, by), "policy apply", self._pools.custody)
                await seeding.put_in_force(act, self._library, step.version, reason=reason, erratum=erratum)
        return len(made.steps)

    async def exported(self) -> dict[str, str]:
        """The published versions as files: path inside the folder → text."""
        states = await self._states(await self._tenants())
        return {
            f"{jurisdiction}/{FILE_OF[kind]}": dump_pack(pack_of(jurisdiction, kind, state.published))
            for (jurisdiction, kind), state in states.items()
            if state.published
        }

    async def _tenants(self) -> dict[str, int]:
        return dict(await self._pools.fetch(roles.PUBLIC_READER, _DISTRICTS, []))

    async def _states(self, tenants: Mapping[str, int]) -> dict[Key, PackState]:
        async with self._pools.transaction(roles.PLATFORM) as connection:
            return _states(await store.list_all(connection), tenants)


def _states(versions: Sequence[store.Kept], tenants: Mapping[str, int]) -> dict[Key, PackState]:
    codes = {tenant_id: code for code, tenant_id in tenants.items()}
    published: dict[Key, list[PolicyVersion]] = {}
    taken: dict[Key, set[int]] = {}
    for one in versions:
        key: tuple[str, Kind] = (codes[one.tenant_id], one.version.kind)
        if one.status is Status.PUBLISHED:
            published.setdefault(key, []).append(one.version)
        else:
            taken.setdefault(key, set()).add(one.version.number)
    return {
        key: PackState(tuple(published.get(key, ())), frozenset(taken.get(key, ())))
        for key in dict.fromkeys([*published, *taken])
    }
