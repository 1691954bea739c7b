"""Every login role has a password of its own, which follows from the installation's secret and from nothing else."""

from server.db import roles
from server.districts.files import load_districts


def test_no_two_roles_share_a_password() -> None:
    names = [*roles.SHARED, *(roles.district_role(one.code) for one in load_districts() if one.tenant_id > 0)]
    passwords = {roles.password(secret, name) for name in names for secret in ("first secret", "second secret")}
    assert len(passwords) == 2 * len(names)
    assert min(map(len, passwords)) >= 43
    assert roles.password("first secret", names[0]) == roles.password("first secret", names[0])
