"""What all tables are declared on, and the columns that most of them have."""

from sqlalchemy import Column, DateTime, MetaData, Uuid, func

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, values: object) -> str:
    """Give the SQL condition that a column has one of these values."""
    names = ", ".join(f"'{value}'" for value in sorted(map(str, values)))  # type: ignore[call-overload] # any iterable of StrEnum
    return f"{column} IN ({names})"


def key_column() -> Column[object]:
    """Give the column of an id that the database makes."""
    return Column("id", Uuid, primary_key=True, server_default=func.gen_random_uuid())


def moment(name: str, *, required: bool = False) -> Column[object]:
    """Give a column of a moment; a required one is now where nobody says otherwise."""
    if required:
        return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())
    return Column(name, DateTime(timezone=True))
