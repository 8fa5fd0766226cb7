"""The nine rules in OpenFisca, on one household: prints its times in microseconds as JSON.

Run by the peer's own interpreter; the rules are those of nine_rules.aid, written as its country
packages are.
"""

# mypy: ignore-errors
import json
import time
from statistics import median

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.indexed_enums import Enum
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import MONTH
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

PERIOD = "2024-06"
Person = build_entity("person", "persons", "Person", is_person=True)
Household = build_entity(
    "household", "households", "Household", roles=[{"key": "member", "plural": "members"}]
)


class County(Enum):
    c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 = (f"County {n}" for n in range(10))


STANDARDS = (645, 710, 782, 835, 880, 925, 990, 1053, 1132.5, 1245)


def system():
    found = {}

    def variable(name, entity, type_, formula=None, **rest):
        body = {"value_type": type_, "entity": entity, "definition_period": MONTH, "label": name}
        if formula is not None:
            body["formula"] = formula
        found[name] = type(name, (Variable,), body | rest)

    variable("wage", Person, float)
    variable("other_income", Person, float)
    variable("age", Person, int)
    variable("disability", Person, int)
    variable("county", Household, Enum, possible_values=County, default_value=County.c0)
    variable("assets", Household, float)
    variable(
        "counted_income",
        Person,
        float,
        lambda person, period, parameters: (
            person("wage", period)
            - parameters(period).work_deduction * person("wage", period)
            + person("other_income", period)
        ),
    )
    variable("size", Household, int, lambda household, period, parameters: household.nb_persons())
    variable(
        "per_head",
        Household,
        float,
        lambda household, period, parameters: (
            household.sum(household.members("counted_income", period)) / household("size", period)
        ),
    )
    variable(
        "standard",
        Household,
        float,
        lambda household, period, parameters: parameters(period).standard[
            household("county", period)
        ],
    )
    variable(
        "eligible",
        Household,
        bool,
        lambda household, period, parameters: (
            (household("per_head", period) < household("standard", period))
            * (
                household("assets", period)
                <= 24 * household("standard", period) * household("size", period)
            )
        ),
    )
    variable(
        "is_supplemented",
        Person,
        bool,
        lambda person, period, parameters: (
            (person("disability", period) == 2)
            + (person("age", period) >= 70)
            + (person("age", period) <= 16)
        ),
    )
    variable(
        "amount",
        Household,
        float,
        lambda household, period, parameters: np.where(
            household("eligible", period),
            np.ceil(
                (household("standard", period) - household("per_head", period))
                * household("size", period)
                + 0.3
                * household("standard", period)
                * household.sum(household.members("is_supplemented", period))
            ),
            0,
        ),
    )
    variable(
        "margin",
        Household,
        bool,
        lambda household, period, parameters: (
            household("per_head", period) < 1.5 * household("standard", period)
        ),
    )
    variable(
        "single_person",
        Person,
        float,
        lambda person, period, parameters: np.where(
            person.household("margin", period)
            * np.logical_not(person.household("eligible", period))
            * (person("disability", period) == 2),
            np.maximum(person.household("standard", period) - person("counted_income", period), 0),
            0,
        ),
    )
    variable(
        "care",
        Person,
        int,
        lambda person, period, parameters: np.select(
            [person("disability", period) == 2, person("disability", period) == 1], [20, 10], 0
        ),
    )
    made = TaxBenefitSystem([Person, Household])

    def dated(value):
        return {"values": {"2024-01-01": {"value": value}}}

    data = {
        "work_deduction": dated(0.2),
        "standard": {f"c{n}": dated(float(s)) for n, s in enumerate(STANDARDS)},
    }
    made.parameters = ParameterNode("", data=data)
    made.add_variables(*found.values())
    return made


OUTPUTS = ("amount", "margin", "single_person", "care")


def run(made, *, trace):
    builder = SimulationBuilder()
    builder.create_entities(made)
    builder.declare_person_entity("person", ["a", "b", "c"])
    household = builder.declare_entity("household", ["h"])
    builder.join_with_persons(household, np.array(["h"] * 3), np.array(["member"] * 3))
    simulation = builder.build(made)
    simulation.trace = trace
    simulation.set_input("wage", PERIOD, np.array([1234.56, 0, 0]))
    simulation.set_input("other_income", PERIOD, np.array([100.0, 0, 55.10]))
    simulation.set_input("age", PERIOD, np.array([40, 72, 12]))
    simulation.set_input("disability", PERIOD, np.array([0, 2, 1]))
    simulation.set_input("assets", PERIOD, np.array([12000.0]))
    simulation.set_input("county", PERIOD, np.array(["c3"]))
    return [simulation.calculate(output, PERIOD) for output in OUTPUTS]


def microseconds(call, count=50, rounds=9):
    means = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(count):
            call()
        means.append((time.perf_counter() - start) / count)
    return median(means) * 1e6


made = system()
amount = float(run(made, trace=False)[0][0])
assert amount == 1864, amount  # the same answer as nine_rules.aid
print(
    json.dumps(
        {
            "without trace": microseconds(lambda: run(made, trace=False)),
            "with trace": microseconds(lambda: run(made, trace=True)),
        }
    )
)
