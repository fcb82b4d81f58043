"""What films are stitched from, on PostgreSQL."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database
from db.statements import statement
from domain.films import Cut, CutPart


async def read_cut(connection: AsyncConnection, project: UUID, scene: UUID | None) -> Cut:
    """Give what the film of a project, or of one of its scenes, would be made of now."""
    found = await connection.execute(statement("film_cut"), {"project": project, "scene": scene})
    return Cut(tuple(CutPart(**row) for row in found.mappings()))


class PostgresCuts:
    """``domain.ports.Cuts``; borrows the database, which its owner closes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def cut(self, project: UUID, scene: UUID | None) -> Cut:
        """See the port."""
        async with self._database.transaction() as connection:
            return await read_cut(connection, project, scene)
