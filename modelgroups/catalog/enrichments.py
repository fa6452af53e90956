"""The settings of enrichments in the catalog."""

from __future__ import annotations

from sqlalchemy import delete, insert, select
from sqlmodel import Session

from modelgroups.catalog.records import EnrichmentSetting
from modelgroups.catalog.tables import EnrichmentSettingRow, table

__all__ = ["put", "settings"]

_SETTING = table(EnrichmentSettingRow).c


def settings(session: Session, model_id: str) -> dict[str, EnrichmentSetting]:
    """Return the settings of a model that were made, by name."""
    columns = [_SETTING[name] for name in EnrichmentSetting._fields]
    rows = session.execute(select(*columns).where(_SETTING.model_id == model_id))
    return {row[0]: EnrichmentSetting._make(row) for row in rows}


def put(session: Session, model_id: str, setting: EnrichmentSetting) -> None:
    """Make a setting, in place of one that there is."""
    mine = (_SETTING.model_id == model_id) & (_SETTING.name == setting.name)
    session.execute(delete(table(EnrichmentSettingRow)).where(mine))
    values = setting._asdict() | {"model_id": model_id}
    session.execute(insert(table(EnrichmentSettingRow)), values)
