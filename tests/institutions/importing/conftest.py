"""The city's jurisdictions as an installation would hand them to import."""

import pytest

from server.institutions.importing.model import District
from server.institutions.importing.resolving import Districts

NAMES = {
    "110101": "东城",
    "110102": "西城",
    "110105": "朝阳",
    "110106": "丰台",
    "110107": "石景山",
    "110108": "海淀",
    "110109": "门头沟",
    "110111": "房山",
    "110112": "通州",
    "110113": "顺义",
    "110114": "昌平",
    "110115": "大兴",
    "110116": "怀柔",
    "110117": "平谷",
    "110118": "密云",
    "110119": "延庆",
}
FORMER = {"110118": ("密云县",), "110119": ("延庆县",), "110101": ("崇文区",), "110102": ("宣武区",)}
ZONE = District(
    code="110115403",
    name="北京经济技术开发区",
    aliases=("开发区", "北京经开区"),
    address_markers=("经济技术开发区", "经开区", "亦庄"),
    lies_in=("110115", "110112"),
)


@pytest.fixture(scope="session")
def districts() -> Districts:
    ordinary = [District(code, f"{name}区", (name, *FORMER.get(code, ()))) for code, name in NAMES.items()]
    return Districts([*ordinary, ZONE])
