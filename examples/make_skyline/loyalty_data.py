"""Invent the members and bookings of the example's loyalty domain; nobody in them exists.

Usage: python loyalty_data.py, after public_data.py. The seed is fixed, so the files are always the
same. Mail addresses are under example.com, phone numbers in the range kept for fiction
(555-01xx), and passports begin with ZZ, a code that no country has.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb

DATA = Path(__file__).parents[1] / "skyline" / "data"
SEED = 2013
MEMBERS = 5_000
BOOKINGS = 40_000

GIVEN_NAMES = (
    "Ada Amir Anouk Ben Bilal Carla Chen Dana Diego Elif Emil Farah Finn Gita Goran Hana Hugo Ida "
    "Ivan Jana Jonas Kaya Kofi Lena Luca Maya Milan Nadia Nils Olga Omar Paula Pavel Quinn Rania "
    "Remy Sara Selim Tara Theo Uma Ursula Vera Viktor Wanda Xenia Yara Yusuf Zoe Zoltan"
)
FAMILY_NAMES = (
    "Abara Adler Bakker Baptiste Castillo Conti Dahl Delgado Eriksen Espinoza Falk Ferreira Garcia "
    "Grant Haddad Hoffmann Ibarra Ivanova Jansen Joshi Kaplan Kowalski Laurent Lindqvist Mbeki "
    "Moreau Nakamura Novak Okafor Olsen Patel Petrov Quist Rossi Rahman Santos Schmidt Tanaka "
    "Turner Ueda Unger Varga Vega Walsh Weber Xu Yamada Yilmaz Zeller Zhou"
)
AREA_CODES = (201, 212, 315, 347, 516, 551, 585, 609, 631, 646, 716, 718, 732, 845, 856, 908, 914)
FARES = (("basic", 0.45), ("standard", 0.9), ("flexible", 1.6), ("business", 3.1))
FARE_WEIGHTS = (42, 40, 13, 5)


def main() -> None:
    """Write members.csv and bookings.csv."""
    rng = random.Random(SEED)
    members = list(_members(rng))
    _write("members.csv", members)
    _write("bookings.csv", _bookings(rng, [str(row["member_id"]) for row in members]))


def _members(rng: random.Random) -> Iterator[dict[str, object]]:
    given_names, family_names = GIVEN_NAMES.split(), FAMILY_NAMES.split()
    for number in range(1, MEMBERS + 1):
        given, family = rng.choice(given_names), rng.choice(family_names)
        mail = f"{given}.{family}{number}@example.com".lower()
        phone = f"+1-{rng.choice(AREA_CODES)}-555-01{rng.randrange(100):02d}"
        yield {
            "member_id": f"M{number:05d}",
            "full_name": f"{given} {family}",
            # People type as they like: the model has something to clean.
            "email": f" {mail.upper()}" if rng.random() < 0.02 else mail,
            "phone": phone if rng.random() > 0.08 else rng.choice(("", "n/a", "-")),
            "passport_number": f"ZZ{rng.randrange(10**7):07d}" if rng.random() < 0.6 else "",
            "birth_date": date(1935, 1, 1) + timedelta(days=rng.randrange(25_000)),
            "home_airport": rng.choices(("EWR", "JFK", "LGA"), (36, 33, 31))[0],
            "joined_on": date(2005, 1, 1) + timedelta(days=rng.randrange(2_900)),
        }


def _bookings(rng: random.Random, members: Sequence[str]) -> Iterator[dict[str, object]]:
    flights = duckdb.execute(
        "SELECT make_date(year, month, day), carrier, flight, origin, distance"
        " FROM read_parquet($flights) ORDER BY ALL",
        {"flights": str(DATA / "flights.parquet")},
    ).fetchall()
    # A few fly often and most rarely; members who never fly are in the register all the same.
    eagerness = [rng.paretovariate(1.3) if rng.random() > 0.1 else 0.0 for _ in members]
    who = rng.choices(members, eagerness, k=BOOKINGS)
    what = sorted(rng.choices(flights, k=BOOKINGS))
    for number, (member, flight) in enumerate(zip(who, what, strict=True), start=1):
        day, carrier, flight_number, origin, distance = flight
        fare, factor = rng.choices(FARES, FARE_WEIGHTS)[0]
        price = (45 + distance * 0.11) * factor * rng.uniform(0.8, 1.35)
        yield {
            "booking_id": number,
            "member_id": member,
            "flight_date": day,
            "carrier": carrier,
            "flight": flight_number,
            "origin": origin,
            "booked_on": day - timedelta(days=min(int(rng.expovariate(1 / 30)), 330)),
            "fare": fare,
            "price_usd": f"{price:.2f}",
        }


def _write(name: str, rows: Iterable[dict[str, object]]) -> None:
    with (DATA / name).open("w", newline="", encoding="utf-8") as file:
        writer: csv.DictWriter[str] | None = None
        for row in rows:
            if writer is None:
                writer = csv.DictWriter(file, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)


if __name__ == "__main__":
    main()
