"""A little service that reports what its users do.

Every answered request becomes a ``request`` event of the user it names, and
what matters to the business is captured by name. Nothing here waits for
Millrace, and nothing here fails when it is away.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import millrace
from fastapi import FastAPI, Header, HTTPException
from millrace.integrations.asgi import MillraceMiddleware
from pydantic import BaseModel

client = millrace.AsyncClient(os.environ["WRITE_KEY"], url=os.environ["CAPTURE_URL"])


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """What is still queued goes out before the service ends."""
    async with client:
        yield


app = FastAPI(title="Library", lifespan=lifespan)
app.add_middleware(MillraceMiddleware, client=client)

BOOKS = {"emma": "Emma", "ulysses": "Ulysses"}


class Loan(BaseModel):
    """For how long somebody borrows a book."""

    days: int = 14


@app.get("/books")
async def books() -> dict[str, str]:
    """What there is to borrow."""
    return BOOKS


@app.post("/books/{book}/loans", status_code=201)
async def lend(book: str, loan: Loan, x_distinct_id: str = Header()) -> dict[str, str]:
    """Lends a book to whoever asks."""
    if book not in BOOKS:
        raise HTTPException(404, "no such book")
    client.capture(x_distinct_id, "book borrowed", {"book": book, "days": loan.days})
    return {"borrowed": BOOKS[book]}
