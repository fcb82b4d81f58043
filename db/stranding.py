"""Jobs that nobody will ever take over, because no living executor has their provider."""

from uuid import UUID

from db.engine import Database
from db.parameters import as_json
from db.rollup import lock_for_roll_up, roll_up
from db.statements import statement

PATIENCE_SECONDS = 24 * 3_600.0
"""From the submission on: about as long as providers keep results."""


async def end_stranded(database: Database, expiry: float, patience: float = PATIENCE_SECONDS) -> list[UUID]:
    """Fail some of the stranded jobs that were waited for long enough; give which."""
    async with database.transaction() as connection:
        values = {"expiry": expiry, "patience": patience}
        found = (await connection.execute(statement("stranded"), values)).all()
        if not found:
            return []
        gates = [{"provider": one.provider, "kind": one.kind} for one in found]
        projects = sorted({one.project_id for one in found})
        scenes = sorted({one.scene_id for one in found if one.scene_id})
        await connection.execute(statement("lock_gates"), {"gates": as_json(gates)})
        await lock_for_roll_up(connection, projects, scenes)
        over = {"jobs": [one.id for one in found], "expiry": expiry}
        ended = (await connection.execute(statement("end_stranded"), over)).all()
        await roll_up(connection, projects, scenes)
    return [one.id for one in ended]
